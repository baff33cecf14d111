"""What a server refuses of what it is asked beside the essentials, found in its own words and
remembered, so that it is refused once.

The file stands beside the remembered models. It holds addresses and names of fields, never a key
or a text, and can be thrown away at any time. After a month a server is asked for all of it again:
it may have learnt it.
"""

from __future__ import annotations

import os
import time

from synapse import private_files
from synapse.providers._wire import Malformed, count, decode, encode, rows, string, table
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_FORMAT, _VERSION = "synapse-servers", 1
_MOST_BYTES = 1 << 20
_MOST_SERVERS = 200
_MONTH = 30 * 24 * 3600

_BOUNDS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""The names that the bound of an answer has; a server knows one of them, or none."""


_CACHING = ("prompt_cache_key", "cache_control")
"""What a server is told of its cache."""


class Quirk(Record):
    """One field that is not sent, or under another name."""

    field: str
    """A dot goes one object deeper."""
    instead: str = ""
    """The field that gets its value; "" for none."""
    model: str = ""
    """The model that refuses it, where others of the server may not; "" for all."""

    def __str__(self) -> str:
        return f"{self.field} (as {self.instead})" if self.instead else self.field


def refused(body: Mapping[str, object], words: str, model: str, tried: set[str]) -> list[Quirk]:
    """The fields of the body that the words of a refusal name, and that need not be sent. Of
    `tried`, none is put in the place of another. Pure.
    """
    found: list[Quirk] = []
    asked = table(body.get("stream_options"))
    named = [name for name in asked if _names(words, name)]
    if named and len(named) < len(asked):
        found += [Quirk(field=f"stream_options.{name}") for name in named]
    elif named or (asked and _names(words, "stream_options")):
        found.append(Quirk(field="stream_options"))
    thinking = table(body.get("reasoning"))
    if "summary" in thinking and (_names(words, "summary") or _quotes(words, "reasoning")):
        found.append(Quirk(field="reasoning.summary", model=model))
    if "store" in body and _quotes(words, "store"):
        found.append(Quirk(field="store"))
    found += [Quirk(field=name) for name in _CACHING if name in body and _names(words, name)]
    for bound in _BOUNDS:
        if bound in body and _names(words, bound) and not _is_about_the_value(words):
            others = [name for name in _BOUNDS if name != bound and _names(words, name)]
            others += ["max_tokens"] if bound != "max_tokens" else []
            instead = next((name for name in others if name not in tried), "")
            found.append(Quirk(field=bound, instead=instead))
    return found


def without(body: dict[str, object], quirks: list[Quirk], model: str) -> tuple[str, ...]:
    """Take out of the body what the quirks speak of; the fields that were in it."""
    changed = []
    for quirk in quirks:
        outer, dot, inner = quirk.field.partition(".")
        if outer not in body or quirk.model not in ("", model):
            continue
        if dot:
            kept = {**table(body[outer])}
            if inner not in kept:
                continue
            del kept[inner]
            body[outer] = kept
            if not kept:
                del body[outer]
        else:
            value = body.pop(outer)
            if quirk.instead:
                body[quirk.instead] = value
            if outer == "cache_control":
                body["messages"] = [_unmarked(message) for message in rows(body.get("messages"))]
        changed.append(str(quirk))
    return tuple(changed)


def _unmarked(message: dict[str, object]) -> dict[str, object]:
    """The message without a mark in it."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    kept = [
        {name: value for name, value in block.items() if name != "cache_control"}
        for block in rows(content)
    ]
    return {**message, "content": kept}


