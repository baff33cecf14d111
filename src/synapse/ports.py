"""What the core asks of the world: a store for sessions, a provider of answers.

Nothing here knows an engine, a wire format or a library. Adapters need not inherit from these
classes; having their methods is enough.
"""

from __future__ import annotations

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Protocol, Self

    from synapse.domain import (
        Attachment,
        CleanupPlan,
        CleanupResult,
        ClockJump,
        ModelInfo,
        Retention,
        Role,
        Session,
        SessionFilter,
        SessionOrder,
        SessionSummary,
        SessionTotals,
        StatisticsRow,
        StoredMessage,
        Usage,
    )
else:
    Protocol = object


# ---------------------------------------------------------------------------------- the store


class SessionStore(Protocol):
    """Keeps sessions and their messages.

    A store is a context manager and may be used from several threads. Every method is one
    transaction, which happens whole or not at all; only what is done to many sessions at once
    (`trash_sessions` and its siblings, `cleanup`) is several.

    Text is stored as given, except that NUL and lone surrogates, which not every engine can hold,
    become U+FFFD; numbers of tokens and milliseconds that no count can be (`domain.plausible`)
    become None. Methods raise StorageError (a subclass names the fault) and no exception of a
    driver.

    A session in the trash (`deleted_at`) exists: it is found by its id, but left out of lists
    and searches that don't ask for the trash. What another program deletes from the same data,
    messages and all, is in the trash as if it had been put there.
    """

    @property
    def location(self) -> str:
        """Where the data is, fit for a message: a path or a URL without a password."""

    @property
    def has_replaced(self) -> bool:
        """Whether a text was read that is none, so that U+FFFD was given for some of its bytes."""

    def close(self) -> None:
        """Release the engine's resources; a second call does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    # sessions

    def create_session(self, session: Session) -> None:
        """Store a new session. Raises InvalidDataError if its id exists already, NameTaken if
        a live session has its name.
        """

    def get_session(self, session_id: str) -> Session | None:
        """The session with exactly this id, live or in the trash; None if there is none."""

    def get_summary(self, session_id: str) -> SessionSummary | None:
        """As `get_session`, with the counts."""

    def list_sessions(
        self,
        *,
        limit: int | None = None,
        offset: int = 0,
        deleted: bool = False,
        which: SessionFilter | None = None,
        order: SessionOrder | None = None,
        reverse: bool = False,
    ) -> list[SessionSummary]:
        """Live sessions, the most recently updated first; or those in the trash, the most
        recently deleted first. Costs what `offset + limit` rows cost, however many there are.

        Of those, with `which`, only the ones that it means: costs the rows up to the last one
        that is found. With another `order`, or from its end if `reverse`, costs all rows.
        """

    def last_used(self) -> SessionSummary | None:
        """The live session that was used last, by the order of the uses and not by the clock; None
        if there is none.
        """

    def count_sessions(self, *, deleted: bool = False) -> int:
        """How many sessions are live, or in the trash. Reads them all: not for a hot path."""

    def total_sessions(self, which: SessionFilter, *, deleted: bool = False) -> SessionTotals:
        """How many live sessions, or sessions in the trash, are meant, and their messages. Reads
        them all.
        """

    def find_by_prefix(
        self, digits: str, *, deleted: bool = False, limit: int = 10
    ) -> list[SessionSummary]:
        """Sessions whose id, or whose handle (its last eight digits), begins with these
        lower-case hex digits (no hyphens), or whose id ends with them if they are more than
        eight; the most recently updated first, each once. Of more than `limit`, any may be left
        out.
        """

    def find_by_name(self, name: str, *, deleted: bool = False) -> list[SessionSummary]:
        """Sessions with this name, compared after NFC and case folding, newest first. More than
        one only where other programs gave the names, or in the trash.
        """

    def rename_session(self, session_id: str, name: str | None) -> None:
        """Give the session a name, or take it away. Raises NotFoundError, or NameTaken."""

    def retitle_session(self, session_id: str, title: str | None) -> None:
        """Say what the session is about, or no longer; any number may have the same title. Raises
        NotFoundError.
        """

    def touch_session(self, session_id: str) -> None:
        """Set `updated_at` to now. Raises NotFoundError."""

    def pin_session(self, session_id: str, pinned: bool = True) -> bool:
        """Spare the session from clean-ups, or no longer; False if it was so already. Raises
        NotFoundError.
        """

    def fork_session(self, session_id: str, fork: Session, *, at: int | None = None) -> int:
        """Store `fork` as a new session with copies of the messages up to index `at` (all if
        None) under new ids; how many. An answer that is being received is copied as far as it
        is checkpointed, as INCOMPLETE. Raises NotFoundError, or NameTaken for the fork's name.
        """

    def trash_session(self, session_id: str) -> bool:
        """Put a live session into the trash; False if it is there already or does not exist."""

    def restore_session(self, session_id: str) -> bool:
        """Take a session out of the trash; False if it is not there. A restored session is
        spared by clean-ups for thirty days, or it would go back at the next one. If its name
        has been given to another session meanwhile, it comes back as `NAME-2` (or `-3`, …); but
        a name that begins with `tg:` stays as it is: the bot that gave it gives it to many.
        """

    def delete_session(self, session_id: str) -> bool:
        """Destroy a session with its messages, live or in the trash; False if there is none.
        No byte of its text stays in the engine's files once this has returned, unless
        `erasure_owed` says so.
        """

    def erasure_owed(self) -> bool:
        """Whether text of destroyed sessions can still be read in the engine's files, because
        another process was reading when they were destroyed. It is erased as soon as that has
        ended: by the last process to leave, or the next to start.
        """

    def trash_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """As `trash_session` for each of many; the ids of those that it put there.

        In several short transactions, between which other writers get in: after an error, those
        that came before it are done.
        """

    def restore_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """As `restore_session` for each of many; see `trash_sessions`."""

    def delete_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """As `delete_session` for each of many; see `trash_sessions`."""

    # messages

    def add_message(self, message: StoredMessage) -> None:
        """Append a message to its session; the store gives it the next index and sets the
        session's `updated_at` to the message's timestamp if that is later. Its attachments are
        stored with it, for ever as they are. Adding an id again changes nothing. A session in
        the trash is restored. Raises NotFoundError if the session does not exist.
        """

    def get_messages(
        self, session_id: str, *, first: int = 1, last: int | None = None
    ) -> list[StoredMessage]:
        """The messages in the order in which they were added, `index` from `first` to `last`;
        empty if the session does not exist. An answer that is being received is given with the
        text that has been checkpointed.
        """

    def supersede_messages(self, session_id: str, first: int) -> int:
        """Take back what was said from index `first` on: questions, answers and tools' messages
        are kept, but marked as superseded; how many were not before. Raises NotFoundError,
        SessionBusy if an answer of the session has a living owner.
        """

    def recent_prompts(self, limit: int, *, before: int | None = None) -> list[tuple[int, str]]:
        """User messages of live sessions, those added last first: what was typed, for recalling
        it. Each with its position; `before` that of the last one, the next call goes on.

        Blank ones and those of more than LONGEST_RECALLED bytes are left out. Costs what the
        rows cost that it passes, however many there are.
        """

    # the turn

    def begin_turn(
        self, session: Session, prompt: StoredMessage | None, answer: StoredMessage, *, create: bool
    ) -> tuple[StoredMessage | None, StoredMessage]:
        """Store, durably and as one: the session if `create`, the prompt if there is one, and
        the answer as STREAMING, owned by this process. Returns both with their indexes.
        Without a prompt the last one is asked again: the answers that it has are kept, but
        marked as superseded. Where their times don't have the order of the messages, as after a
        step of the clock, they are moved: a question comes before its answer, and both behind
        what was said up to an hour ahead of them.

        First closes answers of this session whose owner is gone as INCOMPLETE, and restores the
        session if it is in the trash. Raises
        SessionBusy if an answer of it has a living owner, NotFoundError if the session is not
        there, InvalidDataError if it is to be created and is there, NameTaken if a live session
        has the new one's name.
        """

    def checkpoint(self, answer_id: str, content: str, reasoning: str = "") -> None:
        """Append text to an answer that is being received. Survives the death of the process,
        not necessarily a power cut. Waits for other writers only briefly (DatabaseLocked);
        the caller tries again with the next text.
        """

    def finish_turn(self, answer: StoredMessage) -> None:
        """Close an answer, durably: its text, status and figures become those given, whatever
        was checkpointed; its attachments stay. Sets the session's `updated_at`. Changes nothing,
        not even that, of an answer that is COMPLETE already or is exactly so: a second call moves
        nothing. Raises NotFoundError if the answer is not there.
        """

    def close_abandoned(self, session_id: str) -> int:
        """Close answers of this session whose owner is gone as INCOMPLETE; how many."""

    # statistics

    def statistics(self, by: str, *, since: datetime | None = None) -> list[StatisticsRow]:
        """Live sessions' messages since a moment, summed by `day`, `week`, `month`, `model` or
        `role`, in the order of the key. Days, weeks and months are those of this process's zone,
        with the offset that held at the message's time; a message whose time can't be read is
        `unknown`. Reads every message: not for a hot path. Raises InvalidDataError for any other
        `by`.
        """

    # clean-up

    def notice_clock(self, retention: Retention) -> ClockJump | None:
        """Note that time goes on, before an automatic clean-up; None if the clock has done nothing
        else. After a jump, that clean-up is left out, once; and the time in between does not count
        for later ones: a session that had been in the trash for ten days has been so still.

        Time that is longer than a week without a clean-up is taken for a jump: the clock may
        have been wrong, or the machine asleep.
        """

    def cleanup(
        self, retention: Retention, *, spare: Collection[str] = (), at_most: int | None = None
    ) -> CleanupResult:
        """Put what `retention` no longer keeps into the trash, then destroy what has been there
        for longer than it says; `at_most` sessions in all, the rest stays for the next time.
        Spares the ids in `spare`, pinned sessions, those being answered, and recently restored
        ones.
        Works in short transactions that let other writers in. When nothing is due, costs one
        index look-up a rule; but `empty` reads all live sessions, and `max_size` their messages.
        """

    def plan_cleanup(self, retention: Retention, *, spare: Collection[str] = ()) -> CleanupPlan:
        """What `cleanup` with these rules would put into the trash. Changes nothing; reads what
        the rules name, so it is not for a hot path.
        """


class Upgrading(Record):
    """How far a store is that is brought to a newer schema when it is opened."""

    backup: str
    """Where the data is kept as it was before."""
    step: str
    """`Backing up`, `Upgrading`."""
    done: int
    total: int
    unit: str
    """What `done` and `total` count: `bytes`, `steps`."""


class Finding(Record):
    """One thing that a check or a diagnosis has to say of a store."""

    subject: str
    """What was looked at, in a word or two: `modes`, `counts`, `engine`, …"""
    text: str
    """What was found, in a sentence without a full stop."""
    ok: bool = False
    """True where nothing is wrong."""
    repairable: bool = False
    """True where `repair` mends it."""
    afterwards: str = ""
    """What is to be said once it is mended: what could not stay as it was; empty where nothing is
    lost.
    """
    hint: str = ""
    """What to do about it."""


class StoreInfo(Record):
    """Facts about a store, for people."""

    location: str
    engine: str
    """Name and version of what keeps the data."""
    schema: int
    sessions: int
    trashed: int
    messages: int
    files: tuple[tuple[str, int], ...]
    """The files that are the store, all of them, and the bytes of each."""
    free: int
    """Bytes of it that a vacuum would give back."""
    backups: tuple[str, ...] = ()
    """Backups beside the data, the oldest first."""
    kept: int = 0
    """Sessions of the trash that other programs have deleted."""
    programs: tuple[str, ...] = ()
    """Programs of other makes that have used the data."""

    @property
    def size(self) -> int:
        """Bytes on the disk, journals included."""
        return sum(size for _, size in self.files)


class Salvage(Record):
    """What was got out of a damaged store."""

    target: str
    """The new file."""
    sessions: int
    messages: int
    adopted: int
    """Sessions of which only messages were found; they are kept under a stand-in."""
    unreadable: int
    """Places at which something could not be read; what was there is lost."""


class StoreMaintenance(Protocol):
    """Care for the data of one kind of store, healthy or not. Raises StorageError."""

    @property
    def location(self) -> str:
        """As SessionStore.location."""

    def info(self) -> StoreInfo:
        """Counts and sizes. Reads every row once."""

    def check(self) -> list[Finding]:
        """What is wrong with the data: the engine's own integrity, references, and everything
        that is derived. Changes nothing. Empty if all is well.
        """

    def repair(self) -> list[Finding]:
        """Derive anew whatever is derived, give messages without a session one; what was wrong."""

    def other_programs(self) -> list[str]:
        """Programs of other makes that have used the data, by name; empty if there is no data
        yet, or it can't be read. Leaves no trace.
        """

    def diagnose(self) -> list[Finding]:
        """What is, or may become, a trouble around the data: disk, modes, engine, clock."""

    def back_up(
        self,
        target: str,
        *,
        replace: bool = False,
        progress: Callable[[int, int], object] = ...,
    ) -> None:
        """Write a copy of one moment to the file `target` (mode 0600), while others may write.
        `progress` hears bytes done and in all.
        """

    def restore(self, source: str) -> str | None:
        """Make a backup the store's data again. What was there is kept first; the path of that
        copy, None if nothing was there. Refuses a source that is no sound backup.
        """

    def vacuum(self) -> None:
        """Give unused room back to the disk."""

    def loose_parts(self) -> list[str]:
        """Files beside the one of `location` that hold a part of the data at this moment."""

    def rebuild(self) -> bool:
        """Make the store whole again whose main file is missing or empty, from a journal that
        holds everything; False if its main file is there. Raises DatabaseDamaged if the journal
        does not hold everything.
        """

    def salvage(self, target: str) -> Salvage:
        """Write whatever can still be read into a new store in the file `target`."""


# ------------------------------------------------------------------------------- the provider


class ChatMessage(Record):
    """One message as it is sent."""

    role: Role
    content: str
    reasoning: str = ""
    """Sent back only to providers that ask for it."""
    images: tuple[Attachment, ...] = ()
    """Sent before the text. Texts that were attached are a part of `content`."""


class ChatRequest(Record):
    """Everything that a provider needs for one answer."""

    model: str
    messages: tuple[ChatMessage, ...]
    """In order; never two of the same role in a row."""
    system_prompt: str | None = None
    max_tokens: int | None = None
    """Upper bound for the answer; None: the provider's own."""
    parameters: tuple[tuple[str, object], ...] = ()
    """Generation parameters by their common name: temperature, top_p, stop, seed, …"""
    stream: bool = True


