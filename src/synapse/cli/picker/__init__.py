"""Choosing a session by hand: inline below what is on the screen, on standard error."""

from __future__ import annotations

from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

CANCELLED = 130
"""The exit status of a command whose question was answered with Esc or Ctrl-C."""


def pick(context: Context, *, query: str = "", instead: str = "-s REF") -> SessionSummary | None:
    """The live session that the user chooses, None if he does not; `query` is typed already.

    Raises UsageError, which names `instead`, where nobody can choose, or if there is nothing to
    choose from.
    """
    if not context.can_ask():
        raise UsageError(f"which session? Nobody is there to choose: name it with {instead}")
    if not context.store.list_sessions(limit=1):
        raise UsageError("there are no sessions yet", 'Begin one:  synapse "Hello"')
    return _pick(context, query)


def _pick(context: Context, query: str) -> SessionSummary | None:
    from synapse.cli.rendering import can_move_cursor

    if context.settings.ui.accessible or not can_move_cursor(context):
        from synapse.cli.picker.numbered import pick_by_number

        return pick_by_number(context, query)
    if context.settings.ui.picker == "fzf":
        from synapse.cli.picker.fzf import find_fzf, pick_with_fzf

        program = find_fzf(context)
        if program is not None:
            return pick_with_fzf(program, context, query)
    from synapse.cli.picker.inline import Picker

    return Picker(context, query).run()
