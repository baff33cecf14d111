"""An answer rendered on the terminal while it comes in, and which way of showing it is right."""

from __future__ import annotations

import time
from _thread import allocate_lock, start_new_thread

from synapse.cli.answers import Json, JsonLines, Presenter, Text, Thinking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from synapse.cli.context import Context
    from synapse.cli.markdown import MarkdownStream
    from synapse.cli.screen import Screen
    from synapse.domain import Session, StoredMessage

    Mode = Literal["live", "blocks", "raw"]

_IMPORT_AFTER = 0.03
"""Seconds: the request leaves first, then the parser is imported while nothing comes back."""
_SAY_AFTER = 0.1
"""Seconds of silence after which the user is told what is waited for."""
_LOOK_EVERY = 0.25
"""Seconds between two looks at the size of the terminal, while nothing comes."""


def presenter(
    format: str,
    render: str | None,
    thinking: bool,
    context: Context,
    session: Session | None,
    label: str,
    screen: Screen,
) -> Presenter:
    """The one for `--format`, `--render` and `--show-thinking`; `label` says whom the user waits
    for, `session` is None if nothing is saved.
    """
    if format == "json":
        return Json(context, session, label)
    if format == "jsonl":
        return JsonLines(context, session, label)
    if format.endswith("code"):
        from synapse.cli.extract import Extract

        return Extract(context, session, label, format)
    mode = "raw" if format == "md" else mode_for(context, render)
    if mode == "raw":
        return Text(context, session, label, thinking=thinking)
    if mode == "blocks":
        return Blocks(context, session, label, thinking=thinking)
    return Live(context, session, label, screen, thinking=thinking)


def mode_for(context: Context, flag: str | None) -> Mode:
    """How an answer is shown: as `--render` says, else `ui.render`; "auto" is live where the
    cursor can be moved. A pipe gets the model's bytes unless `--render blocks` asks otherwise.
    """
    if not context.stdout.is_terminal:
        return "blocks" if flag in ("blocks", "live") else "raw"
    ui = context.settings.ui
    wanted = flag or ui.render
    if wanted == "raw":
        return "raw"
    if wanted == "blocks":
        return "blocks"
    return "live" if can_move_cursor(context) and not ui.accessible else "blocks"


def can_move_cursor(context: Context) -> bool:
    """Whether the terminal says that it is more than a printer."""
    return context.environ.get("TERM") not in (None, "", "dumb", "unknown")


class _Parser:
    """The Markdown stream, imported by a thread of its own while the answer is awaited."""

    def __init__(self) -> None:
        self._imported = allocate_lock()
        self._started = False
        self._failure: BaseException | None = None
        self.ready = False

    def begin(self) -> None:
        """Start to import."""
        if not self._started:
            self._started = True
            self._imported.acquire()
            start_new_thread(self._import, ())

    def _import(self) -> None:
        try:
            import synapse.cli.markdown

            self.ready = bool(synapse.cli.markdown)
        except BaseException as error:  # it belongs to the caller's thread
            self._failure = error
        finally:
            self._imported.release()
        if self.ready:
            import pygments.lexers  # noqa: F401  the first block of code will want it

    def wait(self) -> None:
        """Until it is imported."""
        self.begin()
        with self._imported:
            pass
        if self._failure is not None:
            raise self._failure


class _Rendered(Presenter):
    """What both ways of rendering do alike."""

    mode: Literal["live", "blocks"]

    def __init__(
        self, context: Context, session: Session | None, label: str, *, thinking: bool
    ) -> None:
        super().__init__(context, session, label)
        self._label = label
        self._thinking = Thinking(context) if thinking else None
        self._parser = _Parser()
        self._stream: MarkdownStream | None = None
        self._began = time.monotonic()

    @property
    def stream(self) -> MarkdownStream:
        """What paints; waits for the parser."""
        if self._stream is None:
            self._parser.wait()
            from synapse.cli.markdown import MarkdownStream

            context, ui = self.context, self.context.settings.ui
            self._stream = MarkdownStream(
                self.write,
                self._size,
                mode=self.mode,
                level=context.color_level(),
                ascii_only=context.ascii_only,
                accessible=ui.accessible,
                max_width=ui.max_width,
            )
        return self._stream

    def _size(self) -> tuple[int, int]:
        environ = self.context.environ
        return self.context.stdout.width(environ), self.context.stdout.height(environ)

    def write(self, text: str) -> None:
        """What the stream puts onto the terminal."""
        self.context.stdout.write(text)

    def start(self) -> None:
        self._began = time.monotonic()
        super().start()

    def tick(self) -> float | None:
        if self._stream is not None:
            return self._stream.tick()
        since = time.monotonic() - self._began
        if since < _IMPORT_AFTER:
            return _IMPORT_AFTER - since
        self._parser.begin()
        return None

    def reasoning(self, text: str) -> None:
        if self._thinking is not None:
            self.stop_waiting()
            self._thinking.show(text)

    def text(self, text: str) -> None:
        if self._thinking is not None:
            self._thinking.end()
        self.stream.feed(text)

    def finish(self, answer: StoredMessage) -> None:
        if self._thinking is not None:
            self._thinking.end()
        if self._stream is not None:
            self._stream.close()

    def break_off(self) -> None:
        if self.context.stdout.has_room():
            self.context.stdout.write("\x1b[m\n" if self.context.color_level() else "\n")


