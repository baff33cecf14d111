"""The STORES table, and how a URL becomes a SessionStore.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse.errors import ConfigError, UsageError
from synapse.registry import Entry, choose
from synapse.stores._url import is_words_of_libpq, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.ports import FileCare, Inspection, SessionStore, Sharing, Upgrading


class StoreEntry(Entry):
    """One row. `target` is the store's class; it is called with the URL, the busy timeout, and the
    function that is told of an upgrade's progress.
    """

    inspection: str = ""
    """The class of its Inspection, called with the URL."""
    file_care: str = ""
    """The class of its FileCare, called with the URL. If a server keeps the files, it says what to
    use instead."""
    sharing: str = ""
    """The class of its Sharing, called with the URL; empty if it can't tell who asks."""
    clear_text: str = ""
    """The function that tells, of a URL, to which machine passwords and texts may go in clear text;
    None if to none.
    """
    session_completion: str = ""
    """The function behind `sessions_for_completion`, for an engine that need not open a store."""
    tag_completion: str = ""
    """The same behind `tags_for_completion`."""
    can_be_distributed: bool = False
    """Whether `set_up` can divide the tables between several machines."""
    set_up: str = ""
    """What creates the tables, called with the URL; empty if opening a store does that."""


_POSTGRES = StoreEntry(
    target="synapse.stores.postgres.store:PostgresStore",
    inspection="synapse.stores.postgres.care:PostgresInspection",
    file_care="synapse.stores.postgres.files:PostgresFiles",
    set_up="synapse.stores.postgres.store:set_up",
    can_be_distributed=True,
    sharing="synapse.stores.postgres.sharing:PostgresSharing",
    clear_text="synapse.stores.postgres._target:host_in_clear_text",
    session_completion="synapse.stores.postgres.store:sessions_for_completion",
    library="psycopg2-binary",
    summary="a PostgreSQL database, for several machines",
)

_MYSQL = StoreEntry(
    target="synapse.stores.mysql.store:MysqlStore",
    inspection="synapse.stores.mysql.care:MysqlInspection",
    file_care="synapse.stores.mysql.files:MysqlFiles",
    set_up="synapse.stores.mysql.store:set_up",
    clear_text="synapse.stores.mysql._target:host_in_clear_text",
    library="PyMySQL",
    summary="a MySQL or MariaDB database, for several machines",
)

STORES = {
    "sqlite": StoreEntry(
        target="synapse.stores.sqlite.store:SqliteStore",
        inspection="synapse.stores.sqlite.care.maintenance:SqliteMaintenance",
        file_care="synapse.stores.sqlite.care.maintenance:SqliteMaintenance",
        session_completion="synapse.stores.sqlite._session_completion:sessions_for_completion",
        tag_completion="synapse.stores.sqlite._session_completion:tags_for_completion",
        summary="one SQLite file; needs no server",
    ),
    "postgresql": _POSTGRES,
    "postgres": _POSTGRES,
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}
"""URL scheme → the store behind it."""

_COMPLETION_SECONDS = 0.5
"""For a look: whoever has pressed the tab key waits for it."""


def open_store(
    url: str | os.PathLike[str],
    *,
    busy_timeout: float = 5.0,
    on_upgrade: Callable[[Upgrading], object] | None = None,
    read_only: bool = False,
) -> SessionStore:
    """The store behind a database URL such as `sqlite:~/.config/synapse/sessions.db`.

    The path of a file names an SQLite database, too, and `:memory:` one that is gone once it is
    closed. Creates the database if it isn't there and brings its schema up to date.
    `busy_timeout` is how many seconds a write waits for other writers. `on_upgrade` hears now and
    then how far it is, while a database that holds something is backed up and brought up to date;
    of a store of this package.

    With `read_only`, a store of this package is neither created nor brought up to date, and what
    would change it raises StorageError; raises DatabaseMissing if there is none. A scheme that is
    not in STORES stands for the entry point of another package. Raises ConfigError for a URL of no
    known scheme, StorageError if the database can't be used.
    """
    entry = _entry(os.fspath(url))
    store: SessionStore
    if isinstance(entry, StoreEntry):
        more: dict[str, object] = {"on_upgrade": on_upgrade} if on_upgrade else {}
        if read_only:
            more["read_only"] = True
        store = entry.load()(url, busy_timeout=busy_timeout, **more)
    else:
        from synapse.stores._plugin_store import open_plugin

        store = open_plugin(split(os.fspath(url))[0], entry, os.fspath(url), busy_timeout)
    return store


def set_up(url: str, *, distributed: bool = False) -> None:
    """Create the tables of a database on a server, or bring them up to date; opening a store
    creates nothing there, as the database may be another program's. A store of files does both when
    it is opened, and is left alone here. With `distributed`, the tables are divided between several
    machines. Raises ConfigError, StorageError; UsageError for an engine that can't divide them.
    """
    entry = _entry(url)
    if distributed and not (isinstance(entry, StoreEntry) and entry.can_be_distributed):
        raise UsageError(
            f"{without_password(url)!r} can't be distributed",
            "That takes PostgreSQL with the extension citus: docs/servers.md",
        )
    if isinstance(entry, StoreEntry) and entry.set_up:
        more = {"distributed": True} if distributed else {}
        entry.replace(target=entry.set_up).load()(url, **more)


