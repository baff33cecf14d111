"""Messages that leave the store without an object for each are exported as all others."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import a_prompt, a_session, an_answer

from synapse.archived import ArchivedSession, Streamed
from synapse.domain import LARGEST_COUNT, Attachment, Role, Status, Usage
from synapse.formats.jsonl import JsonlExporter
from synapse.stores.sqlite.archive import reading
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.domain import Session


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(f"sqlite:{path}") as opened:
        yield opened


def exported(archived: ArchivedSession) -> bytes:
    file = io.BytesIO()
    JsonlExporter().write([archived], file)
    return file.getvalue()


def both(store: SqliteStore, session: Session) -> tuple[bytes, bytes, int]:
    """The lines by pages, and by objects; and how many messages were plain."""
    archived = store.archived_session(session.id)
    assert archived is not None
    assert isinstance(archived.messages, Streamed)
    pages = [*archived.messages.pages()]
    plain = sum(isinstance(one, tuple) for page in pages for one in page)
    whole = archived.replace(messages=[*archived.messages])
    return exported(archived), exported(whole), plain


TEXTS = [
    "plain", "", '"\\/', "".join(map(chr, range(1, 33))), "\x7f\x80\x85\u2028\u2029\ufeff\ufffd",
    "\ud7ff\ue000 é 東京 🦀 e\u0301", "x" * 70_000, "</script>", "\r\n\t\b\f",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_quoted_alike(store: SqliteStore, text: str) -> None:
    session = a_session()
    store.create_session(session)
    store.add_message(a_prompt(session, text))
    told = {"provider": text, "model": text, "finish_reason": text}
    store.add_message(an_answer(session, content=text, reasoning=text, **told).replace(
        status=Status.COMPLETE, usage=Usage(input_tokens=1, output_tokens=None), elapsed_ms=0
    ))  # fmt: skip
    for role in Role:
        store.add_message(a_prompt(session, text, role=role))
    pages, whole, plain = both(store, session)
    assert pages == whole
    assert plain == 2 + len(Role)


WRITTEN: dict[str, list[Any]] = {
    "role": ["function", b"user"],
    "content": [b"bytes", b"\xff\xfe"],
    "reasoning": [b"thought"],
    "timestamp": [
        "2026-02-30T10:00:00.000000+00:00", "2026-01-01T24:00:00.000000+00:00",
        "2026-W01-1T10:00:00.000000+00:00", "2026-01-01 10:00:00.000000+00:00",
        "2026-01-01T10:00:00+00:00", "2026-01-01T10:00:00.000000Z", "2026-01-01T10:00:00.123456789",
        "2026-01-01T10:60:00.000000+00:00", "2026-01-01T10:00:61.000000+00:00", "noon", "", b"2026",
        "2026-01-01T10:00:00.000000+02:00", "2026-01-01T10:00:00.٣٣٣٣٣٣+00:00",
        "2026-01-01T10:00:00.000000+00:00\n",
    ],
    "status": ["incomplete", "failed", "interrupted", "streaming", "odd"],
    "finish_reason": [b"stop"],
    "error": ["it broke"],
    "provider": [b"p"],
    "model": [b"m"],
    "input_tokens": [-1, LARGEST_COUNT, LARGEST_COUNT + 1, "many", 1.5],
    "output_tokens": [-1, 0, 1 << 62, "few"],
    "elapsed_ms": [-1, 7, 2.5],
    "cached_tokens": [-1, LARGEST_COUNT, "some"],
    "cache_write_tokens": [0, 1.5, LARGEST_COUNT + 1],
    "reasoning_tokens": [5, b"7", 1 << 62],
    "cost": [0, -1, 0.5, LARGEST_COUNT],
    "cost_source": ["config", b"config", ""],
    "superseded": [1],
    "refused": ["because"],
    "seq": [-7, 0, 5000],
}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value"), [(name, value) for name, values in WRITTEN.items() for value in values]
)
def test_what_other_programs_wrote_is_read_alike(
    store: SqliteStore, path: Path, column: str, value: Any
) -> None:
    session = a_session()
    store.create_session(session)
    for number in range(3):
        store.add_message(a_prompt(session, f"number {number}"))
    other = apsw.Connection(str(path))
    other.execute(f"UPDATE messages SET {column} = ? WHERE content = 'number 1'", (value,))
    other.close()
    pages, whole, plain = both(store, session)
    assert pages == whole
    assert plain in (2, 3)


def test_what_answers_cost_leaves_and_comes_in_without_an_object(
    store: SqliteStore, tmp_path: Path
) -> None:
    session = a_session()
    store.create_session(session)
    told = Usage(
        input_tokens=9,
        output_tokens=8,
        cached_tokens=7,
        cache_write_tokens=0,
        reasoning_tokens=5,
        cost=LARGEST_COUNT,
        cost_source="2026-11-20",
    )
    usages = [Usage(), told, Usage(cost_source='"x"'), Usage(input_tokens=1), Usage(cost=0)]
    for usage in usages:
        store.add_message(a_prompt(session, "x", usage=usage))
    pages, whole, plain = both(store, session)
    assert pages == whole
    assert plain == len(usages)
    archived = store.archived_session(session.id)
    assert archived
    for messages in (archived.messages, [*archived.messages]):
        with SqliteStore(f"sqlite:{tmp_path}/{type(messages).__name__}.db") as other:
            other.merge_session(archived.replace(messages=messages))
            assert [m.usage for m in other.get_messages(session.id)] == usages
            assert both(other, session)[0].replace(b"\n", b"") == pages.replace(b"\n", b"")


def test_texts_that_are_no_utf8_are_read_alike(store: SqliteStore, path: Path) -> None:
    session = a_session()
    store.create_session(session)
    store.add_message(a_prompt(session, "one"))
    other = apsw.Connection(str(path))
    other.execute("UPDATE messages SET content = CAST(x'41ff42' AS TEXT)")
    other.close()
    pages, whole, _ = both(store, session)
    assert pages == whole
    assert "A\ufffdB".encode() in pages


def test_attachments_and_more_than_a_page(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_AT_ONCE", 4)
    session = a_session()
    store.create_session(session)
    file = Attachment(name="a", media_type="text/plain", source="file", data=b"x")
    for number in range(12):
        prompt = a_prompt(session, f"number {number}")
        if number in (0, 5, 11):
            prompt = prompt.replace(attachments=(file,))
        store.add_message(prompt)
    pages, whole, plain = both(store, session)
    assert pages == whole
    assert (plain, pages.count(b"\n")) == (9, 13)


def test_a_session_that_another_program_deleted(store: SqliteStore, path: Path) -> None:
    session = a_session()
    store.create_session(session)
    store.add_message(a_prompt(session, "kept"))
    other = apsw.Connection(str(path))
    other.execute("PRAGMA foreign_keys = ON")
    other.execute("DELETE FROM sessions")
    other.close()
    pages, whole, _ = both(store, session)
    assert pages == whole
    assert b'"kept"' in pages
