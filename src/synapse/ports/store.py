"""What the core asks of a store for sessions."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Literal, Protocol, Self

    from synapse.domain import (
        CleanupPlan,
        CleanupResult,
        ClockJump,
        Retention,
        Session,
        SessionFilter,
        SessionOrder,
        SessionSummary,
        SessionTotals,
        StatisticsRow,
        StoredMessage,
    )
    from synapse.search_query import SearchHit, SearchQuery

    Erasure = Literal["at once", "eventually"]
    SearchProgress = Callable[[int, int], object]
    """Hears how many messages are done, and of how many."""
else:
    Protocol = object


class SessionStore(Protocol):
    """Keeps sessions and their messages.

    A store is a context manager and may be used from several threads. Every method is one
    transaction, which happens whole or not at all; only what is done to many sessions at once
    (`trash_sessions` and its siblings, `cleanup`) is several. An engine may run a transaction
    again from its beginning, where it can't be put in order with others or its end was not heard
    of: ids come from the caller, so that nothing is stored twice. What one writer has checked, such
    as that a name is free, holds until its transaction ends, however many write at once.

    Text is stored as given, except that NUL and lone surrogates, which not every engine can hold,
    become U+FFFD; counts of tokens and milliseconds outside the range of
    `domain.plausible_count` become None. Methods raise StorageError (a subclass names the fault)
    and no exception of a driver; StoreUnreachable where the way to the engine is broken and may
    be whole again soon.

    A session in the trash (`deleted_at`) exists: it is found by its id, but left out of lists
    and searches that don't ask for the trash. What another program deletes from the same data,
    messages and all, is in the trash as if it had been put there.
    """

    @property
    def location(self) -> str:
        """Where the data is, fit for a message: a path or a URL without a password."""

    @property
    def has_replaced_text(self) -> bool:
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
        after: SessionSummary | None = None,
        deleted: bool = False,
        which: SessionFilter | None = None,
        order: SessionOrder | None = None,
        reverse: bool = False,
    ) -> list[SessionSummary]:
        """Live sessions, the most recently updated first; or those in the trash, the most
        recently deleted first; or in another `order`; each from its end if `reverse`. Of equals,
        the one with the greater id comes first (with `reverse`, last).

        The next page begins `after` the last summary of a page, with everything else as it was
        asked for that. Its place is that of the summary as it was given, and of its id: whatever
        has been added, used, renamed or deleted meanwhile, the session itself too, nothing that
        has stayed where it was is passed over or comes twice. Raises InvalidDataError if `after` is
        from a list of live sessions and those in the trash are asked for.

        With `which`, only the sessions that it means. In the usual order, a page costs what its
        rows cost, however many there are and wherever it begins; with `which`, the rows up to the
        last one that is found. In another `order`, or with `reverse`, each page may cost all rows.
        """

    def nth_session(self, number: int, *, deleted: bool = False) -> SessionSummary | None:
        """The session that has this number, from 1, in the usual order of `list_sessions`; None if
        there are not so many. Costs a step in an index for each that it passes.
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
        No query finds it once this has returned; when its text is gone from the engine's files,
        too, `erases` says.
        """

    @property
    def erases(self) -> Erasure:
        """When the text of destroyed sessions is gone from the engine's files: `at once`, before
        `delete_session` returns, unless `erasure_pending` says that it is owed; or `eventually`, as
        the engine and its keeper let go of old rows, logs, replicas and backups.
        """

    def erasure_pending(self) -> bool:
        """Of a store that erases at once: whether text of destroyed sessions can still be read in
        the engine's files, because another process was reading when they were destroyed. It is
        erased as soon as that has ended: by the last process to leave, or the next to start. Of
        one that erases eventually: False.
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

    def recent_prompts(self, limit: int, *, before: str | None = None) -> list[tuple[str, str]]:
        """User messages of live sessions, those added last first: what was typed, for recalling
        it. Each with its position, which means something to the store alone; `before` that of the
        last one, the next call goes on.

        Blank ones and those of more than LONGEST_RECALLED bytes are left out. Costs what the
        rows cost that it passes, however many there are.
        """

    # the turn

    def begin_turn(
        self, session: Session, prompt: StoredMessage | None, answer: StoredMessage, *, create: bool
    ) -> tuple[StoredMessage | None, StoredMessage]:
        """Store, durably and as one: the session if `create`, the prompt if there is one, and
        the answer as STREAMING, owned by this store. Returns both with their indexes, and with
        times that have their order.
        Without a prompt the last one is asked again: the answers that it has are kept, but
        marked as superseded.

        Owning an answer is a lease of some seconds by the engine's clock, whatever the clocks of
        those who use it say: `keep` renews it. An owner is gone once its lease has run out; an
        engine that can tell sooner, or better, whether the owner lives goes by that.

        First closes answers of this session whose owner is gone as INCOMPLETE, and restores the
        session if it is in the trash. Raises
        SessionBusy if an answer of it has a living owner, NotFoundError if the session is not
        there, InvalidDataError if it is to be created and is there, NameTaken if a live session
        has the new one's name.
        """

    def renew_lease(self, answer_id: str) -> bool:
        """Renew the lease of an answer that is being received; to be called every few seconds, also
        while the model is silent. False if it is closed, or gone: who took its owner for dead has
        closed it. Waits for other writers only briefly (DatabaseLocked).
        """

    def checkpoint(self, answer_id: str, content: str, reasoning: str = "") -> None:
        """Append text to an answer that is being received; to one that is closed already, nothing.
        Survives the death of the process, not necessarily a power cut. Waits for other writers only
        briefly (DatabaseLocked); the caller tries again with the next text. Raises NotFoundError if
        the answer is not there.
        """

    def finish_turn(self, answer: StoredMessage) -> None:
        """Close an answer, durably: its text, status and figures become those given, whatever
        was checkpointed; its attachments stay. Sets the session's `updated_at`. One that others
        have closed as INCOMPLETE gets its text all the same: nothing that was shown is lost.
        Changes nothing, not even that time, of an answer that is COMPLETE already or is exactly so:
        a second call moves nothing. Raises NotFoundError if the answer is not there.

        If it failed for the content of its question (`domain.refusal_of`), both are marked as
        `refused`. So is a question that stands unanswered before it, if another that was sent with
        it has been refused before. A question that is answered after all loses the mark.
        """

    def close_abandoned(self, session_id: str) -> int:
        """Close answers of this session whose owner is gone as INCOMPLETE; how many."""

    # what was said

    def search(
        self,
        query: SearchQuery,
        *,
        limit: int | None = None,
        progress: SearchProgress | None = None,
    ) -> Iterator[SearchHit]:
        """The messages that the query means, each once, as they are found; closing the iterator
        ends the search. What is written meanwhile may be found, or not.

        The newest come first, by their times, of equal ones the one that was stored last. Where
        many messages are not indexed yet, those of them that were stored last come first: nobody
        waits until all have been read. Answers that are still being received, superseded messages
        and those of every role are found; what another program deleted is, with `deleted`.

        Answers whatever state the index is in: what is not in it, or can't be found in it, is
        read. `progress` hears, every some hundred messages, how many were looked at of how many.
        Raises nothing for any query.
        """

    def suggest_words(self, word: str) -> list[str]:
        """Words, as they are compared, that stand in live sessions and differ from `word` by one
        letter, or by two that have changed places; the commonest first, three at the most.
        """

    def catch_up_search(
        self,
        *,
        everything: bool = False,
        progress: SearchProgress | None = None,
        seconds: float | None = None,
    ) -> int:
        """Bring the index up to date, if enough is waiting to be worth it, or `everything`; how
        many messages wait still. An archive of a few thousand messages gets no index.

        Works in transactions of some milliseconds that let other writers in, for `seconds` at the
        most; whatever interrupts it, it goes on the next time. Where it can't write, it leaves
        things as they are. `progress` hears how many of how many are done.
        """

    # tags

    def tag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        """Put words on sessions, live or in the trash; the ids of those that had not all of them.
        A tag is compared after NFC and case folding, and stays as it was first written. As
        `trash_sessions`, in several short transactions. Raises InvalidDataError for a tag that is
        empty or has white space in it.
        """

    def untag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        """Take words off sessions; the ids of those that had one."""

    def tags(self, *, deleted: bool = False) -> list[tuple[str, int]]:
        """Each tag of live sessions, or of those in the trash, and how many have it, by name."""

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
