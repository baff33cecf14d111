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

_UNSPACED = (
    (0x0E00, 0x0F00),  # Thai, Lao
    (0x1000, 0x10A0),  # Burmese
    (0x1100, 0x1200),  # Hangul, as single sounds
    (0x1780, 0x1800),  # Khmer
    (0x3005, 0x3008),
    (0x3040, 0x3100),  # kana
    (0x31F0, 0x3200),
    (0x3400, 0xA000),  # Han
    (0xAC00, 0xD7B0),  # Hangul
    (0xF900, 0xFB00),
    (0x20000, 0x40000),
)
_ACCENTS = (
    (0x0300, 0x0370),
    (0x0483, 0x0488),
    (0x0591, 0x05C8),
    (0x0610, 0x061B),
    (0x0640, 0x0641),
    (0x064B, 0x0660),
    (0x0670, 0x0671),
    (0x06D6, 0x06EE),
    (0x1AB0, 0x1B00),
    (0x1DC0, 0x1E00),
    (0x20D0, 0x2100),
    (0xFE20, 0xFE30),
)
_SPELLED: dict[int, str | None] = {
    **{code: None for first, end in _ACCENTS for code in range(first, end)},
    **dict(zip(map(ord, "øłđħıðŋ"), "oldhidn", strict=True)),
    ord("æ"): "ae",
    ord("œ"): "oe",
    ord("þ"): "th",
    **dict(zip(map(ord, "یىک"), "ييك", strict=True)),  # of Persian and Arabic keyboards
}
_LETTERS = frozenset("йїў")
"""Letters of their own that only look accented."""
_SAME = {
    **dict.fromkeys("\u2018\u2019\u201b\u02bb\u02bc\u02b9\u2032\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    "\u2044": "/",
}
"""Signs that are typed in one way and printed in others."""
_VOICES = ("\uff9e", "\uff9f")
"""What makes a half-width syllable before it a voiced one."""
_SHAPES = "".join(
    "0" if "0" <= sign <= "9" else "A" if "A" <= sign <= "Z" else "a" if "a" <= sign <= "z" else " "
    for sign in map(chr, range(128))
)
"""Of each ASCII character whether it is a digit, a capital or a small letter."""


def _characters() -> ModuleType:
    """What Unicode says of characters."""
    import unicodedata  # a megabyte that a search for ASCII in ASCII does without

    return unicodedata


class _Kinds(dict[str, int]):
    def __missing__(self, sign: str) -> int:
        self[sign] = kind = _kind(sign)
        return kind


def _kind(sign: str) -> int:
    if sign.isascii():
        return SPACED if sign.isalnum() else SEPARATOR
    major = _characters().category(sign)[0]
    if major in "LNM":
        code = ord(sign)
        return UNSPACED if any(first <= code < end for first, end in _UNSPACED) else SPACED
    return SYMBOL if major == "S" else SEPARATOR


KINDS = _Kinds()
"""The kind of each character of a folded text."""


class _Folded(dict[int, str]):
    """What becomes of each character of a composed text. ASCII letters keep their case, which
    tells the words of `camelCase` apart.
    """

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(sign: str) -> str:
    if sign in _SAME:
        return _SAME[sign]
    if sign.isascii():
        return sign
    unicode = _characters()
    kind: str = unicode.category(sign)
    if kind == "Cf" or 0xFE00 <= ord(sign) < 0xFE10 or 0xE0100 <= ord(sign) < 0xE01F0:
        return ""  # joiners, soft hyphens, marks of direction, variation selectors
    if 0x1F3FB <= ord(sign) <= 0x1F3FF:
        return ""  # tones of skin
    if kind == "Nd":
        return str(unicode.decimal(sign))
    if kind[0] in "LNM":
        return _spelled(sign)
    if kind[0] == "Z":
        return " "
    return _normal("NFKC", sign) if 0xFF00 <= ord(sign) < 0xFFF0 else sign


def _normal(form: str, text: str) -> str:
    return str(_characters().normalize(form, text))


def _spelled(sign: str) -> str:
    composed = _normal("NFKC", sign.casefold()).casefold()
    letters = (
        letter if letter in _LETTERS else _normal("NFKD", letter).translate(_SPELLED)
        for letter in composed
    )
    return "".join(_SAME.get(letter, letter) for letter in _normal("NFC", "".join(letters)))


class _Split(dict[int, str]):
    """As _Folded, with spaces in place of separators and around signs."""

    def __missing__(self, code: int) -> str:
        parts = (
            " " if (kind := KINDS[sign]) == SEPARATOR else f" {sign} " if kind == SYMBOL else sign
            for sign in FOLDED[code]
        )
        self[code] = split = "".join(parts)
        return split


FOLDED = _Folded()
_SPLIT = _Split()


def composed(text: str) -> str:
    """The text in one composition."""
    if text.isascii():
        return text
    if not _characters().is_normalized("NFC", text):
        text = _normal("NFC", text)
    for voice in _VOICES:
        if voice in text:
            text = _voiced(text, voice)
    return text


def _voiced(text: str, voice: str) -> str:
    *before, last = text.split(voice)
    pieces = [
        piece[:-1] + _normal("NFKC", piece[-1] + voice)
        if "\uff66" <= piece[-1:] <= "\uff9d"
        else piece + voice
        for piece in before
    ]
    return "".join([*pieces, last])


def fold(text: str) -> str:
    """The text folded, but for the case of ASCII letters."""
    if text.isascii():
        return text
    return composed(text).translate(FOLDED)


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
    return composed(text).translate(_SPLIT).split()


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
