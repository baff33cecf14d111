"""What is looked for in the conversations, and what is found: nouns, as in `domain`.

A query is an expression of words and phrases, and properties that a message and its session must
have. Every text in it is as the user typed it: any code points at all, NUL and lone surrogates too,
not folded, at most LONGEST_QUERY characters in all.
"""

from __future__ import annotations

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal, TypeAlias

    from synapse.domain import Role, SessionSummary, StoredMessage

    Part: TypeAlias = "Word | Phrase | Not | AllOf | AnyOf"
    Place = Literal["content", "reasoning", "attachment"]

LONGEST_QUERY = 10_000
"""Characters of a query; more is refused."""
DEEPEST = 50
"""How many groups stand within one another at the most: functions may call themselves for each."""


class Word(Record):
    """A text that holds this word.

    Compared without regard to case, accents and width. One that the index would cut into several
    terms (`a.b.c`, `C++`, `foo_bar`, `don't`) must stand there as it is typed; one without a letter
    or a digit (`==`, `->`) is looked for wherever it stands.
    """

    text: str
    """Not empty, without white space."""
    prefix: bool = False
    """Whether it is only the beginning of a word."""


class Phrase(Record):
    """A text that holds these words in this order, with nothing between them but what is typed
    there; every run of white space is as good as another.
    """

    text: str
    """Not blank; begins and ends with no white space."""


class Not(Record):
    """A text of which `part` does not hold."""

    part: Part


class AllOf(Record):
    """A text of which every part holds."""

    parts: tuple[Part, ...]
    """Two or more; none is an AllOf."""


class AnyOf(Record):
    """A text of which one part holds, or several."""

    parts: tuple[Part, ...]
    """Two or more; none is an AnyOf."""


class Properties(Record):
    """What a message and its session may be required to be. Of each list one is enough; an empty
    one requires nothing.
    """

    roles: tuple[Role, ...] = ()
    models: tuple[str, ...] = ()
    """A part of the model that gave the answer, or of the session's, for a message that has none;
    compared after NFC and case folding.
    """
    providers: tuple[str, ...] = ()
    """As `models`, but the whole name."""
    names: tuple[str, ...] = ()
    """A part of the session's name or title, compared as `models`."""
    tags: tuple[str, ...] = ()
    """A whole tag of the session, compared as `models`."""
    session_ids: tuple[str, ...] = ()
    has_attachment: bool = False
    """True: only messages with an attachment that is sent (`Attachment.is_sent`)."""


class SearchQuery(Properties):
    """What is looked for. A message is found if everything holds that is given here."""

    expression: Part | None = None
    """What one text of the message says: its content or the text of one of its attachments; None
    if it may say anything.
    """
    after: datetime | None = None
    """Only messages of that moment or later."""
    before: datetime | None = None
    """Only messages from before that moment."""
    in_reasoning: bool = False
    """Look at what the model thought before it answered, and at nothing else."""
    deleted: bool = False
    """Look in the trash instead of the live sessions."""
    without: Properties = Properties()
    """A message is not found if it has one of these."""

    @property
    def has_properties(self) -> bool:
        """Whether a message must have, or lack, any of the properties."""
        asked = any(getattr(self, name) for name in Properties._fields)
        return asked or self.without != Properties()


class SearchHit(Record):
    """A message that was found, and where it says so."""

    session: SessionSummary
    message: StoredMessage
    spans: tuple[tuple[int, int], ...] = ()
    """Begin and end, in code points of `text`, of what matched, in order and apart; empty if the
    query says nothing of the text.
    """
    where: Place = "content"
    attachment: int | None = None
    """Which attachment, counted from 1, if it is one."""

    @property
    def text(self) -> str:
        """The text in which it was found, as it is stored."""
        if self.where == "reasoning":
            return self.message.reasoning
        if self.attachment is None:
            return self.message.content
        return self.message.attachments[self.attachment - 1].data.decode("utf-8", "replace")
