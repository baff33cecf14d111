"""Advice as the command line tells it: with a command to copy."""

from __future__ import annotations

from synapse.advice import (
    ASK,
    CHOOSE_MODEL,
    CONTINUE,
    RUN,
    SET_VARIABLE,
    TAKE_BACK_PARAMETER,
    Advice,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from synapse.advice import Hint

    Given: TypeAlias = Mapping[str, str]

_FLAGS = {
    "session": "-s",
    "go_on": "-c",
    "prompt": "-r",
    "provider": "-p",
    "model": "-m",
    "file": "-f",
    "fork": "--fork",
    "at": "--at",
    "wait": "--wait",
    "all": "--all",
    "since": "--since",
    "tag": "--tag",
    "limit": "-n",
    "deleted": "--deleted",
    "repair": "--repair",
    "force": "--force",
    "into": "--into",
    "add": "--add",
    "write": "--write",
    "title": "--title",
    "format": "-F",
    "output": "-o",
    "scan": "--scan",
    "dry_run": "-n",
}
_GLOBAL_FLAGS = {"database": "--db", "config": "--config"}
"""Those that stand before the command."""
NOTHING: Given = {}


def hint_lines(hints: Iterable[Hint], given: Given = NOTHING) -> tuple[str, ...]:
    """The hints as lines, without those that only work at the prompt. `given`: see `command`."""
    lines = [_line(hint, given) for hint in hints]
    return tuple(line for line in lines if line)


def _line(hint: Hint, given: Given) -> str:
    if isinstance(hint, str):
        return hint
    typed = command(hint, given)
    return f"{hint.before}{typed}{hint.after}" if typed else ""


def command(advice: Advice, given: Given = NOTHING) -> str:
    """The command line for an advice; empty if it only works at the prompt. `given` are the
    database and the configuration file that were named on this command line: the next command needs
    them, too.
    """
    if advice.verb == TAKE_BACK_PARAMETER or (advice.verb == CONTINUE and not advice.options):
        return ""
    if advice.verb == RUN:
        return " ".join(advice.arguments)
    if advice.verb == SET_VARIABLE:
        return "export " + "=".join(advice.arguments)
    from shlex import quote  # it brings `re`, which most that is told does without

    asks = advice.verb in (ASK, CONTINUE)
    verb = [] if asks else ["config init" if advice.verb == CHOOSE_MODEL else advice.verb]
    quoted = [f'"{text}"' if asks else quote(text) for text in advice.arguments]
    before = _options({**given, **advice.options}, _GLOBAL_FLAGS)
    behind = _options(advice.options, _FLAGS)
    return " ".join(["synapse", *before, *verb, *behind, *quoted])


def _options(options: Mapping[str, str | bool], flags: dict[str, str]) -> list[str]:
    from shlex import quote  # brings `re`

    words = []
    for name, value in options.items():
        if name in flags:
            words += [flags[name]] if value is True else [flags[name], quote(str(value))]
    return words
