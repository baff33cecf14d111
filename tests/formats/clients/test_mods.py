"""Conversations of mods, and Go's gob encoding."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
from imported import SAMPLES, Imported, database, messages, recognizes, told

from synapse.archived import ArchivedSession
from synapse.formats import importer
from synapse.formats.clients import mods
from synapse.formats.clients._gob import GobError, gob_value
from synapse.formats.reading.detection import Found, found_in

if TYPE_CHECKING:
    from pathlib import Path

NEW = "df31ae23ab8b75b5643c2f846c570997edc71333"
DIGITS = "1000000000000000000000000000000000000001"
EXPONENT = "12e4567890123456789012345678901234567890"
TABLE = (
    "CREATE TABLE conversations (id string NOT NULL PRIMARY KEY, title string NOT NULL,"
    " updated_at datetime NOT NULL, model string, api string)"
)


def kept(folder: Path, *rows: str, table: str = TABLE) -> Path:
    """A folder as mods keeps it."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in (SAMPLES / "mods").iterdir():
        shutil.copy(sample, folder)
    inserts = [f"INSERT INTO conversations VALUES ({row})" for row in rows]
    return database(folder / "mods.db", [table, *inserts])


def by_origin(found: Imported) -> dict[str, ArchivedSession]:
    return {archived.origin.id: archived for archived in found.sessions if archived.origin}


def test_a_conversation_with_tools(tmp_path: Path) -> None:
    path = kept(tmp_path, f"'{NEW}', 'A question', '2025-01-02 15:04:05.999', 'gpt-4o', 'openai'")
    assert recognizes("mods", path)
    archived = by_origin(Imported("mods", path))[NEW]
    assert told(archived) == [
        ("user", "Größe 😀?"),
        ("tool", "**fs_ls** (path)\n\n```\n/\n```"),
        ("tool", "**fs_ls**: error\n\n```\nno such folder\n```"),
        ("assistant", "It is not there."),
    ]
    session = archived.session
    assert (session.title, session.system_prompt) == ("A question", "Be brief.")
    assert (session.provider, session.model) == ("openai", "gpt-4o")
    assert session.updated_at.isoformat() == "2025-01-02T15:04:05.999000+00:00"
    called = list(archived.messages)[1]
    assert called.extra["tool_call"]["Function"]["Arguments"] == '{"path": "/"}'


def test_ids_that_sqlite_takes_for_numbers_are_found(tmp_path: Path) -> None:
    path = kept(
        tmp_path,
        f"'{DIGITS}', 'Digits', '2025-01-02 15:04:05 +0000 UTC', NULL, NULL",
        f"'{EXPONENT}', 'Exponent', 'never', NULL, NULL",
    )
    found = by_origin(Imported("mods", path))
    assert [found[id].session.title for id in (DIGITS, EXPONENT)] == ["Digits", "Exponent"]
    assert found[DIGITS].session.updated_at.isoformat() == "2025-01-02T15:04:05+00:00"
    assert told(found[EXPONENT]) == [("user", "Hello"), ("assistant", "Hi")]


def test_old_tables_missing_files_and_files_without_a_row(tmp_path: Path) -> None:
    table = "CREATE TABLE conversations (id string, title string, updated_at datetime)"
    path = kept(tmp_path, "'gone', 'Gone', '2025-01-02 15:04:05'", table=table)
    (tmp_path / ("0" * 40 + ".gob")).write_bytes(b"no gob")
    (tmp_path / "other.gob").write_bytes(b"other")
    found = Imported("mods", path)
    assert set(by_origin(found)) == {NEW, DIGITS, EXPONENT}
    assert [fault.reason for fault in found.faults] == [
        "the file gone.gob is not there",
        "no gob of mods: cut short, or damaged at byte 1",
    ]


def test_a_file_alone_is_read_by_its_name(tmp_path: Path) -> None:
    alone = tmp_path / f"{NEW}.gob"
    shutil.copy(SAMPLES / "mods" / alone.name, alone)
    assert recognizes("mods", alone)
    assert len(messages(Imported("mods", alone).only)) == 4
    kept(tmp_path)
    assert not recognizes("mods", alone)


def test_the_folder_in_a_zip(tmp_path: Path) -> None:
    kept(tmp_path / "conversations", f"'{NEW}', 'Q', '2025-01-02 15:04:05', NULL, NULL")
    path = tmp_path / "mods.zip"
    with zipfile.ZipFile(path, "w") as file:
        for each in (tmp_path / "conversations").iterdir():
            file.write(each, f"conversations/{each.name}")
    titles: list[str | None] = []
    for one in found_in(str(path), None, "mods"):
        assert isinstance(one, Found)
        for archived in importer("mods").read(one.source):
            assert isinstance(archived, ArchivedSession)
            titles.append(archived.session.title)
    assert sorted(titles, key=str) == [None, None, "Q"]


def test_every_cut_and_every_changed_byte_of_a_gob_is_survived() -> None:
    content = (SAMPLES / "mods" / f"{NEW}.gob").read_bytes()
    whole = gob_value(content)
    assert whole[1] == {"Role": "user", "Content": "Größe 😀?"}
    for cut in range(len(content)):
        with pytest.raises(GobError):
            gob_value(content[:cut])
    survived = 0
    for place in range(len(content)):
        for change in (0x01, 0x80, 0xFF):
            damaged = bytearray(content)
            damaged[place] ^= change
            try:
                gob_value(bytes(damaged))
                survived += 1
            except GobError:
                pass
    assert survived  # a changed letter is another letter


@pytest.mark.parametrize(
    "content", [b"\xf8" + b"\xff" * 8, b"\x01\x02", b"\x03\xff\x81\x00", b"\x00" * 50, b"\x80" * 50]
)
def test_hostile_gobs_end(content: bytes) -> None:
    with pytest.raises(GobError):
        gob_value(content)


def test_it_is_looked_for_where_mods_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert mods.places() == []
    path = kept(tmp_path / "mods/conversations")
    assert mods.places() == [path]
