"""The static archive as files: what is in them, how they are called, how large memory gets."""

from __future__ import annotations

import json
import re
import stat
import tracemalloc
from datetime import timedelta
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from formats.pages import BEGAN, Read, answered, archived, asked
from synapse.domain import Attachment
from synapse.formats.html import words
from synapse.formats.html.archive import HtmlArchive
from synapse.formats.html.words import WordFiles, words_of

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.archived import ArchivedSession

ID = "0193c0de-0000-7000-8000-00000000000{}"


def write(folder: Path, *sessions: ArchivedSession) -> list[Path]:
    archive = HtmlArchive(folder)
    pages = [archive.add(session) for session in sessions]
    archive.finish()
    return pages


def shards(folder: Path) -> dict[str, list[int]]:
    """Of each word the numbers of the conversations that have it."""
    found: dict[str, list[int]] = {}
    for file in (folder / "search").iterdir():
        text = file.read_text("ascii")
        match = re.fullmatch(r"synapseWords\((\d+),(.*)\);\n", text)
        assert match
        assert match[1] == file.stem
        flat = json.loads(match[2])
        for word, steps in zip(flat[::2], flat[1::2], strict=True):
            assert word not in found
            found[word] = [sum(steps[: at + 1]) for at in range(len(steps))]
    return found


def test_the_index_lists_all_sessions_by_month_the_last_used_first(tmp_path: Path) -> None:
    pages = write(
        tmp_path / "new" / "archive",
        archived(asked("Old?"), title="Old", updated_at=BEGAN - timedelta(days=400), tags=("a",)),
        archived(asked("New?"), title="New", updated_at=BEGAN),
        archived(asked("Mid?"), title="Mid", updated_at=BEGAN - timedelta(days=3)),
    )
    folder = tmp_path / "new" / "archive"
    read = Read((folder / "index.html").read_text())
    assert read.unbalanced == []
    assert read.text("h2") == "November 2026October 2025"
    links = [str(link["href"]) for link in read.all("a")]
    listed = [link for link in links if link.startswith("sessions/")]
    assert listed == [pages[number].as_posix() for number in (1, 2, 0)]
    assert all((folder / link).is_file() for link in listed)
    assert "3 conversations" in read.text("header")
    up = Read((folder / listed[0]).read_text()).all("a")
    assert "../index.html" in [link["href"] for link in up]


def test_files_are_for_their_owner_and_their_names_stay(tmp_path: Path) -> None:
    def session(title: str) -> ArchivedSession:
        return archived(asked("Hello"), id=ID.format(1), title=title)

    (first,) = write(tmp_path / "a", session("../../x"))
    (second,) = write(tmp_path / "a", session('CON: a<b>"|?*'))
    assert first == second
    assert first.as_posix() == "sessions/2026-11-23-000000000001.html"
    for path in (tmp_path / "a").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    names = sorted(path.name for path in (tmp_path / "a").rglob("*.*"))
    assert names == ["0.js", "2026-11-23-000000000001.html", "index.html"]


@pytest.mark.parametrize("id", ["../../evil", "a/b", "", "NUL", "x" * 5_000, "\x00", "ÄÖ"])
def test_an_id_of_another_program_makes_a_safe_name(id: str, tmp_path: Path) -> None:
    (page,) = write(tmp_path, archived(asked("Hello"), id=id))
    assert re.fullmatch(r"sessions/2026-11-23-[0-9a-f]{12}\.html", page.as_posix())
    assert (tmp_path / page).is_file()


def test_ids_that_end_alike_have_pages_of_their_own(tmp_path: Path) -> None:
    other = "1" + ID.format(1)[1:]
    pages = write(tmp_path, *[archived(asked(id), id=id) for id in (ID.format(1), other)])
    assert len(set(pages)) == 2
    assert all((tmp_path / page).is_file() for page in pages)


def test_branches_and_their_origin_are_linked(tmp_path: Path) -> None:
    origin = archived(asked("One"), id=ID.format(1), title="Trunk")
    branch = archived(
        asked("Two"), id=ID.format(2), title="Twig", forked_from=ID.format(1), forked_at=1
    )
    orphan = archived(asked("Three"), id=ID.format(3), forked_from=ID.format(9))
    pages = write(tmp_path, branch, origin, orphan)  # whichever comes first
    texts = [(tmp_path / page).read_text() for page in pages]
    assert f'Branched off <a href="{pages[1].name}#m1" dir="auto">Trunk</a>' in texts[0]
    assert f'Branch: <a href="{pages[0].name}" dir="auto">Twig</a>' in texts[1]
    assert "which is not in this archive" in texts[2]
    assert [Read(text).unbalanced for text in texts] == [[], [], []]


def test_every_word_of_a_page_can_be_found(tmp_path: Path) -> None:
    notes = Attachment(name="notes.txt", media_type="text/plain", data="Ärger".encode())
    write(
        tmp_path,
        archived(
            asked("Alpha", attachments=(notes,)),
            answered("beta", reasoning="gamma", superseded=True),
            title="Delta",
            name="epsilon",
            tags=("zeta",),
            system_prompt="eta",
            model="theta-9",
        ),
        archived(asked("alpha"), title="__proto__ constructor"),
    )
    found = shards(tmp_path)
    assert found["alpha"] == [0, 1]
    for word in "beta gamma delta epsilon zeta eta theta 9 notes arger".split():
        assert found[word] == [0], word
    assert found["__proto__"] == found["constructor"] == [1]


def test_words_are_folded_clipped_and_of_unspaced_scripts_pairs() -> None:
    assert words_of("Café naïve ΣΑΣ Ｗｉｄｅ") == {"cafe", "naive", "σασ", "wide"}
    assert words_of("日本語x") == {"日本", "本語", "語", "x"}
    assert words_of("a" * 100) == {"a" * 24}
    assert words_of("</script>\u2028") == {"script"}


def test_what_memory_does_not_hold_is_found_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def files() -> dict[str, bytes]:
        written: dict[str, bytes] = {}
        gathered = WordFiles()
        for number in range(300):
            gathered.add(number, words_of(f"common word{number} ünique{number % 7} 日本{number}"))
            gathered.add(number, words_of("common again"))
        gathered.write(written.__setitem__)
        return written

    monkeypatch.setattr(words, "_FEW", 200)
    held = files()
    assert len(held) == 16
    monkeypatch.setattr(words, "_HELD", 100)
    assert files() == held


def test_no_page_stays_in_memory(tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(100)) * 300  # 200 KB

    def held(count: int) -> int:
        archive = HtmlArchive(tmp_path / str(count))
        tracemalloc.start()
        try:
            for _ in range(count):
                archive.add(archived(asked(text)))
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    held(1)
    assert held(12) - held(2) < 500_000


def test_words_wait_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def held(count: int) -> int:
        files = WordFiles()
        tracemalloc.start()
        try:
            for number in range(count):
                text = " ".join(f"{crc32(f'{number} {n}'.encode()):08x}" for n in range(1_000))
                files.add(number, words_of(text))
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    assert held(20) > 1_500_000
    monkeypatch.setattr(words, "_HELD", 1_000)
    assert held(20) < 500_000