class Memory:
    """What is known of one server. Reading and writing never fail: it is a convenience."""

    def __init__(self, path: str, address: str, *, wants_bound: bool = False) -> None:
        """`path` is the file; without one, this process alone remembers. A format that
        `wants_bound` is asked for no answer without one.
        """
        self._kept = _BOUNDS if wants_bound else ()
        self._path = path
        self._address = address
        self._quirks: list[Quirk] | None = None
        self._supposed: list[Quirk] = []
        """What a refusal named, until an answer shows that it was the cause."""

    def adapt(self, body: dict[str, object], model: str) -> tuple[str, ...]:
        """Take out of the body what the server refuses of it; the fields that were in it."""
        known = [*self.quirks, *self._supposed]
        return without(body, [quirk for quirk in known if quirk.field not in self._kept], model)

    def suppose(self, body: Mapping[str, object], words: str, model: str, tried: set[str]) -> bool:
        """Leave out for now what of the body the words of a refusal name; whether that is
        anything.
        """
        found = refused(body, words, model, tried) if words else []
        found = [quirk for quirk in found if quirk.field not in self._kept]
        self._supposed += found
        return bool(found)

    def confirm(self) -> None:
        """The server has answered: remember what it was not asked for."""
        if self._supposed:
            self.add(self._supposed)
            self._supposed = []

    def reject(self) -> None:
        """It has refused what was left of the question, too: its words meant something else."""
        self._supposed = []

    @property
    def quirks(self) -> list[Quirk]:
        """The fields that it refused, in the order in which it did."""
        if self._quirks is None:
            self._quirks = _quirks_of(self._servers().get(self._address), time.time())
        return self._quirks

    def add(self, quirks: list[Quirk]) -> None:
        """Remember them, for the user alone."""
        now = time.time()
        self._quirks = [*self.quirks, *quirks]
        servers = {
            address: entry for address, entry in self._servers().items() if _quirks_of(entry, now)
        }
        servers.pop(self._address, None)
        entry = {"since": int(now), "without": [dict(quirk.__dict__) for quirk in self._quirks]}
        kept = [*servers.items()][1 - _MOST_SERVERS :]
        value = {
            "format": _FORMAT,
            "version": _VERSION,
            "servers": {**dict(kept), self._address: entry},
        }
        try:
            private_files.make_folder(os.path.dirname(self._path))
            private_files.write(self._path, encode(value))
        except OSError:
            pass

    def _servers(self) -> dict[str, object]:
        try:
            with open(self._path, "rb") as file:
                stored = table(decode(file.read(_MOST_BYTES)))
        except (OSError, Malformed):
            return {}
        if (stored.get("format"), stored.get("version")) != (_FORMAT, _VERSION):
            return {}
        return table(stored.get("servers"))


def _quirks_of(entry: object, now: float) -> list[Quirk]:
    """What an entry of the file says, if it is not too old."""
    since = count(table(entry).get("since"))
    if since is None or not -_MONTH < now - since < _MONTH:
        return []
    return [
        Quirk(
            field=string(row.get("field")) or "",
            instead=string(row.get("instead")) or "",
            model=string(row.get("model")) or "",
        )
        for row in rows(table(entry).get("without"))
    ]


def _names(words: str, field: str) -> bool:
    """Whether the words hold the field as a word of its own."""
    before, found, after = words.partition(field)
    while found:
        if not (_is_of_a_name(before[-1:]) or _is_of_a_name(after[:1])):
            return True
        before, found, after = after.partition(field)
    return False


def _is_of_a_name(character: str) -> bool:
    return character.isalnum() or character == "_"


def _quotes(words: str, field: str) -> bool:
    """Whether the words hold the field in quotes: it is a word of the language, too."""
    return any(f"{quote}{field}{quote}" in words for quote in "'\"`")


def _is_about_the_value(words: str) -> bool:
    """Whether a bound was refused for its size, which is for the user to change."""
    import re  # heavy

    return re.search(_UNKNOWN, words, re.I) is None and re.search(_SIZE, words, re.I) is not None


_UNKNOWN = (
    r"unsupported|not supported|n't support|unrecogni|unknown|unexpected|extra|not permitted"
    r"|not allowed|no longer|deprecated|instead|invalid (?:field|argument|param)"
)
_SIZE = (
    r"too (?:large|high|big|many|small|low)|at (?:most|least)|(?:less|greater|more|fewer) than"
    r"|exceed|maximum|minimum|between|in the range|must be|[<>≤≥]"
)
