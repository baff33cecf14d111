"""What the wire formats have in common: JSON that may be hostile, text that comes in halves.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.domain import plausible_count
from synapse.light import json
from synapse.ports import Finished, TextDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.ports import StreamEvent
    from synapse.providers._thoughts import ThoughtSplitter

CACHED = {"type": "ephemeral"}
"""What marks the end of something that a provider shall put into its cache, for five minutes."""
_MOST_DIGITS = 40
"""Of an integer that is read as one; Python refuses those of some thousands."""


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


_scan = json.scanner(parse_int=_integer)
_encode = json.encoder()


class Malformed(ValueError):
    """Bytes that are no JSON, or JSON that no reader should follow (nested to death, …)."""


def decode(data: bytes) -> object:
    """The JSON value in `data`. Raises Malformed.

    Bytes that are no UTF-8 become U+FFFD: a damaged character is better than a lost answer.
    """
    text = data.decode("utf-8", "replace").strip()
    try:
        value, end = _scan(text, 0)
    except (*json.INVALID, StopIteration, RecursionError) as error:
        raise Malformed(type(error).__name__) from None
    if end != len(text):
        raise Malformed("more than one value")
    return value


def encode(value: object) -> bytes:
    """`value` as JSON in UTF-8; lone surrogates, which UTF-8 can't hold, become `?`."""
    return _encode(value).encode("utf-8", "replace")


def base64(data: bytes) -> str:
    """`data` in base64, on one line."""
    from binascii import b2a_base64  # only for images

    return b2a_base64(data, newline=False).decode("ascii")


def table(value: object) -> dict[str, object]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[dict[str, object]]:
    """The objects in `value` if it is an array, else none."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def string(value: object) -> str | None:
    """`value` as text if it is text or a number; some servers send 0 where text belongs."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def count(value: object) -> int | None:
    """`value` as a count if it is a whole number, or reads like one, that can be one."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return plausible_count(int(value))
    if isinstance(value, float) and value.is_integer():
        return plausible_count(int(value))
    return plausible_count(value)


def day(value: object) -> str | None:
    """The day in a date, or in a date and time, as ISO 8601 writes them."""
    text = value[:10] if isinstance(value, str) else ""
    year, month, rest = text[:4], text[5:7], text[8:]
    is_day = len(text) == 10 and text[4] == text[7] == "-" and text.isascii()
    return text if is_day and (year + month + rest).isdigit() else None


class Collector:
    """Gathers what one read of the network brought; neighbouring text becomes one delta.

    Also joins surrogate pairs that a server escaped and split over two deltas, and tells thoughts
    that begin an answer from it.
    """

    __slots__ = (
        "_begins", "_events", "_half", "_reasoning", "_texts", "_thoughts", "has_text",
        "has_thought",
    )  # fmt: skip

    def __init__(self) -> None:
        self.has_text = self.has_thought = False
        """Whether anything came of the answer, and of the reasoning."""
        self._begins = True
        self._thoughts: ThoughtSplitter | None = None
        self._events: list[StreamEvent] = []
        self._texts: list[str] = []
        self._reasoning = False
        self._half = ""

    def say(self, text: str, *, reasoning: bool, escaped: bool = True) -> None:
        """Add text; `escaped` is whether it may hold surrogates (its JSON had a `\\u`)."""
        if self._begins and text:
            self._begins = False
            if not reasoning and text.lstrip()[:1] in ("", "<"):  # it may become a mark
                from synapse.providers._thoughts import ThoughtSplitter

                self._thoughts = ThoughtSplitter()
        if self._thoughts is not None and text:
            if reasoning:  # they come in a field of their own
                self._end_thoughts()
            else:
                self._split(self._thoughts, text)
                return
        self._say(text, reasoning=reasoning, escaped=escaped)

    def _split(self, thoughts: ThoughtSplitter, text: str) -> None:
        for piece, is_thought in thoughts.feed(text):
            self._say(piece, reasoning=is_thought, escaped=True)
        if thoughts.is_over:
            self._thoughts = None

    def _end_thoughts(self) -> None:
        if self._thoughts is not None:
            for piece, is_thought in self._thoughts.close():
                self._say(piece, reasoning=is_thought, escaped=True)
            self._thoughts = None

    def _say(self, text: str, *, reasoning: bool, escaped: bool) -> None:
        if reasoning is not self._reasoning:
            self._flush()
            self._reasoning = reasoning
        if escaped or self._half:
            text = self._whole(text)
        if text:
            self._texts.append(text)
            if reasoning:
                self.has_thought = True
            else:
                self.has_text = True

    def add(self, event: StreamEvent) -> None:
        """Add an event that is no text."""
        if isinstance(event, Finished):
            self._end_thoughts()
        self._flush()
        self._events.append(event)

    def take(self) -> list[StreamEvent]:
        """Everything so far; the collector is empty then, but for half a character."""
        if self._texts:
            self._join()
        events, self._events = self._events, []
        return events

    def end(self) -> None:
        """Say that nothing more will come: half a character becomes U+FFFD."""
        self._end_thoughts()
        self._flush()

    def _whole(self, text: str) -> str:
        text = self._half + text
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        if text.isascii():  # an escaped `<` or quotation mark: no codec is loaded for it
            return text
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _join(self) -> None:
        self._events.append(TextDelta("".join(self._texts), reasoning=self._reasoning))
        self._texts.clear()

    def _flush(self) -> None:
        if self._half:
            self._half = ""
            self._texts.append("\ufffd")
        if self._texts:
            self._join()
