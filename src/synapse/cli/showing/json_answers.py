"""An answer for programs: one JSON object, or its events as they come."""

from __future__ import annotations

from synapse.cli.failing.json_faults import error_object
from synapse.cli.listing.json_objects import answer_object, session_name
from synapse.cli.listing.json_output import SCHEMA, write_json, write_json_line
from synapse.cli.showing.answers import Presenter
from synapse.ports import Compacting, NotCompacted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import Session, StoredMessage
    from synapse.ports import Compacted, Retrying, StreamEvent


class Json(Presenter):
    """One JSON object when the answer is closed."""

    def finish(self, answer: StoredMessage) -> None:
        write_json(self.context, answer_object(self.session, answer))

    def fail(self, error: BaseException, answer: StoredMessage | None) -> None:
        answered = {"schema": SCHEMA} if answer is None else answer_object(self.session, answer)
        write_json(self.context, {**answered, "error": error_object(error)})


class JsonLines(Presenter):
    """The events as JSON objects, a line each: start, delta, …, then end or error."""

    def __init__(self, context: Context, session: Session | None, label: str) -> None:
        super().__init__(context, session, label)
        self._started = False

    def show(self, event: StreamEvent) -> None:
        self._start()
        super().show(event)

    def text(self, text: str) -> None:
        self._event("delta", text=text)

    def reasoning(self, text: str) -> None:
        self._event("reasoning", text=text)

    def model(self, name: str) -> None:
        self._event("model", model=name)

    def retrying(self, event: Retrying) -> None:
        super().retrying(event)
        self._event(
            "retry",
            error=event.error,
            delay=event.delay,
            attempt=event.attempt,
            attempts=event.attempts,
            at_most=event.at_most,
        )

    def compaction(self, event: Compacting | Compacted | NotCompacted) -> None:
        super().compaction(event)
        if isinstance(event, Compacting):
            self._event("compacting", messages=event.messages)
        elif isinstance(event, NotCompacted):
            self._event("not_compacted", reason=event.reason)
        else:
            from synapse.cli.listing.summary_object import summary_object  # of long ones only

            summary = summary_object(event.summary)
            self._event("compacted", reason=event.reason or None, summary=summary)

    def finish(self, answer: StoredMessage) -> None:
        self._start()
        self._end("end", **answer_object(self.session, answer))

    def fail(self, error: BaseException, answer: StoredMessage | None) -> None:
        answered: dict[str, object] = {"schema": SCHEMA}
        if answer is not None:
            self._start()
            answered = answer_object(self.session, answer)
        self._end("error", error=error_object(error), **answered)

    def _end(self, kind: str, **fields: object) -> None:
        self.context.json_ended = True
        self._event(kind, **fields)

    def _start(self) -> None:
        if not self._started:
            self._started = True
            name = session_name(self.session) if self.session is not None else None
            self._event("start", schema=SCHEMA, session=name)

    def _event(self, kind: str, **fields: object) -> None:
        write_json_line(self.context, {"type": kind, **fields})
