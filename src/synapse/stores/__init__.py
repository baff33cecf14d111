"""The STORES table, and how a URL becomes a SessionStore."""

from __future__ import annotations

from synapse.errors import ConfigError
from synapse.registry import Entry, choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.ports import SessionStore

STORES = {
    "sqlite": Entry(
        target="synapse.stores.sqlite.store:SqliteStore",
        summary="one SQLite file; needs no server",
    ),
}
"""URL scheme → the class of its store, constructed with the URL and the busy timeout."""


def open_store(url: str, *, busy_timeout: float = 5.0) -> SessionStore:
    """The store behind a database URL such as `sqlite:~/.config/synapse/sessions.db`.

    Creates the database if it isn't there and brings its schema up to date. `busy_timeout` is
    how many seconds a write waits for other writers. Raises ConfigError for a URL of no known
    scheme, StorageError if the database can't be used.
    """
    scheme, separator, _ = url.partition(":")
    if not separator or not scheme.isascii() or "/" in scheme:
        raise ConfigError(
            f"the database URL {without_password(url)!r} names no kind of database",
            f"For a file, write:  sqlite:{without_password(url)}",
        )
    try:
        entry = choose(STORES, scheme.lower(), kind="kind of database", group="synapse.stores")
    except ConfigError as error:
        raise ConfigError(
            f"no store for {without_password(url)!r}: {error.message}",
            *error.hints,
            "It comes from DATABASE_URL or session.database_url; --db FILE overrides both",
        ) from None
    store: SessionStore = entry.load()(url, busy_timeout=busy_timeout)
    return store


create_storage = open_store


def without_password(url: str) -> str:
    """The URL with the password in its authority replaced by `***`."""
    head, separator, rest = url.partition("://")
    authority, at, tail = rest.rpartition("@")
    if not separator or not at:
        return url
    user, colon, _ = authority.partition(":")
    return f"{head}://{user}{':***' if colon else ''}@{tail}"
