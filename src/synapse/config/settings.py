"""The configuration in force, as the program uses it."""

from __future__ import annotations

from synapse import paths
from synapse.domain import Retention
from synapse.errors import ConfigError
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    from synapse.config.layers import Layers
    from synapse.ports import ProviderOptions


class Ui(Record):
    """How things look: the table [ui]."""

    color: Literal["auto", "always", "never"]
    render: Literal["auto", "live", "blocks", "raw"]
    max_width: int
    accessible: bool
    ascii: bool | Literal["auto"]
    picker: Literal["builtin", "fzf"]
    pager: str | None
    time: Literal["relative", "local", "iso"]


class Context(Record):
    """What is done about long conversations: the table [context]."""

    strategy: Literal["summarize", "truncate", "error"]
    compact_at: float
    """Share of the window above which it is done."""
    window: int | None
    """Tokens; None: what is known of the model."""


class Export(Record):
    """The table [export]."""

    format: str
    redact: bool


class Settings(Record):
    """The configuration in force."""

    provider: str | None
    """None: whoever of the providers has a key."""
    model: str | None
    """As it was written: a model, PROVIDER/MODEL or an alias; None: the provider's own."""
    max_tokens: int | None
    """None: as many as the provider allows."""
    system_prompt: str | None
    """The text, wherever it came from."""
    database_url: str
    """With `~` expanded; `sqlite:PATH`, or a URL of another scheme as it was given."""
    retention: Retention
    auto_cleanup: bool
    busy_timeout: float
    """Seconds."""
    parameters: Mapping[str, object]
    """Generation parameters by their common name; only those that were set."""
    providers: Mapping[str, ProviderOptions]
    """What was configured of each provider, by its name."""
    aliases: Mapping[str, str]
    """Short names for MODEL or PROVIDER/MODEL."""
    context: Context
    ui: Ui
    repl_keys: Literal["emacs", "vi"]
    export: Export
    input_max_bytes: int
    config_file: str
    """The path of the configuration, whether or not it is there."""
    origins: Mapping[str, str]
    """Where each value that is no default came from, by its key: `flag`, the name of an
    environment variable, or `PATH:LINE`.
    """

    @property
    def trash_days(self) -> int | None:
        """Days in the trash; 0: none; None: for ever."""
        return self.retention.trash_days


def assemble(layers: Layers) -> Settings:
    """The settings that these values amount to. Raises ConfigError."""
    values = layers.values
    return Settings(
        provider=values["provider"],
        model=values["model"],
        max_tokens=values["max_tokens"] or None,
        system_prompt=_system_prompt(layers),
        database_url=_database_url(layers),
        retention=_retention(values),
        auto_cleanup=values["session.auto_cleanup"],
        busy_timeout=values["session.busy_timeout"],
        parameters={k: v for k, v in _section(values, "parameters.").items() if v is not None},
        providers=_providers(layers) if layers.has_file else {},
        aliases=_aliases(values) if layers.has_file else {},
        context=Context(**_section(values, "context.")),
        ui=Ui(**_section(values, "ui.")),
        repl_keys=values["repl.keys"],
        export=Export(**_section(values, "export.")),
        input_max_bytes=values["input.max_bytes"],
        config_file=layers.path,
        origins=layers.origins,
    )


def _section(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    length = len(prefix)
    return {key[length:]: value for key, value in values.items() if key.startswith(prefix)}


def _retention(values: Mapping[str, Any]) -> Retention:
    days = values["session.trash_days"]
    return Retention(
        retention_days=values["session.retention_days"],
        max_sessions=values["session.max_sessions"],
        trash_days=None if days == "never" else days,
    )


def _system_prompt(layers: Layers) -> str | None:
    text: str | None = layers.values["system_prompt"]
    path = layers.values["system_prompt_file"]
    if path is None or text:
        return text or None
    path = layers.absolute("system_prompt_file", path)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().rstrip("\n") or None
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, ValueError) else error.strerror or error
        raise ConfigError(
            f"the system prompt {path} can't be read: {str(reason).lower()}",
            f"It was named by:  {layers.origins['system_prompt_file']}",
        ) from error


def _database_url(layers: Layers) -> str:
    url: str | None = layers.values["session.database_url"]
    if url is None:
        return "sqlite:" + paths.default_database(layers.environ)
    scheme, separator, rest = url.partition("://")
    if separator and scheme != "sqlite":
        return url
    if not separator:
        rest = url.removeprefix("sqlite:")
    if rest.startswith(":memory:"):
        return url
    return "sqlite:" + layers.absolute("session.database_url", rest)


def _providers(layers: Layers) -> dict[str, ProviderOptions]:
    from synapse.config.keypath import split_key
    from synapse.ports import ProviderOptions

    found: dict[str, dict[str, Any]] = {}
    for key, value in layers.values.items():
        if key.startswith("providers."):
            _, name, option = split_key(key)
            found.setdefault(name, {})[option] = value
    return {name: ProviderOptions(**options) for name, options in found.items()}


def _aliases(values: Mapping[str, Any]) -> dict[str, str]:
    from synapse.config.keypath import split_key

    return {split_key(key)[1]: value for key, value in values.items() if key.startswith("aliases.")}
