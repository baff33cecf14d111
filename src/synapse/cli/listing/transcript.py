"""A session for reading: for people on a terminal, as Markdown in a pipe, as JSON."""

from __future__ import annotations

from synapse.cli.listing.tables import count
from synapse.domain import IMAGE_REFUSED, Role, Status
from synapse.human_time import clock, day, local_time, rfc3339
from synapse.terminal.safe import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from synapse.domain import SessionSummary, StoredMessage, Summary

_WORDS = {
    Role.USER: "you",
    Role.ASSISTANT: "answer",
    Role.SYSTEM: "system",
    Role.TOOL: "tool",
}


class MessageHeadings:
    """The lines above messages on a terminal."""

    __slots__ = ("dot", "in_words", "line", "paint")

    def __init__(
        self, line: str, dot: str, paint: Callable[[str], str], *, in_words: bool = False
    ) -> None:
        self.line = line
        self.dot = dot
        self.paint = paint
        self.in_words = in_words
        """Nothing is drawn, for screen readers."""

    def day(self, date: str) -> str:
        """Above the first message of a day."""
        return f"{date}.\n" if self.in_words else self._rule(date)

    def message(self, who: str, number: int, details: Sequence[str]) -> str:
        """`── you · #3 · 14:02 ──`, or `You: message 3, 14:02.`"""
        if self.in_words:
            return f"{who.capitalize()}: message {number}, {', '.join(details)}.\n"
        return self._rule(f" {self.dot} ".join([who, f"#{number}", *details]))

    def summary(self, words: str) -> str:
        """Below the messages for which a summary stands."""
        return f"{words[0].upper()}{words[1:]}.\n" if self.in_words else self._rule(words)

    def _rule(self, text: str) -> str:
        return self.paint(f"{self.line * 2} {text} {self.line * 2}") + "\n"


def header_rows(summary: SessionSummary) -> list[tuple[str, str]]:
    """What is said of the session above its messages."""
    session = summary.session
    rows = [
        ("session", session.id),
        ("name", session.name or ""),
        ("title", session.title or ""),
        ("tags", ", ".join(summary.tags)),
        ("model", f"{session.provider} / {session.model}"),
        ("created", local_time(session.created_at)),
        ("updated", local_time(session.updated_at)),
        ("messages", f"{summary.message_count:,}"),
        ("deleted", local_time(session.deleted_at) if session.deleted_at else ""),
        ("system", session.system_prompt or ""),
    ]
    return [(name, value) for name, value in rows if value]


def for_terminal(
    messages: Sequence[StoredMessage],
    headings: MessageHeadings,
    render: Callable[[str], str],
    standing: Summary | None = None,
) -> Iterator[str]:
    """The messages with a rule above each and one for each new day, and one where what `standing`
    stands for ends. `render` makes Markdown ready for the terminal; a question stays as it was
    typed: pasted code and logs are no Markdown.
    """
    today = ""
    mark = _mark_of(messages, standing)
    for message in messages:
        if message.index == mark and standing is not None:
            yield "\n" + headings.summary(summary_words(standing))
        date = day(message.timestamp)
        if date != today:
            today = date
            yield "\n" + headings.day(date)
        details = [clock(message.timestamp), *remarks(message)]
        yield "\n" + headings.message(_WORDS[message.role], message.index, details)
        make = clean if message.role is Role.USER else render
        yield "\n" + _ended(make(message.content))
        if message.attachments:
            yield "\n" + "".join(headings.paint(line) + "\n" for line in attached_lines(message))


def _mark_of(messages: Sequence[StoredMessage], standing: Summary | None) -> int:
    """The index of the message above which a mark belongs; 0 for none of them."""
    if standing is None or not messages or messages[0].index > standing.last_index:
        return 0
    return next((m.index for m in messages if m.index > standing.last_index), 0)


def summary_words(standing: Summary) -> str:
    """`notes of #1-#42 by MODEL, 2 Nov 14:02`: what stands for the messages above."""
    when = f"{day(standing.created_at)}, {clock(standing.created_at)}"
    upto = f"#1 to #{standing.last_index}"
    if not standing.content:
        return f"{upto} are no longer sent, {when}"
    if standing.model is None:
        return f"your own words of {upto} are sent for them, {when}"
    return f"a summary of {upto} by {clean_line(standing.model)} is sent for them, {when}"


def as_markdown(
    messages: Sequence[StoredMessage], standing: Summary | None = None
) -> Iterator[str]:
    """The messages under `## user` and `## assistant`, with a rule where what `standing` stands for
    ends.
    """
    mark = _mark_of(messages, standing)
    for message in messages:
        if message.index == mark and standing is not None:
            yield f"---\n\n*{summary_words(standing)}*\n\n"
        notes = remarks(message)
        heading = f"{message.role.value} ({', '.join(notes)})" if notes else message.role.value
        yield f"## {heading}\n\n"
        yield _ended(message.content) + "\n"
        if message.attachments:
            yield "".join(f"- {line}\n" for line in attached_lines(message)) + "\n"


def markdown_header(summary: SessionSummary) -> str:
    """Facts about the session as Markdown. Control characters are replaced; the exact values are in
    the JSON form.
    """
    session = summary.session
    facts = [
        f"- session: {session.id}",
        f"- model: {session.provider} / {session.model}",
        f"- created: {rfc3339(session.created_at)}",
        f"- updated: {rfc3339(session.updated_at)}",
        f"- messages: {summary.message_count}",
    ]
    if session.deleted_at is not None:
        facts.append(f"- deleted: {rfc3339(session.deleted_at)}")
    if summary.tags:
        facts.insert(1, f"- tags: {', '.join(summary.tags)}")
    if session.title and session.name:
        facts.insert(1, f"- name: {session.name}")
    heading = " ".join((session.title or session.name or summary.preview or session.id).split())
    text = (
        f"# {clean_line(heading)}\n\n" + "".join(f"{clean_line(fact)}\n" for fact in facts) + "\n"
    )
    if session.system_prompt:
        text += f"## system\n\n{_ended(clean(session.system_prompt))}\n"
    return text


def remarks(message: StoredMessage) -> list[str]:
    """What is special about a message: it was cut off, or superseded."""
    notes = []
    if message.status is not Status.COMPLETE:
        cut_off = f"{message.status.value}, {count(len(message.content), 'character')}"
        notes.append(cut_off if message.role is Role.ASSISTANT else message.status.value)
    if message.superseded:
        notes.append("superseded")
    if message.refused is not None and message.role is Role.USER:
        what = "images" if message.refused == IMAGE_REFUSED else "refused,"
        notes.append(f"{what} no longer sent")
    return notes


def attached_lines(message: StoredMessage) -> list[str]:
    """A line for each attachment: `attached 1: chart.png (image/png, 12,345 bytes)`."""
    return [
        f"attached {number}: {clean_line(attachment.name)}"
        f" ({clean_line(attachment.media_type)}, {count(len(attachment.data), 'byte')})"
        for number, attachment in enumerate(message.attachments, 1)
    ]


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"
