"""Inspection of an archive on a server, whatever its engine; see `ports.Inspection`."""

from __future__ import annotations

from synapse import timestamps
from synapse.advice import Advice
from synapse.domain import Session
from synapse.errors import StorageError
from synapse.ids import handle
from synapse.light.dates import timedelta
from synapse.ports import Finding, StoreInfo
from synapse.stores.servers import _sessions, _values
from synapse.stores.servers._sessions import run as run_common
from synapse.stores.servers.care.examining import BEFORE_ALL, PAGE, Fault, ask, examine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.stores.servers.care.examining import Page
    from synapse.stores.servers.dialect import Connection, Raw

BUSY_TIMEOUT = 5.0
_CLOCK_TOLERANCE = timedelta(days=1)
"""By which times of uses may lie in the future."""
APART = 10.0
"""Seconds that the clocks of client and server may differ."""
_UNKNOWN = "unknown"


class ServerInspection:
    """What engines have in common. Each look is a connection of its own.

    Of an archive that several people use, only the user's own sessions are looked at.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    # what an engine adds

    @property
    def location(self) -> str:
        """The URL without a password."""
        raise NotImplementedError

    def connect(self) -> Connection:
        """A new connection, whatever the database holds. Raises StorageError."""
        raise NotImplementedError

    def check_schema(self, connection: Connection) -> int:
        """The number of the schema. Raises StorageError if there is none, or another's."""
        raise NotImplementedError

    def engine(self, connection: Connection) -> str:
        """Name and version of the server."""
        raise NotImplementedError

    def size(self, connection: Connection) -> int:
        """Bytes of our tables and indexes, of all users."""
        raise NotImplementedError

    def begin_snapshot(self, raw: Raw) -> None:
        """Have all statements of this transaction see the same moment. Called before any other."""
        raise NotImplementedError

    def engine_faults(self, connection: Connection) -> Iterator[tuple[Finding, Callable[[], None]]]:
        """What the engine itself finds wrong with tables and indexes, and what mends it."""
        raise NotImplementedError

    def surroundings(self, connection: Connection) -> Iterator[Finding]:
        """What is, or may become, a trouble around the data."""
        raise NotImplementedError

    # Inspection

    def info(self) -> StoreInfo:
        """See Inspection."""
        with _Opened(self.connect()) as connection:
            schema = self.check_schema(connection)
            [(live, trashed, messages)] = connection.read(_statement(connection, "totals"))
            return StoreInfo(
                location=self.location,
                engine=self.engine(connection),
                schema=schema,
                sessions=live,
                trashed=trashed,
                messages=messages,
                files=(),
                size=self.size(connection),
            )

    def check(self) -> list[Finding]:
        """See Inspection. Changes nothing."""
        with _Opened(self.connect()) as connection:
            self.check_schema(connection)
            found = [finding for finding, _ in self.engine_faults(connection)]
            found += connection.transaction(lambda raw: _names_and_references(raw))
            faults: dict[str, list[str]] = {}

            def look(raw: Raw, after: str) -> Page:
                self.begin_snapshot(raw)
                return examine(raw, after)

            _page_by_page(connection, look, faults)
            return found + _findings(faults)

    def repair(self) -> list[Finding]:
        """See Inspection."""
        with _Opened(self.connect()) as connection:
            self.check_schema(connection)
            found = []
            for finding, mend in list(self.engine_faults(connection)):
                found.append(finding)
                mend()
            found += connection.transaction(_give_sessions_and_names)
            faults: dict[str, list[str]] = {}
            _page_by_page(connection, _mend_page, faults)
            return found + _findings(faults)

    def diagnose(self) -> list[Finding]:
        """See Inspection."""
        with _Opened(self.connect()) as connection:
            found = [Finding(subject="engine", text=self.engine(connection), ok=True)]
            found += self.surroundings(connection)
            try:
                schema = self.check_schema(connection)
            except StorageError as error:
                return [*found, Finding(subject="schema", text=error.message, hints=error.hints)]
            found.append(Finding(subject="schema", text=f"number {schema}", ok=True))
            found += _receiving(connection)
            found += _uses(connection)
            return found

    def other_programs(self) -> list[str]:
        """See Inspection. Only this program knows the tables."""
        return []

    def loose_parts(self) -> list[str]:
        """See Inspection."""
        return []


