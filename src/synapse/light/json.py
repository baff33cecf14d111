"""Reading and writing JSON with the C half of `json`, whose Python half imports `re` and with it
`enum`: 23 million. Where there is no such half, or it has changed, `json` itself is taken.
"""

from __future__ import annotations

__all__ = ["INVALID", "encoder", "scan_string", "scanner"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    encode_basestring: Any
    make_encoder: Any
    make_scanner: Any
    scan_string: Callable[[str, int, bool], tuple[str, int]]
    """Read a JSON string from behind its quotation mark: the text, and where it ends. Raises
    INVALID."""
else:
    try:
        from _json import encode_basestring, make_encoder, make_scanner
        from _json import scanstring as scan_string
    except ImportError:
        from json.decoder import scanstring as scan_string

        encode_basestring = make_encoder = make_scanner = None


INVALID = (ValueError, SystemError)
"""What reading raises for what is no JSON: the C half looks for its ValueError in `json.decoder`,
and where that is not imported it fails without an exception, which Python calls a SystemError."""


class _Rules:
    """What the C half asks its decoder for; a control character in a string is none of its
    business."""

    strict = False
    object_hook = object_pairs_hook = array_hook = None
    parse_float = float
    parse_constant = float  # NaN, Infinity, -Infinity
    memo: dict[str, str] = {}  # noqa: RUF012


def scanner(parse_int: Callable[[str], object]) -> Callable[[str, int], tuple[object, int]]:
    """A function that reads the value at a position of a text: the value, and where it ends.

    It raises StopIteration where none begins, INVALID, RecursionError. Control characters in
    strings are let through.
    """
    rules = _Rules()
    vars(rules)["parse_int"] = parse_int
    try:
        scan: Callable[[str, int], tuple[object, int]] = make_scanner(rules)
    except (AttributeError, TypeError):
        from json import JSONDecoder  # heavy, and most runs write none

        scan = vars(JSONDecoder(strict=False, parse_int=parse_int))["scan_once"]
    return scan


def encoder() -> Callable[[object], str]:
    """A function that writes a value as compactly as it can be, characters as they are.

    It raises TypeError, ValueError and RecursionError for what is no JSON.
    """
    try:
        make_encoder({}, _refuse, encode_basestring, None, ":", ",", False, False, True)(0, 0)
    except (AttributeError, TypeError):
        from json import JSONEncoder  # heavy, and most runs write none

        return JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return _encode


def _encode(value: object) -> str:
    make = make_encoder({}, _refuse, encode_basestring, None, ":", ",", False, False, True)
    return "".join(make(value, 0))


def _refuse(value: object) -> object:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
