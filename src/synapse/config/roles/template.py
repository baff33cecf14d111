"""Texts with places for variables: `{name}` is replaced, `{{` and `}}` stand for one brace.

Any other brace is a fault that is told: a prompt that silently lost one would be another prompt.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INPUT = "input"
"""The variable that stands for the question."""


def is_variable_name(name: str) -> bool:
    """Whether a variable may be called so: letters, digits, `_` and `-`, no digit or `-` first."""
    return name[:1] != "-" and name.replace("-", "_").isidentifier()


def variables(text: str) -> list[str]:
    """The names of a template, each once, in the order in which they come. Raises ValueError for a
    brace that is neither doubled nor around a name.
    """
    return list(dict.fromkeys(name for _, name in _pieces(text) if name is not None))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The template with its variables replaced; what a value holds is never a variable. Raises
    ValueError as `variables` does, KeyError for a variable without a value.
    """
    return "".join(
        literal if name is None else literal + values[name] for literal, name in _pieces(text)
    )


def _pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """Literal text, and the variable behind it, if any."""
    position = 0
    opened, closed = text.find("{"), text.find("}")
    while opened >= 0 or closed >= 0:
        at = min(place for place in (opened, closed) if place >= 0)
        brace = text[at]
        if text[at + 1 : at + 2] == brace:
            yield text[position : at + 1], None
            position = at + 2
        elif brace == "}":
            raise ValueError(_lone(text, at))
        else:
            name = text[at + 1 : closed] if closed > at else ""
            if not is_variable_name(name):
                raise ValueError(_lone(text, at))
            yield text[position:at], name
            position = closed + 1
        # looked for again only where they were passed: one walk through the text, however long
        if 0 <= opened < position:
            opened = text.find("{", position)
        if 0 <= closed < position:
            closed = text.find("}", position)
    yield text[position:], None


def _lone(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return (
        f'line {line} has a single "{text[at]}": write {text[at] * 2} for a brace,'
        " {name} for a variable"
    )
