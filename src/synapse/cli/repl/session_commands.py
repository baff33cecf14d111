"""Slash commands that choose, show and change sessions."""

from __future__ import annotations

from synapse.app.branches import fork
from synapse.app.exporting import file_name
from synapse.app.names import check_title
from synapse.app.references import resolve
from synapse.app.sessions import restore, trash
from synapse.cli.asking.naming import checked_name, free_name
from synapse.cli.listing.tables import count, table
from synapse.cli.listing.trash import label
from synapse.cli.picker import pick
from synapse.cli.repl.mentions import attachments_without_mentions
from synapse.cli.repl.setting_commands import say_what_is_attached
from synapse.cli.repl.state import Deletion
from synapse.domain import Role
from synapse.errors import UsageError
from synapse.formats import FORMATS
from synapse.terminal.cells import clip
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.repl.state import ReplState
    from synapse.domain import SessionSummary, StoredMessage


_HEADLINE_COLUMNS = 40


def new(repl: ReplState, name: str) -> None:
    """Begin a session; it is stored with the first question."""
    repl.conversation.begin(name=free_name(name, repl.context) if name else None)


def sessions(repl: ReplState, query: str) -> None:
    """Choose a session in the picker and go on with it."""
    chosen = pick(repl.context, query=query)
    if chosen is not None:
        repl.open(chosen)


def open_session(repl: ReplState, reference: str) -> None:
    """Go on with the session that a REF names."""
    if reference:
        repl.open(resolve(repl.context.store, reference))
    else:
        sessions(repl, "")


def show(repl: ReplState, which: str) -> None:
    """Show the session, or some messages of it."""
    session_id = repl.conversation.stored().session.id
    message = ["--message", f"{which}-{which}" if which.isdecimal() else which] if which else []
    repl.run_command("sessions", "show", session_id, *message)


def compact(repl: ReplState, focus: str) -> None:
    """Have the older turns of the session summarised."""
    session_id = repl.conversation.stored().session.id
    repl.run_command("sessions", "compact", session_id, *(["--focus", focus] if focus else []))


def export(repl: ReplState, words: str) -> None:
    """Write the session into a file; one in this folder, if none is named."""
    session = repl.conversation.stored().session
    first, _, rest = words.partition(" ")
    format, file = (first, rest.strip()) if first in FORMATS else ("", words)
    chosen = ["-F", format] if format else []
    if not file:
        name = format or repl.context.settings.export_format
        file = file_name(session, FORMATS[name].suffix)
    repl.run_command("sessions", "export", session.id, *chosen, "-o", file)


def history(repl: ReplState, _: str) -> None:
    """List the questions, with the numbers that /edit, /fork and /show take."""
    room = repl.context.stdout.width(repl.context.environ) - 8
    rows = []
    for message in repl.conversation.messages():
        if message.role is Role.USER:
            mark = "(refused) " if message.refused else ""
            mark = "(taken back) " if message.superseded else mark
            shown = clip(mark + clean_line(message.content), room)
            rows.append((f"#{message.index}", shown))
    repl.context.stdout.write("".join(f"{line}\n" for line in table(rows, right=(0,))))


def rename(repl: ReplState, name: str) -> None:
    """Name the session, stored or not."""
    if not name:
        raise UsageError("which name?", "For example:  /rename docker-volumes")
    if repl.conversation.summary is None:
        repl.conversation.name = free_name(name, repl.context)
        return
    repl.context.store.rename_session(repl.conversation.summary.session.id, checked_name(name))
    repl.conversation.refresh()


def title(repl: ReplState, text: str) -> None:
    """Say what the session is about, or set it, stored or not."""
    conversation = repl.conversation
    if text:
        text = check_title(text)
        if conversation.summary is None:
            conversation.title = text
        else:
            repl.context.store.retitle_session(conversation.summary.session.id, text)
    conversation.refresh()
    shown = conversation.title
    repl.context.say(f'The title is "{shown}".' if shown else "There is no title:  /title TEXT")


def fork_session(repl: ReplState, number: str) -> None:
    """Go on in a branch; the original stays as it is."""
    at = _number(number) if number else None
    _branch(repl, repl.conversation.stored(), at)


