"""Shows the last question and its answer when a session is resumed, so that the screen is not
empty.
"""

from __future__ import annotations

from synapse.cli.listing.tables import count
from synapse.cli.listing.tables import count as counted
from synapse.cli.showing.rendering import mode_for
from synapse.domain import Role, Status
from synapse.markdown import render
from synapse.terminal import features, style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary, StoredMessage

_LOOKED_AT = 10
"""Messages at the end of a session among which the last question is looked for."""
_LINES_AROUND, _FEWEST_LINES = 8, 5


def render_last_turn(context: Context, summary: SessionSummary) -> str:
    """The last question and answer as the terminal shows them; "" for an empty session."""
    first = max(1, summary.message_count - _LOOKED_AT + 1)
    messages = [
        message
        for message in context.store.get_messages(summary.session.id, first=first)
        if not message.superseded
    ]
    asked = [place for place, message in enumerate(messages) if message.role is Role.USER]
    exchange = messages[asked[-1] :] if asked else messages[-1:]
    earlier = exchange[0].index - 1 if exchange else 0
    shown = [_earlier(context, earlier)] if earlier > 0 else []
    return "".join([*shown, *_shown(context, exchange)])


def render_turn_at(context: Context, summary: SessionSummary, index: int) -> str:
    """What the terminal shows of a message in the midst of a session: with the question that it
    answers, or the answer that it got, and how much stands before and behind.
    """
    near = context.store.get_messages(summary.session.id, first=max(1, index - 1), last=index + 1)
    roles = {message.index: message.role for message in near}
    first = index - 1 if _is_answered(roles, index - 1) else index
    last = index + 1 if _is_answered(roles, index) else index
    exchange = [message for message in near if first <= message.index <= last]
    shown = [_earlier(context, first - 1)] if first > 1 else []
    shown += _shown(context, exchange)
    later = summary.message_count - last
    if later > 0:
        text = f"{counted(later, 'later message')}: /show {last + 1}-"
        shown.append(style.paint(style.style(context.color_level(), style.DIM), text) + "\n")
    return "".join(shown)


def _is_answered(roles: dict[int, Role], index: int) -> bool:
    return roles.get(index) is Role.USER and roles.get(index + 1) is Role.ASSISTANT


def render_messages_from(context: Context, summary: SessionSummary, first: int) -> str:
    """The messages from this index on as the terminal shows them."""
    messages = context.store.get_messages(summary.session.id, first=first)
    return "".join(_shown(context, [message for message in messages if not message.superseded]))


def _shown(context: Context, messages: Iterable[StoredMessage]) -> Iterator[str]:
    """An answer that is still being received will be shown when it is complete."""
    for message in messages:
        if message.status is not Status.STREAMING:
            yield _message(context, message)


def cut_off_warning(context: Context, summary: SessionSummary) -> str | None:
    """A warning if the last answer is incomplete; None if it is complete or still arriving."""
    if summary.last_status in (Status.COMPLETE, Status.STREAMING):
        return None
    found = context.store.get_messages(summary.session.id, first=summary.message_count)
    last = found[-1] if found else None
    if last is None or last.superseded:
        return None
    if not last.content:
        return f"the last question was not answered ({last.status.value}). /retry"
    return (
        f"the last answer was cut off ({last.status.value},"
        f" {count(len(last.content), 'character')}). /continue or /retry"
    )


def _earlier(context: Context, count: int) -> str:
    dim = style.style(context.color_level(), style.DIM)
    return style.paint(dim, f"{counted(count, 'earlier message')}: /show") + "\n"


def question(context: Context, text: str) -> str:
    """How a question that was sent stands on the terminal."""
    mark = "You:" if context.settings.ui.accessible else context.glyphs().prompt
    lines = context.stdout.exact(text.rstrip("\n")).split("\n")
    bold = style.style(context.color_level(), style.BOLD)
    indent = "\n" + " " * (len(mark) + 1)
    return f"{style.paint(bold, mark)} {indent.join(lines)}\n"


def _message(context: Context, message: StoredMessage) -> str:
    text = message.content.rstrip("\n")
    ui = context.settings.ui
    if message.role is Role.USER:
        return question(context, text)
    if message.role is not Role.ASSISTANT or not text:
        return ""
    if mode_for(context, None) == "raw":
        return _end(context, context.stdout.exact(text) + "\n")
    answer = "Answer:\n" if ui.accessible else ""
    width = context.stdout.width(context.environ)
    rendered = answer + render(
        text,
        min(width, ui.max_width),
        level=context.color_level(),
        ascii_only=context.ascii_only,
        accessible=ui.accessible,
        links=features.takes_links(context.environ),
        strikes=features.strikes(context.environ),
        screen=width,
    )
    return _end(context, rendered)


def _end(context: Context, text: str) -> str:
    """As much of the end as fits on the screen, with the prompt below."""
    lines = text.splitlines(keepends=True)
    room = max(_FEWEST_LINES, context.stdout.height(context.environ) - _LINES_AROUND)
    if len(lines) <= room:
        return text
    dim = style.style(context.color_level(), style.DIM)
    left_out = f"{context.glyphs().more} {len(lines) - room:,} lines: /show"
    return style.paint(dim, left_out) + "\n" + "".join(lines[-room:])