class TextDelta:
    """The next piece of the answer, or of the reasoning before it."""

    __slots__ = ("reasoning", "text")

    def __init__(self, text: str, *, reasoning: bool = False) -> None:
        self.text = text
        self.reasoning = reasoning

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextDelta) and (self.text, self.reasoning) == (
            other.text,
            other.reasoning,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"TextDelta({self.text!r}, reasoning={self.reasoning})"


class UsageReport(Record):
    """The provider's token counts so far; a later report replaces an earlier one field by field."""

    usage: Usage


class ModelReport(Record):
    """The name by which the provider calls the model that answers."""

    model: str


class Finished(Record):
    """The provider's word for why the answer ended. Without one, the answer was cut short."""

    reason: str


class LeftOut(Record):
    """Images of the conversation that the provider does not take; nothing has been sent yet."""

    names: tuple[str, ...]


class Retrying(Record):
    """The request failed in a way that passes; it will be sent again. Nothing has arrived yet."""

    error: str
    """What went wrong, in a few words."""
    delay: float
    """Seconds until the next attempt."""
    attempt: int
    """The number of the next attempt, from 2."""
    attempts: int
    """How many there will be at the most."""


StreamEvent = TextDelta | UsageReport | ModelReport | Finished | Retrying | LeftOut
"""What a provider's stream is made of, and what `reply` shows."""


class Cancellation:
    """Says to whoever works on an answer that nobody waits for it any longer.

    Safe to use from a signal handler and from any thread.
    """

    __slots__ = ("_listeners", "reason")

    def __init__(self) -> None:
        self.reason: object = None
        """What `cancel` was given; None as long as the answer is wanted."""
        self._listeners: list[Callable[[], object]] = []

    def cancel(self, reason: object = "cancelled") -> None:
        """Stop the work. Only the first call counts."""
        if self.reason is None:
            self.reason = reason
            for listener in self._listeners:
                listener()

    def on_cancel(self, listener: Callable[[], object]) -> None:
        """Have `listener()` called at `cancel`, in the caller's thread; at once if it was."""
        self._listeners.append(listener)
        if self.reason is not None:
            listener()

    def __bool__(self) -> bool:
        return self.reason is not None


class ProviderOptions(Record):
    """What the user configured of one provider; None leaves what the provider's row says."""

    kind: str | None = None
    """The wire format of a provider that is no row: `openai` or `anthropic`."""
    base_url: str | None = None
    api_key: str | None = None
    """The key itself. Never shown: see `__repr__`."""
    api_key_env: str | None = None
    """The environment variable that holds the key."""
    api_key_cmd: str | None = None
    """A command line that prints the key."""
    model: str | None = None
    """The model to use when none is named; for `local`, the path of a GGUF file."""
    connect_timeout: float = 5.0
    """Seconds until a connection must stand."""
    timeout: float = 120.0
    """Seconds without a part of the answer after which it counts as stalled; comments in the
    stream, which keep a connection open, are none.
    """
    total_timeout: float | None = None
    """Seconds that an answer may take in all; None: no limit."""
    attempts: int = 3
    """How often a request is sent at the most when it fails in a way that passes."""

    def __repr__(self) -> str:
        shown = self if self.api_key is None else self.replace(api_key="***")
        return Record.__repr__(shown)


class ImageSupport(Record):
    """Which images a provider takes."""

    media_types: tuple[str, ...]
    max_bytes: int
    """Of one image, before it is encoded for the wire."""


class LlmProvider(Protocol):
    """Answers conversations.

    One that takes images has an attribute `images: ImageSupport`, too; one that knows how many
    tokens a conversation may have, `context_window: int`; one that asks a server, `address: str`,
    fit for a message; one that knows which model to ask where none is named, `default_model: str`.
    """

    @property
    def name(self) -> str:
        """The name by which the user chose it: a row of PROVIDERS or of the configuration."""

    def check(self, request: ChatRequest) -> None:
        """Raise what can be known without sending anything: UsageError for a parameter that the
        provider does not take, UnknownModel for a file that is not there. Called before a turn
        is stored, so that a mistyped option leaves no trace.
        """

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """The answer, piece by piece, as it arrives; the last event but for usage is Finished.

        May block between events, in any thread; returns or raises within 100 ms once
        `cancellation` is set, with or without an error. Raises ProviderError or
        CredentialsError. Everything that arrived before an error has been yielded.
        """

    def list_models(self) -> list[ModelInfo]:
        """The models that the user may choose, in the provider's order.

        Raises ProviderError or CredentialsError.
        """
