"""The STORES table, and how a URL becomes a SessionStore."""

from __future__ import annotations

import os

from synapse.errors import ConfigError
from synapse.registry import Entry, choose
from synapse.stores._url import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.ports import SessionStore, StoreMaintenance, Upgrading


class StoreEntry(Entry):
    """One row: `target` is the store's class, constructed with the URL, the busy timeout and what
    hears of an upgrade.
    """

    maintenance: str = ""
    """The class of its StoreMaintenance, constructed with the URL."""
    glance: str = ""
    """The function behind `glance` below, of a store that can be looked at like that."""


STORES = {
    "sqlite": StoreEntry(
        target="synapse.stores.sqlite.store:SqliteStore",
        maintenance="synapse.stores.sqlite.care.maintenance:SqliteMaintenance",
        glance="synapse.stores.sqlite._glance:glance",
        summary="one SQLite file; needs no server",
    ),
}
"""URL scheme → the store behind it."""


def open_store(
    url: str | os.PathLike[str],
    *,
    busy_timeout: float = 5.0,
    on_upgrade: Callable[[Upgrading], object] | None = None,
) -> SessionStore:
    """The store behind a database URL such as `sqlite:~/.config/synapse/sessions.db`.

    The path of a file names an SQLite database, too, and `:memory:` one that is gone once it is
    closed. Creates the database if it isn't there and brings its schema up to date.
    `busy_timeout` is how many seconds a write waits for other writers. `on_upgrade` hears now and
    then how far it is, while a database that holds something is backed up and brought up to date;
    of a store of this package. Raises ConfigError for a
    URL of no known scheme, StorageError if the database can't be used.
    """
    entry = _entry(os.fspath(url))
    more = {"on_upgrade": on_upgrade} if on_upgrade and isinstance(entry, StoreEntry) else {}
    store: SessionStore = entry.load()(url, busy_timeout=busy_timeout, **more)
    return store


def open_maintenance(url: str) -> StoreMaintenance:
    """The care for the data behind a database URL; opens nothing yet.

    Raises ConfigError for a URL of no known scheme, or of one whose store is cared for by its
    own tools; UsageError for one in memory.
    """
    entry = _entry(url)
    if not isinstance(entry, StoreEntry) or not entry.maintenance:
        raise ConfigError(f"{without_password(url)!r} is cared for by its own tools")
    maintenance: StoreMaintenance = entry.replace(target=entry.maintenance).load()(url)
    return maintenance


def glance(url: str, word: str, *, deleted: bool, limit: int) -> list[tuple[str, ...]]:
    """Id, name, title, preview, last use and handle of sessions that a half-typed word may mean.

    Looks, and leaves no trace: creates nothing, migrates nothing, waits for nobody, raises
    nothing. A database on a server is not asked.
    """
    entry = STORES.get(split(url)[0])
    if entry is None or not entry.glance:
        return []
    look = entry.replace(target=entry.glance).load()
    found: list[tuple[str, ...]] = look(url, word, deleted=deleted, limit=limit)
    return found


def _entry(url: str) -> Entry:
    try:
        return choose(STORES, split(url)[0], kind="kind of database", group="synapse.stores")
    except ConfigError as error:
        raise ConfigError(
            f"no store for {without_password(url)!r}: {error.message}",
            *error.hints,
            "It comes from DATABASE_URL or session.database_url; --db FILE overrides both",
        ) from None


def without_password(url: str) -> str:
    """The URL with the password in its authority replaced by `***`."""
    head, separator, rest = url.partition("://")
    authority, at, tail = rest.rpartition("@")
    if not separator or not at:
        return url
    user, colon, _ = authority.partition(":")
    return f"{head}://{user}{':***' if colon else ''}@{tail}"