def undo(repl: ReplState, _: str) -> None:
    """Take the last question back, with its answer: they are kept, but no longer sent, and the
    question stands at the prompt to be put right. Or restore the session that was deleted, if
    nothing has been asked since.
    """
    conversation = repl.conversation
    if repl.deleted and (
        conversation.summary is None or repl.deleted[-1].turns == conversation.turns
    ):
        _restore(repl)
        return
    try:
        question = conversation.last_question()
    except UsageError:
        if not repl.deleted:
            raise
        _restore(repl)
        return
    answered = repl.context.store.supersede_messages(question.session_id, question.index)
    conversation.refresh()
    repl.next_text = question.content
    _say_taken_back(repl, question, answers=answered - 1)
    _attach_again(repl, question)


def _say_taken_back(repl: ReplState, question: StoredMessage, *, answers: int) -> None:
    what = clip(clean_line(question.content), _HEADLINE_COLUMNS, repl.context.glyphs().ellipsis)
    both = " and its answer" if answers else ""
    repl.context.say(
        f'Took back #{question.index} "{what}"{both}: no longer sent, but kept (/show).'
    )
    if repl.keyboard.can_edit:
        repl.context.hint("It stands at the prompt again; Ctrl-C clears it.")


def edit(repl: ReplState, number: str) -> None:
    """Write the next question in the editor, or change an earlier one and ask it in a branch."""
    if not number and repl.keyboard.can_edit:
        repl.opens_editor = True
        return
    if not number:
        raise UsageError(
            "this terminal can't open an editor at the prompt",
            "Write it elsewhere, and attach it:  /file PATH",
        )
    index = _number(number)
    found = [message for message in repl.conversation.messages() if message.index == index]
    if not found or found[0].role is not Role.USER:
        raise UsageError(
            f"message {index} is not one of your questions", "Their numbers:  /history"
        )
    if not repl.keyboard.can_edit:
        before = f"/fork {index - 1}" if index > 1 else "/new"
        raise UsageError(
            "this terminal can't edit a question",
            f"Go back to before it:  {before}",
            "and type it anew.",
        )
    _go_back_before(repl, found[0])
    repl.next_text = found[0].content
    _attach_again(repl, found[0])


def _attach_again(repl: ReplState, message: StoredMessage) -> None:
    attached = attachments_without_mentions(message, repl.context)
    if attached:
        repl.conversation.attachments = attached
        say_what_is_attached(repl)


def delete(repl: ReplState, _: str) -> None:
    """Put the session into the trash and begin a new one."""
    conversation = repl.conversation
    summary = conversation.stored()
    trash(repl.context.store, [summary])
    repl.deleted.append(
        Deletion(summary=summary, choice=conversation.choice, turns=conversation.turns)
    )
    repl.context.say(f"Deleted {label(summary)}. Undo:  /undo")
    conversation.begin()


def _restore(repl: ReplState) -> None:
    deletion = repl.deleted.pop()
    session_id, choice = deletion.summary.session.id, deletion.choice
    restore(repl.context.store, [deletion.summary])
    summary = repl.context.store.get_summary(session_id)  # somebody else may have restored it
    if summary is None:
        raise UsageError(f"{deletion.summary.session.handle} has been destroyed meanwhile")
    repl.conversation.open(summary, provider=choice.provider, model=choice.model)
    repl.context.say(f"Restored {label(summary)}.")


def _go_back_before(repl: ReplState, message: StoredMessage) -> None:
    origin = repl.conversation.stored()
    if message.index > 1:
        _branch(repl, origin, message.index - 1)
        return
    repl.conversation.begin(
        system=origin.session.system_prompt or "", choice=repl.conversation.choice
    )
    repl.context.say(f"What was said stays in {origin.session.handle}.")


def _branch(repl: ReplState, origin: SessionSummary, at: int | None) -> None:
    store = repl.context.store
    branch, copied = fork(store, origin, at=at)
    summary = store.get_summary(branch.id)
    assert summary is not None
    choice = repl.conversation.choice
    repl.conversation.open(summary, provider=choice.provider, model=choice.model)
    repl.context.say(
        f"A branch with {count(copied, 'message')}; the original stays in {origin.session.handle}."
    )


def _number(text: str) -> int:
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and 0 < len(digits) < 10):
        raise UsageError(f'"{text}" is not the number of a message', "Their numbers:  /history")
    return int(digits)
