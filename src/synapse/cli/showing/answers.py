"""How an answer is shown: what all forms do alike, and text. For programs: `json_answers`."""

from __future__ import annotations

from synapse.cli.showing.waiting import WaitingLine
from synapse.domain import Status
from synapse.ports import (
    Compacted,
    Compacting,
    LeftOut,
    ModelReport,
    NotCompacted,
    Retrying,
    TextDelta,
)
from synapse.terminal import style
from synapse.terminal.safe import Cleaner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import Session, StoredMessage
    from synapse.ports import StreamEvent


class Presenter:
    """Shows one answer. The base: what all formats do alike, on standard error."""

    def __init__(self, context: Context, session: Session | None, label: str) -> None:
        """`session` is None if nothing is saved; `label` says whom the user waits for."""
        self.context = context
        self.session = session
        self._whom = label
        self.waiting = WaitingLine(context, label)
        self.characters = 0
        """Of the answer's text, shown so far."""

    def start(self) -> None:
        """The request is about to be sent."""
        self.waiting.start()

    def tick(self) -> float | None:
        """Paint what is due; the seconds after which to call again, None for not at all."""
        return None

    def stop_waiting(self) -> None:
        """Take away what says that something is under way. Does nothing if nothing does."""
        self.waiting.stop()

    def leave_now(self) -> None:
        """As `stop_waiting`, from a signal handler that is about to end the process."""
        self.waiting.erase_now()

    def show(self, event: StreamEvent) -> None:
        """One event of the stream."""
        if isinstance(event, TextDelta):
            if event.reasoning:
                self.waiting.relabel("thinking")
                self.reasoning(event.text)
            elif event.text:
                self.characters += len(event.text)
                self.waiting_is_over()
                self.text(event.text)
        elif isinstance(event, Retrying):
            self.retrying(event)
        elif isinstance(event, ModelReport):
            self.model(event.model)
        elif isinstance(event, LeftOut):
            self.left_out(event.names)
        elif isinstance(event, Compacting | Compacted | NotCompacted):
            self.compaction(event)

    def waiting_is_over(self) -> None:
        """There is text to show."""
        self.waiting.stop()

    def text(self, text: str) -> None:
        """The next piece of the answer."""

    def reasoning(self, text: str) -> None:
        """The next piece of what the model thinks."""

    def model(self, name: str) -> None:
        """What the provider calls the model."""

    def retrying(self, event: Retrying) -> None:
        """The request will be sent again."""
        if event.at_most is not None and not self.context.quiet:
            self.remark(
                f"{event.error}, waiting for it, up to {event.at_most:.0f} s — Ctrl-C stops"
            )
        elif not self.context.quiet:
            seconds = round(event.delay)
            when = f"in {seconds} s" if seconds else "now"
            self.remark(
                f"{event.error}, trying again {when}"
                f" ({event.attempt}/{event.attempts}) — Ctrl-C stops"
            )

    def left_out(self, names: tuple[str, ...]) -> None:
        """The model does not get to see everything."""
        if not self.context.quiet:
            self.remark(
                f"The model can't see {', '.join(names)}: its provider takes no such image."
            )

    def compaction(self, event: Compacting | Compacted | NotCompacted) -> None:
        """The conversation is being made shorter, or has been, or could not be."""
        from synapse.cli.showing import compactions  # of long conversations only

        if isinstance(event, Compacting):
            self.wait_for(compactions.waiting_words(event.messages))
            return
        self.wait_for(self._whom)
        if self.context.quiet:
            return
        if isinstance(event, Compacted):
            self.remark(compactions.compacted_line(self.context, event))
        else:
            self.remark(compactions.not_compacted_line(self.context, event))

    def wait_for(self, label: str) -> None:
        """Say that something else is waited for from now on."""
        self.waiting.relabel(label)

    def remark(self, text: str) -> None:
        """Say a line on standard error while the user waits."""
        self.waiting.interrupt(text)

    def finish(self, answer: StoredMessage) -> None:
        """The answer is closed, whatever its status."""

    def break_off(self) -> None:
        """The user stopped a write that may have been blocked; only what fits is written."""

    def fail(self, error: BaseException, answer: StoredMessage | None) -> None:
        """The turn ended with an error; `answer` is None if it did not begin."""
        if answer is not None:
            self.finish(answer)


class Text(Presenter):
    """The answer as it comes: exact in a pipe, harmless on a terminal, one newline after it."""

    def __init__(
        self, context: Context, session: Session | None, label: str, *, thinking: bool = False
    ) -> None:
        super().__init__(context, session, label)
        self._thinking = Thinking(context) if thinking else None
        self._cleaner = Cleaner() if context.stdout.is_terminal else None
        self._ends_in_newline = False

    def reasoning(self, text: str) -> None:
        if self._thinking is not None:
            self.waiting.stop()
            self._thinking.show(text)

    def text(self, text: str) -> None:
        if self._thinking is not None:
            self._thinking.end()
        shown = self._cleaner.feed(text) if self._cleaner is not None else text
        if shown:
            self.context.stdout.write(shown)
            self._ends_in_newline = shown[-1] == "\n"

    def finish(self, answer: StoredMessage) -> None:
        if self._thinking is not None:
            self._thinking.end()
        on_terminal = self.context.stdout.is_terminal
        if on_terminal and self._ends_in_newline:
            return
        if self.characters or (answer.status is Status.COMPLETE and not on_terminal):
            self.context.stdout.write("\n")

    def break_off(self) -> None:
        if self.context.stdout.has_room():
            self.context.stdout.write("\n")


class Thinking:
    """What the model thinks, faint, before the answer: on the terminal that the answer goes to,
    else on standard error.
    """

    def __init__(self, context: Context) -> None:
        on_terminal = context.stdout.is_terminal
        self._output = context.stdout if on_terminal else context.stderr
        self._style = style.style(context.color_level(of_stderr=not on_terminal), style.DIM)
        self._cleaner = Cleaner() if self._output.is_terminal else None
        self._last = "\n"
        self._over = False

    def show(self, text: str) -> None:
        """The next piece."""
        if self._cleaner is not None:
            text = self._cleaner.feed(text)
        if text and not self._over:
            self._last = text[-1]
            # Line by line: a pager or a cut at a line must not carry the style on.
            painted = (style.paint(self._style, line) for line in text.split("\n"))
            self._output.write("\n".join(painted))

    def end(self) -> None:
        """The answer begins, below an empty line."""
        if self._last != "\n" and not self._over:
            self._output.write("\n\n")
        self._over = True