def open_inspection(url: str) -> Inspection:
    """What examines the data behind a database URL. Opens nothing yet.

    Raises ConfigError for a URL of an unknown scheme, or of a store that has no inspection;
    UsageError for a database in memory.
    """
    entry = _entry(url)
    if not isinstance(entry, StoreEntry) or not entry.inspection:
        raise ConfigError(f"{without_password(url)!r} can only be inspected with its own tools")
    inspection: Inspection = entry.replace(target=entry.inspection).load()(url)
    return inspection


def open_file_care(url: str) -> FileCare:
    """Maintenance of the files behind a database URL. Opens nothing yet.

    Raises ConfigError for a URL of an unknown scheme, or of another package's store; UsageError for
    a database in memory. Where a server keeps the files, each method raises ConfigError, and says
    what to use instead.
    """
    entry = _entry(url)
    if not isinstance(entry, StoreEntry) or not entry.file_care:
        raise ConfigError(
            f"a server keeps the files of {without_password(url)!r}",
            "Back them up, restore and vacuum them with its own tools",
        )
    care: FileCare = entry.replace(target=entry.file_care).load()(url)
    return care


def open_sharing(url: str) -> Sharing:
    """Who may use the store behind a database URL, and what they have shared. Opens nothing yet.

    Raises ConfigError for a URL of an unknown scheme; UsageError for a store that can't keep people
    apart.
    """
    entry = _entry(url)
    if not isinstance(entry, StoreEntry) or not entry.sharing:
        raise UsageError(
            f"{without_password(url)!r} can't be shared between people",
            "Sessions are shared in a PostgreSQL database: docs/servers.md",
        )
    sharing: Sharing = entry.replace(target=entry.sharing).load()(url)
    return sharing


def host_in_clear_text(url: str) -> str | None:
    """The other machine to which passwords and texts may go unencrypted; None if there is none."""
    entry = _entry(url)
    if not isinstance(entry, StoreEntry) or not entry.clear_text:
        return None
    host: str | None = entry.replace(target=entry.clear_text).load()(url)
    return host


def sessions_for_completion(
    url: str, word: str, *, deleted: bool, limit: int, seconds: float | None = None
) -> list[tuple[str, ...]]:
    """Id, name, title, preview, last use and handle of sessions that a half-typed word may mean;
    none of them if that takes longer than `seconds`, half a one unless told.

    Raises nothing. An engine with a look of its own leaves no trace: it creates nothing, migrates
    nothing, waits for nobody. A store of any other is opened as for a command.
    """
    from synapse.stores._deadline import run_with_deadline

    patience = _COMPLETION_SECONDS if seconds is None else seconds

    def look() -> list[tuple[str, ...]]:
        entry = _entry(url)
        if isinstance(entry, StoreEntry) and entry.session_completion:
            own = entry.replace(target=entry.session_completion).load()
            found: list[tuple[str, ...]] = own(url, word, deleted=deleted, limit=limit)
            return found
        from synapse.stores._session_completion import find_through_port

        with open_store(url, busy_timeout=patience) as store:
            return find_through_port(store, word, deleted=deleted, limit=limit)

    return run_with_deadline(patience, look)


def tags_for_completion(url: str, *, seconds: float | None = None) -> list[tuple[str, int]]:
    """Each tag of live sessions, and how many have it; as `sessions_for_completion`."""
    from synapse.stores._deadline import run_with_deadline

    patience = _COMPLETION_SECONDS if seconds is None else seconds

    def look() -> list[tuple[str, int]]:
        entry = _entry(url)
        if isinstance(entry, StoreEntry) and entry.tag_completion:
            found: list[tuple[str, int]] = entry.replace(target=entry.tag_completion).load()(url)
            return found
        with open_store(url, busy_timeout=patience) as store:
            return store.tags()

    return run_with_deadline(patience, look)


def _entry(url: str) -> Entry:
    scheme = split(url)[0]
    engine = scheme.partition("+")[0]  # others name their driver: postgresql+psycopg2
    try:
        return choose(
            STORES,
            engine if engine in STORES else scheme,
            kind="kind of database",
            group="synapse.stores",
        )
    except ConfigError as error:
        raise ConfigError(
            f"no store for {without_password(url)!r}: {error.message}",
            *error.hints,
            "It comes from DATABASE_URL or session.database_url; --db FILE overrides both",
        ) from None


def without_password(url: str) -> str:
    """What names a database, with `***` in place of each password in it."""
    if "://" not in url and not is_words_of_libpq(url):
        return url
    from synapse.stores._masking import mask_url, mask_words  # not for a file

    return mask_url(url) if "://" in url.partition("=")[0] else mask_words(url)
