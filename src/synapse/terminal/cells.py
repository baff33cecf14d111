"""How many columns of a terminal a text takes.

Columns are counted by grapheme, what a reader sees as one character. ASCII, nearly all of what is
measured, is answered by `len`, most other texts by `simple_characters`; the Unicode tables are
imported with the first text of which neither knows all. Tabs count as four columns. The text must
have been through `safe.clean` and hold no newline.

What few runs need is imported where they need it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence

TAB = "    "

_AGREED = (
    "["
    " -~\xa0-\xac\xae-\u036f\u0370-\u058f\u05d0-\u05ea"  # Latin to Hebrew, accents
    "\u0e00-\u0e7f\u1e00-\u1fff"
    "\u2010-\u2027\u2030-\u205e\u2070-\u22ff"  # dashes, quotes, arrows, mathematics
    "\u2500-\u25fc\u25ff"  # lines and shapes
    "\u2e80-\u3029\u3030-\u3096\u309b-\u4dbf\u4e00-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
    "\uff01-\uff9f\uffe0-\uffe6\ufffd\U00020000-\U0003fffd"  # ideographs, kana, Hangul
    "]*"
)
"""Characters that have had one width since terminals know widths. Emoji are none of them: what is
two columns wide in one terminal is one in the next, and a symbol becomes an emoji with the years.
"""

_columns_of: Callable[[str], int] | None = None
_measure: Callable[[str], int] | None = None
_measure_character: Callable[[str], int] | None = None
_split: Callable[[str], Iterator[str]] | None = None
_match_agreed: Callable[[str], re.Match[str] | None] | None = None


def expand_tabs(text: str) -> str:
    """Return `text` with each tab as four spaces."""
    return text.replace("\t", TAB)


def width(text: str) -> int:
    """Return the columns `text` takes on a terminal that joins graphemes."""
    if text.isascii():
        return len(text) + 3 * text.count("\t")
    text = expand_tabs(text)
    columns = _simple_width(text)
    if columns >= 0:
        return columns
    if _measure is None:
        _load()
    assert _measure is not None
    return _measure(text)


def _simple_width(text: str) -> int:
    """The columns of a text of simple characters; negative for any other."""
    global _columns_of
    if _columns_of is None:
        from synapse.terminal.simple_characters import COLUMNS

        _columns_of = COLUMNS.__getitem__
    return sum(map(_columns_of, text))


def max_width(text: str) -> int:
    """Return the columns `text` takes at most, on any terminal.

    A terminal that does not join graphemes shows a family emoji as its several members, and may
    all the same widen a heart that is asked to be an emoji: each grapheme is taken at its widest.
    What must not run over the end of a row is measured with this.
    """
    if text.isascii() or _simple_width(text) >= 0 or has_certain_width(text):
        return width(text)
    return sum(max(width(part), _by_character(part)) for part in graphemes(expand_tabs(text)))


def has_certain_width(text: str) -> bool:
    """Tell whether all terminals agree on the width of `text`."""
    return text.isascii() or (len(_agreed(text)) == len(text) and _is_as_its_characters(text))


def start_of_certain_width(text: str) -> str:
    """Return as much of the start of `text` as all terminals agree about."""
    if text.isascii():
        return text
    start = _agreed(text)
    if len(start) < len(text):
        start = start[:-1]  # what follows may join it
    return start if _is_as_its_characters(start) else _ascii_start(start)


def _is_as_its_characters(text: str) -> bool:
    """Whether it is as wide for a terminal that joins graphemes as for one that does not."""
    return _simple_width(text) >= 0 or width(text) == _by_character(text)


def _agreed(text: str) -> str:
    global _match_agreed
    if _match_agreed is None:
        import re  # heavy

        _match_agreed = re.compile(_AGREED).match
    agreed = _match_agreed(text)
    assert agreed is not None
    return agreed[0]


def _ascii_start(text: str) -> str:
    for index, character in enumerate(text):
        if character > "~":
            return text[: max(0, index - 1)]
    return text


def graphemes(text: str) -> Iterator[str]:
    """Yield what a reader sees as the characters of `text`."""
    if text.isascii():
        return iter(text)
    if _simple_width(text) >= 0:
        return (grapheme for grapheme, _ in graphemes_with_widths(text))
    if _split is None:
        _load()
    assert _split is not None
    return _split(text)


def graphemes_with_widths(text: str) -> Sequence[tuple[str, int]]:
    """Return what a reader sees as the characters of `text`, each with its columns."""
    if text.isascii() or _simple_width(text) < 0:
        return [(grapheme, width(grapheme)) for grapheme in graphemes(text)]
    assert _columns_of is not None
    found = [*zip(text, map(_columns_of, text), strict=True)]
    return found if all(columns for _, columns in found) else _joined(found)


def _joined(characters: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Those without columns of their own with those before them."""
    seen: list[tuple[str, int]] = []
    for sign, columns in characters:
        if columns or not seen:
            seen.append((sign, columns))
        else:
            seen[-1] = seen[-1][0] + sign, seen[-1][1]
    return seen


def clip(text: str, columns: int, ellipsis: str = "…") -> str:
    """Return `text` in at most `columns` columns; what was cut is marked by `ellipsis`."""
    text = expand_tabs(text)
    if width(text) <= columns:
        return text
    return _take(text, columns - len(ellipsis), width) + ellipsis[: max(0, columns)]


def clip_to_max_width(text: str, columns: int) -> str:
    """Return as much of the start of `text` as fits in `columns` columns of any terminal."""
    text = expand_tabs(text)
    return text if max_width(text) <= columns else _take(text, columns, max_width)


def ljust(text: str, columns: int) -> str:
    """Return `text` with spaces after it, `columns` columns wide if it was not wider."""
    return text + " " * (columns - width(text))


def rjust(text: str, columns: int) -> str:
    """Return `text` with spaces before it, `columns` columns wide if it was not wider."""
    return " " * (columns - width(text)) + text


def begins_grapheme(character: str) -> bool:
    """Tell whether `character` surely does not join the one before it.

    A cheap answer: False may also mean "not known".
    """
    return (
        character.isascii()
        or "\u2500" <= character <= "\u257f"  # what tables are drawn with
        or "\u3041" <= character <= "\u3096"  # kana
        or "\u30a1" <= character <= "\u30fa"
        or "\u3400" <= character <= "\u9fff"  # ideographs
        or "\uac00" <= character <= "\ud7a3"  # Hangul syllables
    )


def _take(text: str, columns: int, measure: Callable[[str], int]) -> str:
    if text.isascii():
        return text[: max(0, columns)]
    taken: list[str] = []
    used = 0
    for grapheme in graphemes(text):
        used += measure(grapheme)
        if used > columns:
            break
        taken.append(grapheme)
    return "".join(taken)


def _by_character(text: str) -> int:
    if _measure_character is None:
        _load()
    assert _measure_character is not None
    return sum(map(_measure_character, expand_tabs(text)))


def _load() -> None:
    global _measure, _measure_character, _split
    import wcwidth  # heavy

    _measure = wcwidth.width
    _measure_character = wcwidth.wcwidth
    _split = wcwidth.iter_graphemes
