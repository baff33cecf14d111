"""What becomes of characters that are no ASCII where texts are compared; see `search_terms`."""

from __future__ import annotations

import unicodedata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

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


def is_unspaced(sign: str) -> bool:
    """Whether a letter is of a script in which each one is taken for a word."""
    code = ord(sign)
    return any(first <= code < end for first, end in _UNSPACED)


def category(sign: str) -> str:
    """Of a character, the general category that Unicode gives it."""
    return unicodedata.category(sign)


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
    kind = unicodedata.category(sign)
    if kind == "Cf" or 0xFE00 <= ord(sign) < 0xFE10 or 0xE0100 <= ord(sign) < 0xE01F0:
        return ""  # joiners, soft hyphens, marks of direction, variation selectors
    if 0x1F3FB <= ord(sign) <= 0x1F3FF:
        return ""  # tones of skin
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    if kind[0] in "LNM":
        return _spelled(sign)
    if kind[0] == "Z":
        return " "
    return _normal("NFKC", sign) if 0xFF00 <= ord(sign) < 0xFFF0 else sign


def _normal(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    return unicodedata.normalize(form, text)


def _spelled(sign: str) -> str:
    composed = _normal("NFKC", sign.casefold()).casefold()
    letters = (
        letter if letter in _LETTERS else _normal("NFKD", letter).translate(_SPELLED)
        for letter in composed
    )
    return "".join(_SAME.get(letter, letter) for letter in _normal("NFC", "".join(letters)))


FOLDED = _Folded()
"""What each character of a composed text is folded to."""


def composed(text: str) -> str:
    """The text in one composition."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFC", text):
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
