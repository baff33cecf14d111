"""What a user calls a session, resolved: against a model of the rules in plain Python."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from contract.builders import NOON, a_finished_turn, a_session
from hypothesis import given, settings
from hypothesis import strategies as st

from synapse import ids
from synapse.app import references
from synapse.app.names import check_name
from synapse.app.references import NoSuchSession, SeveralSessions
from synapse.errors import UsageError
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.domain import Session
    from synapse.ports import SessionStore


@pytest.fixture
def store() -> Iterator[SessionStore]:
    with open_store("sqlite::memory:") as opened:
        yield opened


# A small alphabet, so that prefixes, handles and names meet each other.
DIGITS = st.text(alphabet="01af", min_size=4, max_size=8)
HEADS = st.sampled_from(["01a209bb-3cbb-71d4", "01a209bb-3cbb-7000", "01a20000-0000-7aaa"])
NAMES = st.one_of(
    st.none(),
    st.sampled_from(["notes", "Größe", "docker-volumes", "a b", "東京", "face the music"]),
)
REFERENCES = st.one_of(
    DIGITS,
    st.sampled_from(
        ["@", "@1", "@2", "@9", "@0", "@x", "notes", "NOTES", "GRÖSSE", "Gro\u0308ße", "face",
         "name:notes", "id:01a2", "id:x", "id:", "", " ", "no such", "01A209BB", "01a209bb3cbb",
         "01a2", "-", "--", "e\u0301", "\ud800", "0" * 32, "%", "_" * 4, "*"]
    ),
    st.text(max_size=8),
)  # fmt: skip


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class Rules:
    """The rules of `synapse help refs`, read literally, over a list of all sessions."""

    def __init__(self, stored: list[Session]) -> None:
        self.newest_first = sorted(stored, key=lambda session: session.updated_at, reverse=True)

    def of(self, reference: str) -> list[str] | None:
        """The ids that `reference` names; None if it is malformed."""
        kind, colon, rest = reference.partition(":")
        if colon and kind == "id":
            digits = rest.replace("-", "").lower()
            return self.prefixed(digits) if self.is_prefix(digits) else None
        if colon and kind == "name":
            return self.named(rest)
        if not reference.strip():
            return None
        digits = reference.replace("-", "").lower()
        if len(digits) == 32 and self.is_prefix(digits):
            return self.prefixed(digits)
        if self.named(reference):
            return self.named(reference)
        if reference.startswith("@"):
            number = reference[1:] or "1"
            if not (number.isascii() and number.isdigit()) or int(number) == 0:
                return None
            return [session.id for session in self.newest_first[int(number) - 1 :][:1]]
        return self.prefixed(digits) if self.is_prefix(digits) else []

    def is_prefix(self, digits: str) -> bool:
        return 4 <= len(digits) <= 32 and set(digits) <= set("0123456789abcdef")

    def prefixed(self, digits: str) -> list[str]:
        return [
            session.id
            for session in self.newest_first
            if session.id.replace("-", "").startswith(digits)
            or ids.handle(session.id).startswith(digits)
        ]

    def named(self, name: str) -> list[str]:
        return [s.id for s in self.newest_first if s.name and folded(s.name) == folded(name)]


@settings(deadline=None, max_examples=150)
@given(
    made=st.lists(
        st.tuples(HEADS, DIGITS, NAMES), max_size=6, unique_by=lambda row: row[1].zfill(8)
    ),
    references=st.lists(REFERENCES, min_size=1, max_size=12),
)
def test_a_reference_names_what_the_rules_say(
    made: list[tuple[str, str, str | None]], references: list[str]
) -> None:
    stored: list[Session] = []
    with open_store("sqlite::memory:") as store:
        for number, (head, tail, name) in enumerate(made):
            free = name if name not in {session.name for session in stored} else None
            id = f"{head}-8000-{tail.rjust(12, '0')}"
            session = a_session(id=id, name=free, updated=NOON + timedelta(minutes=number))
            store.create_session(session)
            stored.append(session)
        rules = Rules(stored)
        for session in stored:
            references += [session.id, session.id.upper(), ids.handle(session.id)]
        for reference in references:
            assert resolved(store, reference) == rules.of(reference), reference


def resolved(store: SessionStore, reference: str) -> list[str] | None:
    """As `Rules.of`."""
    try:
        return [references.resolve(store, reference).session.id]
    except UsageError:
        return None
    except NoSuchSession:
        return []
    except SeveralSessions as error:
        return [summary.session.id for summary in error.candidates]


def test_a_burst_of_a_thousand_sessions_is_told_apart_by_handles(store: SessionStore) -> None:
    made = [a_session() for _ in range(1000)]
    for session in made:
        store.create_session(session)
    handles = {ids.handle(session.id) for session in made}
    assert len(handles) == 1000
    for session in made[::97]:
        assert references.resolve(store, ids.handle(session.id)).session.id == session.id
    with pytest.raises(SeveralSessions, match="matches more than 10 sessions") as raised:
        references.resolve(store, made[0].id[:8])
    assert len(raised.value.candidates) == references.MOST_CANDIDATES


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=80))
def test_a_name_that_is_accepted_is_found_and_never_read_as_anything_else(name: str) -> None:
    try:
        checked = check_name(name)
    except UsageError:
        return
    with open_store("sqlite::memory:") as store:
        session = a_session(name=checked)
        store.create_session(session)
        store.create_session(a_session())
        assert references.resolve(store, checked).session.id == session.id
        assert references.resolve(store, f"name:{name}").session.id == session.id
    assert not checked.startswith(("-", "@"))
    assert all(unicodedata.category(character) != "Cc" for character in checked)


def test_the_last_used_session_is_the_most_recent(store: SessionStore) -> None:
    with pytest.raises(NoSuchSession):
        references.most_recent(store)
    old, new = a_session(updated=NOON), a_session(updated=NOON + timedelta(hours=1))
    store.create_session(old)
    store.create_session(new)
    assert references.most_recent(store).session.id == new.id
    a_finished_turn(store, old, create=False)
    assert references.most_recent(store).session.id == old.id
