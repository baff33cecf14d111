"""What another program, whose SQLite has no FTS5, may do to the messages: any statement of SQL."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import apsw
from contract.builders import NOON
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from synapse.stores import open_store
from synapse.timestamps import to_text

if TYPE_CHECKING:
    from pathlib import Path

VOCABULARY = [
    "alpha", "Beta", "gamma", "東京", "京都", "getUserName", "Straße", "C++", "x" * 70, "don't",
    "학교에서", "🚀", "a.b.c",
]  # fmt: skip
texts = st.lists(st.sampled_from(VOCABULARY), max_size=4).map(" ".join)
moments = st.integers(0, 50).map(lambda hours: to_text(NOON + timedelta(hours=hours)))
places = st.integers(0, 60)
row_numbers = st.integers(-6, 40)
_COLUMNS = "id, session_id, role, content, timestamp"
_TEXTS = (
    "SELECT session_id, content FROM messages UNION ALL SELECT session_id, reasoning FROM messages"
    " UNION ALL SELECT session_id, content FROM kept_messages"
    " UNION ALL SELECT session_id, reasoning FROM kept_messages"
    " UNION ALL SELECT session_id, CAST(data AS TEXT) FROM attachments"
    "  JOIN messages ON messages.id = message_id"
    " UNION ALL SELECT session_id, CAST(data AS TEXT) FROM kept_attachments"
    " UNION ALL SELECT session_id, c.content FROM answer_chunks AS c"
    "  JOIN messages ON messages.id = message_id"
)


def secret(number: int) -> str:
    """A word whose beginning no other shares, so that the index has nearly all of it in one place:
    of a term, FTS5 stores what the one before it does not begin with.
    """
    chosen = random.Random(number)
    return "".join(chosen.choice("bcdfghjklmnpqrstvwxz") for _ in range(16))


def traces(path: Path, words: list[str]) -> list[str]:
    """The words of which most can be read in the files."""
    held = b"".join(
        file.read_bytes() for file in path.parent.iterdir() if file.name.startswith(path.name)
    )
    return [word for word in words if word[4:].encode() in held]


class AnotherProgram(RuleBasedStateMachine):
    """Its rules, and what both programs know of the database."""

    path: Path
    store: Any

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.ids: list[str] = []
        self.sessions: list[str] = []
        self._told: dict[str, str] = {}
        """Each secret, and the session in which it was told last."""

    def connect(self) -> None:
        self.other = apsw.Connection(str(self.path))
        self.other.set_busy_timeout(5000)
        self.other.drop_modules([])
        self._exec("PRAGMA foreign_keys = ON")
        self._exec("PRAGMA secure_delete = ON")

    def secretly(self, text: str) -> str:
        """The text with a word that no other has."""
        self.number += 1
        return f"{text} {secret(self.number)}"

    def told(self) -> set[str]:
        """The secrets that can be read in the database."""
        found = set()
        rows: Any = self.other.execute(_TEXTS)
        for session_id, text in rows.fetchall():
            for word in str(text).split():
                if len(word) == 16 and word.isascii():
                    self._told[word] = session_id
                    found.add(word)
        return found

    def told_in(self, session_id: str) -> set[str]:
        """The secrets that can be read in a session, or could before they were changed."""
        self.told()
        return {word for word, where in self._told.items() if where == session_id}

    def one(self, known: list[Any], place: int) -> Any:
        return known[place % len(known)]

    def _exec(self, sql: str, *values: Any) -> None:
        """One statement; nothing is done if a rule of the database forbids it."""
        self.told()
        try:
            self.other.execute(sql, values).fetchall()
        except apsw.ConstraintError:
            pass

    def _id(self, place: int, *, taken: bool) -> str:
        if taken and self.ids:
            return str(self.one(self.ids, place))
        self.number += 1
        self.ids.append(f"id-{self.number}")
        return self.ids[-1]

    @rule(recursive=st.booleans(), enforced=st.booleans())
    def set_up(self, recursive: bool, enforced: bool) -> None:
        self._exec(f"PRAGMA recursive_triggers = {recursive}")
        self._exec(f"PRAGMA foreign_keys = {enforced}")

    @rule(
        place=places,
        text=texts,
        moment=moments,
        how=st.sampled_from(["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"]),
        again=st.booleans(),
        at=st.none() | row_numbers,
        seq=st.none() | st.integers(1, 6),
    )
    def insert(
        self,
        place: int,
        text: str,
        moment: str,
        how: str,
        again: bool,
        at: int | None,
        seq: int | None,
    ) -> None:
        """What a REPLACE displaces goes by its id, its row number, or its place in the session."""
        columns = _COLUMNS
        values: list[Any] = [self._id(place, taken=again)]
        values += [self.one(self.sessions, place), "user", self.secretly(text), moment]
        if at is not None:
            columns, values = f"{columns}, rowid", [*values, at]
        if seq is not None:
            columns, values = f"{columns}, seq", [*values, seq]
        self._exec(
            f"{how} INTO messages ({columns}) VALUES ({', '.join('?' * len(values))})", *values
        )

    @rule(place=places, text=texts, moment=moments)
    def upsert(self, place: int, text: str, moment: str) -> None:
        self._exec(
            f"INSERT INTO messages ({_COLUMNS}) VALUES (?, ?, 'user', ?, ?)"
            " ON CONFLICT (id) DO UPDATE"
            " SET content = excluded.content, session_id = excluded.session_id",
            self._id(place, taken=True),
            self.one(self.sessions, place + 1),
            self.secretly(text),
            moment,
        )

    @precondition(lambda self: self.ids)
    @rule(
        place=places,
        text=texts,
        moment=moments,
        how=st.sampled_from(["UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE"]),
    )
    def change(self, place: int, text: str, moment: str, how: str) -> None:
        self._exec(
            f"{how} messages SET content = ?, timestamp = ? WHERE id = ? AND status <> 'streaming'",
            self.secretly(text),
            moment,
            self.one(self.ids, place),
        )

    @precondition(lambda self: self.ids)
    @rule(
        place=places,
        other=places,
        how=st.sampled_from(["UPDATE", "UPDATE OR REPLACE"]),
        what=st.sampled_from(["id", "session", "seq", "rowid", "oid", "_ROWID_"]),
        to=row_numbers,
        taken=st.booleans(),
    )
    def move(self, place: int, other: int, how: str, what: str, to: int, taken: bool) -> None:
        """A message takes another's id, its place in a session, or its row number."""
        id = self.one(self.ids, place)
        if what == "id":
            self._exec(f"{how} messages SET id = ? WHERE id = ?", self._id(other, taken=taken), id)
        elif what == "session":
            into = self.one(self.sessions, other)
            seq = to if taken else None
            self._exec(
                f"{how} messages SET session_id = ?, seq = coalesce(?, seq) WHERE id = ?",
                into, seq, id,
            )  # fmt: skip
        else:
            self._exec(f"{how} messages SET {what} = ? WHERE id = ?", to, id)

    @precondition(lambda self: self.ids)
    @rule(place=places, status=st.sampled_from(["streaming", "complete", "odd"]))
    def set_status(self, place: int, status: str) -> None:
        self._exec("UPDATE messages SET status = ? WHERE id = ?", status, self.one(self.ids, place))

    @precondition(lambda self: self.ids)
    @rule(
        place=places,
        text=texts,
        how=st.sampled_from(["INSERT", "INSERT OR REPLACE"]),
        at=st.none() | st.integers(1, 6),
    )
    def attach(self, place: int, text: str, how: str, at: int | None) -> None:
        self._exec(
            f"{how} INTO attachments (rowid, message_id, n, name, media_type, source, data)"
            " VALUES (?, ?, 1, 'f', 'text/plain', 'file', CAST(? AS BLOB))",
            at,
            self.one(self.ids, place),
            self.secretly(text),
        )

    @precondition(lambda self: self.ids)
    @rule(
        place=places,
        other=places,
        how=st.sampled_from(["UPDATE", "UPDATE OR REPLACE"]),
        column=st.sampled_from(["message_id", "rowid"]),
        to=st.integers(1, 6),
    )
    def reattach(self, place: int, other: int, how: str, column: str, to: int) -> None:
        value = self.one(self.ids, other) if column == "message_id" else to
        self._exec(
            f"{how} attachments SET {column} = ? WHERE message_id = ?",
            value,
            self.one(self.ids, place),
        )

    @precondition(lambda self: self.ids)
    @rule(place=places, of=st.sampled_from(["messages WHERE id", "attachments WHERE message_id"]))
    def remove(self, place: int, of: str) -> None:
        self._exec(f"DELETE FROM {of} = ?", self.one(self.ids, place))

    @rule(many=st.sampled_from([0, 1, 2, 4, 100]))
    def remove_newest(self, many: int) -> None:
        """So that the next ones get their row numbers."""
        condition = f" WHERE rowid > (SELECT max(rowid) FROM messages) - {many}"
        self._exec(f"DELETE FROM messages{condition if many < 100 else ''}")

    @precondition(lambda self: self.ids)
    @rule(place=places, text=texts)
    def put_back(self, place: int, text: str) -> None:
        """Another message at the row number of one that is deleted."""
        id = self.one(self.ids, place)
        rows: Any = self.other.execute(
            "SELECT rowid, session_id, timestamp FROM messages WHERE id = ?", (id,)
        )
        for at, session_id, moment in rows.fetchall():
            self._exec("DELETE FROM messages WHERE id = ?", id)
            self._exec(
                f"INSERT INTO messages (rowid, {_COLUMNS}) VALUES (?, ?, ?, 'user', ?, ?)",
                at, self._id(place, taken=False), session_id, self.secretly(text), moment,
            )  # fmt: skip

    @rule(place=places, how=st.sampled_from(["DELETE", "REPLACE", "cascade"]))
    def remove_session(self, place: int, how: str) -> None:
        session_id = self.one(self.sessions, place)
        if how == "DELETE":  # as a program does that knows of no foreign keys
            self._exec("DELETE FROM messages WHERE session_id = ?", session_id)
        if how == "REPLACE":
            self._exec(
                "REPLACE INTO sessions (id, provider, model, created_at, updated_at)"
                " SELECT id, provider, model, created_at, updated_at FROM sessions WHERE id = ?",
                session_id,
            )
        else:
            self._exec("PRAGMA foreign_keys = ON")
            self._exec("DELETE FROM sessions WHERE id = ?", session_id)

    @rule()
    def vacuum(self) -> None:
        self._exec("VACUUM")

    @rule(by=st.sampled_from([1, 3, 100]))
    def renumber(self, by: int) -> None:
        rows: Any = self.other.execute("SELECT rowid FROM messages ORDER BY rowid DESC")
        for (place,) in rows.fetchall():
            self._exec("UPDATE messages SET rowid = ? WHERE rowid = ?", place + by, place)

    @rule()
    def copy(self) -> None:
        self._copy().unlink(missing_ok=True)
        self._exec("VACUUM INTO ?", str(self._copy()))

    def _copy(self) -> Path:
        return self.path.with_name("copy.db")

    @precondition(lambda self: self._copy().exists())
    @rule(how=st.sampled_from(["INSERT OR IGNORE", "INSERT OR REPLACE"]))
    def merge(self, how: str) -> None:
        """What an older copy has, with what has been said since."""
        self._exec("ATTACH ? AS older", str(self._copy()))
        self._exec(f"{how} INTO sessions SELECT * FROM older.sessions")
        self._exec(
            f"{how} INTO messages SELECT * FROM older.messages"
            " WHERE session_id IN (SELECT id FROM sessions)"
        )
        self._exec("DETACH older")

    @precondition(lambda self: self._copy().exists())
    @rule()
    def put_copy_in_place(self) -> None:
        self.told()
        self.store.close()
        self.other.close()
        for file in self.path.parent.glob(f"{self.path.name}-*"):
            file.unlink()
        os.replace(self._copy(), self.path)
        self.store = open_store(self.path)
        self.connect()
