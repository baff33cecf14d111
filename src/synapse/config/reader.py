"""Reads the configuration file: its values, where they stand, and all that is wrong with it.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os
import stat

from synapse.config import kinds, simple_toml
from synapse.config.keypath import dotted, quoted, unquoted
from synapse.config.options import NAMED_OPTIONS, OPTIONS, Option
from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BYTES = 1 << 20
"""A longer file is no configuration; this also ends the reading of an endless device."""

_ALL = OPTIONS + NAMED_OPTIONS
_FORMATS = (".like", ".usage", ".max_tokens_field")
"""Options that may contradict others of their provider."""
_SKIPPED = ("mcp", "telegram", "logging")
"""Tables of the Rust program, which may read the same file; see `shared_with_rust`."""
_BY_KEY = {option.key: option for option in OPTIONS}


class Document:
    """A configuration file that was read."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.values: dict[str, Any] = {}
        """By dotted key, everything that is right."""
        self.lines: dict[str, int] = {}
        """The line of each value, from 1."""
        self.problems: list[tuple[int | None, str]] = []
        """Line, if there is one, and text of everything that is wrong, in the file's order."""
        self.notes: list[tuple[int | None, str]] = []
        """The same of what is right, but worth a word."""
        self.skipped: list[tuple[str, int | None]] = []
        """Name and line of the tables that are only the Rust program's."""
        self.open_token: int | None = None
        """The file's mode, if others can read a secret in it that is not ours."""
        self.open_to_others: int | None = None
        """The file's mode, if it holds a secret and others can get at it."""


def find_option(path: tuple[str, ...]) -> Option | None:
    """The option that has this key."""
    option = _BY_KEY.get(".".join(path))
    if option is not None and len(option.key.split(".")) == len(path):
        return option
    named = (option for option in NAMED_OPTIONS if _matches(option.key.split("."), path))
    return next(named, None)


def read(path: str) -> Document:
    """The file's values and problems.

    Raises FileNotFoundError if it is not there, ConfigError if it can't be read at all.
    """
    content, mode = read_content(path)
    return parse(path, content, mode)


def parse(path: str, content: bytes, mode: int = 0o600) -> Document:
    """The values and problems of a file with this content and these permissions."""
    document = Document(path)
    text = _decoded(document, content)
    parsed = _parsed(document, text) if text is not None else None
    if parsed is not None:
        table, lines = parsed
        walk = _Walk(document, lines)
        walk.table(table, ())
        if "system_prompt" in table and "system_prompt_file" in table:
            line = lines.get(("system_prompt_file",))
            document.notes.append((line, "system_prompt is set as well, and wins"))
        if any(_may_contradict(key, document.values) for key in document.values):
            from synapse.config.provider_formats import contradictions

            document.problems += contradictions(document)
        if "prices" in table:
            from synapse.config.model_prices import problems

            document.problems += problems(document)
        document.problems.sort(key=lambda problem: problem[0] or 0)
    # Of a file that can't be parsed, better one refusal too many than a key in the open.
    if mode & 0o077 and (_holds_secret(parsed[0]) if parsed else _may_hold_key(content)):
        document.open_to_others = mode
    if mode & 0o077 and parsed and _holds_token(parsed[0]):
        document.open_token = mode
    return document


def _may_contradict(key: str, values: dict[str, Any]) -> bool:
    """Whether to look closer, which loads the table of providers. A server of the user's own that
    has an address and a kind is nothing special.
    """
    if not key.startswith("providers."):
        return False
    if key.endswith(".kind"):
        return f"{key.removesuffix('kind')}base_url" not in values
    return key.endswith(_FORMATS)


def read_content(path: str) -> tuple[bytes, int]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise ConfigError(f"the configuration {path} is a folder, not a file")
        content = _read_all(descriptor)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise ConfigError(f"the configuration {path} is larger than {MAX_BYTES >> 20} MiB")
    # Of a pipe, as `--config <(…)` makes it, nobody else can read.
    mode = stat.S_IMODE(status.st_mode) if stat.S_ISREG(status.st_mode) else 0o600
    return content, mode


