"""Advice as the command line tells it: with a command to copy."""

from __future__ import annotations

from synapse.advice import ASK, CONTINUE, RUN, SET_VARIABLE, TAKE_BACK_PARAMETER, Advice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.advice import Hint

_FLAGS = {
    "session": "-s",
    "go_on": "-c",
    "provider": "-p",
    "model": "-m",
    "fork": "--fork",
    "at": "--at",
    "wait": "--wait",
    "deleted": "--deleted",
    "force": "--force",
    "into": "--into",
}
_GLOBAL_FLAGS = {"database": "--db", "config": "--config"}
"""Those that stand before the command."""


def hint_lines(hints: Iterable[Hint]) -> tuple[str, ...]:
    """The lines, without what can only be done at the prompt."""
    lines = [hint_line(hint) for hint in hints]
    return tuple(text for text in lines if text)


def hint_line(hint: Hint) -> str:
    """`Store one:  synapse keys set openai`; empty for what can only be done at the prompt."""
    if isinstance(hint, str):
        return hint
    command = command_line(hint)
    return f"{hint.before}{command}{hint.after}" if command else ""


def command_line(advice: Advice) -> str:
    """The command alone; empty for what can only be done at the prompt."""
    if advice.verb in (CONTINUE, TAKE_BACK_PARAMETER):
        return ""
    if advice.verb == RUN:
        return " ".join(advice.arguments)
    if advice.verb == SET_VARIABLE:
        return "export " + "=".join(advice.arguments)
    from shlex import quote

    verb = [] if advice.verb == ASK else [advice.verb]
    quoted = [f'"{text}"' if advice.verb == ASK else quote(text) for text in advice.arguments]
    before, behind = _options(advice, _GLOBAL_FLAGS), _options(advice, _FLAGS)
    return " ".join(["synapse", *before, *verb, *behind, *quoted])


def _options(advice: Advice, flags: dict[str, str]) -> list[str]:
    from shlex import quote

    words = []
    for name, value in advice.options.items():
        if name in flags:
            words += [flags[name]] if value is True else [flags[name], quote(str(value))]
    return words
