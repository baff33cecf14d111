"""The nouns: sessions, messages, and what is said of them. No I/O, nothing of ours but records.

A *session* is one conversation, a *message* one contribution to it, a *turn* a user's message
with its answer.
"""

from __future__ import annotations

from synapse import ids, timestamps
from synapse.light.enums import StrEnum
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from typing import Self

"""Characters of the first user message that a summary holds."""
LONGEST_RECALLED = 16_384
"""Bytes of a prompt that is offered for being sent again: longer ones were files, not typed."""
LARGEST_COUNT = 10**12
"""Tokens, or milliseconds: a larger number is no count of anything, and millions of these can be
added up in 64 bits.
"""


def plausible_count(number: object) -> int | None:
    """`number` if it can be a count of tokens or milliseconds, else None. Servers and other
    programs write anything there.
    """
    return number if type(number) is int and 0 <= number <= LARGEST_COUNT else None


class Role(StrEnum):
    """Who contributed a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Status(StrEnum):
    """How far a message got; everything but an answer is always COMPLETE."""

    STREAMING = "streaming"
    """A process is receiving it now; its text so far is in the store."""
    COMPLETE = "complete"
    """The provider said that it was finished."""
    INTERRUPTED = "interrupted"
    """The user stopped it (Ctrl-C, a closed pipe or terminal, TERM)."""
    FAILED = "failed"
    """The provider or the connection failed; `StoredMessage.error` says how."""
    INCOMPLETE = "incomplete"
    """The process that received it disappeared without closing it."""


class Usage(Record):
    """Tokens as the provider counted them, and their price; None where nobody said."""

    input_tokens: int | None = None
    """Tokens of everything that was sent, those in the provider's cache included."""
    output_tokens: int | None = None
    """Tokens of the answer, reasoning included."""
    cached_tokens: int | None = None
    """Of the input: those that the provider read from its cache."""
    cache_write_tokens: int | None = None
    """Of the input: those that the provider put into its cache."""
    reasoning_tokens: int | None = None
    """Of the output: those of the reasoning."""
    cost: int | None = None
    """Nano-dollars (10⁻⁹ dollars): what the provider says that it charged, else reckoned by the
    prices that held when the message was written. 0 is free of charge, None unknown.
    """
    cost_source: str | None = None
    """Whose prices `cost` goes by: `provider`, `config`, or the date of the table, `2026-11-20`."""


class Session(Record):
    """One conversation, without its messages."""

    id: str
    """UUIDv7, 36 lower-case characters."""
    provider: str
    """Name of the provider that answers unless the user says otherwise."""
    model: str
    """The model at that provider."""
    created_at: datetime
    """When the session was created; aware, UTC."""
    updated_at: datetime
    """When it was last used; aware, UTC."""
    name: str | None = None
    """What the user calls it; unique among live sessions, compared without regard to case."""
    system_prompt: str | None = None
    """Sent before the messages."""
    deleted_at: datetime | None = None
    """When it was put into the trash; None for a live session."""
    pinned: bool = False
    """True for a session that no clean-up touches."""
    forked_from: str | None = None
    """The id of the session that this one branched off; it may be gone by now."""
    forked_at: int | None = None
    """The index of the last message that it shares with that session."""
    title: str | None = None
    """What the user says it is about: one line, not unique, never a REF."""
    longer_handle: str | None = None
    """As many of the last digits of its id as tell it from all others, where eight don't; or the
    whole id. From the store, and not stored.
    """

    @property
    def handle(self) -> str:
        """The short form of the id that is shown and typed: its shortest ending that no other
        session has.
        """
        return self.longer_handle or ids.handle(self.id)

    @classmethod
    def new(cls, provider: str, model: str) -> Self:
        """A session with a fresh id, created now."""
        moment = timestamps.now()
        return cls(
            id=ids.new_id(),
            provider=provider,
            model=model,
            created_at=moment,
            updated_at=moment,
        )

    def with_name(self, name: str | None) -> Self:
        """A copy that is called `name`."""
        return self.replace(name=name)

    def with_system_prompt(self, system_prompt: str | None) -> Self:
        """A copy that begins with `system_prompt`."""
        return self.replace(system_prompt=system_prompt)


class SessionSummary(Record):
    """A session and what a list shows of it, without reading its messages."""

    session: Session
    message_count: int
    """Messages of every role."""
    preview: str
    """The first 50 characters of the first user message, as one line."""
    last_status: Status = Status.COMPLETE
    """The status of the last message, so that a list can tell a cut-off answer."""
    tags: tuple[str, ...] = ()
    """Words that the user has put on it, in the order in which they are compared."""

    @property
    def headline(self) -> str:
        """What the session is about: its title, else its preview."""
        return self.session.title or self.preview


