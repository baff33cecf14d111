"""How many columns of a terminal a text takes.

Columns are counted by grapheme, what a reader sees as one character. ASCII, nearly all of what is
measured, is answered by `len`; the Unicode tables are imported with the first other text. Tabs
count as four columns. The text must have been through `safe.clean` and hold no newline.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TAB = "    "

_measure: Callable[[str], int] | None = None
_measure_character: Callable[[str], int] | None = None
_split: Callable[[str], Iterator[str]] | None = None


def expand_tabs(text: str) -> str:
    """Return `text` with each tab as four spaces."""
    return text.replace("\t", TAB)


def width(text: str) -> int:
    """Return the columns `text` takes on a terminal that joins graphemes."""
    if text.isascii():
        return len(text) + 3 * text.count("\t")
    if _measure is None:
        _load()
    assert _measure is not None
    return _measure(expand_tabs(text))


def most(text: str) -> int:
    """Return the columns `text` takes at most, on any terminal.

    A terminal that does not join graphemes shows a family emoji as its several members. What must
    not run over the end of a row is measured with this.
    """
    if text.isascii():
        return len(text) + 3 * text.count("\t")
    return max(width(text), _by_character(text))


def certain(text: str) -> bool:
    """Tell whether all terminals agree on the width of `text`."""
    return text.isascii() or width(text) == _by_character(text)


def graphemes(text: str) -> Iterator[str]:
    """Yield what a reader sees as the characters of `text`."""
    if text.isascii():
        return iter(text)
    if _split is None:
        _load()
    assert _split is not None
    return _split(text)


def clip(text: str, columns: int, ellipsis: str = "…") -> str:
    """Return `text` in at most `columns` columns; what was cut is marked by `ellipsis`."""
    text = expand_tabs(text)
    if width(text) <= columns:
        return text
    return _take(text, columns - len(ellipsis), width) + ellipsis[: max(0, columns)]


def clip_certainly(text: str, columns: int) -> str:
    """Return as much of the start of `text` as fits in `columns` columns of any terminal."""
    text = expand_tabs(text)
    return text if most(text) <= columns else _take(text, columns, most)


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
    import wcwidth

    _measure = wcwidth.width
    _measure_character = wcwidth.wcwidth
    _split = wcwidth.iter_graphemes
