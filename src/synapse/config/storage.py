"""The conversations as the user has configured them, for programs that use the library."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import SessionStore


def create_storage(
    url: str | os.PathLike[str] | None = None, *, environ: Mapping[str, str] = os.environ
) -> SessionStore:
    """The store that `synapse` itself uses, or the one behind `url`.

    `url` is what `--db` takes: `sqlite:PATH`, or the path of a file, `~` included. Without one,
    `$DATABASE_URL`, then `session.database_url` of the configuration, then `sessions.db` in the
    configuration's folder. Creates the database, its folder too, if it isn't there, and brings
    its schema up to date. Raises ConfigError, StorageError.
    """
    from synapse.config import load
    from synapse.stores import open_store

    named = None if url is None else os.fspath(url)
    settings = load({"session.database_url": named}, environ)
    return open_store(settings.database_url, busy_timeout=settings.busy_timeout)
