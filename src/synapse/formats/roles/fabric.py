"""Patterns of fabric: `patterns/NAME/system.md`, some with a `user.md`; `{{name}}` is a variable,
`{{input}}` the question.
"""

from __future__ import annotations

import os
import re

from synapse.formats.reading.small_texts import small_text
from synapse.formats.roles.foreign import ForeignRole, config_home, escaped, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME = "fabric"
_FILE = "system.md"
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][\w-]*)\s*\}\}", re.ASCII)
_EXTENSION = re.compile(r"\{\{\s*(?:plugin|ext):[^}]*\}\}")


def places(environ: Mapping[str, str], home: str) -> list[str]:
    """The folder of its patterns."""
    own = os.path.join(home, ".config")  # wherever $XDG_CONFIG_HOME points
    folders = dict.fromkeys((own, config_home(environ, home)))
    return [os.path.join(folder, _NAME, "patterns") for folder in folders]


def in_folder(folder: str) -> Iterator[ForeignRole]:
    """Its patterns, where the folder is that of the patterns, of one, or the one around them."""
    if is_pattern(folder):
        yield _pattern(os.path.join(folder, _FILE))
        return
    inner = os.path.join(folder, "patterns")
    folder = inner if os.path.isdir(inner) else folder
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        return
    for entry in entries:
        path = os.path.join(folder, entry, _FILE)
        if not entry.startswith(".") and os.path.isfile(path):
            yield _pattern(path)


def is_pattern(folder: str) -> bool:
    """Whether this is the folder of one pattern."""
    return os.path.isfile(os.path.join(folder, _FILE))


def in_file(path: str) -> Iterator[ForeignRole] | None:
    """The pattern whose file this is; None for any other file."""
    return iter([_pattern(path)]) if os.path.basename(path) == _FILE else None


def _pattern(path: str) -> ForeignRole:
    name = os.path.basename(os.path.dirname(os.path.abspath(path)))
    return read(_NAME, name, path, _of_markdown)


def _of_markdown(role: ForeignRole, text: str) -> ForeignRole:
    notes = [f"{found} is left as it stands" for found in _EXTENSION.findall(text)]
    template, names = _converted(text.strip())
    user = _user(os.path.join(os.path.dirname(role.source), "user.md"))
    asked, _ = _converted(user)
    if "input" in names:
        return role.replace(prompt="\n\n".join(filter(None, (template, asked))), notes=tuple(notes))
    return role.replace(
        system=(template if names else text.strip()) or None,
        system_template=bool(names),
        prompt=asked or None,
        notes=tuple(notes),
    )


def _user(path: str) -> str:
    try:
        return small_text(path).strip()
    except (OSError, ValueError):  # most patterns have none
        return ""


def _converted(text: str) -> tuple[str, list[str]]:
    pieces, names, position = [], [], 0
    for match in _VARIABLE.finditer(text):
        pieces += [escaped(text[position : match.start()]), f"{{{match.group(1)}}}"]
        names.append(match.group(1))
        position = match.end()
    pieces.append(escaped(text[position:]))
    return "".join(pieces), names
