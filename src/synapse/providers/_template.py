"""Reading tokens without parsing their JSON: the pieces of a stream differ in one text only.

What stands around the text of a piece that was parsed, from the start of its event to the end,
most likely stands around the next texts too. Recognising it costs the same for one token and for
a hundred of them in one read; parsing costs 40,000 instructions a token. The result is the same:
what is between the same bytes, and is one JSON string, is that text.
"""

from __future__ import annotations

from synapse.light.json import INVALID, scan_string

_UNCLEAN = b'"\\\n\r'
"""What a JSON string in an event can only hold escaped, and the escape."""


class Template:
    """The bytes around the text of the last piece that was parsed."""

    __slots__ = ("_after", "_before", "_between", "_head", "_learnt", "_tail", "reasoning")

    def __init__(self) -> None:
        self._before = b""
        self._after = b""
        self._learnt = False
        self._head = b""  # from the start of the event to the text; empty: nothing is known
        self._tail = b""  # from the text to the end of the event, its empty line included
        self._between = b""  # from one text to the next
        self.reasoning = False
        """Whether the text is of the reasoning."""

    def learn(self, data: bytes, field: bytes, text: str, *, reasoning: bool) -> None:
        """Remember what is around `text`, the value of the one `field` (with its quotes) in
        `data`, which has been parsed. A text with escapes is not looked for.
        """
        _, found, rest = data.partition(field)
        value = rest.lstrip()
        if not found or field in rest or not value.startswith(b":"):
            return
        raw = b'"%b"' % text.encode("utf-8", "replace")
        value = value[1:].lstrip()
        if value.startswith(raw) and len(raw.translate(None, _UNCLEAN)) == len(raw) - 2:
            self._after = value[len(raw) - 1 :]
            self._before = data[: len(data) - len(value) + 1]
            self.reasoning = reasoning
            self._learnt = True

    def frame(self, event: bytes, data: bytes) -> None:
        """Say how the data was framed that was learnt last: the bytes of its whole event."""
        if self._learnt:
            self._learnt = False
            lead, found, end = event.partition(data)
            self._head = lead + self._before if found and end == b"\n\n" else b""
            self._tail = self._after + end
            self._between = self._tail + self._head

    def recognise(self, piece: bytes, at: int) -> tuple[str, int]:
        """The text of all events from `at` that hold nothing else new, and where they end."""
        head, tail = self._head, self._tail
        if not head or not piece.startswith(head, at):
            return "", at
        start, stop = at + len(head), len(piece) - len(tail)
        if start <= stop and piece.endswith(tail):
            texts = piece[start:stop].replace(self._between, b"")
            if len(texts.translate(None, _UNCLEAN)) == len(texts):
                return texts.decode("utf-8", "replace"), len(piece)
        return self._one_by_one(piece, at)

    def _one_by_one(self, piece: bytes, at: int) -> tuple[str, int]:
        texts = []
        around = len(self._between)
        *whole, last = piece[at + len(self._head) :].split(self._between)
        text, found, _ = last.partition(self._tail)
        for raw in [*whole, text] if found else whole:
            value = _unescaped(raw)
            if value is None:
                break
            texts.append(value)
            at += around + len(raw)
        return "".join(texts), at


def _unescaped(raw: bytes) -> str | None:
    """The text that is `raw` between quotes in JSON; None if that is no JSON string."""
    if b"\n" in raw or b"\r" in raw:
        return None
    text = raw.decode("utf-8", "replace") + '"'
    try:
        value, end = scan_string(text, 0, False)
    except INVALID:
        return None
    return value if end == len(text) else None
