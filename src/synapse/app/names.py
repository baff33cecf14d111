"""Rules for names and titles of sessions. A name must not look like another kind of REF; a title
may be any readable text.
"""

from __future__ import annotations

import unicodedata

from synapse.app.references import SHORTEST_PREFIX
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 64
"""Terminal columns that a name may take."""
LONGEST_TITLE = 200
"""Characters that a title may have."""

_HEX = frozenset("0123456789abcdef")
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories: control characters, surrogates, line and paragraph separators."""


def check_name(name: str, columns: Callable[[str], int] = len) -> str:
    """The name in the form in which it is stored (NFC). `columns` measures it.

    Raises UsageError for one that could be read as something else: an id (four hex digits or
    more), an option, `@N`, `id:…`; or that is empty, too long, has control characters or blanks
    at its ends.
    """
    name = unicodedata.normalize("NFC", name)
    fault = _fault_of(name, columns)
    if fault is not None:
        raise UsageError(f'the name "{_one_line(name)}" {fault}')
    return name


def check_title(title: str) -> str:
    """The title in the form in which it is stored: NFC, on one line, without blanks at its ends.

    Ends of lines and tabs, which come with what is copied from elsewhere, become blanks. Raises
    UsageError for a title that is empty, too long or has other control characters.
    """
    lines = unicodedata.normalize("NFC", title).replace("\t", " ").splitlines()
    title = " ".join(line.strip() for line in lines if line.strip())
    if not title:
        raise UsageError("the title is empty")
    if _has_controls(title):
        raise UsageError(f'the title "{_one_line(title)}" has control characters')
    if len(title) > LONGEST_TITLE:
        raise UsageError(
            f"the title is {len(title):,} characters long; {LONGEST_TITLE} are the most"
        )
    return title


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) in _CONTROLS for character in text)


def _fault_of(name: str, columns: Callable[[str], int]) -> str | None:
    if not name.strip():
        return "is empty"
    if name != name.strip():
        return "begins or ends with a blank"
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "is not UTF-8"
    if _has_controls(name):
        return "has control characters"
    if name[0] in "-@":
        return f'begins with "{name[0]}" and could be taken for something else'
    if name.casefold().startswith(("id:", "name:")):
        return "begins like an explicit REF"
    if len(name) >= SHORTEST_PREFIX and _HEX.issuperset(name.replace("-", "").lower()):
        return "could be taken for an id: all its characters are hex digits"
    if columns(name) > LONGEST:
        return f"is longer than {LONGEST} columns"
    return None


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[: 2 * LONGEST]
