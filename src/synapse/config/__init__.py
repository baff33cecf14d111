"""What the user configured: flags over environment over file over defaults.

The file is `--config`, else `$SYNAPSE_CONFIG`, else `config.toml` in the configuration folder;
never one in the working directory, or a cloned repository could redirect a base URL and collect
keys. No file is needed, and without one nothing but this module and the table is imported.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse import paths
from synapse.config.options import OPTIONS
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    from synapse.domain import Retention
    from synapse.model_table.known import Prices
    from synapse.ports import ProviderOptions

__all__ = ["Layers", "Settings", "Ui", "load", "resolve"]


class Ui(Record):
    """How things look: the table [ui]."""

    color: Literal["auto", "always", "never"]
    render: Literal["auto", "live", "blocks", "raw"]
    max_width: int
    accessible: bool
    ascii: bool | Literal["auto"]
    cost: bool
    picker: Literal["builtin", "fzf"]
    pager: str | None
    time: Literal["relative", "local", "iso"]
    titles: Literal["off", "first", "model"]
    title_model: str | None


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
    retention_days: int
    max_sessions: int
    trash_days: int | None
    """None: what is in the trash stays there."""
    auto_cleanup: bool
    busy_timeout: float
    """Seconds."""
    parameters: Mapping[str, object]
    """Generation parameters by their common name; only those that were set."""
    providers: Mapping[str, ProviderOptions]
    """What was configured of each provider, by its name."""
    aliases: Mapping[str, str]
    """Short names for MODEL or PROVIDER/MODEL."""
    roles: Mapping[str, Mapping[str, Any]]
    """The tables of roles by name, as they are written; `config.roles` makes roles of them."""
    prices: Mapping[str, Prices]
    """What models cost, by PROVIDER/MODEL, where the configuration says so."""
    context_strategy: Literal["summarize", "truncate", "error"]
    """What is done when a conversation outgrows the model's window."""
    context_model: str | None
    """Who writes summaries, as it was written; None: who answers."""
    compact_at: float | int
    """How full the window may get before it is worth a warning: a share of it, which is a float,
    or a number of tokens, which is an int.
    """
    context_window: int | None
    """Tokens; None: what is known of the model."""
    ui: Ui
    repl_keys: Literal["emacs", "vi"]
    export_format: str
    export_redact: bool
    """Whether every export is masked."""
    export_words: tuple[str, ...]
    """What is masked beside what is known: words, and /expressions/."""
    input_max_bytes: int
    output_max_bytes: int
    config_file: str
    """The path of the configuration, whether or not it is there."""
    origins: Mapping[str, str]
    """Where each value that is no default came from, by its key: `flag`, the name of an
    environment variable, or `PATH:LINE`.
    """

    @property
    def retention(self) -> Retention:
        """How long and how many sessions are kept."""
        from synapse.domain import Retention  # 3 million for a half-typed name that needs none

        return Retention(
            retention_days=self.retention_days,
            max_sessions=self.max_sessions,
            trash_days=self.trash_days,
        )

    def __repr__(self) -> str:
        from synapse.stores import without_password

        return Record.__repr__(self.replace(database_url=without_password(self.database_url)))


