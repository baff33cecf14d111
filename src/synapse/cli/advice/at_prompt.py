"""Advice as the prompt tells it: with what can be typed there."""

from __future__ import annotations

from synapse import advice as verbs
from synapse.cli.advice import as_command
from synapse.cli.advice.as_command import NOTHING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.advice import Advice, Hint
    from synapse.cli.advice.as_command import Given


def hint_lines_at_prompt(hints: Iterable[Hint], given: Given = NOTHING) -> tuple[str, ...]:
    """The hints as lines, without those that only work outside the prompt. `given`: see
    `as_command`.
    """
    lines = [_line(hint, given) for hint in hints]
    return tuple(line for line in lines if line)


def _line(hint: Hint, given: Given) -> str:
    if isinstance(hint, str):
        return hint
    typed = command(hint, given)
    return f"{hint.before}{typed}" if typed else ""


def command(advice: Advice, given: Given = NOTHING) -> str:
    """What to type at the prompt; empty if it only works outside. A command that the prompt does
    not have is run from there: `!synapse doctor`.
    """
    verb, options, arguments = advice.verb, advice.options, advice.arguments
    if verb == verbs.SET_VARIABLE:
        return ""
    if verb == verbs.ASK:
        return _asked(advice)
    if verb == verbs.RETRY:
        return " ".join(["/retry", *[str(options[name]) for name in ("model",) if name in options]])
    if verb == verbs.CONTINUE:
        return "/continue"
    if verb == verbs.CHOOSE_MODEL:
        return "/model"
    if verb == verbs.TAKE_BACK_PARAMETER:
        return f"/param {arguments[0]}="
    if verb == "roles":
        return "/role"
    if verb == "keys set":
        return f"/key {' '.join(arguments)}"
    if verb == "sessions list" and not options:
        return "/sessions"
    if verb == "sessions show" and len(arguments) == 1:
        return f"/open {arguments[0]}"
    if verb == "sessions search" and not any(word.startswith("-") for word in arguments):
        return f"/search {' '.join(arguments)}"
    return f"!{as_command.command(advice, given)}"


def _asked(advice: Advice) -> str:
    options = advice.options
    if "fork" in options:
        return f"/fork {options['at']}" if "at" in options else "/fork"
    if "provider" in options or "model" in options:
        named = [str(options[name]) for name in ("provider", "model") if name in options]
        return f"/model {'/'.join(named)}"
    if "file" in options:
        return f"/file {options['file']}"
    if [*options] == ["session"]:
        return f"/open {options['session']}"
    if "database" in options:
        return ""  # another database is another run of the program
    return "/new" if not options else ""
