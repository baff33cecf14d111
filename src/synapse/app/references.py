"""REFs: how users name sessions, and how the session is found."""

from __future__ import annotations

from synapse import ids
from synapse.advice import Advice
from synapse.errors import AmbiguousReference, ReferenceNotFound, SynapseError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.advice import Hint
    from synapse.domain import SessionSummary
    from synapse.ports import SessionStore

SHORTEST_PREFIX = 4
"""Hex digits that a REF must have to be taken for the beginning of an id."""
MOST_CANDIDATES = 10
_RECENT = 200
"""Sessions among which a mistyped REF is looked for: the most recent ones, at constant cost."""
_HEX = frozenset("0123456789abcdef")
_ID_DIGITS = 32


class _WithCandidates(SynapseError):
    def __init__(
        self, message: str, *hints: Hint, candidates: Sequence[SessionSummary] = ()
    ) -> None:
        super().__init__(message, *hints)
        self.candidates = tuple(candidates)


class SeveralSessions(_WithCandidates, AmbiguousReference):
    """Several sessions fit the REF; `candidates` are the first of them."""


class NoSuchSession(_WithCandidates, ReferenceNotFound):
    """No session fits the REF; `candidates` are sessions that may have been meant."""


def resolve(store: SessionStore, reference: str, *, deleted: bool = False) -> SessionSummary:
    """The session that `reference` names, among the live ones or those in the trash.

    In this order: a full UUID (hyphens optional, any case), an exact name, `@N` (the Nth most
    recently updated; `@` is `@1`), the beginning of a handle or of an id, four hex digits at
    least, or the end of an id, nine at least. `id:` and `name:` force a kind. Costs index
    look-ups only.

    Raises UsageError for what can't be a REF, NoSuchSession, SeveralSessions.
    """
    kind, colon, rest = reference.partition(":")
    if colon and kind == "id":
        return _by_id(store, reference, rest, deleted=deleted)
    if colon and kind == "name":
        return _only(store, reference, _named(store, rest, deleted), deleted=deleted)
    if not reference.strip():
        raise UsageError("an empty REF names no session", Advice("See:  ", "help", "refs"))
    digits = reference.replace("-", "").lower()
    if len(digits) == _ID_DIGITS and _is_hex(digits):
        return _by_full_id(store, reference, digits, deleted=deleted)
    named = _named(store, reference, deleted)
    if named:
        return _only(store, reference, named, deleted=deleted)
    if reference.startswith("@"):
        return _by_age(store, reference, deleted=deleted)
    found = _by_prefix(store, digits, deleted) if _is_prefix(digits) else []
    return _only(store, reference, found, deleted=deleted)


def resolve_all(
    store: SessionStore, references: Sequence[str], *, deleted: bool = False
) -> list[SessionSummary]:
    """The sessions that the REFs name, in their order, each once. Raises like `resolve`, before
    anything is done to any of them.
    """
    found = (resolve(store, reference, deleted=deleted) for reference in references)
    return list({summary.session.id: summary for summary in found}.values())


def _no_session_at_all(store: SessionStore, message: str) -> NoSuchSession:
    from synapse.app.sessions import explain_no_sessions  # most that is named is there

    why, hint = explain_no_sessions(store)
    return NoSuchSession(f"{message}: {why}", hint)


def most_recent(store: SessionStore) -> SessionSummary:
    """The session that was used last. Raises NoSuchSession."""
    last = store.last_used()
    if last is None:
        raise _no_session_at_all(store, "there is no session to continue")
    return last


def _by_id(store: SessionStore, reference: str, text: str, *, deleted: bool) -> SessionSummary:
    digits = text.replace("-", "").lower()
    if not _is_prefix(digits):
        raise UsageError(
            f'"{reference}" is no id: it takes {SHORTEST_PREFIX} hex digits or more',
            Advice("See:  ", "help", "refs"),
        )
    if len(digits) == _ID_DIGITS:
        return _by_full_id(store, reference, digits, deleted=deleted)
    return _only(store, reference, _by_prefix(store, digits, deleted), deleted=deleted)


def _by_full_id(
    store: SessionStore, reference: str, digits: str, *, deleted: bool
) -> SessionSummary:
    found = store.get_summary(ids.hyphenated(digits))
    if found is None or (found.session.deleted_at is not None) != deleted:
        raise _not_found(store, reference, deleted=deleted)
    return found


