"""Answers rendered as Markdown: what all ways of it share, and the plainest, block by block.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import time
from _thread import allocate_lock, start_new_thread

from synapse.cli.showing.answers import Presenter, Thinking
from synapse.markdown import MarkdownStream
from synapse.terminal import features, reflow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from synapse.cli.context import Context
    from synapse.domain import Session, StoredMessage

IMPORT_AFTER = 0.03
"""Seconds: the request leaves first, then the parser is imported while nothing comes back."""


class Parser:
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
            import synapse.markdown

            self.ready = bool(synapse.markdown)
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


class Rendered(Presenter):
    """What both ways of rendering do alike."""

    mode: Literal["live", "blocks"]

    def __init__(
        self, context: Context, session: Session | None, label: str, *, thinking: bool
    ) -> None:
        super().__init__(context, session, label)
        self.label = label
        self.thinking = Thinking(context) if thinking else None
        self.parser = Parser()
        self.painted: MarkdownStream | None = None
        self.began = time.monotonic()

    @property
    def stream(self) -> MarkdownStream:
        """What paints; waits for the parser."""
        if self.painted is None:
            self.parser.wait()
            context, ui = self.context, self.context.settings.ui
            self.painted = MarkdownStream(
                self.write,
                self._size,
                mode=self.mode,
                level=context.color_level(),
                ascii_only=context.ascii_only,
                accessible=ui.accessible,
                links=features.takes_links(context.environ),
                strikes=features.strikes(context.environ),
                max_width=ui.max_width,
                rewraps=reflow.of_terminal(context.environ),
            )
        return self.painted

    def _size(self) -> tuple[int, int]:
        environ = self.context.environ
        return self.context.stdout.width(environ), self.context.stdout.height(environ)

    def write(self, text: str) -> None:
        """What the stream puts onto the terminal."""
        self.context.stdout.write(text)

    def start(self) -> None:
        self.began = time.monotonic()
        super().start()

    def tick(self) -> float | None:
        if self.painted is not None:
            return self.painted.tick()
        since = time.monotonic() - self.began
        if since < IMPORT_AFTER:
            return IMPORT_AFTER - since
        self.parser.begin()
        return None

    def reasoning(self, text: str) -> None:
        if self.thinking is not None:
            self.stop_waiting()
            self.thinking.show(text)

    def text(self, text: str) -> None:
        if self.thinking is not None:
            self.thinking.end()
        self.stream.feed(text)

    def finish(self, answer: StoredMessage) -> None:
        if self.thinking is not None:
            self.thinking.end()
        if self.painted is not None:
            self.painted.close()

    def break_off(self) -> None:
        if self.context.stdout.has_room():
            self.context.stdout.write("\x1b[m\n" if self.context.color_level() else "\n")


class Blocks(Rendered):
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
            from synapse.cli.listing.tables import count

            self.waiting.stop()
            self.context.hint(f"Answer finished, {count(self._lines, 'line')}.")
