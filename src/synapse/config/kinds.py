"""What values the options take: checked as the file gives them, or read from a text.

Each kind is a function `(value, *limits) -> value` that raises ValueError with what the value
must be: `must be true or false`. The text never holds the value; whoever may show it adds it.
"""

from __future__ import annotations

from synapse.config.options import parameters

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
    return (["true", "false"] if name in ("boolean", "redaction") else []) + words


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


def _redaction(value: object) -> bool | tuple[str, ...]:
    if isinstance(value, bool):
        return value
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not all(
        isinstance(word, str) and word.strip() and "\n" not in word for word in words
    ):
        raise ValueError("must be true, false or a list of words and /expressions/, each one line")
    for word in words:
        if is_expression(word):
            from synapse.config.expressions import check_expression  # with `re`, for few

            check_expression(word[1:-1])
    return tuple(words)


def is_expression(word: str) -> bool:
    """Whether a word of `export.redact` is a regular expression: /between slashes/."""
    return len(word) > 2 and word[0] == word[-1] == "/"


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


def _share_or_tokens(value: object, low: float, fewest: int, most: int) -> float | int:
    """A share, which is a float, or a number of tokens, which is an int."""
    number = _counted(value) if isinstance(value, str) else value
    if not isinstance(number, bool):
        if isinstance(number, (int, float)) and low <= number <= 1:
            return float(number)
        if isinstance(number, int) and fewest <= number <= most:
            return number
    raise ValueError(
        f"must be a share of the window from {low} to 1, or tokens, at least {fewest}:"
        ' 95000 or "95k"'
    )


def _counted(text: str) -> object:
    """`0.8`, `80%`, `95000`, `95k` or `1.5M` as a number; else what no check lets through."""
    text = text.strip().replace("_", "").lower()
    unit = text[-1:]
    factor = _UNITS.get(unit)
    digits = (text[:-1].rstrip() if factor else text).replace(".", "", 1)
    if not digits.isdecimal() or not digits.isascii() or len(digits) > _MOST_DIGITS:
        return None
    whole, _, part = (text[:-1].rstrip() if factor else text).partition(".")
    if unit == "%":
        return float(f"{whole}.{part}0") / 100
    if factor is None:
        return float(text) if part else int(digits)
    tokens, rest = divmod(int(whole + part) * factor, 10 ** len(part))
    return None if rest else tokens


def _choice(value: object, *words: str) -> str:
    if isinstance(value, str) and value in words:
        return value
    *first, last = (f'"{word}"' for word in words)
    raise ValueError(f"must be {', '.join(first)} or {last}")


class ValueWithin(ValueError):
    """A value inside a table can't be; `name` is its key there."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.name = name


def _headers(value: object) -> dict[str, str]:
    checked = {}
    for name, text in _table(value).items():
        if not name or not all(c.isascii() and (c.isalnum() or c in _TOKEN) for c in name):
            raise ValueWithin(name, "is no name of a header")
        if name.lower() == "authorization":
            raise ValueWithin(name, "is made from the key: use api_key_env or api_key_cmd")
        if name.lower() in _OF_THE_TRANSFER:
            raise ValueWithin(name, "is set by Synapse")
        if not isinstance(text, str) or not all(" " <= c <= "~" for c in text):
            raise ValueWithin(name, "must be a text in quotes, of ASCII without control characters")
        checked[name] = text.strip()
    return checked


def _query(value: object) -> dict[str, str]:
    checked = {}
    for name, text in _table(value).items():
        if isinstance(text, bool):
            text = "true" if text else "false"
        if not isinstance(text, (str, int, float)) or not name or not str(text).isprintable():
            raise ValueWithin(name, "must be a text in quotes, a number, true or false")
        checked[name] = str(text)
    return checked


def _texts_by_name(value: object) -> dict[str, str]:
    checked = {}
    for name, text in _table(value).items():
        if isinstance(text, bool):
            text = "true" if text else "false"
        if not isinstance(name, str) or not isinstance(text, (str, int, float)):
            raise ValueWithin(str(name), "must be a text in quotes, a number, true or false")
        checked[name] = _text(str(text))
    return checked


def _generation_parameters(value: object) -> dict[str, Any]:
    known = parameters()
    checked = {}
    for name, inner in _table(value).items():
        if name not in known:
            from synapse.suggestions import suggestion  # only after a typing error

            near = suggestion(str(name), known)
            meant = f'; did you mean "{near}"?' if near else ""
            raise ValueWithin(str(name), f"is no parameter{meant}")
        try:
            checked[name] = check(known[name].kind, inner)
        except ValueError as error:
            raise ValueWithin(name, str(error)) from error
    return checked


def _json(value: object) -> dict[str, object]:
    checked = _table(value)
    for name, inner in checked.items():
        if name in _ESSENTIAL:
            raise ValueWithin(name, "is set by Synapse")
        if not _is_json(inner):
            raise ValueWithin(name, "must be what JSON can hold: no date, no time, no nan, no inf")
    return checked


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, float):
        return value - value == 0
    return isinstance(value, (str, int))


def _field(value: object) -> str:
    if not isinstance(value, str) or not value.replace("_", "a").isalnum() or not value.isascii():
        raise ValueError("must be the name of a field, in quotes")
    if value in _ESSENTIAL:
        raise ValueError("must not be a field that Synapse sets")
    return value


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be a table")
    return value


_UNITS = {"k": 1000, "m": 1_000_000, "%": 1}
_MOST_DIGITS = 15
_TOKEN = frozenset("!#$%&'*+-.^_`|~")
"""What may stand in the name of a header beside letters and digits."""
_OF_THE_TRANSFER = frozenset(
    "host content-length content-type transfer-encoding connection accept expect".split()
)
_ESSENTIAL = frozenset(("model", "messages", "input", "stream"))


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
    "redaction": _redaction,
    "url": _url,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "share_or_tokens": _share_or_tokens,
    "choice": _choice,
    "headers": _headers,
    "query": _query,
    "texts by name": _texts_by_name,
    "generation parameters": _generation_parameters,
    "json": _json,
    "field": _field,
}

_FROM_TEXT: dict[str, Callable[[str], object]] = {
    "redaction": _boolean_text,
    "boolean": _boolean_text,
    "integer": _number_text(int),
    "number": _number_text(float),
}
