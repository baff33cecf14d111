"""What values the options take: checked as the file gives them, or read from a text.

Each kind is a function `(value, *limits) -> value` that raises ValueError with what the value
must be: `must be true or false`. The text never holds the value; whoever may show it adds it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def check(kind: tuple[Any, ...], value: object) -> Any:
    """The value in the form in which Settings holds it. Raises ValueError."""
    name, *limits = kind
    return _KINDS[name](value, *limits)


def parse(kind: tuple[Any, ...], text: str) -> Any:
    """The value that a text stands for, as in a variable or an argument. Raises ValueError."""
    name, *limits = kind
    convert = _FROM_TEXT.get(name)
    return check(kind, text if convert is None or text in limits else convert(text))


def expected(kind: tuple[Any, ...]) -> list[str]:
    """The words that a value may be, where they can be counted; for completion."""
    name, *limits = kind
    words = [limit for limit in limits if isinstance(limit, str)]
    return (["true", "false"] if name == "boolean" else []) + words


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text in quotes")
    if "\0" in value:
        raise ValueError("must not hold NUL characters")
    return value


def _word(value: object) -> str:
    text = _text(value)
    if not text.strip() or any(ord(character) < 32 for character in text):
        raise ValueError("must be one line of text in quotes, and not empty")
    return text


def _texts(value: object) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not all(isinstance(t, str) and t for t in texts):
        raise ValueError("must be a text in quotes, or a list of such")
    return tuple(texts)


def _url(value: object) -> str:
    text = _word(value)
    if not text.startswith(("http://", "https://", "unix:")) or text.endswith(("://", "unix:")):
        raise ValueError("must begin with http://, https:// or unix:")
    return text


def _boolean(value: object, *words: str) -> bool | str:
    if isinstance(value, bool) or (isinstance(value, str) and value in words):
        return value
    others = "".join(f' or "{word}"' for word in words)
    raise ValueError(f"must be true or false{others}")


def _integer(value: object, low: int, high: int, *words: str) -> int | str:
    if isinstance(value, str) and value in words:
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        others = "".join(f' or "{word}"' for word in words)
        raise ValueError(f"must be a whole number from {low} to {high}{others}")
    return value


def _number(value: object, low: float, high: float) -> float:
    # not a number (nan) fails the comparison
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"must be a number from {low} to {high}")
    return float(value)


def _choice(value: object, *words: str) -> str:
    if isinstance(value, str) and value in words:
        return value
    *first, last = (f'"{word}"' for word in words)
    raise ValueError(f"must be {', '.join(first)} or {last}")


def _boolean_text(text: str) -> object:
    lowered = text.lower()
    return True if lowered in _TRUE else False if lowered in _FALSE else text


def _number_text(convert: Callable[[str], object]) -> Callable[[str], object]:
    def read(text: str) -> object:
        try:
            return convert(text)
        except ValueError:
            return text  # no number: the check says so

    return read


_KINDS: dict[str, Callable[..., Any]] = {
    "text": _text,
    "word": _word,
    "path": _word,
    "database": _word,
    "secret": _word,
    "texts": _texts,
    "url": _url,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "choice": _choice,
}

_FROM_TEXT: dict[str, Callable[[str], object]] = {
    "boolean": _boolean_text,
    "integer": _number_text(int),
    "number": _number_text(float),
}
