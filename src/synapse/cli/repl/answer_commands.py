"""Slash commands about answers: once more, on, to the clipboard, into a file."""

from __future__ import annotations

import os
from base64 import b64encode

from synapse import private_files
from synapse.cli.listing.costs import cost_of, told
from synapse.cli.listing.tables import count, table
from synapse.cli.showing.extract import code_blocks
from synapse.domain import Role
from synapse.errors import UsageError
from synapse.paths import expand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.repl.state import ReplState

_GO_ON = "continue"
_CLIPBOARD_BYTES = 75_000
"""What terminals take at least; some cut off or refuse more."""


def retry(repl: ReplState, model: str) -> None:
    """Ask the last question again, of another model if one is named."""
    if model:
        repl.conversation.stored()
        repl.conversation.choose(model)
    repl.note_turn_status(repl.conversation.ask_again())


def go_on(repl: ReplState, _: str) -> None:
    """Ask for the rest of the last answer."""
    said = (
        m for m in repl.conversation.messages_backwards() if m.role in (Role.USER, Role.ASSISTANT)
    )
    last = next(said, None)
    if last is None or last.role is not Role.ASSISTANT or not last.content:
        raise UsageError("the last question has no answer to go on with", "Ask it again:  /retry")
    if last.refused is not None:
        raise UsageError("the last question was refused; there is nothing to go on with")
    repl.note_turn_status(repl.conversation.ask(_GO_ON))


def copy(repl: ReplState, what: str) -> None:
    """Put an answer, its code, or any message into the clipboard, by way of the terminal."""
    text = _chosen(repl, what)
    data = text.encode("utf-8", "replace")
    if len(data) > _CLIPBOARD_BYTES:
        raise UsageError(
            f"{len(data):,} bytes are more than terminals put into the clipboard",
            "Write it to a file:  /save FILE",
        )
    repl.context.stdout.write(f"\x1b]52;c;{b64encode(data).decode()}\x07")
    repl.context.say(
        f"Sent {count(len(text), 'character')} to the terminal's clipboard"
        " (OSC 52; some terminals have it switched off)."
    )


def save(repl: ReplState, path: str) -> None:
    """Write the last answer to a file that is not there yet."""
    if not path:
        raise UsageError("to which file?", "For example:  /save answer.md")
    answer = repl.conversation.last_answer()
    path = expand(path, repl.context.environ)
    try:
        text = answer.content if answer.content.endswith("\n") else answer.content + "\n"
        private_files.write(path, text.encode(errors="replace"), replace=False, mode=0o666)
    except OSError as error:
        raise _not_saved(path, error) from error
    repl.context.say(f"Wrote {path}.")


def _not_saved(path: str, error: OSError) -> UsageError:
    folder, name = os.path.split(path)
    if os.path.isdir(path):
        return UsageError(
            f"{path} is a folder", f"Name a file in it:  /save {os.path.join(path, 'answer.md')}"
        )
    if isinstance(error, FileExistsError):
        stem, extension = os.path.splitext(name)
        other = os.path.join(folder, f"{stem}-2{extension}")
        return UsageError(f"{path} is there already", f"Save it as another:  /save {other}")
    if isinstance(error, FileNotFoundError) and folder:
        return UsageError(f"there is no folder {folder}", f"Save it here:  /save {name}")
    return UsageError(f"can't write {path}: {error.strerror}")


def tokens(repl: ReplState, _: str) -> None:
    """Say what the last answer and the whole session took and cost, and what the next question
    begins with: how much that is of the window, and where to see it.
    """
    answers = [
        message for message in repl.conversation.messages() if message.role is Role.ASSISTANT
    ]
    rows = [("", "sent", "received")]
    for label, counted in (("last answer", answers[-1:]), ("session", answers)):
        sent = [message.usage.input_tokens for message in counted]
        received = [message.usage.output_tokens for message in counted]
        rows.append((label, _total(sent), _total(received)))
    lines = table([(*row, "") for row in rows], right=(1, 2))
    repl.context.stdout.write("".join(f"{line}\n" for line in lines))
    if (cost := told(cost_of(answers))) is not None:
        repl.context.stdout.write(f"cost of the session: {cost}\n")
    repl.context.say(_next_prompt(repl))


def _next_prompt(repl: ReplState) -> str:
    """`Next: about 8,200 tokens, 4 % of 200,000.`"""
    # whoever asks for it can wait for what it takes to measure
    from synapse.app.context.tail import next_prompt
    from synapse.cli.asking.measuring import measured_for

    conversation = repl.conversation
    summary = conversation.stored()
    who = measured_for(repl.context, conversation.choice, summary.session)
    store = repl.context.store
    found = next_prompt(store, summary, who.asked, who.capabilities.images)
    about = "" if found.exact else "about "
    if who.window is None:
        return f"Sent with the next question: {about}{count(found.count, 'token')}."
    share = f"{100 * found.count / who.window.tokens:.0f} % of {who.window.tokens:,}"
    return f"Sent with the next question: {about}{count(found.count, 'token')}, {share}."


def _total(counts: list[int | None]) -> str:
    known = [count for count in counts if count is not None]
    return f"{sum(known):,}" if known else "?"


def _chosen(repl: ReplState, what: str) -> str:
    word, _, number = what.partition(" ")
    if word == "code":
        return _code(repl.conversation.last_answer().content, number.strip())
    if not what:
        return repl.conversation.last_answer().content
    if what.isascii() and what.isdecimal() and len(what) < 10:
        for message in repl.conversation.messages(first=int(what), last=int(what)):
            return message.content
    raise UsageError(f'there is no message "{what}"', "Write /copy, /copy code [N] or /copy NUMBER")


def _code(markdown: str, number: str) -> str:
    """The last block of code, or the one with this number, from 1, as of `-x N`."""
    blocks = code_blocks(markdown)
    if not blocks:
        raise UsageError("the last answer holds no block of code")
    if not number:
        return blocks[-1]
    if number.isascii() and number.isdecimal() and 0 < int(number[:9]) <= len(blocks):
        return blocks[int(number) - 1]
    raise UsageError(
        f'the last answer holds {count(len(blocks), "block")} of code; there is no "{number}"',
        "Write /copy code NUMBER, counted from 1; /copy code is the last one",
    )