class SessionFilter(Record):
    """Conditions on sessions. A session fits if all conditions that are set hold."""

    text: str | None = None
    """A part of the name, the title or the preview, compared after NFC and case folding."""
    since: datetime | None = None
    """Last used then or later; of a session in the trash: put there then or later."""
    until: datetime | None = None
    """Last used before; of a session in the trash: put there before."""
    provider: str | None = None
    """The provider's name, exactly."""
    model: str | None = None
    """A part of the model's name, compared after NFC and case folding."""
    named: bool = False
    """True: only sessions that have a name."""
    pinned: bool | None = None
    """Only sessions that are pinned, or that are not."""
    tags: tuple[str, ...] = ()
    """Words of which a session has one at least, compared after NFC and case folding."""


class SessionOrder(StrEnum):
    """How sessions are ordered. Of equal ones, the one with the greater id comes first, which is
    nearly always the newer one.
    """

    UPDATED = "updated"
    """The last used first; in the trash, the one that was put there last."""
    CREATED = "created"
    """The newest first."""
    MESSAGES = "messages"
    """The one with the most messages first."""
    NAME = "name"
    """By the folded name's code points; those without a name last."""


class SessionTotals(Record):
    """Number of some sessions, and of their messages."""

    sessions: int = 0
    messages: int = 0
    """Of every role."""


AGENT = "agent"
"""The source of an attachment that says, as JSON, exactly which item of an agent's history its
message stands for.
"""


class Attachment(Record):
    """What goes with a message beside its text: a file, an image, what was piped in."""

    name: str
    """What the user calls it: the file's name, without its folder."""
    media_type: str
    """`text/plain`, or an image's: `image/png`. A text is UTF-8."""
    data: bytes
    source: str = "file"
    """Where it came from: `file`, `stdin` or `command`, the output of one run at the prompt; or
    `agent`: what the message is to an agent, which is kept and never sent.
    """

    @property
    def is_sent(self) -> bool:
        """Whether a model gets it."""
        return self.source != AGENT

    @property
    def is_text(self) -> bool:
        """Whether it is sent as a part of the text."""
        return self.media_type.startswith("text/")


class StoredMessage(Record):
    """One message as the store keeps it."""

    id: str
    """UUIDv7, 36 lower-case characters."""
    session_id: str
    role: Role
    content: str
    """The text; of an answer that is being received, what has arrived so far."""
    timestamp: datetime
    """When the message was created; aware, UTC. Says nothing of the order: `index` does."""
    index: int = 0
    """Position in the session, from 1; 0 until the store has given it one."""
    status: Status = Status.COMPLETE
    reasoning: str = ""
    """What the model thought before it answered, where the provider tells."""
    finish_reason: str | None = None
    """Why the model stopped, in the provider's word (`stop`, `length`, `end_turn`, …)."""
    error: str | None = None
    """Of a failed answer: the code of its error and what it said, `rate_limited: …`."""
    provider: str | None = None
    """Of an answer: who gave it. None for messages of other programs."""
    model: str | None = None
    """Of an answer: the model that gave it, as the provider named it."""
    usage: Usage = Usage()
    elapsed_ms: int | None = None
    """Of an answer: milliseconds from the request to the end."""
    superseded: bool = False
    """True once the user has asked the same again, or taken it back: kept, but no longer sent."""
    refused: str | None = None
    """Of a question that the server refused for its content, and of its answer: the code of the
    error, one of CONTENT_REFUSALS. Kept, but no longer sent, unless it is asked again; after
    IMAGE_REFUSED only its images are not.
    """
    attachments: tuple[Attachment, ...] = ()
    """What goes with it, in the order in which it was attached."""

    @classmethod
    def new(cls, session_id: str, role: Role, content: str) -> Self:
        """A complete message with a fresh id, created now."""
        return cls(
            id=ids.new_id(),
            session_id=session_id,
            role=role,
            content=content,
            timestamp=timestamps.now(),
        )