class Layers:
    """Every option's value and origin, and all that is wrong; not yet judged.

    `synapse config` works on this, so that it can mend what `load` refuses.
    """

    def __init__(self, environ: Mapping[str, str], config_path: str | None) -> None:
        self.environ = environ
        self.named = config_path or environ.get("SYNAPSE_CONFIG")
        """The file as the user named it, if he did."""
        self.path = paths.expand(self.named, environ) if self.named else paths.config_file(environ)
        self.values: dict[str, Any] = {key: default for key, _, default, *_ in OPTIONS}
        """By dotted key; those with a name of the user's choice only if they are set."""
        self.origins: dict[str, str] = {}
        """By dotted key; absent for a default."""
        self.problems: list[str] = []
        """One line each, with the place where it stands."""
        self.notes: list[tuple[int | None, str]] = []
        """Line and text of what is right, but worth a word; `config check` tells them."""
        self.skipped: list[tuple[str, int | None]] = []
        """Name and line of the tables that are only the Rust program's."""
        self.open_token: int | None = None
        """The file's mode, if others can read a secret in it that is not ours."""
        self.has_file = False
        """Whether there is a file, so that there can be providers and aliases."""

    def put(self, layer: Mapping[str, Any], origins: Mapping[str, str]) -> None:
        """Lay values over those that are here."""
        if layer.get("provider", self.values["provider"]) != self.values["provider"]:
            self._take_back("model")  # it is a model of the other provider
        if "system_prompt_file" in layer:
            self._take_back("system_prompt")
        self.values.update(layer)
        self.origins.update(origins)
        if "system_prompt" in layer:  # wins over a file that the same layer names
            self._take_back("system_prompt_file")

    def _take_back(self, key: str) -> None:
        self.values[key] = None
        self.origins.pop(key, None)

    def read_file(self) -> None:
        """Take the file's values. Raises ConfigError if it can't be read."""
        try:
            os.stat(self.path)
        except FileNotFoundError:
            if not self.named:
                return
        except OSError:
            pass  # the reader says what is wrong
        from synapse.config.sources import take_file  # tomllib alone: 35 million instructions

        take_file(self)

    def read_environment(self) -> None:
        """Take the values of environment variables; an empty one does not count."""
        names = [name for name in self.environ if name.startswith(("SYNAPSE_", "DATABASE_URL"))]
        if names:
            from synapse.config.sources import take_variables

            take_variables(self, names)

    def read_flags(self, flags: Mapping[str, object]) -> None:
        """Take what the command line said, by the option's key; None does not count."""
        given = {key: value for key, value in flags.items() if value is not None}
        if given:
            self.put(given, dict.fromkeys(given, "flag"))

    def check(self) -> None:
        """Raise a ConfigError that lists all problems, if there are any."""
        if self.problems:
            from synapse.config.problems import refusal

            raise refusal(self)

    def settings(self) -> Settings:
        """The values as the program uses them. Raises ConfigError."""
        self.check()
        values = self.values
        prompt, database = values["system_prompt"], values["session.database_url"]
        providers: dict[str, ProviderOptions] = {}
        aliases: dict[str, str] = {}
        roles: dict[str, dict[str, Any]] = {}
        prices: dict[str, Prices] = {}
        if self.has_file or values["system_prompt_file"] or database:
            from synapse.config import derived

            prompt = derived.system_prompt(self)
            database = derived.database_url(self)
            if self.has_file:
                providers, aliases = derived.providers(self), derived.aliases(self)
                roles = derived.roles(self)
                prices = derived.prices(self)
        days = values["session.trash_days"]
        return Settings(
            provider=values["provider"],
            model=values["model"],
            max_tokens=values["max_tokens"] or None,
            system_prompt=prompt or None,
            database_url=database or "sqlite:" + paths.default_database(self.environ),
            retention_days=values["session.retention_days"],
            max_sessions=values["session.max_sessions"],
            trash_days=None if days == "never" else days,
            auto_cleanup=values["session.auto_cleanup"],
            busy_timeout=values["session.busy_timeout"],
            parameters={
                name: value
                for name, value in self._table("parameters.").items()
                if value is not None
            },
            providers=providers,
            aliases=aliases,
            roles=roles,
            prices=prices,
            context_strategy=values["context.strategy"],
            context_model=values["context.model"],
            compact_at=values["context.compact_at"],
            context_window=values["context.window"],
            ui=Ui(**self._table("ui.")),
            repl_keys=values["repl.keys"],
            export_format=values["export.format"],
            export_redact=values["export.always_redact"] or values["export.redact"] is True,
            export_words=words if isinstance(words := values["export.redact"], tuple) else (),
            input_max_bytes=values["input.max_bytes"],
            output_max_bytes=values["output.max_bytes"],
            config_file=self.path,
            origins=self.origins,
        )

    def _table(self, prefix: str) -> dict[str, Any]:
        start = len(prefix)
        return {key[start:]: value for key, value in self.values.items() if key.startswith(prefix)}


def resolve(
    flags: Mapping[str, object], environ: Mapping[str, str], config_path: str | None = None
) -> Layers:
    """Every option's value and origin. Raises ConfigError only if the file can't be read."""
    layers = Layers(environ, config_path)
    layers.read_file()
    layers.read_environment()
    layers.read_flags(flags)
    return layers


def load(
    flags: Mapping[str, object], environ: Mapping[str, str], config_path: str | None = None
) -> Settings:
    """The configuration in force.

    `flags` are by an option's key (`model`, `session.database_url`, `ui.color`) and of its type;
    None stands for a flag that was not given. `config_path` is `--config`. Raises ConfigError
    with all problems.
    """
    return resolve(flags, environ, config_path).settings()