def _read_all(descriptor: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while size <= MAX_BYTES and (piece := os.read(descriptor, 1 << 16)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _unreadable(path: str, error: OSError) -> ConfigError:
    reason = (error.strerror or str(error)).lower()
    return ConfigError(f"the configuration {path} can't be read: {reason}")


def _decoded(document: Document, content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        document.problems.append((line, f"byte {error.start + 1} of the file is not UTF-8"))
        return None
    return text.removeprefix("\ufeff")


def _parsed(
    document: Document, text: str
) -> tuple[dict[str, Any], dict[tuple[str, ...], int]] | None:
    """The document and its keys' lines; None, and a problem, if it is no TOML."""
    if text.count(".") > 1_000 and _has_deep_key(text):  # it would take minutes to be refused
        document.problems.append((None, "is nested too deeply"))
        return None
    found = simple_toml.parse(text)
    if found is not None:
        return found
    import tomllib  # heavy, and the simple reader reads most files

    from synapse.config import patterns
    from synapse.config.toml_lines import key_lines

    try:
        return tomllib.loads(text), key_lines(text, unquoted)
    except RecursionError:
        document.problems.append((None, "is nested too deeply"))
    except ValueError as error:  # TOMLDecodeError, or a number with thousands of digits
        message, line = patterns.without_place(str(error))
        line = text.count("\n") + 1 if line is None else line
        document.problems.append((line, f"not TOML: {message[:1].lower()}{message[1:]}"))
    return None


def _holds_secret(table: dict[str, Any]) -> bool:
    # Wherever it stands: a key in the wrong place is as readable as one in the right place.
    for name, value in table.items():
        if isinstance(value, dict) and _holds_secret(value):
            return True
        if isinstance(value, str) and (
            name == "api_key" or (name == "database_url" and _has_password(value))
        ):
            return True
    return False


def _has_deep_key(text: str) -> bool:
    from synapse.config import patterns

    return patterns.has_deep_key(text)


def _may_hold_key(content: bytes) -> bool:
    from synapse.config import patterns

    return patterns.may_hold_key(content)


def _has_password(url: str) -> bool:
    from synapse.config import patterns

    return "@" in url and patterns.has_password(url)


def _holds_token(table: dict[str, Any]) -> bool:
    bot = table.get("telegram")
    return isinstance(bot, dict) and bool(bot.get("token"))


class _Walk:
    """Sorts a parsed file into values and problems."""

    def __init__(self, document: Document, lines: dict[tuple[str, ...], int]) -> None:
        self.document = document
        self.lines = lines

    def table(self, table: dict[str, Any], prefix: tuple[str, ...]) -> None:
        for name, value in table.items():
            path = (*prefix, name)
            if path[0] in _SKIPPED and isinstance(value, dict):
                self.document.skipped.append((name, self.lines.get(path)))
                continue
            option = find_option(path)
            if option is not None:
                self.value(path, option.kind, value)
            elif not _is_section(path):
                self.problem(path, self.unknown(path, isinstance(value, dict)))
            elif isinstance(value, dict):
                self.table(value, path)
            else:
                self.problem(path, f"{dotted(path)} must be a table: [{dotted(path)}]")

    def value(self, path: tuple[str, ...], kind: tuple[Any, ...], value: object) -> None:
        key = dotted(path)
        try:
            self.document.values[key] = kinds.check(kind, value)
        except kinds.ValueWithin as error:
            inside = (*path, error.name)
            line = self.lines.get(inside, self.lines.get(path))
            self.document.problems.append((line, f"{dotted(inside)} {error}"))
        except ValueError as error:
            self.problem(path, f"{key} {error}{shown(kind, value)}")
        line = self.lines.get(path)
        if line is not None:
            self.document.lines[key] = line

    def problem(self, path: tuple[str, ...], text: str) -> None:
        self.document.problems.append((self.lines.get(path), text))

    def unknown(self, path: tuple[str, ...], is_table: bool) -> str:
        if is_table and len(path) == 1:
            text = f"unknown table [{dotted(path)}]"
        else:
            where = f" in [{dotted(path[:-1])}]" if path[:-1] else ""
            text = f'unknown key "{path[-1]}"{where}'
        near = nearest(path)
        return f'{text}; did you mean "{near}"?' if near else text


def shown(kind: tuple[Any, ...], value: object) -> str:
    """`, not VALUE`, unless the value could be a secret or is too long to be shown."""
    name, *_ = kind
    if name in ("secret", "database", "url", "headers", "query", "redaction"):
        return ""
    text = quoted(value) if isinstance(value, str) else _literal(value)
    return f", not {text}" if len(text) <= 40 else ""


def nearest(path: tuple[str, ...]) -> str | None:
    """The known key that was most likely meant: beside it, or of the same name elsewhere."""
    from synapse.suggestions import suggestion  # only after a typing error

    depth = len(path)
    keys = [option.key.split(".") for option in _ALL]
    for key in keys:
        if key[-1] == path[-1] and "*" not in key:
            return ".".join(key)
    beside = [
        key[depth - 1]
        for key in keys
        if len(key) >= depth and _matches(key[: depth - 1], path[:-1])
    ]
    return suggestion(path[-1], [name for name in beside if name != "*"])


def _matches(pattern: list[str], path: tuple[str, ...]) -> bool:
    return len(pattern) == len(path) and all(
        part in ("*", name) for part, name in zip(pattern, path, strict=True)
    )


def _is_section(path: tuple[str, ...]) -> bool:
    depth = len(path)
    return any(
        len(parts) > depth and _matches(parts[:depth], path)
        for parts in (option.key.split(".") for option in _ALL)
    )


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else str(value)
