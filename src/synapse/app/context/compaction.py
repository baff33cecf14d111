"""Making what stands for the older turns of a session: by a model, from what was said; or without
one, if there is none that can.

Whatever goes wrong, nothing changes: a summary is stored whole, or not at all.
"""

from __future__ import annotations

import secrets

from synapse import ids, timestamps
from synapse.app.attachments import message_parts
from synapse.app.context import floor
from synapse.app.context.acceptance import LARGEST_SHARE, judge
from synapse.app.context.notes import Fact, Notes, read
from synapse.app.context.planning import SMALL_WINDOW, limits, wanted_tokens
from synapse.app.context.summarising import (
    OLDEST_GENERATION,
    PROMPT_VERSION,
    Form,
    Said,
    chunks,
    input_budget,
    overhead,
    request,
)
from synapse.app.receiving import checked_usage
from synapse.domain import Role, Summary, Usage
from synapse.errors import SynapseError, UsageError
from synapse.model_table import priced
from synapse.ports import Finished, TextDelta, UsageReport, capabilities_of
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synapse.app.context import Summariser
    from synapse.app.context.planning import Limits
    from synapse.domain import StoredMessage
    from synapse.ports import Cancellation, ChatRequest, SessionStore

_LEAST_CAP = 300
"""Tokens that notes may have in any case, beside the facts that are carried on."""
_FACTS_SHARE = 0.15
"""Of the usable window, what facts may grow to."""
_UNKNOWN_USABLE = 8_192
"""Tokens of which a part is summarised at a time, if nobody knows the window."""
_LEAST_REASONING = (("reasoning", "low"),)


class Outcome(Record):
    """What came of a compaction."""

    summary: Summary | None = None
    """What stands from now on; None if nothing has changed."""
    reason: str = ""
    """Why there is no summary by a model."""
    error: SynapseError | None = None
    """What the model's provider raised, if that is why."""
    stale: bool = False
    """Whether the session has changed meanwhile: what is known of it must be read anew."""


class Job(Record):
    """What is to be summarised, and for whom."""

    session_id: str
    last_index: int
    messages: int
    """Live ones up to there."""
    session_length: int
    standing: Summary | None
    """What stands for the messages before."""
    bounds: Limits | None
    """Of the model that will read it."""
    replaced: int
    """Tokens of what is replaced, what stood before included."""
    tokens_before: int | None = None
    focus: str | None = None
    fresh: bool = False
    """Whether to read the originals again, whatever stands for them."""

    @property
    def usable(self) -> int:
        """Tokens of the model's window that can be used, as far as is known."""
        return self.bounds.usable if self.bounds else _UNKNOWN_USABLE


