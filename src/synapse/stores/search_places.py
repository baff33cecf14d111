"""Where each character of a folded text was before, where that is not at the same place."""

from __future__ import annotations

from synapse.stores.search_terms import fold

_MARKS = (
    (0x0300, 0x0370), (0x0483, 0x048A), (0x0591, 0x05C8), (0x0610, 0x061B), (0x064B, 0x0660),
    (0x0670, 0x0671), (0x06D6, 0x06EE), (0x0900, 0x0904), (0x093C, 0x093D), (0x093E, 0x0950),
    (0x0981, 0x0984), (0x09BC, 0x09D8), (0x0A01, 0x0A72), (0x0B01, 0x0B58), (0x0B82, 0x0BD8),
    (0x0C00, 0x0C57), (0x0C81, 0x0CD7), (0x0D00, 0x0D58), (0x0DCA, 0x0DE0), (0x102B, 0x103F),
    (0x1160, 0x1200), (0x1AB0, 0x1B00), (0x1B00, 0x1B45), (0x1DC0, 0x1E00), (0x20D0, 0x2100),
    (0x3099, 0x309B), (0xFE20, 0xFE30), (0xFF9E, 0xFFA0), (0x11000, 0x12000),
)  # fmt: skip


class _Continues(dict[str, bool]):
    """Whether a character may be composed with the one before it."""

    def __missing__(self, sign: str) -> bool:
        code = ord(sign)
        self[sign] = found = any(first <= code < end for first, end in _MARKS)
        return found


class _Pieces(dict[str, str]):
    def __missing__(self, sign: str) -> str:
        self[sign] = piece = fold(sign)
        return piece


_continues, _pieces = _Continues(), _Pieces()
"""Of each character whether it may be a part of the one before it, and what it is folded to."""


def fold_with_places(text: str) -> tuple[str, list[int] | None, list[int] | None]:
    """The text folded, and where each of its characters began and ended; None where those are the
    same places.
    """
    signs = set(text)
    if any(_continues[sign] or not _pieces[sign] for sign in signs):
        return _fold_marks(text)
    pieces = [_pieces[sign] for sign in text]
    if any(len(_pieces[sign]) > 1 for sign in signs):
        begins = [at for at, piece in enumerate(pieces) for _ in piece]
        return "".join(pieces), begins, [at + 1 for at in begins]
    return "".join(pieces), None, None


def _fold_marks(text: str) -> tuple[str, list[int], list[int]]:
    """Where one character is made of several, or of none."""
    begins: list[int] = []
    ends: list[int] = []
    pieces: list[str] = []
    place = 0
    while place < len(text):
        begin, place = place, place + 1
        while place < len(text) and _continues[text[place]]:
            place += 1
        piece = _pieces[text[begin]] if place == begin + 1 else fold(text[begin:place])
        if not piece and ends:
            ends[-1] = place  # what is folded away belongs to what is before it
        pieces.append(piece)
        begins += [begin] * len(piece)
        ends += [place] * len(piece)
    return "".join(pieces), begins, ends
