"""The editor at the prompt: prompt_toolkit with our keys."""

from __future__ import annotations

import asyncio
import signal
import time
from functools import partial
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.cursor_shapes import ModalCursorShapeConfig
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import (
    Always,
    Condition,
    emacs_mode,
    has_focus,
    has_selection,
    vi_navigation_mode,
)
from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import TabsProcessor

from synapse.cli.repl.keyboard import TWICE_SECONDS, UPDATE_SECONDS, EndedBySignal
from synapse.cli.repl.last_turn import question
from synapse.cli.repl.pastes import Pastes
from synapse.terminal.cells import width
from synapse.terminal.toolkit import STYLE, color_depth, terminal_input, terminal_output
from synapse.terminal.unfinished import is_unfinished

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from prompt_toolkit.completion import Completer
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

    from synapse.cli.context import Context
    from synapse.cli.repl.history import StoredHistory
    from synapse.cli.repl.keyboard import News
    from synapse.terminal.typed_ahead import TypedAhead

_NOTICE_SECONDS = TWICE_SECONDS
"""For which a notice stands below the prompt."""
_NEAR_THE_TOP = 20
_FURTHER = 100
_PROMPT_COLUMNS = 2
_VI_MODES = {InputMode.NAVIGATION: "normal", InputMode.INSERT_MULTIPLE: "insert"}
_ENDING = {signal.SIGTERM: 143, signal.SIGHUP: 129}


