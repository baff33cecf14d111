"""What the next prompt of a stored session will take, without reading all of it."""

from __future__ import annotations

from synapse.app.context.estimate import family_of
from synapse.app.context.measuring import Asked, Tokens, measure
from synapse.app.selection import select, system_prompt_to_send
from synapse.domain import Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.app.context.measuring import Measurement
    from synapse.domain import SessionSummary, StoredMessage, Summary
    from synapse.ports import ImageSupport, SessionStore

PAGE = 40
"""Messages that are read at once."""


def next_prompt(
    store: SessionStore,
    session: SessionSummary,
    asked: Asked,
    images: ImageSupport | None = None,
) -> Tokens:
    """What is sent of a session as it stands, before the next question.

    Read is what came since the last count of a provider, a page at a time, and never what a summary
    stands for: of ten thousand messages about forty. After a change of model the last count of the
    other one is taken, by how much more its successor's tokeniser usually makes of a text.
    """
    session_id = session.session.id
    summaries = store.summaries(session_id)
    least = summaries[-1].last_index + 1 if summaries else 1
    history: list[StoredMessage] = []
    end = session.message_count
    while True:
        first = max(least, end - PAGE + 1)
        history = [*store.get_messages(session_id, first=first, last=end), *history]
        other = _last_counted(history, since=summaries[-1].session_length if summaries else 0)
        if other is None and first > least:
            end = first - 1
            continue
        tail = _Tail(session, history, images, summaries, first <= least)
        measured = tail.measured(asked)
        if measured.counted or first <= least:
            return measured.total
        if other is not None and (counted := tail.measured(other)).counted:
            return _translated(counted.total, other, asked)
        end = first - 1


class _Tail:
    """The end of a session, as far as it was read."""

    def __init__(
        self,
        session: SessionSummary,
        history: list[StoredMessage],
        images: ImageSupport | None,
        summaries: list[Summary],
        whole: bool,
    ) -> None:
        self._history = history
        self._images = images
        self._summaries = summaries
        self._whole = whole
        self._prompt: str | None = None
        if whole:
            self._prompt = system_prompt_to_send(session.session, history, whole=not summaries)

    def measured(self, asked: Asked) -> Measurement:
        standing = self._summaries[-1] if self._whole and self._summaries else None
        return measure(
            self._history,
            select(self._history, asked.provider, self._images, summary=standing),
            asked,
            system_prompt=self._prompt,
            summaries=self._summaries,
            whole=self._whole,
        )


def _last_counted(history: list[StoredMessage], since: int) -> Asked | None:
    """The model of the last answer behind `since` whose prompt was counted."""
    for message in reversed(history):
        counts = message.role is Role.ASSISTANT and not message.superseded and message.index > since
        if counts and message.provider and message.model and message.usage.input_tokens:
            return Asked(provider=message.provider, model=message.model, is_sessions=False)
    return None


def _translated(counted: Tokens, other: Asked, asked: Asked) -> Tokens:
    """About what a tokeniser of another family makes of the same texts."""
    factors = [family_of(who.provider, who.model).factor for who in (asked, other)]
    return Tokens(count=round(counted.count * factors[0] / factors[1]), exact=False)
