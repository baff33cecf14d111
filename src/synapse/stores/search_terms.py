"""Texts as a search compares them, and the terms by which an index finds them.

A text is *folded*: one composition, no case, no accents, no width. In a folded text, letters,
digits and marks make up words; in scripts that are written without spaces (or, as Korean, with
particles that stick to the word) each character stands for itself; a symbol that is no ASCII is a
word of its own. Everything here is a pure function; RECIPE numbers what `terms` gives, for indexes
that keep it.
"""

from __future__ import annotations

from synapse.stores._text import storable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

RECIPE = 1
"""To be raised with every change of what `terms` gives for any text."""
LONGEST_TERM = 64
"""Characters of a term; a longer word is found by its beginning, and judged whole."""
THOUGHT = "\ue000"
"""Begins the terms of what a model thought: no text has it in a word."""

SEPARATOR, SPACED, UNSPACED, SYMBOL = range(4)
"""Kinds of characters: between words; in words that have ends; each one a word; signs."""

_SHAPES = "".join(
    "0" if "0" <= sign <= "9" else "A" if "A" <= sign <= "Z" else "a" if "a" <= sign <= "z" else " "
    for sign in map(chr, range(128))
)
"""Of each ASCII character whether it is a digit, a capital or a small letter."""


def _folding() -> ModuleType:
    """What is done to characters that are no ASCII."""
    from synapse.stores import search_folding  # 1.7 M instructions that many searches do without

    return search_folding


class _Kinds(dict[str, int]):
    def __missing__(self, sign: str) -> int:
        self[sign] = kind = _kind(sign)
        return kind


def _kind(sign: str) -> int:
    if sign.isascii():
        return SPACED if sign.isalnum() else SEPARATOR
    major = _folding().category(sign)[0]
    if major in "LNM":
        return UNSPACED if _folding().is_unspaced(sign) else SPACED
    return SYMBOL if major == "S" else SEPARATOR


KINDS = _Kinds()
"""The kind of each character of a folded text."""


class _Split(dict[int, str]):
    """What becomes of each character of a composed text: folded, with spaces in place of separators
    and around signs.
    """

    def __missing__(self, code: int) -> str:
        folded = chr(code) if code < 128 else _folding().FOLDED[code]
        parts = (
            " " if (kind := KINDS[sign]) == SEPARATOR else f" {sign} " if kind == SYMBOL else sign
            for sign in folded
        )
        self[code] = split = "".join(parts)
        return split


_SPLIT = _Split()


def fold(text: str) -> str:
    """The text folded, but for the case of ASCII letters."""
    if text.isascii():
        return text
    folding = _folding()
    return str(folding.composed(text).translate(folding.FOLDED))


def begins_part(folded: str, place: int) -> bool:
    """Whether a word of a camelCase name begins at a place inside of a word: `Name` in
    `userName`, `Server` in `HTTPServer`.
    """
    before, sign = folded[place - 1], folded[place]
    if not ("A" <= sign <= "Z"):
        return False
    if not ("A" <= before <= "Z"):
        return before.islower() or before.isdigit()
    after = folded[place + 1 : place + 2]
    return "a" <= after <= "z"


def split(text: str) -> list[str]:
    """What stands between separators, in its order, folded but for the case of ASCII letters."""
    composed = text if text.isascii() else _folding().composed(text)
    return str(composed.translate(_SPLIT)).split()


def terms(text: str) -> set[str]:
    """The terms of a text."""
    found: set[str] = set()
    for word in set(split(text)):
        if word.isascii():
            _add_spaced(word, found)
        else:
            _add_runs(word, found)
    return found


def terms_of(content: str, reasoning: str, files: str) -> set[str]:
    """The terms by which a message is found; `files` are the texts that go with it."""
    return terms(content) | terms(files) | {THOUGHT + term for term in terms(reasoning)}


def _add_runs(word: str, found: set[str]) -> None:
    begin = 0
    for place in range(1, len(word) + 1):
        if place < len(word) and KINDS[word[place]] == KINDS[word[begin]]:
            continue
        run = word[begin:place]
        if KINDS[run[0]] == SPACED:
            _add_spaced(run, found)
        else:
            found.update(run)
            found.update(map(str.__add__, run, run[1:]))
        begin = place


def _add_spaced(run: str, found: set[str]) -> None:
    low = run.lower()
    found.add(low[:LONGEST_TERM])
    if run == low or not is_camel(run):
        return
    begin = 0
    for place in range(1, len(run)):
        if begins_part(run, place):
            found.add(low[begin:place][:LONGEST_TERM])
            begin = place
    found.add(low[begin:][:LONGEST_TERM])


def is_camel(text: str) -> bool:
    """Whether a text has a camelCase name of ASCII letters in it."""
    shape = text.translate(_SHAPES)
    return "aA" in shape or "0A" in shape or "AAa" in shape


def is_plain(text: str) -> bool:
    """Whether the words of the text are what stands between characters that are no ASCII letters or
    digits, so that an index can take it as it is.
    """
    return text.isascii() and "\0" not in text and not is_camel(text)


class Wanted:
    """The terms that a text must have for a word or a phrase to stand in it."""

    def __init__(self, text: str, *, prefix: bool = False) -> None:
        self.whole: set[str] = set()
        self.beginnings: set[str] = set()
        """Of the last word of a prefix, and of those that are longer than a term."""
        text = storable(text)
        words = split(text)
        open_end = prefix and not _ends_apart(text)
        for number, word in enumerate(words, 1):
            self._add(word, open_end and number == len(words))

    def _add(self, word: str, open_end: bool) -> None:
        begin = 0
        for place in range(1, len(word) + 1):
            if place < len(word) and KINDS[word[place]] == KINDS[word[begin]]:
                continue
            run = word[begin:place].lower()
            if KINDS[run[0]] == SPACED:
                at_end = open_end and place == len(word)
                is_beginning = at_end or len(run) >= LONGEST_TERM
                (self.beginnings if is_beginning else self.whole).add(run[:LONGEST_TERM])
            elif len(run) == 1:
                self.whole.add(run)
            else:
                self.whole.update(map(str.__add__, run, run[1:]))
            begin = place


def _ends_apart(text: str) -> bool:
    """Whether the last character belongs to no word: what follows `C++` is not more of a word."""
    folded = fold(text)
    return not folded or KINDS[folded[-1]] != SPACED