def _by_age(store: SessionStore, reference: str, *, deleted: bool) -> SessionSummary:
    number = reference[1:] or "1"
    if not (number.isascii() and number.isdigit()) or len(number) > 9 or int(number) == 0:
        raise UsageError(
            f'"{reference}" is no session: @1 is the most recent one, @2 the one before',
            Advice("See:  ", "help", "refs"),
        )
    found = store.nth_session(int(number), deleted=deleted)
    if found is None:
        if not deleted and not store.count_sessions():
            raise _no_session_at_all(store, f'"{reference}" is no session')
        raise NoSuchSession(
            f'"{reference}" goes back too far: there are fewer sessions',
            _list_them(deleted=deleted),
        )
    return found


def _named(store: SessionStore, name: str, deleted: bool) -> list[SessionSummary]:
    """Names differ by more than their case, but those that other programs gave: there, the one
    that is written just so is meant.
    """
    found = store.find_by_name(name, deleted=deleted)
    exact = [summary for summary in found if summary.session.name == name]
    return exact if len(exact) == 1 else found


def _by_prefix(store: SessionStore, digits: str, deleted: bool) -> list[SessionSummary]:
    return store.find_by_prefix(digits, deleted=deleted, limit=MOST_CANDIDATES + 1)


def _only(
    store: SessionStore, reference: str, found: list[SessionSummary], *, deleted: bool
) -> SessionSummary:
    if len(found) == 1:
        return found[0]
    if not found:
        raise _not_found(store, reference, deleted=deleted)
    count = str(len(found)) if len(found) <= MOST_CANDIDATES else f"more than {MOST_CANDIDATES}"
    raise SeveralSessions(
        f'"{reference}" matches {count} sessions',
        "Type more of the handle, or use the full id.",
        candidates=found[:MOST_CANDIDATES],
    )


def _not_found(store: SessionStore, reference: str, *, deleted: bool) -> NoSuchSession:
    elsewhere = _elsewhere(store, reference, deleted=deleted)
    if elsewhere is not None:
        handle = elsewhere.session.handle
        if deleted:
            return NoSuchSession(
                f'"{reference}" is not in the trash',
                Advice("Move it there:  ", "sessions delete", handle),
            )
        return NoSuchSession(
            f'"{reference}" is in the trash', Advice("Restore it:  ", "sessions restore", handle)
        )
    where = " in the trash" if deleted else ""
    return NoSuchSession(
        f'no session "{reference}"{where}',
        _list_them(deleted=deleted),
        candidates=_similar(store, reference, deleted=deleted),
    )


def _list_them(*, deleted: bool) -> Advice:
    if deleted:
        return Advice("List them:  ", "sessions list", deleted=True)
    return Advice("List them:  ", "sessions list")


def _elsewhere(store: SessionStore, reference: str, *, deleted: bool) -> SessionSummary | None:
    """The one session that the REF names on the other side of the trash's lid."""
    kind, colon, rest = reference.partition(":")
    text = rest if colon and kind in ("id", "name") else reference
    digits = text.replace("-", "").lower()
    found: list[SessionSummary] = []
    if len(digits) == _ID_DIGITS and _is_hex(digits):
        summary = store.get_summary(ids.hyphenated(digits))
        found = [summary] if summary is not None else []
    elif text and not text.startswith("@"):
        found = _named(store, text, not deleted)
        if not found and _is_prefix(digits):
            found = store.find_by_prefix(digits, deleted=not deleted, limit=2)
    return found[0] if len(found) == 1 else None


def _similar(store: SessionStore, reference: str, *, deleted: bool) -> list[SessionSummary]:
    """Up to three sessions whose name, handle, title or first words are near the REF."""
    from synapse.suggestions import near  # only after a typing error

    word = reference.removeprefix("id:").removeprefix("name:").casefold()
    known: dict[str, SessionSummary] = {}
    for summary in store.list_sessions(limit=_RECENT, deleted=deleted):
        session = summary.session
        title = session.title or ""
        texts = [session.handle, session.name or "", title, summary.preview]
        for text in (*texts, *title.split(), *summary.preview.split()):
            if text:
                known.setdefault(text.casefold(), summary)
    found: list[SessionSummary] = []
    for text in near(word, known, most=6, likeness=0.6):
        if known[text] not in found:
            found.append(known[text])
    return found[:3]


def _is_hex(text: str) -> bool:
    return bool(text) and _HEX.issuperset(text)


def _is_prefix(digits: str) -> bool:
    return SHORTEST_PREFIX <= len(digits) <= _ID_DIGITS and _is_hex(digits)
