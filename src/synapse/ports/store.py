"""The interface of a store for sessions."""

from __future__ import annotations

from synapse.ports.summaries import SummaryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Literal, Protocol, Self

    from synapse.archived import ArchivedSession, Merged
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


class SessionStore(SummaryStore, Protocol):
    """Keeps sessions, their messages, and summaries of these (`SummaryStore`).

    A store is a context manager and may be used from several threads. Every method is one
    transaction, which happens whole or not at all. The exceptions are methods on many sessions at
    once (`trash_sessions` and its siblings, `tag_sessions`, `cleanup`): they use several.

    An engine may run a transaction again from its beginning, if it conflicts with another one or if
    the engine's reply was lost. Ids come from the caller, so nothing is stored twice. What a
    transaction has checked, such as that a name is free, stays true until it ends, however many
    write at the same time.

    Text is stored as given, except for NUL and lone surrogates, which not every engine can hold:
    they become U+FFFD. Counts of tokens and milliseconds outside the range of
    `domain.plausible_count` become None.

    Methods raise StorageError (the subclass names the fault), never an exception of a driver,
    whatever texts and numbers they are given; StoreUnreachable if the engine can't be reached at
    the moment. A text that can't be an id is the id of nothing.

    Times that the store sets itself (`updated_at`, `deleted_at`, …) are those of the caller's
    clock, `timestamps.now()`, to the microsecond. Only leases go by the engine's.

    A session in the trash (`deleted_at`) still exists: it is found by its id, but not by lists and
    searches that don't ask for the trash. Where other programs use the same data, what they delete
    appears in the trash, messages included, as if it had been put there.
    """

    @property
    def location(self) -> str:
        """Where the data is, for messages: a path, or a URL without a password."""

    @property
    def has_replaced_text(self) -> bool:
        """Whether some stored text was not valid, so that U+FFFD was returned for some of its
        bytes.
        """

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
        """Store a new session, in the trash if it has a `deleted_at`. Raises InvalidDataError if
        its id exists already, NameTaken if a live session has its name.
        """

    def get_session(self, session_id: str) -> Session | None:
        """The session with exactly this id, live or in the trash; None if there is none."""

    def get_summary(self, session_id: str) -> SessionSummary | None:
        """Like `get_session`, with the counts."""

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
        """Live sessions, the most recently used first; with `deleted`, those in the trash, the most
        recently deleted first. `order` gives another order, `reverse` turns it around. Of equal
        sessions, the one with the greater id comes first (with `reverse`, last). `which` leaves out
        all sessions that don't fit the filter.

        To get the next page, pass the last summary of a page as `after`, and the same arguments
        otherwise. Sessions that are added, used, renamed or deleted in between cause no gap: a
        session that stays in its place is neither left out nor listed twice, even if the one that
        `after` names has moved or is gone. Raises InvalidDataError if `after` is from a list of
        live sessions and `deleted` is asked for.

        In the usual order, a page costs as much as its rows, however many sessions there are; with
        `which`, as much as the rows up to the last one that fits. With another `order`, or
        `reverse`, a page may cost all rows.
        """

    def nth_session(self, number: int, *, deleted: bool = False) -> SessionSummary | None:
        """The session at position `number`, counted from 1, in the usual order of `list_sessions`;
        None if there are fewer. Costs one step in an index for each position.
        """

    def last_used(self) -> SessionSummary | None:
        """The live session that was used last, by the order of the uses and not by the callers'
        clocks; None if there is none.
        """

    def count_sessions(self, *, deleted: bool = False) -> int:
        """Number of live sessions, or of those in the trash. Reads them all: slow."""

    def total_sessions(self, which: SessionFilter, *, deleted: bool = False) -> SessionTotals:
        """Number of the sessions that fit the filter, live or in the trash, and of their messages.
        Reads them all.
        """

    def find_by_prefix(
        self, digits: str, *, deleted: bool = False, limit: int = 10
    ) -> list[SessionSummary]:
        """Sessions whose id or handle (the last eight digits of the id) begins with these hex
        digits; with more than eight digits, also sessions whose id ends with them. The digits are
        lower-case, without hyphens.

        Each session comes once, the most recently used first. If there are more than `limit`, any
        of them may be left out.
        """

    def find_by_name(self, name: str, *, deleted: bool = False) -> list[SessionSummary]:
        """Sessions with this name, the most recently used first, of equal ones the one with the
        greater id. Names are compared after NFC and case folding.
        Several can have the same name only if another program gave it, or in the trash.
        """

    def rename_session(self, session_id: str, name: str | None) -> None:
        """Give the session a name; None takes it away. Raises NotFoundError, whoever has the name;
        NameTaken.
        """

    def retitle_session(self, session_id: str, title: str | None, *, unasked: bool = False) -> bool:
        """Give the session a title; None takes it away. Several sessions may have the same title.
        With `unasked`, only if nobody has given or taken one, and noted as nobody's. Whether it was
        done. Raises NotFoundError.
        """

    def touch_session(self, session_id: str) -> None:
        """Set `updated_at` to now. Raises NotFoundError."""

    def pin_session(self, session_id: str, pinned: bool = True) -> bool:
        """Protect the session from clean-ups; with `pinned=False`, no longer. Returns False if
        nothing changed. Raises NotFoundError.
        """

    def fork_session(self, session_id: str, fork: Session, *, at: int | None = None) -> int:
        """Store `fork` as a new session with copies of the messages up to index `at` (None: all),
        under new ids, and of the summaries that stand for some of these. Returns how many messages.
        An answer that is still being received is copied as far as it is saved, as INCOMPLETE.
        Raises NotFoundError, and for the fork as `create_session`.
        """

    def trash_session(self, session_id: str) -> bool:
        """Put a live session into the trash; False if it is there already or does not exist."""

    def restore_session(self, session_id: str) -> bool:
        """Take a session out of the trash; False if it is not there.

        Clean-ups leave a restored session alone for thirty days: otherwise the next one would put
        it back. If another session has got its name meanwhile, it becomes `NAME-2` (or `-3`, …). A
        name that begins with `tg:` stays as it is: the bot that gives these gives one to many
        sessions.
        """

    def delete_session(self, session_id: str) -> bool:
        """Destroy a session with its messages and summaries, live or in the trash; False if there
        is none. From then on no query finds it. `erases` says when its text is gone from the
        engine's files.
        """

    @property
    def erases(self) -> Erasure:
        """When the text of destroyed sessions is gone from the engine's files.

        `at once`: before `delete_session` returns, or later if `erasure_pending`. `eventually`:
        when the engine and its administrator drop old rows, logs, replicas and backups.
        """

    def erasure_pending(self) -> bool:
        """Whether text of destroyed sessions can still be read in the files of an engine that
        erases at once, because another process was reading while they were destroyed. The text is
        erased as soon as that process has ended: by the last process to leave, or the next to
        start. Always False for an engine that erases eventually.
        """

    def trash_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """Call `trash_session` for each id; returns the ids of the sessions that it moved.

        Uses several short transactions, so that other writers need not wait. After an error, the
        earlier ones are done.
        """

    def restore_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """Call `restore_session` for each id; see `trash_sessions`."""

    def delete_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """Call `delete_session` for each id; see `trash_sessions`."""

    # messages

    def add_message(self, message: StoredMessage) -> None:
        """Append a message to its session. The store gives it the next index, and sets the
        session's `updated_at` to the message's timestamp if that is later. Attachments are stored
        with it and never change.

        Adding an id again changes nothing. A session in the trash is restored. Raises NotFoundError
        if the session does not exist.
        """

    def get_messages(
        self, session_id: str, *, first: int = 1, last: int | None = None
    ) -> list[StoredMessage]:
        """The messages with `index` from `first` to `last`, in the order in which they were added.
        Empty if the session does not exist. An answer that is still being received has the text
        that has been saved so far.
        """

    def supersede_messages(self, session_id: str, first: int) -> int:
        """Mark everything from index `first` on as superseded: questions, answers and messages of
        tools. They are kept; summaries that stand for one of them go. Returns how many were not
        marked before. Raises NotFoundError, and SessionBusy if an answer of the session is being
        received by a living owner.
        """

    def recent_prompts(self, limit: int, *, before: str | None = None) -> list[tuple[str, str]]:
        """User messages of live sessions, newest first, for recalling what was typed. Each comes
        with its position, a value that only the store understands. Pass the position of the last
        one as `before` to go on from there.

        Leaves out blank messages and those of more than LONGEST_RECALLED bytes. Costs as much as
        the rows it reads, however many there are. Raises InvalidDataError for a `before` that no
        position can be.
        """

    # the turn

    def begin_turn(
        self, session: Session, prompt: StoredMessage | None, answer: StoredMessage, *, create: bool
    ) -> tuple[StoredMessage | None, StoredMessage]:
        """Store the session (with `create`), the prompt (if any) and the answer, durably and in one
        transaction. The answer is STREAMING and owned by this store. Returns prompt and answer with
        their indexes, and with times in the same order. Without a prompt, the last one is asked
        again: its earlier answers are kept, but marked as superseded, and summaries of them go.

        Owning an answer is a lease of some seconds by the engine's clock; the clocks of its users
        don't matter. `renew_lease` renews it. When the lease has run out, the owner counts as gone.
        An engine that has a better or faster way to tell whether the owner is alive uses that.

        First, answers of this session whose owner is gone are closed as INCOMPLETE, and a session
        in the trash is restored. Raises SessionBusy if an answer of the session has a living owner,
        NotFoundError if the session does not exist, InvalidDataError if it should be created and
        exists, NameTaken if a live session has the new one's name.
        """

    def renew_lease(self, answer_id: str) -> bool:
        """Renew the lease of an answer that is being received. To be called every few seconds, also
        while the model is silent. Returns False if the answer is closed or gone: somebody took the
        owner for dead and closed it. Waits only briefly for other writers (DatabaseLocked).
        """

    def checkpoint(self, answer_id: str, content: str, reasoning: str = "") -> None:
        """Append text to an answer that is being received; does nothing if it is closed. The text
        survives the death of the process, but perhaps not a power cut. Waits only briefly for other
        writers (DatabaseLocked): the caller tries again with the next text. Raises NotFoundError if
        the answer does not exist.
        """

    def finish_turn(self, answer: StoredMessage) -> None:
        """Close an answer, durably. Its text, status and figures become the given ones, whatever
        was saved before; its attachments stay. Sets the session's `updated_at`.

        An answer that others have closed as INCOMPLETE still gets its text: nothing that was shown
        is lost. A second call changes nothing, not even `updated_at`; nor does any call for an
        answer that is COMPLETE. Raises NotFoundError if the answer does not exist.

        If the answer failed because of the content of its question (`domain.refusal_of`), both are
        marked as `refused`. So is an earlier unanswered question, if another one that was sent with
        it has been refused before. A question that is answered later loses the mark.
        """

    def close_abandoned(self, session_id: str) -> int:
        """Close the answers of this session whose owner is gone as INCOMPLETE; returns how many."""

    # out and in again

    def archived_session(self, session_id: str) -> ArchivedSession | None:
        """The session with everything that belongs to it, live or in the trash; None if there is
        none. Its messages are read a few hundred at a time while they are asked for; an answer that
        is still being received comes as INCOMPLETE.
        """

    def merge_session(self, archived: ArchivedSession, *, as_copy: bool = False) -> Merged:
        """Store a session that was exported, here or elsewhere, whole or not at all. A session that
        is not there keeps its times, and clean-ups leave it alone until it is used. With `as_copy`,
        it comes out of another database in which the user goes on with his archive: it keeps its
        `upkeep`, too, or the later one if it is there already (`merging.merged_upkeep`).

        Of a session that is there, the newest name, title, tags, pin, model, system prompt and
        state of the trash stay; messages are a union, and an answer never goes back from complete.
        So are summaries, as far as they still stand for what they were made of. See
        `stores.merging`.

        Doing it again changes nothing, and stores that give each other their sessions end with the
        same, in whatever order they do so. Of two live sessions that claim one name, the one that
        had it first keeps it; the other is called NAME-HANDLE.

        Survives the death of the process, but perhaps not a power cut until something durable
        follows. Raises InvalidDataError if a message is another session's, or fewer messages came
        than were announced; SessionBusy if messages would change while an answer is being received.
        """

    # what was said

    def search(
        self,
        query: SearchQuery,
        *,
        limit: int | None = None,
        progress: SearchProgress | None = None,
    ) -> Iterator[SearchHit]:
        """The messages that match the query, each once, as they are found. Closing the iterator
        ends the search. Messages that are written meanwhile may be found or not.

        The newest come first, by their times; of equal times, the one that was stored last. If many
        messages are not indexed yet, those come first in the order in which they were stored, so
        that nobody waits until all have been read. Answers that are still being received,
        superseded messages and messages of every role are found; with `deleted`, also what another
        program deleted.

        Gives the right answer whatever the state of the index: what is not in it is read.
        `progress` is called every few hundred messages with how many were read, and of how many. No
        query is an error.
        """

    def suggest_words(self, word: str) -> list[str]:
        """Up to three words of live sessions that differ from `word` by one letter or by two
        letters swapped, in folded form, the most frequent first.
        """

    def catch_up_search(
        self,
        *,
        everything: bool = False,
        progress: SearchProgress | None = None,
        seconds: float | None = None,
    ) -> int:
        """Bring the index up to date if enough messages wait for it; with `everything`, in any
        case. Returns how many still wait. An archive of a few thousand messages may get no index.

        Works in transactions of some milliseconds, so that other writers need not wait, for at most
        `seconds`. If it is interrupted, the next call goes on. If it can't write, it changes
        nothing. `progress` is called with how many are done, and of how many.
        """

    # tags

    def tag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        """Put tags on sessions, live or in the trash. Returns the ids of the sessions that did not
        have all of them. Tags are compared after NFC and case folding, and keep the form in which
        they were first written. Uses several short transactions, like `trash_sessions`. Raises
        InvalidDataError for a tag that is empty or contains white space.
        """

    def untag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        """Take tags off sessions. Returns the ids of the sessions that had one of them."""

    def tags(self, *, deleted: bool = False) -> list[tuple[str, int]]:
        """Each tag of live sessions, or of those in the trash, with the number of sessions that
        have it, by name.
        """

    # statistics

    def statistics(self, by: str, *, since: datetime | None = None) -> list[StatisticsRow]:
        """Totals of live sessions' messages since a moment, grouped by `day`, `week`, `month`,
        `model`, `provider`, `session` or `role`, in the order of the key. Raises InvalidDataError
        for any other `by`.

        Tokens and costs are those of the answers and of the requests that made summaries; such a
        request counts at the summary's time, with its model and provider, and in role `assistant`,
        but as no message. What another program says of a number that no count can be is left out.

        Days, weeks and months are those of this process's time zone, with the offset that was valid
        at the message's time. A message whose time can't be read counts as `unknown`. Reads every
        message: slow.
        """

    # clean-up

    def notice_clock(self, retention: Retention) -> ClockJump | None:
        """Record the current time before an automatic clean-up. Returns a ClockJump if the clock
        has jumped, else None.

        After a jump, the caller skips this one clean-up. The time in between does not count later:
        a session that had been in the trash for ten days still counts as ten days old there. More
        than a week without a clean-up is taken for a jump, too: the clock may have been wrong, or
        the machine asleep.
        """

    def cleanup(
        self, retention: Retention, *, spare: Collection[str] = (), at_most: int | None = None
    ) -> CleanupResult:
        """Put what `retention` no longer keeps into the trash, then destroy what has been there too
        long. Handles `at_most` sessions in all; the rest waits for the next time. The least
        recently used go first, of equal ones the one with the smaller id. Leaves alone: the ids in
        `spare`, pinned sessions, those being answered, and recently restored ones.

        Works in short transactions, so that other writers need not wait. If nothing is due, it
        costs one index look-up a rule; but `empty` reads all live sessions, and `max_size` their
        messages.
        """

    def plan_cleanup(self, retention: Retention, *, spare: Collection[str] = ()) -> CleanupPlan:
        """What `cleanup` with these rules would put into the trash. Changes nothing. Reads
        everything that the rules name: slow.
        """
