"""A turn that may be too long for its model's window: measured, made shorter, or refused.

Runs where the answer is awaited, in the provider's thread: what the user hears, a cancel, the lease
of the answer and its end are those of any other answer.
"""

from __future__ import annotations

from synapse.app.context import Summariser
from synapse.app.context.calibrations import Calibrations
from synapse.app.context.compaction import (
    Compaction,
    Job,
    Outcome,
    live_between,
    trusts_no_model,
)
from synapse.app.context.estimate import family_of, text_tokens
from synapse.app.context.floor import SHARE as FLOOR_SHARE
from synapse.app.context.measuring import Asked, measure
from synapse.app.context.planning import Limits, limits, measured_turns, plan, wanted_tokens
from synapse.app.context.reading import read_after
from synapse.app.context.recall import before_question, budget, recalled
from synapse.app.selection import select, system_prompt_to_send
from synapse.domain import Role
from synapse.errors import ContextTooLong
from synapse.ports import Compacted, Compacting, NotCompacted, capabilities_of
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.app.context import ContextPolicy
    from synapse.app.context.measuring import Measurement
    from synapse.app.context.planning import Plan, Turn
    from synapse.app.selection import Selection
    from synapse.domain import Session, StoredMessage, Summary
    from synapse.errors import SynapseError
    from synapse.ports import (
        Cancellation,
        ChatMessage,
        ChatRequest,
        LlmProvider,
        SessionStore,
        StreamEvent,
    )

_SHORTEST = 128
"""Tokens, as they are estimated, that are too much for no model: if less is refused for its length,
something else is wrong.
"""
_RECALL_ROOM = 300
"""Tokens for old turns where the window is not known."""


class Known(Record):
    """What is known of a session when a turn of it is taken."""

    session: Session
    history: list[StoredMessage]
    """Its messages; with a summary, as `read_after` reads them."""
    standing: Summary | None = None
    """The summary that stands for the others."""

    @property
    def last(self) -> int:
        """The index of the last message before the answer."""
        return self.history[-1].index if self.history else 0


