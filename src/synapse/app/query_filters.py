"""The filters of a search: `role:user`, `after:2w`, `tag:work`.

Of one name given several times any is enough (`role:user role:tool`), of different names all must
hold. A dash in front leaves out what has it: `-tag:work`. What is none of these, or has a value
that can't be one, is a word like any other, and noted.
"""

from __future__ import annotations

from synapse.domain import Role
from synapse.errors import UsageError
from synapse.human_time import parse_moment
from synapse.search_query import Properties, SearchQuery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any

ROLES = {role.value: role for role in Role}
_LISTS = {"model": "models", "provider": "providers", "name": "names", "tag": "tags"}
_ATTACHMENTS = ("attachment", "attachments", "file", "files")
NAMES = ("role", "model", "provider", "name", "tag", "in", "after", "before", "has")
_OTHER_NAMES = {"since": "after", "until": "before"}
"""As the options are called."""
_SHORT = 40
"""Characters of a value that a note repeats."""


class Filters:
    """The filters of one query, collected while it is read."""

    def __init__(self, now: datetime | None) -> None:
        self._now = now
        self._wanted: dict[str, list[object]] = {}
        self._unwanted: dict[str, list[object]] = {}
        self._after: datetime | None = None
        self._before: datetime | None = None
        self._in_reasoning = False
        self.given = False
        """Whether there is any."""
        self.references: list[str] = []
        self.references_without: list[str] = []
        self.notes: list[str] = []

    def knows(self, name: str) -> bool:
        """Whether there is a filter of this name."""
        return _plain(name) in _TAKERS

    def take(self, name: str, value: str, *, negated: bool) -> bool:
        """Add a value. Returns False, and notes it, if the filter has no such value."""
        name = _plain(name)
        if not value:
            self.notes.append(f"{name}: is looked for as a word: its value follows without a blank")
            return False
        why = _TAKERS[name](self, name, value, negated)
        if why:
            self.notes.append(f"{name}:{_short(value)} is looked for as a word: {why}")
            return False
        self.given = True
        return True

    def note_unknown(self, name: str, value: str) -> None:
        """Note what looks like a filter and is none: not a time, an address or a path."""
        if not (name.isascii() and name.isalpha() and len(name) > 1):
            return
        if not value or value[0] in ":/\\=" or value.isdigit():
            return
        from synapse.suggestions import suggestion  # few words look like a filter

        near = suggestion(name.lower(), (*NAMES, *_OTHER_NAMES))
        meant = f"did you mean {near}:" if near else f"filters are {': '.join(NAMES)}:"
        self.notes.append(f"{_short(name)}:{_short(value)} is looked for as a word: {meant}")

    def query(self) -> SearchQuery:
        """What they choose."""
        return SearchQuery(
            **_lists(self._wanted),
            after=self._after,
            before=self._before,
            in_reasoning=self._in_reasoning,
            without=Properties(**_lists(self._unwanted)),
        )

    # Each takes a value, or says why there is no such one.

    def _role(self, name: str, value: str, negated: bool) -> str:
        role = ROLES.get(value.lower())
        if role is None:
            return f"roles are {', '.join(ROLES)}"
        self._add("roles", role, negated)
        return ""

    def _list(self, name: str, value: str, negated: bool) -> str:
        self._add(_LISTS[name], value, negated)
        return ""

    def _has(self, name: str, value: str, negated: bool) -> str:
        if value.lower() not in _ATTACHMENTS:
            return "there is only has:attachment"
        self._add("has_attachment", True, negated)
        return ""

    def _in(self, name: str, value: str, negated: bool) -> str:
        if value.lower() != "reasoning":
            (self.references_without if negated else self.references).append(value)
        elif negated:
            return "reasoning is looked at only with in:reasoning"
        else:
            self._in_reasoning = True
        return ""

    def _time(self, name: str, value: str, negated: bool) -> str:
        try:
            moment = parse_moment(value, self._now)
        except UsageError as error:
            return error.message
        later = (_OTHER_NAMES.get(name, name) == "after") != negated
        if later:
            self._after = moment if self._after is None else max(self._after, moment)
        else:
            self._before = moment if self._before is None else min(self._before, moment)
        return ""

    def _add(self, field: str, value: object, negated: bool) -> None:
        (self._unwanted if negated else self._wanted).setdefault(field, []).append(value)


def _lists(gathered: dict[str, list[object]]) -> dict[str, Any]:
    return {
        field: True if field == "has_attachment" else tuple(dict.fromkeys(values))
        for field, values in gathered.items()
    }


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def _plain(name: str) -> str:
    return name.lower() if name.isascii() else ""


_TAKERS: dict[str, Callable[[Filters, str, str, bool], str]] = {
    "role": Filters._role,
    **dict.fromkeys(_LISTS, Filters._list),
    "in": Filters._in,
    **dict.fromkeys(("after", "since", "before", "until"), Filters._time),
    "has": Filters._has,
}
