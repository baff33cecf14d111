"""Summarising a session because somebody wants it, whether or not its window is full."""

from __future__ import annotations

from synapse.app.context.compaction import Compaction, Job, Outcome, live_between, trusts_no_model
from synapse.app.context.estimate import family_of, text_tokens
from synapse.app.context.floor import SHARE
from synapse.app.context.measuring import measure
from synapse.app.context.planning import Limits, limits, measured_turns, plan, wanted_tokens
from synapse.app.context.reading import read_after
from synapse.app.selection import select, system_prompt_to_send
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.app.context import Summariser
    from synapse.app.context.measuring import Asked
    from synapse.domain import Session, StoredMessage, Summary
    from synapse.ports import Cancellation, SessionStore

_KEPT_SHARE = 0.25
"""Of what is sent, what stays word for word, at least the last turn."""


class Request:
    """A summary that is wanted of a stored session, as it is now."""

    def __init__(
        self,
        store: SessionStore,
        session: Session,
        asked: Asked,
        window: int | None,
        *,
        focus: str | None = None,
        fresh: bool = False,
    ) -> None:
        """`asked` is the model for which it is made, and `window` its window. With `fresh`, it is
        made of the originals, whatever stands for them. Raises UsageError if there is nothing to
        summarise.
        """
        self._store = store
        self._family = family_of(asked.provider, asked.model)
        standing = store.standing_summary(session.id)
        history: list[StoredMessage] = (
            store.get_messages(session.id) if standing is None else read_after(store, standing)
        )
        selection = select(history, asked.provider, summary=standing)
        measured = measure(
            history,
            selection,
            asked,
            system_prompt=system_prompt_to_send(session, history, whole=standing is None),
            summaries=() if standing is None else (standing,),
        )
        self._factor = measured.factor
        after = 0 if standing is None else standing.last_index
        turns = measured_turns(history, measured, after)
        total = measured.total.count
        bounds = limits(window, 1.0) or Limits(
            window=2 * total, usable=2 * total, trigger=2 * total, keep=total
        )
        keep = min(bounds.keep, int(_KEPT_SHARE * total))
        cut = plan(turns, bounds.replace(keep=keep), fixed=0, notes=wanted_tokens(total))
        self.last_index, self.replaced = after, measured.notes.count
        if cut is not None:
            self.last_index, self.replaced = cut.last_index, cut.replaced + measured.notes.count
        elif standing is None or not fresh:
            raise UsageError(
                "there is nothing to summarise: only the last turn is sent as it is"
                if standing is not None
                else "there is nothing to summarise: it takes two turns"
            )
        self.messages = live_between(history, after, self.last_index)
        self.messages += 0 if standing is None else standing.messages
        self._job = Job(
            session_id=session.id,
            last_index=self.last_index,
            messages=self.messages,
            session_length=history[-1].index if history else after,
            standing=standing,
            bounds=bounds,
            replaced=self.replaced,
            tokens_before=total,
            focus=focus,
            fresh=fresh,
        )
        self._small = trusts_no_model(window, asked.provider)

    def needs_model(self, summariser: Summariser, *, named: bool) -> bool:
        """Whether this model is to write it; not if it is a small one, nor, unless it was `named`
        for it, for a window that has no room for more than the user's own words.
        """
        small = trusts_no_model(summariser.window, summariser.provider.name)
        return not small and (named or not self._small)

    def fulfil(self, summariser: Summariser | None, cancellation: Cancellation) -> Outcome:
        """Have it made and stored; without a summariser, of the user's own words. Nothing has
        changed if the outcome has no summary.
        """
        compaction = Compaction(self._store, self._job, self._count, cancellation)
        if summariser is not None:
            return compaction.by_model(summariser)
        return compaction.without_model(int(SHARE * self._job.usable))

    def _count(self, text: str) -> int:
        return int(text_tokens(text, self._family) * self._factor) + 1


def take_back(store: SessionStore, session_id: str) -> tuple[Summary, Summary | None] | None:
    """Remove the summary that stands for a session's older messages. Returns it, and what stands
    now; None if there was none.
    """
    standing = store.standing_summary(session_id)
    if standing is None or not store.remove_summary(standing.id):
        return None
    return standing, store.standing_summary(session_id)
