"""Choosing a session by hand: inline below what is on the screen, on standard error.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.advice import ASK, Advice
from synapse.app.references import resolve
from synapse.app.sessions import explain_no_sessions
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.cli.context import Context
    from synapse.cli.picker.matching import Candidate, Candidates
    from synapse.domain import SessionSummary
    from synapse.search_query import SearchHit

_NAME_IT = Advice("Name it:  ", ASK, session="REF", after=" …")
CANCELLED = 130
"""The exit status of a command whose question was answered with Esc or Ctrl-C."""


def named_or_picked(
    context: Context, reference: str | None, *, instead: Advice, deleted: bool = False
) -> SessionSummary | None:
    """The session that a REF names. Without a REF, the one that the user picks, or None. Raises
    what `resolve` raises; UsageError, which names `instead`, if there is no terminal to choose on.
    """
    if reference is None and not deleted:
        return pick(context, instead=instead)
    if reference is None:
        raise UsageError("which session of the trash?", instead)
    return resolve(context.store, reference, deleted=deleted)


def pick(context: Context, *, query: str = "", instead: Advice = _NAME_IT) -> SessionSummary | None:
    """The live session that the user picks; None if they cancel. The search begins with `query`.
    Raises UsageError, which names `instead`, if there is no terminal to choose on, or no session.
    """
    if not context.can_ask():
        raise UsageError("which session? There is no terminal to choose on", instead)
    if not context.store.list_sessions(limit=1):
        why, hint = explain_no_sessions(context.store)
        raise UsageError(why.replace("no sessions", "there are no sessions"), hint)
    return _pick(context, query)


def pick_hit(context: Context, hits: Sequence[SearchHit]) -> SearchHit | None:
    """The message that the user chooses among those that were found; None if he does not. To be
    called where `context.can_ask()`.
    """
    from synapse.cli.picker.matching import Hits

    chosen = _choose(context, Hits(hits), "")
    return chosen.hit if chosen is not None else None


def _pick(context: Context, query: str) -> SessionSummary | None:
    if _is_drawn(context) and context.settings.ui.picker == "fzf":
        from synapse.cli.picker.fzf import find_fzf, pick_with_fzf

        program = find_fzf(context)
        if program is not None:
            return pick_with_fzf(program, context, query)
    from synapse.cli.picker.matching import Sessions

    chosen = _choose(context, Sessions(context.store), query)
    return chosen.summary if chosen is not None else None


def _is_drawn(context: Context) -> bool:
    from synapse.cli.showing.rendering import can_move_cursor

    return not context.settings.ui.accessible and can_move_cursor(context)


def _choose(context: Context, candidates: Candidates, query: str) -> Candidate | None:
    if not _is_drawn(context):
        from synapse.cli.picker.numbered import pick_by_number

        return pick_by_number(context, candidates, query)
    from synapse.cli.picker.interactive import Picker

    return Picker(context, candidates, query).run()
