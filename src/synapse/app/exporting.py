"""Which sessions an export takes, and what their files are called."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synapse.archived import ArchivedSession
    from synapse.domain import Session, SessionFilter, SessionSummary
    from synapse.ports import SessionStore

_PAGE = 500
_LONGEST_NAME = 60
"""Characters of the part of a file's name that says what it is about."""


def all_sessions(
    store: SessionStore, which: SessionFilter | None, *, deleted: bool
) -> Iterator[SessionSummary]:
    """Every session that fits, the last used first, page by page."""
    after: SessionSummary | None = None
    while True:
        page = store.list_sessions(limit=_PAGE, after=after, which=which, deleted=deleted)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]


def archives(store: SessionStore, ids: Iterable[str]) -> Iterator[ArchivedSession]:
    """The sessions whole, one after the other; without those that were destroyed meanwhile."""
    for id in ids:
        archived = store.archived_session(id)
        if archived is not None:
            yield archived


def file_name(session: Session, suffix: str) -> str:
    """`2026-11-23 docker-volumes 4c3834c9.md`: the day of the last use, what it is called, and its
    handle, which makes it the only one. Nothing in it means anything to a file system or a shell.
    """
    about = _safe(session.name or session.title or "")
    parts = [f"{session.updated_at:%Y-%m-%d}", about, session.handle]
    return " ".join(part for part in parts if part) + suffix


def _safe(text: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_.+" or ord(c) > 0x2FFF else " " for c in text)
    kept = "".join(c for c in kept if c.isprintable())
    words = kept[:_LONGEST_NAME].strip(" .-").split()
    return " ".join(words)
