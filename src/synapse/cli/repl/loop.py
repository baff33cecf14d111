"""The REPL: reads a line, does it or asks it, until the user leaves."""

from __future__ import annotations

from synapse.advice import ASK, Advice
from synapse.cli.failing.report import hints_of
from synapse.cli.listing.tables import count
from synapse.cli.repl import dispatch, quit_words, shell
from synapse.cli.repl.completer import TabCompleter
from synapse.cli.repl.history import StoredHistory
from synapse.cli.repl.keyboard import EndedBySignal, PlainKeyboard
from synapse.cli.repl.last_turn import question
from synapse.cli.repl.line_editor import Editor
from synapse.cli.repl.mentions import mentioned, sent_along_line
from synapse.cli.repl.other_terminals import AwaitedAnswer
from synapse.cli.repl.state import ENDING, ReplState
from synapse.cli.showing.rendering import can_move_cursor
from synapse.errors import (
    AnswerRefused,
    ContextTooLong,
    CredentialsError,
    RequestTooLarge,
    SessionBusy,
    SynapseError,
)
from synapse.providers.local_model.weights import engine_installed, pull
from synapse.terminal import style
from synapse.terminal.safe import clean_line
from synapse.terminal.typed_ahead import TypedAhead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.cli.repl.keyboard import Keyboard
    from synapse.cli.repl.repl_conversation import ReplConversation


_STANDS_AGAIN = (AnswerRefused, ContextTooLong, RequestTooLarge, SessionBusy)
"""After which a question stands at the prompt again, though it is stored."""