class Blocks(_Rendered):
    """Each block of the answer once, when it is finished: the cursor is never moved.

    For screen readers, waiting and the end are told in words.
    """

    mode = "blocks"

    def __init__(
        self, context: Context, session: Session | None, label: str, *, thinking: bool
    ) -> None:
        super().__init__(context, session, label, thinking=thinking)
        self._in_words = context.settings.ui.accessible and not context.quiet
        self._lines = 0

    def start(self) -> None:
        if self._in_words:
            self.context.hint("Waiting for the answer.")
        super().start()

    def waiting_is_over(self) -> None:
        pass  # not before the first block is finished

    def write(self, text: str) -> None:
        self.waiting.stop()
        self._lines += text.count("\n")
        super().write(text)

    def finish(self, answer: StoredMessage) -> None:
        super().finish(answer)
        if self._in_words:
            from synapse.cli.output import count

            self.waiting.stop()
            self.context.hint(f"Answer finished, {count(self._lines, 'line')}.")


class Live(_Rendered):
    """The answer as it grows, the block that is being written repainted.

    What is waited for stands in the row where the answer will begin.
    """

    mode = "live"

    def __init__(
        self,
        context: Context,
        session: Session | None,
        label: str,
        screen: Screen,
        *,
        thinking: bool,
    ) -> None:
        super().__init__(context, session, label, thinking=thinking)
        screen.hides_cursor = True
        self._screen = screen
        self._waits = not context.quiet
        self._since = self._began
        self._reasons = False
        self._status_shown = False
        self._held: list[str] = []
        self._away = False

    def start(self) -> None:
        self._began = self._since = time.monotonic()

    def tick(self) -> float | None:
        return self._screen.paint(self._tick)

    def _tick(self) -> float | None:
        if self._away or self._screen.resized or self._screen.resumed:
            self._look_at_the_terminal()
        if self._away:
            return _LOOK_EVERY
        if self._stream is not None or (self._parser.ready and self._waits):
            status = self._status()
            self._status_shown = status != ""
            seconds = self.stream.status(status)
            return _LOOK_EVERY if seconds is None else min(seconds, _LOOK_EVERY)
        super().tick()
        return _IMPORT_AFTER

    def _look_at_the_terminal(self) -> None:
        was_away, self._away = self._away, not self._screen.is_ours
        if self._away:
            return
        if was_away:
            self._screen.retake()
        if self._stream is not None:
            if self._screen.resumed or was_away:
                self._stream.forget()
            elif self._screen.resized:
                self._stream.resize()
            if self._held:
                held = "".join(self._held)
                self._held.clear()
                self._stream.feed(held)
        self._screen.resumed = self._screen.resized = False

    def _status(self) -> str:
        if not self._waits:
            return ""
        seconds = time.monotonic() - self._since
        if seconds < _SAY_AFTER and not self._reasons:
            return ""
        shown = f"  {int(seconds)} s" if seconds >= 1 else ""
        if self._reasons:
            return f"thinking…{shown[1:]}"
        return f"{self._label} …{shown}"

    def waiting_is_over(self) -> None:
        self._waits = False

    def reasoning(self, text: str) -> None:
        if self._thinking is not None:
            self._clear_status()
            self._thinking.show(text)
        elif not self._reasons or not self._waits:
            self._reasons = True
            self._waits = not self.context.quiet
            self._since = time.monotonic()

    def text(self, text: str) -> None:
        if self._away:
            self._held.append(text)
            return
        if self._thinking is not None:
            self._thinking.end()
        self._screen.paint(lambda: self._feed(text))

    def _feed(self, text: str) -> float | None:
        if not self._status_shown:
            return self.stream.feed(text)
        self._status_shown = False
        self.stream.status("")
        seconds = self.stream.feed(text)
        self.stream.resize()  # the first words don't wait for the next frame
        return seconds

    def remark(self, text: str) -> None:
        waits = self._waits
        self._clear_status()
        self._waits = waits
        self.context.stderr.write(f"{self.context.stderr.harmless(text)}\n")

    def stop_waiting(self) -> None:
        self._clear_status()

    def leave_now(self) -> None:
        pass  # what is on the screen stays there

    def _clear_status(self) -> None:
        """Take the status away at once, so that something else can be written in its row."""
        self._waits = False
        if self._stream is not None and self._status_shown:
            self._status_shown = False
            self._stream.status("")
            self._stream.resize()

    def finish(self, answer: StoredMessage) -> None:
        self._waits = False
        if self._held or self._away:
            self._away = False
            self.stream.forget()
            self.stream.feed("".join(self._held))
            self._held.clear()
        self._screen.paint(lambda: self._close(answer))

    def _close(self, answer: StoredMessage) -> None:
        super().finish(answer)
