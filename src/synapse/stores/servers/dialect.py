"""What an engine provides to `ServerStore`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Protocol, TypeVar

    from synapse.stores.servers.search.candidates import Window
    from synapse.stores.servers.search.index import Document

    _T = TypeVar("_T")
    Values = Mapping[str, Any]
    Rows = list[tuple[Any, ...]]
else:
    Protocol = object


class Raw(Protocol):
    """A connection inside a transaction.

    Values are named. They are str, int, float, bool, bytes, None, an aware datetime, or a tuple for
    what follows `IN`, which is not empty. In rows, ids are texts as `ids.new_id` makes them, truth
    is a bool or an int, and a moment is a text that `timestamps.readable` understands.
    """

    @property
    def dialect(self) -> Dialect:
        """The connection's."""

    changed: int
    """How many rows the last statement has changed."""
    repeated: bool
    """Whether the same work was run before and perhaps committed: the engine's reply was lost."""

    def execute(self, sql: str, values: Values | None = None) -> Rows:
        """All rows of a statement, which is one of the dialect's or has its placeholders."""

    def execute_all(self, sql: str, values: Sequence[Values]) -> None:
        """The same statement with each of the values, in as few round trips as the engine can."""


class Connection(Protocol):
    """A connection whose every use goes through `read` or `transaction`; of several threads, one
    waits for the other.

    Connects when it is made, and anew when the connection broke. Raises StorageError (the subclass
    names the fault), never an exception of the driver. No call lasts longer than the engine's limit
    for a statement and a little, even if the server is frozen; a signal's handler is run at once.
    """

    location: str
    """The URL without a password."""
    dialect: Dialect
    busy_timeout: float
    """Seconds that a write waits for others."""
    transactions: int
    """How many were begun: whether something may have been changed since."""

    def read(self, sql: str, values: Values | None = None) -> Rows:
        """All rows of a query outside a transaction. Is sent again if the connection broke."""

    def transaction(
        self,
        work: Callable[[Raw], _T],
        *,
        durable: bool = True,
        patience: float | None = None,
        alone: bool = False,
    ) -> _T:
        """What `work` returns, run as one transaction: committed at its end, rolled back on an
        exception. It sees what was committed before each of its statements (READ COMMITTED).

        It is run again from its beginning on a conflict with others, and on a new connection if
        that broke (`raw.repeated`), for as long as `patience` seconds last (the busy timeout if
        None); so it changes nothing but the database. For another's lock it waits as long; then
        DatabaseLocked. `durable`: what is committed survives a power cut of the server. `alone`
        promises that `work` is one statement, so that nothing else has to be sent.
        """

    def close(self) -> None:
        """Close; a second call does nothing."""


class SearchDialect(Protocol):
    """How an engine keeps and asks an index of words; a module may be one."""

    def named(self, connection: Connection, window: Window) -> Rows:
        """Session id, message id and time of messages that the index names for what is asked, all
        of them that are behind the cursor, and perhaps others beside; at most so many, the newest
        first, of one time in falling order of session and message. A row may be there twice.
        """

    def take(self, raw: Raw, limit: int) -> Rows:
        """Mark some messages that are not indexed, not those that are still coming in, as indexed,
        and lock them: session id, id, timestamp, content, reasoning and number of attachments.
        """

    def write(self, raw: Raw, documents: list[Document]) -> None:
        """Add to the index what is not in it."""


class Dialect(Protocol):
    """What differs between engines beyond the words of a statement."""

    @property
    def search(self) -> SearchDialect:
        """Loaded when it is first asked for."""

    def statements(self, file: str) -> Mapping[str, str]:
        """The statements of `FILE.sql`, the engine's own in the place of the common ones, with the
        driver's placeholders.
        """

    def placeholder(self, name: str) -> str:
        """How the driver wants a named value in a statement that is put together."""

    def append_message(self, raw: Raw, values: Values) -> int | None:
        """Append a message to its session, if that is live and has no message of this id: the next
        index, which is returned. `values` are those of `_values.message`; with `alone`, it is one
        statement where the engine can.

        Counts it in the columns that the session's row has of its messages. The session counts as
        used, and its `updated_at` becomes the message's time, if that is later.
        """

    def hold_name(self, raw: Raw, key: str) -> None:
        """Until the transaction ends, let no other give or take this folded name."""
