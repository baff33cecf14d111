"""A role of another program, in our words, and how its files are looked through."""

from __future__ import annotations

import os

from synapse.formats.reading.small_texts import small_text
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any


class ForeignRole(Record):
    """What of another program's role can be said here. Its texts are templates in our notation
    where they say so: `{name}` a variable, `{{` a brace.
    """

    name: str
    program: str
    source: str
    """The path of its file."""
    system: str | None = None
    system_template: bool = False
    prompt: str | None = None
    """The template of questions."""
    client: str | None = None
    """What the program calls the provider."""
    model: str | None = None
    parameters: Mapping[str, Any] = {}
    """As the file has them: neither names nor values are checked."""
    defaults: Mapping[str, Any] = {}
    notes: tuple[str, ...] = ()
    """What is not taken, or works in another way, a line each."""
    fault: str | None = None
    """Why nothing of it can be taken."""


def read(
    program: str, name: str, path: str, of: Callable[[ForeignRole, str], ForeignRole]
) -> ForeignRole:
    """The role that `of` makes of an empty one and the file's text; a ValueError is its fault."""
    role = ForeignRole(name=name, program=program, source=path)
    try:
        return of(role, small_text(path))
    except FileNotFoundError:
        return role.replace(fault="it is not there")
    except ValueError as error:
        return role.replace(fault=str(error))


def files_in(folder: str, *suffixes: str) -> Iterator[tuple[str, str]]:
    """Name without its suffix, and path, of the files in a folder that end so, by name."""
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        return
    for entry in entries:
        name, suffix = os.path.splitext(entry)
        if suffix in suffixes and not entry.startswith("."):
            yield name, os.path.join(folder, entry)


def escaped(text: str) -> str:
    """A template in our notation that stands for this very text."""
    return text.replace("{", "{{").replace("}", "}}")


def stem(path: str) -> str:
    """A file's name without its suffix."""
    return os.path.splitext(os.path.basename(path))[0]


def config_home(environ: Mapping[str, str], home: str) -> str:
    """The folder in which programs keep their configuration."""
    return environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
