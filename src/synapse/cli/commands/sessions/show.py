"""`synapse sessions show REF`: a session and its messages.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from itertools import chain

from synapse.advice import Advice
from synapse.app.sessions import close_abandoned_answers
from synapse.cli.listing import transcript
from synapse.cli.listing.tables import count, table
from synapse.cli.listing.transcript import header_rows
from synapse.cli.picker import CANCELLED, named_or_picked
from synapse.cli.showing.pager import page
from synapse.domain import Role
from synapse.errors import UsageError
from synapse.terminal import style
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary, StoredMessage


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("ref", nargs="?", metavar="REF", help="which session (help refs)")
    add("--last", type=_count, metavar="N", help="only the last N messages")
    add("--message", metavar="N[-M]", help="only these; a single one exactly, without a header")
    add("--attachment", type=int, metavar="K", help="with --message: what goes with it, exactly")
    add("--role", choices=[role.value for role in Role], help="only messages of this role")
    add("--raw", action="store_true", help="the Markdown as it is stored, on a terminal, too")
    add("--rendered", action="store_true", help="as on a terminal, into a pipe, too")
    add("--deleted", action="store_true", help="look in the trash")
    add("--json", action="store_true", help="one JSON object")


def run(args: Namespace, context: Context) -> int:
    """Show a session."""
    usage = Advice("Name it:  ", "sessions show", "REF")
    found = named_or_picked(context, args.ref, instead=usage, deleted=args.deleted)
    if found is None:
        return CANCELLED
    [summary] = close_abandoned_answers(context.store, [found])
    messages = _chosen(args, context, summary)
    if args.attachment is not None:
        _write_attachment(args, context, messages)
        return 0
    if args.json:
        _write_json(context, summary, messages)
    elif args.message is not None and "-" not in args.message:
        _write_exactly(context, messages[0].content)
    else:
        whole = args.message is None and args.last is None and args.role is None
        rendered = args.rendered or (context.stdout.is_terminal and not args.raw)
        _write_transcript(context, summary if whole else None, messages, rendered=rendered)
    return 0


def _chosen(args: Namespace, context: Context, summary: SessionSummary) -> list[StoredMessage]:
    """The messages that the options ask for. Raises UsageError if they name some that are not
    there.
    """
    session_id = summary.session.id
    if args.message is not None:
        first, last = _range(args.message)
        messages = context.store.get_messages(session_id, first=first, last=last)
    elif args.last is not None and args.role is None:
        first = max(1, summary.message_count - args.last + 1)
        return context.store.get_messages(session_id, first=first)
    else:
        messages = context.store.get_messages(session_id)
    if args.role is not None:
        messages = [message for message in messages if message.role.value == args.role]
    if args.message is not None and not messages:
        whose = f" of role {args.role}" if args.role else ""
        raise UsageError(
            f"there is no message {args.message}{whose}:"
            f" the session has {count(summary.message_count, 'message')}"
        )
    return messages if args.last is None else messages[max(0, len(messages) - args.last) :]


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


_count.__name__ = "number"


def _range(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not all(part.isascii() and part.isdigit() for part in (first, last or "1")):
        raise UsageError(f"--message {text}: write N or N-M, counted from 1")
    if dash and not last:
        return int(first), _MANY
    numbers = int(first), int(last) if dash else int(first)
    if not 1 <= numbers[0] <= numbers[1] <= _MANY:
        raise UsageError(f"--message {text}: write N or N-M, counted from 1")
    return numbers


_MANY = (1 << 62) - 1


def _write_exactly(context: Context, content: str) -> None:
    context.stdout.show_exactly(content)
    if context.stdout.is_terminal and not content.endswith("\n"):
        context.stdout.write("\n")


def _write_attachment(args: Namespace, context: Context, messages: list[StoredMessage]) -> None:
    if args.message is None or len(messages) != 1:
        raise UsageError("--attachment belongs to one message: name it with --message N")
    attachments = messages[0].attachments
    if not 1 <= args.attachment <= len(attachments):
        raise UsageError(
            f"there is no attachment {args.attachment}:"
            f" the message has {count(len(attachments), 'attachment')}"
        )
    attachment = attachments[args.attachment - 1]
    if attachment.is_text:
        _write_exactly(context, attachment.data.decode("utf-8", "replace"))
    elif context.stdout.is_terminal:
        raise UsageError(
            f"{attachment.name} is an image, and standard output a terminal",
            Advice("Write it to a file:  ", "sessions show", after=" … > FILE"),
        )
    else:
        context.stdout.write_bytes(attachment.data)


def _write_json(context: Context, summary: SessionSummary, messages: list[StoredMessage]) -> None:
    from synapse.cli.listing.json_objects import message_object, session_object
    from synapse.cli.listing.json_output import SCHEMA, write_json

    write_json(
        context,
        {
            "schema": SCHEMA,
            "session": session_object(summary),
            "messages": [*map(message_object, messages)],
        },
    )


def _write_transcript(
    context: Context,
    summary: SessionSummary | None,
    messages: list[StoredMessage],
    *,
    rendered: bool,
) -> None:
    """The messages, below a header if `summary` is given."""
    standing = context.store.standing_summary(messages[0].session_id) if messages else None
    if not rendered:
        header = [transcript.markdown_header(summary)] if summary is not None else []
        pieces = chain(header, transcript.as_markdown(messages, standing))
        page(context, map(context.stdout.exact, pieces))
        return
    level = context.color_level()
    dim = style.style(level, style.DIM)
    glyphs = context.glyphs()
    headings = transcript.MessageHeadings(
        glyphs.rule,
        glyphs.dot,
        lambda text: style.paint(dim, text),
        in_words=context.settings.ui.accessible,
    )
    header = [_header(context, summary, messages, level)] if summary is not None else []
    shown = transcript.for_terminal(messages, headings, _renderer(context, level), standing)
    page(context, chain(header, shown))


def _header(
    context: Context, summary: SessionSummary, messages: list[StoredMessage], level: int
) -> str:
    bold = style.style(level, style.BOLD)
    rows = [(name, clean_line(value)) for name, value in header_rows(summary)]
    if any(message.usage.cost for message in messages):
        from synapse.cli.listing.costs import cost_of, told  # where something cost anything

        rows.append(("cost", told(cost_of(messages)) or ""))
    lines = table(rows)
    return "".join(
        style.paint(bold, line[: len(name)]) + line[len(name) :] + "\n"
        for (name, _), line in zip(rows, lines, strict=True)
    )


def _renderer(context: Context, level: int) -> Callable[[str], str]:
    from synapse.markdown import render
    from synapse.terminal import features

    ui = context.settings.ui
    screen = context.stdout.width(context.environ)
    return lambda text: render(
        text,
        min(screen, ui.max_width),
        level=level,
        ascii_only=context.ascii_only,
        accessible=ui.accessible,
        strikes=features.strikes(context.environ),  # links, not every pager would let through
        screen=screen,
    )