class Compaction:
    """Makes one summary. May take as long as several answers; to be used once."""

    def __init__(
        self,
        store: SessionStore,
        job: Job,
        count: Callable[[str], int],
        cancellation: Cancellation,
    ) -> None:
        self._store = store
        self._job = job
        self._count = count
        self._cancellation = cancellation
        self._usage = Usage()
        self._calls = 0

    def by_model(self, summariser: Summariser) -> Outcome:
        """Have a model write it, from what stands now and the messages since, or from the messages
        alone. A summary of no use is asked for once more, in another form.
        """
        job = self._job
        continued = self._continued(summariser)
        first = 1 if continued is None else continued.last_index + 1
        said = self._said(first)
        if not said:
            return Outcome(reason="there is nothing to summarise")
        notes = Notes() if continued is None else read(continued.content)
        try:
            notes, reason = self._rolled(summariser, said, notes)
        except SynapseError as error:
            return Outcome(reason=error.message, error=error)
        if self._cancellation:
            return Outcome(reason="it was stopped")
        if reason:
            return Outcome(reason=reason)
        notes = self._bounded(notes)
        content = notes.text
        originals = sum(each.tokens for each in said)
        if self._count(content) > LARGEST_SHARE * max(job.replaced, originals):
            return Outcome(reason="the summary would save less than a fifth")
        generation = 1 if continued is None else continued.generation + 1
        return self._stored(content, summariser.provider.name, summariser.model, generation)

    def without_model(self, room: int) -> Outcome:
        """Keep what the user said of himself, word for word, as much as `room` tokens hold."""
        spoken = floor.spoken(self._said(1), room, self._count)
        return self._stored(floor.text_of(spoken), None, None, 1)

    def nothing(self) -> Outcome:
        """Let nothing stand for the messages: they are only left out."""
        return self._stored("", None, None, 1)

    def _continued(self, summariser: Summariser) -> Summary | None:
        """What is summarised together with what came after it; None to begin with the originals:
        if that is wanted, for another model's notes, and for a copy of a copy of a copy.
        """
        standing = self._job.standing
        if standing is None or self._job.fresh or standing.generation >= OLDEST_GENERATION:
            return None
        same = (standing.provider, standing.model) == (summariser.provider.name, summariser.model)
        return standing if same and standing.last_index < self._job.last_index else None

    def _said(self, first: int) -> list[Said]:
        job = self._job
        live = [
            message
            for message in self._store.get_messages(
                job.session_id, first=first, last=job.last_index
            )
            if not message.superseded
            and message.refused is None
            and message.role in (Role.USER, Role.ASSISTANT)
        ]
        said = []
        answered = True
        for message in live:
            text = message_parts(message, None).content if message.attachments else message.content
            if not text:
                continue
            asks = message.role is Role.USER
            said.append(
                Said(
                    index=message.index,
                    role=message.role,
                    text=text,
                    tokens=self._count(text),
                    begins_turn=asks and answered,
                )
            )
            answered = not asks
        return said

    def _rolled(
        self, summariser: Summariser, said: Sequence[Said], notes: Notes
    ) -> tuple[Notes, str]:
        """The notes after all parts have been read, one after the other; and why there are none."""
        own = limits(summariser.window, 1.0)
        budget = input_budget(own, otherwise=int(0.6 * self._job.usable))
        budget = max(64, budget - overhead(notes, self._count) // 2)
        for part in chunks(said, budget, self._count):
            notes, reason = self._part(summariser, part, notes)
            if reason:
                return notes, reason
        return notes, ""

    def _part(
        self, summariser: Summariser, part: Sequence[Said], notes: Notes
    ) -> tuple[Notes, str]:
        tokens = sum(each.tokens for each in part)
        wanted = wanted_tokens(tokens)
        reason = ""
        for form in (Form(), Form(facts_only=True)):
            asked = self._request(summariser, part, notes, wanted, form)
            text, finish = self._answer(summariser, asked)
            if self._cancellation:
                return notes, "it was stopped"
            verdict = judge(
                text,
                finish,
                said={each.index: each.text for each in part},
                earlier=notes.facts,
                replaced=max(tokens, _LEAST_CAP) if self._job.replaced > tokens else tokens,
                cap=2 * wanted + _LEAST_CAP,
                count=self._count,
            )
            if verdict.notes is not None:
                kept = verdict.notes
                # the short form asks for no course: what was known of it stays
                return (kept if kept.course else kept.replace(course=notes.course)), ""
            reason = reason or f"the summary {verdict.reason}"
        return notes, reason

    def _request(
        self,
        summariser: Summariser,
        part: Sequence[Said],
        notes: Notes,
        wanted: int,
        form: Form,
    ) -> ChatRequest:
        texts = [notes.text, self._job.focus or "", *(each.text for each in part)]
        key = secrets.token_hex(4)
        while any(key in text for text in texts):
            key = secrets.token_hex(4)
        asked = request(
            summariser.model, part, notes, key=key, wanted=wanted, focus=self._job.focus, form=form
        )
        thoughtful = asked.replace(parameters=_LEAST_REASONING)
        try:
            summariser.provider.check(thoughtful)
        except UsageError:
            return asked  # it has no such parameter
        return thoughtful

    def _answer(self, summariser: Summariser, asked: ChatRequest) -> tuple[str, str | None]:
        """What a model answers, and why it ended."""
        pieces: list[str] = []
        finish: str | None = None
        size = 0
        used = Usage()
        most = 64 * (asked.max_tokens or 0) + 4_096
        for event in summariser.provider.stream(asked, self._cancellation):
            if isinstance(event, TextDelta) and not event.reasoning:
                pieces.append(event.text)
                size += len(event.text)
                if size > most:  # it does not heed its bound
                    finish = "length"
                    break
            elif isinstance(event, Finished):
                finish = event.reason
            elif isinstance(event, UsageReport):
                used = _latest(used, checked_usage(event.usage))
        self._usage = (
            _sum(self._usage, _priced(summariser, used))
            if self._calls
            else (_priced(summariser, used))
        )
        self._calls += 1
        return "".join(pieces), finish

    def _bounded(self, notes: Notes) -> Notes:
        """The notes with as many facts as there is room for, the newest."""
        room = max(_LEAST_CAP, int(_FACTS_SHARE * self._job.usable))
        kept: list[Fact] = []
        for fact in reversed(notes.facts):
            room -= self._count(fact.line) + 1
            if room < 0:
                break
            kept.append(fact)
        return notes.replace(facts=tuple(reversed(kept)))

    def _stored(
        self, content: str, provider: str | None, model: str | None, generation: int
    ) -> Outcome:
        job = self._job
        if self._cancellation:
            return Outcome(reason="it was stopped")
        before = job.tokens_before
        saved = job.replaced - self._count(content)
        summary = Summary(
            id=ids.new_id(),
            session_id=job.session_id,
            last_index=job.last_index,
            messages=job.messages,
            content=content,
            provider=provider,
            model=model,
            created_at=timestamps.now(),
            parent=None if job.standing is None else job.standing.id,
            generation=generation,
            focus=job.focus,
            tokens_before=before,
            tokens_after=None if before is None else max(0, before - saved),
            usage=self._usage,
            prompt_version=PROMPT_VERSION,
            session_length=job.session_length,
        )
        if not self._store.add_summary(summary):
            return Outcome(reason="the session has changed meanwhile", stale=True)
        return Outcome(summary=summary)


def trusts_no_model(window: int | None, provider_name: str) -> bool:
    """Whether a summary by this model is not worth a try: it is a small one, or has no room."""
    return provider_name == "local" or (window is not None and window <= SMALL_WINDOW)


def live_between(history: Sequence[StoredMessage], after: int, last: int) -> int:
    """How many of these messages behind one index and up to another are not superseded."""
    return sum(1 for each in history if not each.superseded and after < each.index <= last)


def _latest(earlier: Usage, later: Usage) -> Usage:
    """Counts of one answer are cumulative: a later one replaces an earlier."""
    told = {name: value for name, value in later.__dict__.items() if value is not None}
    return earlier.replace(**told)


def _priced(summariser: Summariser, used: Usage) -> Usage:
    """What one request took, with what it cost now."""
    return priced(
        used,
        summariser.provider.name,
        [summariser.model],
        timestamps.now(),
        capabilities_of(summariser.provider).vendor,
        summariser.prices or {},
    )


def _sum(one: Usage, other: Usage) -> Usage:
    """Of two answers, what they took together; of which one cost nobody knows what, together they
    did, too.
    """
    sums: dict[str, object] = {}
    for name in Usage._fields:
        first, second = getattr(one, name), getattr(other, name)
        if isinstance(first, int) and isinstance(second, int):
            sums[name] = first + second
        else:
            sums[name] = first if second is None else second
    if one.cost is None or other.cost is None:
        sums["cost"] = sums["cost_source"] = None
    return Usage(**sums)  # type: ignore[arg-type]
