"""Texts as words, as far as notes are judged and old turns found by them. Pure.

Words are compared without case and accents. Scripts that are written without spaces (and Korean,
whose particles stick to the word) have no words here but characters: what speaks for a text is its
pairs of neighbours.
"""

from __future__ import annotations

import re
import unicodedata

_UNSPACED = (
    (0x0E00, 0x0F00),  # Thai, Lao
    (0x1000, 0x10A0),  # Burmese
    (0x1780, 0x1800),  # Khmer
    (0x3005, 0x3008),
    (0x3040, 0x3100),  # kana
    (0x31F0, 0x3200),
    (0x3400, 0xA000),  # Han
    (0xAC00, 0xD7B0),  # Hangul
    (0xF900, 0xFB00),
    (0x20000, 0x40000),
)
_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")
_NAME = re.compile(r"[^\W\d_]+")
_SHORTEST = 4
"""Letters of a word that says something by itself; shorter ones are mostly grammar."""
_STEM = 5
_SPEAKERS = frozenset(
    "user users assistant assistants human model said says asked asks tell tells told wants wanted"
    " that this with from have been were they them their what when which about will would could"
    " should there then than also only just".split()
)
"""English words that notes need and that speak for nothing, folded."""


def is_unspaced(sign: str) -> bool:
    """Whether a character is of a script in which words have no spaces between them."""
    return any(first <= ord(sign) < end for first, end in _UNSPACED)


class _Folded(dict[int, str]):
    """What becomes of each character of a text in NFKD and lower case."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        kind = unicodedata.category(sign)[0]
        if 0x0300 <= code < 0x0370:
            folded = ""
        elif is_unspaced(sign) and kind in "LM":
            folded = f" {sign} "
        else:
            folded = sign if kind in "LMN" else " "
        self[code] = folded
        return folded


_FOLDED = _Folded()


def words(text: str) -> list[str]:
    """The words of a text in their order, folded; in a script without spaces, its characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        if any(0x1100 <= ord(sign) < 0x1200 for sign in text):  # Hangul is whole as syllables
            text = unicodedata.normalize("NFC", text)
    return text.casefold().translate(_FOLDED).split()


def evidence(text: str) -> set[str]:
    """What speaks for a text: its longer words, and pairs of characters in scripts without spaces;
    no numbers.
    """
    found: set[str] = set()
    earlier = ""
    for word in words(text):
        unspaced = is_unspaced(word[0])
        if unspaced and earlier:
            found.add(earlier + word)
        elif len(word) >= _SHORTEST and not unspaced and not word[0].isdigit():
            found.add(word)
        earlier = word if unspaced else ""
    return found - _SPEAKERS


def supported(claims: set[str], by: set[str]) -> int:
    """How many of `claims` stand in `by`, in whatever form of the word: the same first letters, or
    an ending of two letters more or less.
    """
    forms = {form for word in by for form in _forms(word)}
    return sum(1 for word in claims if word in by or not forms.isdisjoint(_forms(word)))


def _forms(word: str) -> set[str]:
    """What a word may be without its ending."""
    least = max(_SHORTEST, min(_STEM, len(word) - 2))
    return {word[:length] for length in range(least, len(word) + 1)}


def numbers(text: str) -> set[str]:
    """The numbers of a text as bare digits: of `1,024` and of `1.024`, `1024`; of a date or a time,
    each part.
    """
    found = set()
    for match in _NUMBER.finditer(unicodedata.normalize("NFKC", text)):
        digits = "".join(str(unicodedata.digit(sign)) for sign in match[0] if sign.isdigit())
        found.add(digits.lstrip("0") or "0")
    return found


def names(text: str) -> set[str]:
    """The words with a capital that no sentence begins with, in lower case."""
    text = unicodedata.normalize("NFC", text)
    found = set()
    for match in _NAME.finditer(text):
        word = match[0]
        if len(word) > 1 and word[0].isupper() and not begins_sentence(text, match.start()):
            found.add(word.casefold())
    return found - _SPEAKERS


def begins_sentence(text: str, place: int) -> bool:
    """Whether the word at `place` is the first one of a sentence or of a line."""
    before = text[:place].rstrip(" \t\"'“”„«»‘’([{*_`¿¡-–—•")
    return not before or before[-1] in ".!?:;…\n\r。！？："


def names_word(name: str, word: str) -> bool:
    """Whether a word is that name, perhaps with an ending more or less."""
    if name == word:
        return True
    shorter, longer = sorted((name, word), key=len)
    return len(shorter) >= 3 and len(longer) - len(shorter) <= 2 and longer.startswith(shorter)


def runs(found: list[str], length: int) -> list[tuple[str, ...]]:
    """Every run of so many neighbouring words."""
    return [tuple(found[place : place + length]) for place in range(len(found) - length + 1)]