class _Opened:
    """A connection for the length of a block."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Connection:
        return self._connection

    def __exit__(self, *error: object) -> None:
        self._connection.close()


def _statement(connection: Connection, name: str) -> str:
    return connection.dialect.statements("care")[name]


def _page_by_page(
    connection: Connection, look: Callable[[Raw, str], Page], faults: dict[str, list[str]]
) -> None:
    after: str | None = BEFORE_ALL
    while after is not None:
        begin = after
        page = connection.transaction(lambda raw, begin=begin: look(raw, begin))  # type: ignore[misc]
        for fault in page.faults:
            faults.setdefault(fault.subject, []).append(fault.id)
        after = page.last


def _mend_page(raw: Raw, after: str) -> Page:
    ask(raw, "lock_page", after=after, limit=PAGE)
    page = examine(raw, after)
    for fault in page.faults:
        fault.mend()
    return page


def _findings(faults: dict[str, list[str]]) -> list[Finding]:
    return [
        Finding(
            subject=subject,
            text=f"{len(ids)} wrong, such as {ids[0]}",
            repairable=True,
            afterwards=_AFTERWARDS.get(subject, ""),
        )
        for subject, ids in faults.items()
    ]


_AFTERWARDS = {
    "leftover chunks": "Pieces of answers that had ended were removed.",
    "leftover attachments": "Attachments of messages that are gone were removed.",
    "leftover fields": "Fields of messages that are gone were removed.",
    "leftover summaries": (
        "Summaries that stood for other messages than there are now were removed; the messages are"
        " sent as they are."
    ),
}


def _names_and_references(raw: Raw) -> list[Finding]:
    return _findings({fault.subject: [*ids] for fault, ids in _of_the_whole(raw) if ids})


def _of_the_whole(raw: Raw) -> Iterator[tuple[Fault, list[str]]]:
    """What is no matter of one session alone."""
    orphaned = [id for id, _ in ask(raw, "without_session")]
    yield _fault("messages without a session", raw, _give_session, orphaned), orphaned
    seen: set[str] = set()
    doubled = []
    for id, key in ask(raw, "doubled_names"):
        if key in seen:
            doubled.append(id)
        seen.add(key)
    yield _fault("names", raw, _rename, doubled), doubled


def _fault(subject: str, raw: Raw, mend: Callable[[Raw, str], None], ids: list[str]) -> Fault:
    def all_of_them() -> None:
        for id in ids:
            mend(raw, id)

    return Fault(subject=subject, id=ids[0] if ids else "", mend=all_of_them)


def _give_sessions_and_names(raw: Raw) -> list[Finding]:
    found: dict[str, list[str]] = {}
    for fault, ids in _of_the_whole(raw):
        if ids:
            found[fault.subject] = ids
            fault.mend()
    return _findings(found)


def _give_session(raw: Raw, id: str) -> None:
    """A stand-in for one of which only messages are left."""
    [(first, last)] = ask(raw, "beginnings", id=id)
    session = Session(
        id=id,
        provider=_UNKNOWN,
        model=_UNKNOWN,
        created_at=timestamps.readable(first),
        updated_at=timestamps.readable(last),
    )
    run_common(raw, "create_session", **_values.session(session))
    run_common(raw, "count_anew", id=id)


def _rename(raw: Raw, id: str) -> None:
    """Of those that share a name, the first keeps it; the others add their handles."""
    row = _sessions.lock(raw, id)
    if row is not None and row[1] is not None:
        _sessions.rename(raw, id, f"{row[1]}-{handle(id)}", timestamps.now())


def _receiving(connection: Connection) -> Iterator[Finding]:
    [(number, ended)] = connection.read(_statement(connection, "receiving"))
    if number == ended == 0:
        return
    text = f"{number - ended} answers are being received"
    if ended:
        text += f", {ended} were cut off: they are closed when their sessions are used next"
    yield Finding(subject="leases", text=text, ok=True)


def _uses(connection: Connection) -> Iterator[Finding]:
    [(newest,)] = connection.read(_statement(connection, "newest_use"))
    if newest and timestamps.readable(newest) > timestamps.now() + _CLOCK_TOLERANCE:
        yield Finding(
            subject="times",
            text=f"a session was last used in the future ({newest}): a clock was wrong, or is",
            hints=("Set the clocks. Nothing is lost: order does not depend on them",),
        )


def clock_finding(before: float, server: float, after: float) -> Finding:
    """From the server's time, in seconds since 1970, and the client's before and after it was
    asked: what lies between is the time of the way.
    """
    ahead = server - after if server > after else min(0.0, server - before)
    if abs(ahead) <= APART:
        return Finding(subject="clock", text="the same here and on the server", ok=True)
    which = "ahead of" if ahead > 0 else "behind"
    return Finding(
        subject="clock",
        text=f"the server's clock is {abs(ahead):,.0f} s {which} this machine's",
        hints=("Set the one that is wrong (timedatectl). Leases go by the server's alone",),
    )


def damaged(location: str, said: str) -> Finding:
    """What the engine says of its own files."""
    return Finding(
        subject="integrity",
        text=said,
        hints=(
            Advice("Save what can be read, as a file:  ", "db copy", "FILE"),
            f"Then have {location} restored from its keeper's backup",
        ),
    )