class Summary(Record):
    """What stands for a session's older messages where they are sent to a model. The messages stay
    as they are. Of a session's summaries, the newest one stands for them.
    """

    id: str
    """UUIDv7, 36 lower-case characters."""
    session_id: str
    last_index: int
    """It stands for all messages from the first up to the one with this index."""
    messages: int
    """How many of these were not superseded when it was made: those that it stands for."""
    content: str
    provider: str | None = None
    """Who wrote it; None if it was made without a model."""
    model: str | None = None
    """The model that wrote it, as the provider named it; None if it was made without one."""
    created_at: datetime
    """When it was made; aware, UTC."""
    parent: str | None = None
    """The id of the summary that stood before, and whose place it takes; None for the first."""
    generation: int = 1
    """1 if it was made of messages alone, otherwise one more than that of the summary that was
    summarised together with the messages after it.
    """
    focus: str | None = None
    """What the user wanted it to heed."""
    tokens_before: int | None = None
    """Tokens of what was sent, or would have been, without it; None if unknown."""
    tokens_after: int | None = None
    """Tokens of what was sent, or would have been, with it; None if unknown."""
    usage: Usage = Usage()
    """Tokens and price of the requests that made it."""
    prompt_version: int
    """Which wording of these requests was used; grows when Synapse changes it."""
    session_length: int
    """The index of the session's last message when it was made; an answer with a greater one was
    given to it.
    """


IMAGE_REFUSED = "image_refused"
CONTENT_REFUSALS = frozenset(
    ("context_too_long", "bad_request", "request_too_large", "answer_refused", IMAGE_REFUSED)
)
"""Codes of errors that the same question meets again, whatever is asked beside it. A fault of the
network, the key, the account or the server is none.
"""


def refusal_of(answer: StoredMessage) -> str | None:
    """The code of the error, if the answer failed because of what was asked; else None."""
    if answer.status is not Status.FAILED or answer.error is None:
        return None
    code = answer.error.partition(":")[0]
    return code if code in CONTENT_REFUSALS else None


class Retention(Record):
    """How long and how many sessions are kept; 0 means for ever, or without limit."""

    retention_days: int = 90
    """Days since the last use after which a session goes into the trash."""
    unused_since: datetime | None = None
    """Sessions last used before this moment go into the trash, whatever `retention_days` says."""
    max_sessions: int = 100
    """Live sessions above this number go into the trash, the least recently used first."""
    empty: bool = False
    """Whether sessions without any message go into the trash, whatever their age."""
    max_size: int = 0
    """Bytes that texts and attachments of live sessions may have together; the least recently
    used sessions beyond them go into the trash."""
    trash_days: int | None = None
    """Days in the trash after which a session is destroyed; 0: at once; None: never."""


class StatisticsRow(Record):
    """Totals of one period, model, provider, session, or role."""

    key: str
    """The period (`2026-11-23`, `2026-W48`, `2026-11`), the name of the model or provider, the id
    of the session, or the role.
    """
    sessions: int
    """Sessions with a message that counts here."""
    messages: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    """Of `input_tokens`: read from the providers' caches."""
    cache_write_tokens: int = 0
    """Of `input_tokens`: put into the providers' caches."""
    cost: int | None = None
    """Nano-dollars of everything whose cost is known; None if nothing's is."""
    unpriced: int = 0
    """Answers, and summaries, with counted tokens whose cost is unknown; `cost` lacks them."""


class CleanupResult(Record):
    """What a clean-up did."""

    by_retention: int = 0
    """Sessions put into the trash because of their age."""
    by_emptiness: int = 0
    """Sessions put into the trash because they had no message."""
    by_limit: int = 0
    """Sessions put into the trash because there were too many."""
    by_size: int = 0
    """Sessions put into the trash because all together were too large."""
    purged: int = 0
    """Sessions whose time in the trash was over, destroyed."""

    @property
    def total(self) -> int:
        """Sessions put into the trash in all."""
        return self.by_retention + self.by_emptiness + self.by_limit + self.by_size


class ClockJump(Record):
    """The clock moved further than a clean-up believes."""

    by: timedelta
    """From the last clean-up to now; negative if the clock went back."""
    matters: bool
    """Whether a clean-up that believed it would have found something to do."""


class CleanupPlan(Record):
    """What a clean-up would do now."""

    by_retention: int = 0
    """Sessions that would go into the trash because of their age."""
    by_emptiness: int = 0
    """Sessions that would go because they have no message."""
    by_limit: int = 0
    """Sessions that would go because there are too many."""
    by_size: int = 0
    """Sessions that would go because all together are too large."""
    pinned: int = 0
    """Sessions that one of the rules names, and that stay because they are pinned."""

    @property
    def total(self) -> int:
        """Sessions that would go into the trash in all."""
        return self.by_retention + self.by_emptiness + self.by_limit + self.by_size


class ModelInfo(Record):
    """One model that a provider offers."""

    id: str
    context_window: int | None = None
    """Tokens that a request and its answer may have together; None if the API does not tell."""
    max_output: int | None = None
    """Tokens that an answer may have; None if the API does not tell."""
    shutdown_date: str | None = None
    """The day, `2027-01-14`, on which it ends or has ended; None if the API names none."""
    replacement: str | None = None
    """The model that the provider recommends in its place."""
    deprecated: bool = False
    """Whether the provider advises against it."""
