"""Names of models that the table does not write out."""

from __future__ import annotations

_DIGIT = "#"
_ANYTHING = "*"
_WITHOUT = "!"


def fitting(text: str, name: str) -> str:
    """The number of the row of a file's first pattern that fits; "" if none does."""
    place = text.find("\n~")
    while place >= 0:
        end = text.find("\n", place + 2)
        pattern, _, number = text[place + 2 : end].rpartition(" ")
        if fits(pattern, name):
            return number
        place = text.find("\n~", end)
    return ""


def fits(pattern: str, name: str) -> bool:
    """Whether a name is one of those that a pattern stands for: `gpt-6-####*!-tts`, where `#` is a
    digit, `*` anything, and what comes after `!` must not be part of the name. There is a `*` at
    the pattern's beginning or at its end, at both or at neither.
    """
    pattern, _, without = pattern.partition(_WITHOUT)
    core = pattern.strip(_ANYTHING)
    last = len(name) - len(core)
    if last < 0 or (without and without in name):
        return False
    from_start, to_end = pattern[:1] != _ANYTHING, pattern[-1:] != _ANYTHING
    if from_start and to_end:
        return not last and _same(core, name)
    if from_start:
        return _same(core, name[: len(core)])
    if to_end:
        return _same(core, name[last:])
    return any(_same(core, name[place : place + len(core)]) for place in range(last + 1))


def _same(core: str, part: str) -> bool:
    if _DIGIT not in core:
        return core == part
    return all(
        c.isdigit() if mark == _DIGIT else c == mark for mark, c in zip(core, part, strict=True)
    )
