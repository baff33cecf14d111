"""How an answer is shown: as text, or as JSON for programs."""

from __future__ import annotations

from synapse import ids
from synapse.ports import ModelReport, Retrying, TextDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.cli.waiting import WaitingLine
    from synapse.domain import Session, StoredMessage
    from synapse.ports import StreamEvent

SCHEMA = 1
"""Of the JSON: within a number, fields are only added."""


class Presenter:
    """Shows one answer. The base: what all formats do alike, on standard error."""

    def __init__(self, context: Context, session: Session | None, waiting: WaitingLine) -> None:
        self.context = context
        self.session = session
        """None if nothing is saved."""
        self.waiting = waiting
        self.characters = 0
        """Of the answer's text, shown so far."""

    def show(self, event: StreamEvent) -> None:
        """One event of the stream."""
        if isinstance(event, TextDelta):
            if event.reasoning:
                self.waiting.relabel("thinking")
                self.reasoning(event.text)
            elif event.text:
                self.waiting.stop()
                self.characters += len(event.text)
                self.text(event.text)
        elif isinstance(event, Retrying):
            self.retrying(event)
        elif isinstance(event, ModelReport):
            self.model(event.model)

    def text(self, text: str) -> None:
        """The next piece of the answer."""

    def reasoning(self, text: str) -> None:
        """The next piece of what the model thinks."""

    def model(self, name: str) -> None:
        """What the provider calls the model."""

    def retrying(self, event: Retrying) -> None:
        """The request will be sent again."""
        if not self.context.quiet:
            self.waiting.interrupt(
                f"{event.error}, trying again in {event.delay:.0f} s"
                f" ({event.attempt}/{event.attempts}) — Ctrl-C stops"
            )

    def finish(self, answer: StoredMessage) -> None:
        """The answer is closed, whatever its status."""

    def break_off(self) -> None:
        """The user stopped a write that may have been blocked; only what fits is written."""

    def fail(self, code: str, message: str, answer: StoredMessage | None) -> None:
        """The turn ended with an error; `answer` is None if it did not begin."""
        if answer is not None:
            self.finish(answer)


class Text(Presenter):
    """The answer as it comes: exact in a pipe, harmless on a terminal, one newline after it."""

    def __init__(self, context: Context, session: Session | None, waiting: WaitingLine) -> None:
        super().__init__(context, session, waiting)
        from synapse.cli.terminal.safe import Cleaner

        self._cleaner = Cleaner() if context.stdout.is_terminal else None
        self._ends_in_newline = False

    def text(self, text: str) -> None:
        shown = self._cleaner.feed(text) if self._cleaner is not None else text
        if shown:
            self.context.stdout.write(shown)
            self._ends_in_newline = shown[-1] == "\n"

    def finish(self, answer: StoredMessage) -> None:
        from synapse.domain import Status

        on_terminal = self.context.stdout.is_terminal
        if on_terminal and self._ends_in_newline:
            return
        if self.characters or (answer.status is Status.COMPLETE and not on_terminal):
            self.context.stdout.write("\n")

    def break_off(self) -> None:
        if self.context.stdout.has_room():
            self.context.stdout.write("\n")


class Json(Presenter):
    """One JSON object when the answer is closed."""

    def finish(self, answer: StoredMessage) -> None:
        from synapse.cli.output import write_json

        write_json(self.context, answer_object(self.session, answer))


class JsonLines(Presenter):
    """The events as JSON objects, a line each: start, delta, …, then end or error."""

    def __init__(self, context: Context, session: Session | None, waiting: WaitingLine) -> None:
        super().__init__(context, session, waiting)
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
        )

    def finish(self, answer: StoredMessage) -> None:
        self._start()
        self._event("end", **answer_object(self.session, answer))

    def fail(self, code: str, message: str, answer: StoredMessage | None) -> None:
        answered: dict[str, object] = {}
        if answer is not None:
            self._start()
            answered = answer_object(self.session, answer)
        self._event("error", error={"code": code, "message": message}, **answered)

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._event("start", schema=SCHEMA, session=session_object(self.session))

    def _event(self, kind: str, **fields: object) -> None:
        from synapse.cli.output import write_json_line

        write_json_line(self.context, {"type": kind, **fields})


def presenter(
    format: str, context: Context, session: Session | None, waiting: WaitingLine
) -> Presenter:
    """The one for `--format`."""
    kinds = {"text": Text, "md": Text, "json": Json, "jsonl": JsonLines}
    return kinds[format](context, session, waiting)


def session_object(session: Session | None) -> dict[str, object] | None:
    """The session as JSON has it; null if nothing is saved."""
    if session is None:
        return None
    return {
        "id": session.id,
        "handle": ids.handle(session.id),
        "name": session.name,
        "title": None,
    }


def answer_object(session: Session | None, answer: StoredMessage) -> dict[str, object]:
    """What `--json` prints of a turn."""
    return {
        "schema": SCHEMA,
        "session": session_object(session),
        "message": {
            "id": answer.id,
            "index": answer.index,
            "role": answer.role.value,
            "content": answer.content,
            "reasoning": answer.reasoning,
            "status": answer.status.value,
            "finish_reason": answer.finish_reason,
            "error": answer.error,
            "provider": answer.provider,
            "model": answer.model,
            "usage": {
                "input_tokens": answer.usage.input_tokens,
                "output_tokens": answer.usage.output_tokens,
            },
        },
        "elapsed_ms": answer.elapsed_ms,
    }