class Editor:
    """Multi-line input with history, search and completion."""

    can_edit = True

    def __init__(
        self,
        context: Context,
        history: StoredHistory,
        completer: Completer,
        *,
        toggle_raw: Callable[[], str],
        typed_ahead: TypedAhead,
    ) -> None:
        """`toggle_raw` is called for Alt-M and returns what to say of it."""
        self._context = context
        self._history = history
        self._toggle_raw = toggle_raw
        self._typed_ahead = typed_ahead
        self._pastes = Pastes()
        self._interrupted_at = self._escaped_at = float("-inf")
        self._ended: int | None = None
        vi = context.settings.repl_keys == "vi"
        self._session: PromptSession[str] = PromptSession(
            self._mark,
            rprompt=self._mode if vi else None,
            multiline=True,
            prompt_continuation=lambda width, line, wrapped: " " * width,
            editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
            history=history,
            enable_history_search=True,
            search_ignore_case=True,
            completer=completer,
            complete_while_typing=False,
            reserve_space_for_menu=8,
            enable_suspend=True,
            cursor=ModalCursorShapeConfig() if vi else None,  # tells the modes apart
            input_processors=[TabsProcessor(char1=" ", char2=" ")],
            tempfile_suffix=".md",
            key_bindings=self._keys(),
            style=STYLE,
            include_default_pygments_style=False,
            color_depth=color_depth(context.color_level()),
            input=terminal_input(context.streams.stdin),
            output=terminal_output(context.stdout.descriptor),
        )
        self._session.app.ttimeoutlen = 0.05  # a lone Esc
        # What is below the text, a search or a notice, follows it at once.
        self._session.layout.current_window.dont_extend_height = Always()
        keys = self._session.app.key_processor
        keys.before_key_press += lambda _: history.stop_seeking()
        keys.after_key_press += self._want_history
        self._session.search_buffer.on_text_changed += lambda _: history.load_for_search()

    def read(
        self, default: str = "", *, in_editor: bool = False, updates: News | None = None
    ) -> str:
        """See Keyboard."""
        self._ended = None
        self._pastes.forget()
        self._session.app.erase_when_done = False

        def begin() -> None:
            if self._ended is not None:  # before there was a loop that it could have told
                self._leave()
                return
            if in_editor:
                self._open_in_editor()
            if updates is not None:
                self._session.app.create_background_task(self._tell(updates))

        previous = {number: signal.signal(number, self._end) for number in _ENDING}
        try:
            text = self._session.prompt(default=default, pre_run=begin)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            self._session.bottom_toolbar = None
            self._leave_to_typed_ahead()
        if self._ended is not None:
            raise EndedBySignal(self._ended)
        if self._session.app.erase_when_done:
            self._context.stdout.write(question(self._context, text))
        return text

    def _leave_to_typed_ahead(self) -> None:
        """What came in one piece with the Enter that sent the text: it was typed before whatever
        is typed while the answer comes in.
        """
        for key in get_typeahead(self._session.app.input):
            self._typed_ahead.add(key.data, pasted=key.key is Keys.BracketedPaste)

    async def _tell(self, updates: News) -> None:
        """Show above the prompt what comes from elsewhere."""
        while True:
            await asyncio.sleep(UPDATE_SECONDS)
            text = updates()
            if text:
                await run_in_terminal(partial(self._context.stdout.write, text))
                return

    def _mark(self) -> StyleAndTextTuples:
        """What stands in front of the text: with vi keys it tells the modes apart."""
        glyphs = self._context.glyphs()
        commands = self._vi_mode() == InputMode.NAVIGATION
        return [("class:prompt", glyphs.prompt_back if commands else glyphs.prompt), ("", " ")]

    def _mode(self) -> str:
        """At the right margin, with vi keys: any mode but the one in which one types."""
        mode = self._vi_mode()
        return "" if mode in (InputMode.INSERT, None) else _VI_MODES.get(mode, "replace")

    def _vi_mode(self) -> InputMode | None:
        app = self._session.app
        return app.vi_state.input_mode if app.editing_mode is EditingMode.VI else None

    def _hides(self, text: str) -> bool:
        """Whether not all of the text stands on the screen: it is folded, or higher than that."""
        if self._pastes.holds(text):
            return True
        context = self._context
        columns = max(1, context.stdout.width(context.environ) - _PROMPT_COLUMNS)
        rows = sum(max(1, -(-width(line) // columns)) for line in text.split("\n"))
        return rows >= context.stdout.height(context.environ)

    def _open_in_editor(self) -> None:
        # The library's own key sends what was written, even if the editor was left in despair.
        self._unfold()
        self._session.default_buffer.open_in_editor()

    def _unfold(self) -> None:
        """Put the text of what was pasted in its place."""
        buffer = self._session.default_buffer
        before = self._pastes.unfold(buffer.document.text_before_cursor)
        after = self._pastes.unfold(buffer.document.text_after_cursor)
        if before + after != buffer.text:
            buffer.document = Document(before + after, len(before))

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ended = _ENDING[signal.Signals(number)]
        loop = self._session.app.loop
        if loop is not None:
            loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        if self._session.app.is_running and not self._session.app.is_done:
            self._session.app.exit(result="")

    def _want_history(self, _: object) -> None:
        buffer = self._session.default_buffer
        if not buffer.history_search_text and buffer.working_index < _NEAR_THE_TOP:
            self._history.want(_FURTHER)

    def _on_up(self, event: KeyPressEvent) -> None:
        """As the library's own key, but if nothing that is loaded begins as what was typed, what
        is in the store may.
        """
        buffer = event.current_buffer
        before = (buffer.working_index, buffer.cursor_position)
        buffer.auto_up(count=event.arg)
        beginning = buffer.history_search_text
        if beginning and before == (buffer.working_index, buffer.cursor_position):
            self._history.seek(beginning, partial(buffer.history_backward, event.arg))

    def notice(self, text: str) -> None:
        """Show a line below the prompt for a while."""
        session = self._session
        session.bottom_toolbar = text

        def clear() -> None:
            if session.bottom_toolbar == text:
                session.bottom_toolbar = None
                session.app.invalidate()

        if session.app.loop is not None:
            session.app.loop.call_later(_NOTICE_SECONDS, clear)

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        at_text = has_focus(DEFAULT_BUFFER)
        bind = partial(keys.add, filter=at_text)
        bind("enter")(self._on_enter)
        bind("c-j")(_new_line)
        keys.add("escape", "enter", filter=at_text & emacs_mode)(_new_line)
        keys.add("up", filter=at_text & ~has_selection)(self._on_up)
        keys.add("c-p", filter=at_text & emacs_mode & ~has_selection)(self._on_up)
        bind("c-c")(self._on_interrupt)
        keys.add("<sigint>")(self._on_interrupt)
        # With vi keys it would keep every Esc waiting for what follows.
        keys.add("escape", "m", filter=at_text & emacs_mode)(self._on_toggle_raw)
        keys.add("c-x", "c-e", filter=at_text & emacs_mode)(lambda _: self._open_in_editor())
        keys.add("v", filter=at_text & vi_navigation_mode)(lambda _: self._open_in_editor())
        bind(Keys.BracketedPaste)(self._on_paste)
        keys.add("c-o", filter=at_text & Condition(self._is_folded))(lambda _: self._unfold())
        keys.add("backspace", filter=at_text & Condition(self._is_behind_paste))(self._on_erase)
        keys.add("escape", "escape", filter=at_text & emacs_mode)(self._on_take_back)
        keys.add("escape", filter=at_text & vi_navigation_mode)(self._on_vi_escape)
        return keys

    def _is_folded(self) -> bool:
        return self._pastes.holds(self._session.default_buffer.text)

    def _is_behind_paste(self) -> bool:
        document = self._session.default_buffer.document
        return bool(self._pastes.mark_before(document.text_before_cursor))

    def _on_paste(self, event: KeyPressEvent) -> None:
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        event.current_buffer.insert_text(self._pastes.fold(text))

    def _on_erase(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        mark = self._pastes.mark_before(buffer.document.text_before_cursor)
        buffer.delete_before_cursor(len(mark))

    def _on_vi_escape(self, event: KeyPressEvent) -> None:
        now = time.monotonic()
        if now - self._escaped_at < TWICE_SECONDS:
            self._on_take_back(event)
        self._escaped_at = now

    def _on_take_back(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.text:
            self.notice("Esc Esc takes back the last question at an empty prompt: Ctrl-C clears it")
            return
        buffer.text = "/undo"
        buffer.validate_and_handle()

    def _on_enter(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        menu = buffer.complete_state
        if menu is not None and menu.current_completion and len(menu.completions) > 1:
            buffer.complete_state = None  # it was for choosing
            return
        if is_unfinished(self._pastes.unfold(buffer.document.text_before_cursor)):
            if buffer.document.char_before_cursor == "\\":
                buffer.delete_before_cursor()
            buffer.insert_text("\n")
        elif buffer.text.strip():
            if self._hides(buffer.text):
                event.app.erase_when_done = True  # and then written whole
                self._unfold()
            buffer.validate_and_handle()

    def _on_interrupt(self, event: KeyPressEvent) -> None:
        buffer = self._session.default_buffer
        if buffer.text:
            self._history.append_string(self._pastes.unfold(buffer.text))
            buffer.reset()
            return
        now = time.monotonic()
        if now - self._interrupted_at < TWICE_SECONDS:
            event.app.exit(exception=EOFError)
        self._interrupted_at = now
        self.notice("Ctrl-D or Ctrl-C again to quit")

    def _on_toggle_raw(self, event: KeyPressEvent) -> None:
        self.notice(self._toggle_raw())


def _new_line(event: KeyPressEvent) -> None:
    event.current_buffer.insert_text("\n")
