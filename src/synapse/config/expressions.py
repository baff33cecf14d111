"""Whether a regular expression of the configuration can be used. Imported only where one stands.

One that can match in exponentially many ways, `(a+)+b`, would make an export never end. What is
told apart: a repetition inside a repetition is harmless if something stands between its turns that
it can't match itself, `(?:\\w+\\.)+`, or if it gives nothing back, `(?:a++)+`. All others are cut
off by their time limit (`app/redaction/expressions.py`).
"""

from __future__ import annotations

import re
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SAMPLE = [chr(code) for code in range(1, 0x250)]
"""Characters by which is judged whether two pieces can match the same."""
_LONGEST = 1_000
_MANY = 10
"""Turns from which on a repetition is as bad as one without end."""


def check_expression(source: str) -> None:
    """Raises ValueError with what is wrong with it, as the rest of a sentence."""
    if len(source) > _LONGEST:
        raise ValueError(f"holds an expression longer than {_LONGEST:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python may read in another way one day
            pattern = re.compile(source)
            parsed = _parser().parse(source)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        raise ValueError(f"holds no regular expression: /{source}/ ({error})") from None
    if pattern.fullmatch("") and not parsed.getwidth()[1]:
        raise ValueError(f"holds an expression that matches nothing: /{source}/")
    if any(_is_catastrophic(body) for body in _repeated(parsed)):
        raise ValueError(
            f"holds an expression that can match in too many ways: /{source}/;"
            " a repetition in a repetition that must not give back is written (?:a++)+"
        )


def _parser() -> Any:
    """Python's own, which has no public door."""
    import re._parser as parser  # type: ignore[import-not-found]  # loaded with `re`

    return parser


def _repeated(items: Any) -> list[Any]:
    """The bodies of all repetitions of many turns that can give back."""
    found = []
    for name, value in map(_named, items):
        if name in ("MAX_REPEAT", "MIN_REPEAT") and value[1] >= _MANY:
            found.append(value[2])
        for inner in _inside(name, value):
            found += _repeated(inner)
    return found


def _is_catastrophic(body: Any) -> bool:
    varying: list[set[str]] = []
    fixed: list[set[str]] = []
    branches: list[list[set[str]]] = []
    _sort(body, varying, fixed, branches)
    for inner in varying:
        if not any(not inner & piece for piece in fixed):
            return True
    return any(
        first & second
        for alternatives in branches
        for place, first in enumerate(alternatives)
        for second in alternatives[place + 1 :]
    )


def _sort(
    items: Any, varying: list[set[str]], fixed: list[set[str]], branches: list[list[set[str]]]
) -> None:
    """What one turn is made of: pieces of varying length, those that must be there, choices."""
    for name, value in map(_named, items):
        if name in ("MAX_REPEAT", "MIN_REPEAT") and value[0] != value[1]:
            varying.append(_characters(value[2]))
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            _sort(value[2], varying, fixed, branches)
        elif name == "SUBPATTERN":
            _sort(value[3], varying, fixed, branches)
        elif name == "BRANCH":
            branches.append([_first(alternative) for alternative in value[1]])
            for alternative in value[1]:
                _sort(alternative, varying, [], branches)
        elif name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            fixed.append(_one(name, value))


def _first(items: Any) -> set[str]:
    """The characters with which a choice can begin; all, if it can be empty."""
    for name, value in map(_named, items):
        if name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            return _one(name, value)
        if name == "SUBPATTERN":
            return _first(value[3])
        if name != "AT":
            break
    return set(_SAMPLE)


def _characters(items: Any) -> set[str]:
    """All characters that may stand in a piece."""
    found: set[str] = set()
    for name, value in map(_named, items):
        if name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            found |= _one(name, value)
        for inner in _inside(name, value):
            found |= _characters(inner)
    return found


def _one(name: str, value: Any) -> set[str]:
    if name == "LITERAL":
        return {chr(value)}
    if name == "ANY":
        return {character for character in _SAMPLE if character != "\n"}
    if name == "NOT_LITERAL":
        return {character for character in _SAMPLE if ord(character) != value}
    negated = bool(value) and _named(value[0])[0] == "NEGATE"
    found = {character for item in value for character in _of_set(*_named(item))}
    return {c for c in _SAMPLE if c not in found} if negated else found


def _of_set(name: str, value: Any) -> set[str]:
    if name == "LITERAL":
        return {chr(value)}
    if name == "RANGE":
        low, high = value
        return {character for character in _SAMPLE if low <= ord(character) <= high} | {chr(low)}
    if name == "CATEGORY":
        letter = str(value).rpartition("_")[2][0].lower()
        letter = letter.upper() if "_NOT_" in str(value) else letter
        return {character for character in _SAMPLE if re.match(rf"\{letter}", character)}
    return set()


def _inside(name: str, value: Any) -> list[Any]:
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return [value[2]]
    if name == "SUBPATTERN":
        return [value[3]]
    if name == "BRANCH":
        return list(value[1])
    if name in ("ASSERT", "ASSERT_NOT"):
        return [value[1]]
    return [value] if name == "ATOMIC_GROUP" else []


def _named(item: Any) -> tuple[str, Any]:
    return str(item[0]), item[1]
