"""The state of a prompt, shared by the loop and the slash commands."""

from __future__ import annotations

from synapse.app.sessions import close_abandoned_answers
from synapse.cli.command_line import command_arguments
from synapse.cli.command_line.routing import find_command
from synapse.cli.repl.last_turn import cut_off_warning, render_last_turn, render_turn_at
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.cli.repl.keyboard import Keyboard
    from synapse.cli.repl.repl_conversation import ReplConversation
    from synapse.config.choosing import Choice
    from synapse.domain import SessionSummary

ENDING = (129, 143)
"""Exit statuses of a turn that a signal ended, and the program with it."""


class Deletion(Record):
    """A session that was put into the trash at this prompt, and can be taken out again."""

    summary: SessionSummary
    choice: Choice
    """Who answered in it."""
    turns: int
    """Questions that had been asked at this prompt by then."""


class ReplState:
    """A conversation at a prompt, without the loop that reads from it."""

    keyboard: Keyboard

    def __init__(self, context: Context, conversation: ReplConversation) -> None:
        self.context = context
        self.conversation = conversation
        self.next_text = ""
        """What will stand at the next prompt, to be edited."""
        self.opens_editor = False
        """Whether the next prompt begins in the user's editor."""
        self.is_over = False
        self.deleted: list[Deletion] = []
        """What `/undo` brings back, the last one first."""
        self.question_is_shown = False
        """Whether the question that another terminal may be answering stands on the screen."""
        self.last_succeeded = True
        """Whether what came last was done; what waits behind a failure is not sent by itself."""
        self.has_answered = False
        self.status = 0
        self._render = conversation.options.render

    def note_turn_status(self, status: int) -> None:
        """Record how a turn ended. TERM and HUP end the program, too."""
        self.has_answered = True
        self.last_succeeded = status == 0
        if status in ENDING:
            self.status = status
            self.is_over = True

    def open(
        self, summary: SessionSummary, *, provider: str | None = None, model: str | None = None
    ) -> None:
        """Go on with a stored session, in sight of what was said last. A role that is on ends: it
        was not put on for this one.
        """
        self._end_role()
        [summary] = close_abandoned_answers(self.context.store, [summary])
        self.conversation.open(summary, provider=provider, model=model)
        self._show(summary, render_last_turn(self.context, summary))

    def open_at(self, summary: SessionSummary, index: int) -> None:
        """As `open`, in sight of the message of this index."""
        self._end_role()
        [summary] = close_abandoned_answers(self.context.store, [summary])
        self.conversation.open(summary)
        self._show(summary, render_turn_at(self.context, summary, index))

    def _end_role(self) -> None:
        ended = self.conversation.role.take_off()
        self.conversation.next_system = None
        if ended is not None:
            self.context.say(f'The role "{ended}" is off.')

    def _show(self, summary: SessionSummary, exchange: str) -> None:
        self.context.stdout.write(exchange)
        self.question_is_shown = True
        warning = cut_off_warning(self.context, summary)
        if warning is not None:
            self.context.say(f"{self.context.glyphs().warning} {warning}")

    def toggle_raw(self) -> str:
        """Show the next answers as they come, or rendered again; what to say of it."""
        is_raw = self.conversation.options.render == "raw"
        rendered = self._render if self._render != "raw" else None
        self.conversation.options = self.conversation.options.replace(
            render=rendered if is_raw else "raw"
        )
        return "The next answers are rendered." if is_raw else "The next answers are shown raw."

    def run_command(self, *words: str) -> int:
        """Run a command of the command line."""
        route = find_command([*words])
        args = command_arguments.read(route)
        status: int = command_arguments.load_module(route).run(args, self.context)
        return status
