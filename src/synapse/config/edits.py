"""Changes to the configuration file that keep its comments and its order."""

from __future__ import annotations

from synapse.config import problems, reader
from synapse.config.writer import exclusive_edit, write_private
from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from synapse.config import Layers


def set_value(layers: Layers, path: tuple[str, ...], value: object) -> None:
    """Give the option a value. Raises ConfigError; the file is then untouched."""
    _edit(layers, lambda document: _put(document, path, value))


def unset_value(layers: Layers, path: tuple[str, ...]) -> bool:
    """Take the option out of the file; False if it is not there. Raises ConfigError."""
    found = False

    def take_out(document: Any) -> None:
        nonlocal found
        found = _remove(document, path)

    _edit(layers, take_out)
    return found


def _edit(layers: Layers, change: Callable[[Any], None]) -> None:
    import tomlkit  # heavy, and only for a change
    from tomlkit.exceptions import TOMLKitError

    with exclusive_edit(layers.path):
        before = _text(layers)
        try:
            windows = "\r\n" in before and "\n" not in before.replace("\r\n", "")
            document = tomlkit.parse(before.replace("\r\n", "\n") if windows else before)
            change(document)
            after = tomlkit.dumps(document)
            if windows:  # new lines end as the old ones do
                after = after.replace("\n", "\r\n")
        except (TOMLKitError, RecursionError):
            _refuse(layers, before)
            raise
        if after != before:
            _refuse(layers, after)
            write_private(layers.path, after)


def _text(layers: Layers) -> str:
    try:
        content = reader.read_content(layers.path)[0]
    except FileNotFoundError:
        return ""
    try:
        return content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        _refuse(layers, content)
        raise


def _refuse(layers: Layers, text: str | bytes) -> None:
    """Raise a ConfigError if a file with this content would be wrong."""
    content = text.encode() if isinstance(text, str) else text
    wrong = reader.parse(layers.path, content).problems
    if wrong:
        lines = [f"{problems.place(layers, line)}: {said}" for line, said in wrong]
        raise ConfigError(
            lines[0],
            *lines[1:],
            problems.advice("Nothing was changed. Fix it:  ", layers, "config edit"),
        )


def _put(document: Any, path: tuple[str, ...], value: object) -> None:
    import tomlkit  # heavy, and only for a change

    table = document
    for depth, name in enumerate(path[:-1]):
        if name not in table:
            # A table that holds nothing but tables needs no header of its own.
            table[name] = tomlkit.table(is_super_table=depth < len(path) - 2)
        table = table[name]
    table[path[-1]] = list(value) if isinstance(value, tuple) else value


def _remove(document: Any, path: tuple[str, ...]) -> bool:
    table = document
    for name in path[:-1]:
        table = table.get(name)
        if not isinstance(table, dict):
            return False
    if path[-1] not in table:
        return False
    del table[path[-1]]
    return True