class Fitting:
    """Makes the request of one turn fit. At most one compaction comes of it."""

    def __init__(
        self,
        store: SessionStore | None,
        known: Known,
        provider: LlmProvider,
        request: ChatRequest,
        policy: ContextPolicy,
        cancellation: Cancellation,
    ) -> None:
        self._store = store
        self._known = known
        self._provider = provider
        self._asked = request
        self._policy = policy
        self._cancellation = cancellation
        self._window = policy.window()
        self._bounds = limits(self._window, policy.compact_at, request.max_tokens)
        self._family = family_of(provider.name, request.model)
        self._compacted = False
        folder = policy.cache_folder
        learned = None if folder is None else Calibrations(folder)
        self._measured_for = Asked(
            provider=provider.name,
            model=request.model,
            is_sessions=request.model == known.session.model,
            resends_reasoning=capabilities_of(provider).resends_reasoning,
            factor=None if learned is None else learned.factor(provider.name, request.model),
        )
        measured = self._measure()
        if learned is not None:
            learned.learn(self._measured_for, measured)

    @property
    def request(self) -> ChatRequest:
        """What is to be sent, as far as it is known now."""
        return self._asked.replace(
            messages=with_recalled(
                self._store, self._known, self._selection, self._count, self._bounds
            ),
            system_prompt=self._system_prompt,
        )

    def before(self) -> Iterator[StreamEvent]:
        """What happens before anything is sent. Raises ContextTooLong if it can't be sent."""
        if self._bounds is not None:
            yield from self._within(self._bounds)

    def after_refusal(self, error: SynapseError) -> Iterator[StreamEvent]:
        """What happens after the provider refused the request for its length: its window is not
        what it was taken for, or not known. Raises `error` if nothing can be done.
        """
        if self._compacted or self._policy.strategy == "error" or self._total < _SHORTEST:
            raise error
        usable = self._total // 2
        if self._bounds is not None:
            usable = min(usable, self._bounds.usable)
        bounds = Limits(window=self._total, usable=usable, trigger=usable, keep=usable // 4)
        cut = self._plan(bounds)
        if cut is None or self._store is None:
            raise error
        yield from self._cut(self._store, cut, bounds, is_refused=True)
        if not self._compacted:
            raise error

    def _measure(self) -> Measurement:
        known = self._known
        images = capabilities_of(self._provider).images
        self._selection = select(known.history, self._provider.name, images, summary=known.standing)
        self._system_prompt = system_prompt_to_send(
            known.session, known.history, whole=known.standing is None
        )
        measured = measure(
            known.history,
            self._selection,
            self._measured_for,
            system_prompt=self._system_prompt,
            summaries=() if known.standing is None else (known.standing,),
        )
        self._factor = measured.factor
        self._fixed = measured.system_prompt.count
        self._notes = measured.notes.count
        self._total = measured.total.count
        after = known.standing.last_index if known.standing else 0
        self._turns: list[Turn] = measured_turns(known.history, measured, after)
        return measured

    def _count(self, text: str) -> int:
        """About how many tokens a text takes."""
        return int(text_tokens(text, self._family) * self._factor) + 1

    def _within(self, bounds: Limits) -> Iterator[StreamEvent]:
        if self._total <= bounds.trigger:
            return
        self._refuse_beyond(self._fixed + self._turns[-1].tokens, bounds)
        if self._policy.strategy == "error":
            if self._total > bounds.usable:
                raise self._too_long(self._total, bounds)
            return
        cut = self._plan(bounds)
        if cut is not None and self._store is not None:
            yield from self._cut(self._store, cut, bounds, is_refused=False)
        self._refuse_beyond(self._total, bounds)

    def _plan(self, bounds: Limits) -> Plan | None:
        if self._policy.strategy == "truncate":
            notes = 0
        elif self._summariser() is None:
            notes = int(FLOOR_SHARE * bounds.usable) + budget(bounds.usable)
        else:
            notes = wanted_tokens(self._total)
        return plan(self._turns, bounds, fixed=self._fixed, notes=notes)

    def _cut(
        self, store: SessionStore, cut: Plan, bounds: Limits, *, is_refused: bool
    ) -> Iterator[StreamEvent]:
        known = self._known
        stood = (0, 0)
        if known.standing is not None:
            stood = (known.standing.last_index, known.standing.messages)
        messages = stood[1] + live_between(known.history, stood[0], cut.last_index)
        job = Job(
            session_id=known.session.id,
            last_index=cut.last_index,
            messages=messages,
            session_length=known.last,
            standing=known.standing,
            bounds=bounds,
            replaced=cut.replaced + self._notes,
            tokens_before=self._total,
        )
        outcome, reason = Outcome(), ""
        summariser = None if self._policy.strategy == "truncate" else self._summariser()
        if summariser is not None:
            yield Compacting(messages=messages)
            outcome = self._compaction(store, job).by_model(summariser)
            reason = outcome.reason
        if self._cancellation:
            return
        if outcome.summary is None and not outcome.stale:
            if reason and self._total <= bounds.usable and not is_refused:
                yield NotCompacted(reason=reason)
                return
            if self._policy.strategy == "truncate":
                outcome = self._compaction(store, job).nothing()
            else:
                room = min(int(FLOOR_SHARE * bounds.usable), bounds.usable - self._fixed - cut.kept)
                outcome = self._compaction(store, job).without_model(max(0, room))
        self._take(store, outcome)
        if outcome.summary is not None:
            yield Compacted(summary=outcome.summary, reason=reason)

    def _compaction(self, store: SessionStore, job: Job) -> Compaction:
        return Compaction(store, job, self._count, self._cancellation)

    def _take(self, store: SessionStore, outcome: Outcome) -> None:
        """What is sent from now on; if the session has changed meanwhile, as it is now."""
        standing = outcome.summary
        if outcome.stale:
            standing = store.standing_summary(self._known.session.id)
        if outcome.stale and standing is not None:
            history = read_after(store, standing, self._known.last)
        elif outcome.stale:
            history = store.get_messages(self._known.session.id, last=self._known.last)
        else:
            history = self._known.history
        self._known = self._known.replace(history=history, standing=standing)
        self._compacted = True
        self._measure()

    def _summariser(self) -> Summariser | None:
        """Who is to write a summary; None if it is not worth a try."""
        if self._policy.summariser is not None:
            chosen = self._policy.summariser()
        else:
            chosen = Summariser(
                provider=self._provider,
                model=self._asked.model,
                window=self._window,
                prices=self._policy.prices,
            )
        return None if trusts_no_model(chosen.window, chosen.provider.name) else chosen

    def _refuse_beyond(self, tokens: int, bounds: Limits) -> None:
        """Between what is usable and the whole window, there is room for a shorter answer."""
        if tokens > bounds.window:
            raise self._too_long(tokens, bounds)

    def _too_long(self, tokens: int, bounds: Limits) -> ContextTooLong:
        asked = self._turns[-1].tokens if self._turns else 0
        parts = [f"about {asked:,} of them the question"]
        if self._fixed:
            parts.append(f"{self._fixed:,} the system prompt")
        if self._notes:
            parts.append(f"{self._notes:,} the notes")
        return ContextTooLong(
            f"the conversation takes about {tokens:,} tokens ({', '.join(parts)}); the window of"
            f" {self._asked.model} has {bounds.window:,}, with {bounds.window - bounds.usable:,}"
            " for the answer",
            "Nothing was sent. Ask less at once, or a model with a larger window:  -m MODEL",
        )


def with_recalled(
    store: SessionStore | None,
    known: Known,
    selection: Selection,
    count: Callable[[str], int],
    bounds: Limits | None,
) -> tuple[ChatMessage, ...]:
    """The messages that are sent, with old turns before the question where the notes are only what
    the user said of himself.
    """
    messages = selection.messages
    standing = known.standing
    if store is None or standing is None or standing.provider is not None or not standing.content:
        return messages
    if not messages or messages[-1].role is not Role.USER:
        return messages
    room = _RECALL_ROOM if bounds is None else budget(bounds.usable)
    question = messages[-1].content
    found = recalled(store, known.session.id, question, standing.last_index, room, count)
    return (*messages[:-1], messages[-1].replace(content=before_question(found, question)))
