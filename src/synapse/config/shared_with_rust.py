"""The Rust Synapse reads the same configuration file: which of its settings mean something else to
that program, or belong to it alone.
"""

from __future__ import annotations

from shlex import quote

from synapse import paths
from synapse.config.problems import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.config import Layers

NAME = "the Rust Synapse"
"""As Inspection.other_programs calls it."""
_PROVIDERS = ("deepseek", "anthropic", "openai")
"""Those that it knows."""
_MANY_SESSIONS, _MANY_DAYS = 1_000_000, 36_500
"""What stands for no limit in both programs."""


def shares_the_file(layers: Layers) -> bool:
    """Whether something in the configuration is only there for the Rust program."""
    return bool(layers.skipped) or layers.values["api_key"] is not None


def notes(layers: Layers) -> list[str]:
    """What is skipped, each with its place, and what wins where two keys say the same."""
    found = []
    if layers.skipped:
        names = " and ".join(f"[{name}]" for name, _ in layers.skipped)
        verb = "is" if len(layers.skipped) == 1 else "are"
        found.append(
            f"{place(layers, layers.skipped[0][1])}: "
            f"{names} {verb} for the Rust Synapse and skipped here"
        )
    found += [f"{place(layers, line)}: {text}" for line, text in layers.notes]
    if layers.open_token is not None:
        found.append(
            f"{layers.path}: other users can read the token in [telegram] "
            f"(mode {layers.open_token:04o}):  chmod 600 {quote(layers.path)}"
        )
    return found


def other_meanings(layers: Layers) -> list[str]:
    """What the Rust program takes in another way, for somebody who uses both."""
    values = layers.values
    found = [text for _, text in destructive_limits(layers)]
    if values["provider"] is not None and values["provider"] not in _PROVIDERS:
        found.append(
            _note(layers, "provider", f"the Rust Synapse knows only {', '.join(_PROVIDERS)}")
        )
    model = values["model"]
    if model is not None and ("/" in model or f"aliases.{model}" in values):
        found.append(
            _note(layers, "model", "the Rust Synapse sends it as it stands; here it is looked up")
        )
    if values["max_tokens"] == 0:
        found.append(_note(layers, "max_tokens", "0 is no limit here; the Rust Synapse sends it"))
    if values["system_prompt"] is not None:
        found.append(
            _note(
                layers,
                "system_prompt",
                "here it is stored with new sessions; the Rust Synapse sends it "
                "with every request and stores it nowhere",
            )
        )
    prompt_file = values["system_prompt_file"]
    if prompt_file is not None and not prompt_file.startswith(("/", "~")):
        found.append(
            _note(
                layers,
                "system_prompt_file",
                "here it starts at the configuration's folder, for the Rust Synapse "
                "at the working directory",
            )
        )
    return found + other_database(layers)


def destructive_limits(layers: Layers) -> list[tuple[str, str]]:
    """Limits that are none here, and destroy everything there: the key and what to say."""
    found = []
    for key, many in (
        ("session.max_sessions", _MANY_SESSIONS),
        ("session.retention_days", _MANY_DAYS),
    ):
        if layers.values[key] == 0 and key in layers.origins:
            text = f"0 is no limit here; the Rust Synapse deletes every session: write {many}"
            found.append((key, _note(layers, key, text)))
    return found


def other_database(layers: Layers) -> list[str]:
    """Where the two programs take the URL for different files."""
    key = "session.database_url"
    url = layers.values[key]
    if url is None:
        return []
    scheme, _, path = url.partition(":")
    if scheme != "sqlite":
        text = "the Rust Synapse takes it for the name of an SQLite file"
    elif path.startswith("~"):
        home = paths.expand(path, layers.environ)
        text = f'the Rust Synapse expands no "~" and uses another file: write sqlite:{home}'
    elif "?" in path:
        text = 'the Rust Synapse takes "?…" for a part of the file\'s name and uses another file'
    else:
        return []
    return [_note(layers, key, text)]


def _note(layers: Layers, key: str, text: str) -> str:
    origin = layers.origins.get(key, "")
    start, colon, line = origin.rpartition(":")
    where = place(layers, int(line)) if colon and start == layers.path else origin
    return f"{where}: {key}: {text}"