class Repl(ReplState):
    """A conversation at a prompt."""

    def __init__(self, context: Context, conversation: ReplConversation) -> None:
        super().__init__(context, conversation)
        context.at_prompt = True
        self.keyboard = self._keyboard()
        self._awaited = AwaitedAnswer(conversation)
        self._heading = ""

    def _keyboard(self) -> Keyboard:
        if self.context.settings.ui.accessible or not can_move_cursor(self.context):
            return PlainKeyboard(self.context)
        self.conversation.typed_ahead = TypedAhead(self.context.streams.stdin)
        return Editor(
            self.context,
            StoredHistory(self.context.store),
            TabCompleter(self.context, self.conversation.current_choice),
            toggle_raw=self.toggle_raw,
            typed_ahead=self.conversation.typed_ahead,
        )

    def run(self, question: str = "") -> int:
        """Ask `question` if there is one, then what is typed; the exit status."""
        try:
            if question:
                self._do(question, literally=True)
            while not self.is_over:
                try:
                    self._step()
                except KeyboardInterrupt:  # between two prompts; there is nothing to stop
                    continue
        except EndedBySignal as ended:
            self.status = ended.status
        self.context.at_prompt = False
        if self.status != ENDING[0]:  # there is no window any longer
            self._say_good_bye()
        return self.status

    def _step(self) -> None:
        self._say_heading()
        self._say_who_answers()
        text, opens = self.next_text, self.opens_editor
        self.next_text, self.opens_editor = "", False
        if self.conversation.typed_ahead is not None:
            self.conversation.typed_ahead.catch_up()  # what is left are keys pressed here
        queued = None if text or opens else self._next_queued()
        if queued is not None and self.last_succeeded:
            self.context.stdout.write(self._as_typed(queued))
            self._do(queued)
            return
        if (
            queued is None
            and self.conversation.typed_ahead is not None
            and not self.conversation.typed_ahead.lines
        ):
            text += self.conversation.typed_ahead.take_begun()
        self._say_what_waits()
        try:
            line = self.keyboard.read(
                queued or text, in_editor=opens, updates=self._awaited.updates()
            )
        except EOFError:
            self.is_over = True
        except KeyboardInterrupt:
            return
        else:
            self._do(line)

    def _next_queued(self) -> str | None:
        """The next line that was typed ahead, each a message or a command of its own."""
        return (
            None
            if self.conversation.typed_ahead is None
            else self.conversation.typed_ahead.take_line()
        )

    def _say_what_waits(self) -> None:
        """What was typed ahead and not sent, because what came before it did not go well."""
        if self.conversation.typed_ahead is not None and self.conversation.typed_ahead.lines:
            self.context.hint(f"Not sent yet; {self.conversation.typed_ahead.shown()}")

    def _as_typed(self, text: str) -> str:
        """How a line that was sent stands on the screen."""
        return question(self.context, text)

    def _say_who_answers(self) -> None:
        announced = self._awaited.announce(question_is_shown=self.question_is_shown)
        self.question_is_shown = False
        if announced is not None:
            self.context.hint(announced)

    def _do(self, line: str, *, literally: bool = False) -> None:
        text = line.strip("\n")
        self.last_succeeded = False
        try:
            if literally:
                self._ask(text.strip(), line)
            else:
                self._dispatch(text, line)
        except SynapseError as error:
            self.last_succeeded = False
            self.context.error(error.message, hints_of(error))
        except KeyboardInterrupt:
            self.last_succeeded = False
            self.context.say("")

    def _dispatch(self, text: str, typed: str) -> None:
        """A command, or a question. `_ask` says itself whether it went well."""
        if text.startswith("//"):
            self._ask(text[1:], typed)
        elif text.startswith("/"):
            self.last_succeeded = True
            dispatch.run(self, text.strip())
        elif text.startswith("!"):
            shell.run(self, text[1:].strip())
            self.last_succeeded = True
        elif quit_words.is_quit_word(text):
            quit_words.offer_to_quit(self, text)
        else:
            self._ask(text.strip(), typed)

    def _ask(self, question: str, typed: str) -> None:
        """A question that could not be stored, and so was not sent, stands at the prompt again; so
        does one that was refused for what it says, to be changed. But not where a command has to
        come first.
        """
        before = self.conversation.message_count
        try:
            files = mentioned(question, self.context)
            if files:
                self.context.hint(sent_along_line(files))
            asked = self.conversation.phrased(question)
            self.note_turn_status(self.conversation.ask(asked, files))
        except CredentialsError:
            raise
        except SynapseError as error:
            if isinstance(error, _STANDS_AGAIN) or self.conversation.message_count <= before:
                self.next_text = typed
            raise

    def welcome(self) -> None:
        """Say where one is, and what to do if nobody can answer yet."""
        if self.context.quiet:
            return
        if self.conversation.can_answer:
            self.context.say("Synapse. Type a question; /help lists the commands, Ctrl-D quits.")
            return
        [pulling] = self.context.hint_lines([pull("A small model here needs no key:  ")])
        here = f"{pulling}  fetches it.\n"
        self.context.say(
            "Synapse talks to language models and keeps the conversations.\n"
            "No API key was found:  /key openai  stores one,  /model echo  tries it without.\n"
            f"{here if engine_installed() else ''}"
            "/help lists the commands, Ctrl-D quits."
        )

    def _say_heading(self) -> None:
        """Which session it is and who answers, whenever that has changed."""
        heading = self.conversation.heading()
        if heading != self._heading and not self.context.quiet:
            self._heading = heading
            dim = style.style(self.context.color_level(), style.DIM)
            drawn = self.context.with_drawable_characters(heading)
            shown = clean_line(drawn)
            self.context.stdout.write("\n" + style.paint(dim, shown) + "\n")
        elif self.has_answered:
            self.context.stdout.write("\n")
        self.has_answered = False

    def _say_good_bye(self) -> None:
        summary = self.conversation.summary
        if summary is None or self.context.quiet or not self.conversation.saved:
            return
        if self.status in ENDING and not self.context.stderr.has_room():
            return  # nobody reads, and the program is to end
        handle = summary.session.handle
        name = f' "{summary.session.name}"' if summary.session.name else ""
        added = count(self.conversation.new_messages, "new message")
        resume = Advice("resume: ", ASK, prompt=True, session=handle)
        self.context.say(f"{handle}{name} · {added} ·", resume)
