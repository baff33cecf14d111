"""What other programs write in the place of others, of which no trigger for deletions hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import a_prompt, a_session
from contract.engines import index_all
from stores.sqlite.another_program import secret, traces

from synapse.domain import Attachment, Session
from synapse.search_query import SearchQuery, Word
from synapse.stores import open_store
from synapse.stores.sqlite.search import index, purging

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DISPLACED, NEW, KEPT = secret(1), secret(2), secret(3)


@pytest.fixture(autouse=True)
def _even_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "FEW", -1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[Any]:
    with open_store(path) as opened:
        yield opened


@pytest.fixture(params=[False, True], ids=["", "recursive"])
def other(path: Path, store: Any, request: pytest.FixtureRequest) -> Iterator[apsw.Connection]:
    """Another program, whose SQLite has no FTS5."""
    connection = apsw.Connection(str(path))
    connection.drop_modules([])
    for pragma in ("secure_delete = ON", f"recursive_triggers = {request.param}"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    yield connection
    connection.close()


def say(store: Any, *texts: str, **fields: Any) -> Session:
    session = a_session()
    store.create_session(session)
    for text in texts:
        store.add_message(a_prompt(session, text, **fields))
    return session


def contents(store: Any, word: str) -> list[str]:
    return [hit.message.content for hit in store.search(SearchQuery(expression=Word(text=word)))]


def indexed_words(path: Path) -> list[str]:
    """Of the secrets, those that the index has."""
    connection = apsw.Connection(str(path))
    connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search_0, row)")
    asked = "SELECT term FROM words WHERE term IN (?, ?, ?)"
    found: Any = connection.execute(asked, (DISPLACED, NEW, KEPT)).fetchall()
    connection.close()
    return [term for (term,) in found]


def _the(column: str) -> str:
    """Something of the message that is displaced."""
    return f"(SELECT {column} FROM messages WHERE content LIKE 'the %')"


def _new(how: str, columns: str, values: str) -> str:
    return (
        f"{how} INTO messages ({columns}, session_id, role, content, timestamp)"
        f" SELECT {values}, session_id, role, 'a new {NEW}', timestamp FROM messages"
        " WHERE content LIKE 'one %'"
    )


def _moved(column: str, value: str) -> str:
    return (
        f"UPDATE OR REPLACE messages SET {column} = {value}, content = 'a new {NEW}'"
        " WHERE content LIKE 'one %'"
    )


DISPLACING = {
    "an id": _new("INSERT OR REPLACE", "id", _the("id")),
    "a row number": _new("INSERT OR REPLACE", "id, rowid", f"'new', {_the('rowid')}"),
    "a row number as text": _new("REPLACE", "id, oid", f"'new', '' || {_the('rowid')}"),
    "a place in the session": _new("INSERT OR REPLACE", "id, seq", f"'new', {_the('seq')}"),
    "another's id": _moved("id", _the("id")),
    "another's row number": _moved("rowid", _the("rowid")),
    "another's place": _moved("seq", _the("seq")),
}


@pytest.mark.parametrize("how", DISPLACING)
def test_what_is_displaced_leaves_the_index(
    path: Path, store: Any, other: apsw.Connection, how: str
) -> None:
    session = say(store, "one message", f"the {DISPLACED}", f"last {KEPT}")
    index_all(store)
    assert indexed_words(path) == sorted([DISPLACED, KEPT])
    other.execute(DISPLACING[how])
    for _ in range(2):
        assert contents(store, DISPLACED) == []
        assert contents(store, NEW) == [f"a new {NEW}"]
        assert contents(store, KEPT) == [f"last {KEPT}"]
        index_all(store)
    assert indexed_words(path) == sorted([NEW, KEPT])
    assert store.delete_session(session.id)
    assert not store.erasure_pending()
    assert traces(path, [DISPLACED, NEW, KEPT]) == []


@pytest.mark.parametrize("how", DISPLACING)
def test_a_purge_erases_what_was_displaced_before(
    path: Path, store: Any, other: apsw.Connection, how: str
) -> None:
    say(store, *(f"ordinary {secret(100 + n)}" for n in range(50)))
    session = say(store, "one message", f"the {DISPLACED}", f"last {KEPT}")
    index_all(store)
    other.execute(DISPLACING[how])
    assert store.delete_session(session.id)
    assert not store.erasure_pending()
    assert traces(path, [DISPLACED, NEW, KEPT]) == []
    assert len(contents(store, "ordinary")) == 50


@pytest.mark.parametrize("column", ["rowid", "oid", "_rowid_", "ROWID", '"OID"'])
def test_another_row_number_makes_the_index_anew(
    path: Path, store: Any, other: apsw.Connection, column: str
) -> None:
    say(store, "one message", f"the {DISPLACED}", f"last {KEPT}")
    index_all(store)
    other.execute(f"UPDATE messages SET {column} = 1000 WHERE content LIKE 'the %'")
    other.execute(f"UPDATE messages SET content = 'a new {NEW}' WHERE content LIKE 'the %'")
    for _ in range(2):
        assert contents(store, DISPLACED) == []
        assert contents(store, NEW) == [f"a new {NEW}"]
        assert contents(store, KEPT) == [f"last {KEPT}"]
        index_all(store)
    assert indexed_words(path) == sorted([NEW, KEPT])


def test_a_row_number_that_stays_costs_no_index(store: Any, other: apsw.Connection) -> None:
    say(store, "one message", "the other")
    index_all(store)
    other.execute("UPDATE messages SET rowid = rowid, content = content")
    other.execute("INSERT INTO messages SELECT * FROM messages WHERE 0")
    assert index.index_state(store._connection).is_usable


def test_an_answer_that_is_opened_again_is_noted(
    path: Path, store: Any, other: apsw.Connection
) -> None:
    say(store, f"the {DISPLACED}")
    index_all(store)
    other.execute("UPDATE messages SET status = 'streaming'")
    other.execute(f"UPDATE messages SET content = 'a new {NEW}'")
    other.execute("UPDATE messages SET status = 'complete'")
    index_all(store)
    assert contents(store, NEW) == [f"a new {NEW}"]
    assert indexed_words(path) == [NEW]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE messages SET id = 'other' WHERE content = 'with a file'",
        "UPDATE OR REPLACE attachments SET rowid = 1 WHERE rowid = 2",
        "INSERT OR REPLACE INTO attachments (rowid, message_id, n, name, media_type, source, data)"
        " SELECT 1, message_id, 2, name, media_type, source, 'new' FROM attachments"
        " WHERE rowid = 2",
    ],
)
def test_attachments_are_displaced_like_messages(
    path: Path, store: Any, other: apsw.Connection, sql: str
) -> None:
    for number, word in enumerate((DISPLACED, KEPT)):
        file = Attachment(name="f", media_type="text/plain", data=word.encode())
        say(store, "with another" if number else "with a file", attachments=(file,))
    index_all(store)
    assert indexed_words(path) == sorted([DISPLACED, KEPT])
    other.execute(sql)
    for _ in range(2):
        assert contents(store, DISPLACED) == []
        assert contents(store, KEPT) == ["with another"]
        index_all(store)
    assert indexed_words(path) == [KEPT]


def test_nothing_is_noted_where_there_is_no_index(store: Any, other: apsw.Connection) -> None:
    session = say(store, "one message")
    for sql in (
        "UPDATE messages SET rowid = -1",
        "UPDATE messages SET content = 'new'",
        "INSERT INTO messages (rowid, id, session_id, role, content, timestamp)"
        " SELECT -2, 'other', session_id, role, content, timestamp FROM messages",
        "REPLACE INTO messages SELECT * FROM messages",
        "UPDATE messages SET id = 'third' WHERE id = 'other'",
        "DELETE FROM messages WHERE id = 'third'",
    ):
        other.execute(sql)
        assert other.execute("SELECT * FROM search_stale").fetchall() == []
    assert [message.content for message in store.get_messages(session.id)] == ["new"]


class TestPurge:
    def test_who_stands_where_a_purged_message_stood_is_still_found(
        self, store: Any, other: apsw.Connection
    ) -> None:
        kept, purged = say(store, "kept words"), say(store, "some words", "last words")
        index_all(store)
        other.execute("DELETE FROM messages WHERE content = 'last words'")
        store.add_message(a_prompt(kept, "more words"))
        store.delete_session(purged.id)
        for _ in range(2):
            assert contents(store, "words") == ["more words", "kept words"]
            index_all(store)

    def test_a_text_that_has_moved_to_another_session_goes_with_it(
        self, path: Path, store: Any, other: apsw.Connection
    ) -> None:
        say(store, *(f"ordinary {secret(100 + n)}" for n in range(50)))
        first, second = say(store, "words", f"the {DISPLACED}"), say(store, "words")
        index_all(store)
        other.execute("UPDATE messages SET timestamp = '2026' WHERE content LIKE 'the %'")
        other.execute(
            "UPDATE messages SET session_id = ?, seq = 9 WHERE content LIKE 'the %'",
            (second.id,),
        )
        assert store.delete_session(second.id)
        assert traces(path, [DISPLACED]) == []
        assert store.get_session(first.id) is not None

    def test_notes_of_others_keep_no_copy(
        self, path: Path, store: Any, other: apsw.Connection
    ) -> None:
        """In the pages of a table, rows move as it grows."""
        kept = say(store, *(f"kept {secret(1000 + n)} é" for n in range(300)))
        words = [secret(2000 + n) for n in range(300)]
        purged = say(store, *(f"purged {word} é" for word in words))
        index_all(store)
        for n in range(0, 300, 7):
            for session in (purged, kept):
                other.execute(
                    "UPDATE messages SET content = 'new words' WHERE session_id = ? AND seq = ?",
                    (session.id, 300 - n),
                )
        assert store.delete_session(purged.id)
        assert not store.erasure_pending()
        assert traces(path, words) == []
        [(noted,)] = store._connection.read("SELECT count(*) FROM search_stale")
        assert noted == len(range(0, 300, 7))
        assert len(contents(store, "kept")) == 300 - noted
        index_all(store)
        assert len(contents(store, "new")) == noted

    def test_so_many_notes_cost_the_index(
        self, path: Path, store: Any, other: apsw.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(purging, "_LARGE", 10)
        kept, purged = say(store, f"kept {KEPT}"), say(store, f"the {DISPLACED}")
        index_all(store)
        other.execute("UPDATE messages SET content = content || ' ' || hex(zeroblob(100))")
        assert store.delete_session(purged.id)
        assert not store.erasure_pending()
        assert traces(path, [DISPLACED]) == []
        assert index.index_state(store._connection).shards == []
        assert contents(store, KEPT) == [store.get_messages(kept.id)[0].content]
