"""`sessions export` and `sessions import`, as people use them."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest
from program import run, sessions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(text: str, *words: str) -> str:
    run("-p", "echo", *words, text)
    return str(sessions()[0]["id"])


def exported(*words: str, db: str | None = None) -> str:
    where = () if db is None else ("--db", db)
    return run(*where, "sessions", "export", "--all", "-F", "jsonl", *words).text


class TestExport:
    def test_without_a_word_the_last_used_session_goes_to_standard_output(self) -> None:
        ask("first")
        ask("second")
        ran = run("sessions", "export")
        assert "second" in ran.text
        assert "first" not in ran.text
        assert ran.text.startswith("---\nformat: synapse-session\n")

    def test_a_file_is_for_its_owner_alone_and_never_written_over(self, folder: Path) -> None:
        ask("first")
        os.umask(0)
        assert run("sessions", "export", "-o", "a.md").status == 0
        assert stat.S_IMODE((folder / "a.md").stat().st_mode) == 0o600
        (folder / "a.md").write_text("mine")
        refused = run("sessions", "export", "-o", "a.md")
        assert (refused.status, "--force" in refused.err) == (2, True)
        assert (folder / "a.md").read_text() == "mine"
        assert run("sessions", "export", "-o", "a.md", "--force").status == 0
        assert "first" in (folder / "a.md").read_text()

    def test_the_name_of_a_file_says_its_format(self, folder: Path) -> None:
        ask("first")
        run("sessions", "export", "-o", "a.jsonl")
        assert json.loads((folder / "a.jsonl").read_text().splitlines()[0])["type"] == "session"

    def test_several_sessions_become_a_file_each(self, folder: Path) -> None:
        ask("first")
        ask("second")
        refused = run("sessions", "export", "--all")
        assert (refused.status, "-o DIR" in refused.err) == (2, True)
        ran = run("sessions", "export", "--all", "-o", "notes")
        assert ran.status == 0
        assert len(list((folder / "notes").glob("*.md"))) == 2
        again = run("sessions", "export", "--all", "-o", "notes")
        assert (again.status, "exists already" in again.err) == (2, True)

    def test_html_of_several_sessions_is_an_archive_with_an_index(self, folder: Path) -> None:
        ask("first <b>")
        run("sessions", "fork", "@1", "--name", "branch")
        ask("second")
        ran = run("sessions", "export", "--all", "-F", "html", "-o", "library")
        assert (ran.status, ran.out) == (0, b"")
        assert "Exported 3 sessions to library/index.html (" in ran.err
        index = (folder / "library" / "index.html").read_text()
        pages = sorted((folder / "library" / "sessions").iterdir())
        assert len(pages) == 3
        assert all(f'href="sessions/{page.name}"' in index for page in pages)
        assert sum("Branched off <a href=" in page.read_text() for page in pages) == 1
        for path in (folder / "library").rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        refused = run("sessions", "export", "--all", "-F", "html", "-o", "library")
        assert (refused.status, "--force" in refused.err) == (2, True)
        again = run("sessions", "export", "--all", "-F", "html", "-o", "library", "--force")
        assert again.status == 0
        assert sorted((folder / "library" / "sessions").iterdir()) == pages

    def test_html_of_one_session_is_one_page(self, folder: Path) -> None:
        ask("What is <b>?")
        assert run("sessions", "export", "-o", "a.html").status == 0
        page = (folder / "a.html").read_text()
        assert "What is &lt;b&gt;?" in page
        assert run("sessions", "export", "-F", "html").text == page
        (folder / "taken").write_text("mine")
        refused = run("sessions", "export", "--all", "-F", "html", "-o", "taken")
        assert (refused.status, "can't make the folder taken" in refused.err) == (2, True)
        assert (folder / "taken").read_text() == "mine"

    def test_names_of_files_stay_in_their_folder(self, folder: Path) -> None:
        ask("first")
        run("sessions", "rename", "@1", "--title", "../../etc/passwd \x1b[2J .. | CON: *?")
        run("sessions", "export", "--all", "-o", "notes")
        [path] = (folder / "notes").iterdir()
        assert "/" not in path.name
        assert not set(path.name) & set('\\:*?"<>|\x1b')

    def test_the_trash_comes_along_where_nothing_may_be_lost(self) -> None:
        ask("first")
        run("sessions", "delete", "@1")
        ask("second")
        lines = [json.loads(line) for line in exported().splitlines()]
        heads = [line for line in lines if line["type"] == "session"]
        assert [line.get("deleted_at") is not None for line in heads] == [False, True]
        assert run("sessions", "export", "--all", "-F", "text", "-o", "texts").status == 0
        assert len(os.listdir("texts")) == 1

    def test_a_tag_chooses(self) -> None:
        first = ask("first")
        ask("second")
        run("sessions", "tag", first, "work")
        out = run("sessions", "export", "--tag", "work", "-F", "jsonl").text
        assert json.loads(out.splitlines()[0])["tags"] == ["work"]
        assert out.count('"type":"session"') == 1

    @pytest.mark.parametrize(
        "words",
        [("@1", "--all"), ("-F", "docx"), ("-o", "missing/a.md"), ("nobody",), ("--json",)],
    )
    def test_what_can_not_be_is_refused(self, words: tuple[str, ...]) -> None:
        ask("first")
        ran = run("sessions", "export", *words)
        assert ran.status in (2, 3, 6, 7)
        assert ran.err.startswith("error: ")
        assert "Traceback" not in ran.err

    def test_nothing_to_export_is_said(self) -> None:
        assert run("sessions", "export").status == 2


class TestImport:
    def test_another_machine_has_the_same_afterwards(self) -> None:
        first = ask("first")
        ask("more", "-s", first)
        run("sessions", "tag", first, "work")
        run("sessions", "rename", first, "notes")
        content = exported()
        ran = run("--db", "other.db", "sessions", "import", "-", stdin=content.encode())
        assert ran.status == 0
        assert ran.text.split() == [first]
        assert "1 imported (4 messages)" in ran.err
        assert exported(db="other.db") == content

    @pytest.mark.parametrize("format", ["json", "jsonl", "md"])
    def test_a_second_time_changes_nothing(self, format: str) -> None:
        ask("first")
        run("sessions", "export", "-F", format, "-o", f"a.{format}")
        for count in ("1 imported", "0 imported, 1 already here"):
            ran = run("--db", "other.db", "sessions", "import", f"a.{format}")
            assert (ran.status, count in ran.err) == (0, True)

    def test_a_dry_run_changes_nothing(self) -> None:
        ask("first")
        run("sessions", "export", "--all", "-F", "jsonl", "-o", "a.jsonl")
        ran = run("--db", "other.db", "sessions", "import", "-n", "a.jsonl")
        assert (ran.status, "1 would be imported (2 messages)" in ran.err) == (0, True)
        assert run("--db", "other.db", "sessions", "list").text == ""

    def test_what_is_broken_is_told_with_its_line_and_the_rest_comes(self, folder: Path) -> None:
        ask("first")
        ask("second")
        lines = exported().splitlines(keepends=True)
        lines[1] = lines[1][:40] + "\n"
        (folder / "a.jsonl").write_text("".join(lines))
        ran = run("--db", "other.db", "sessions", "import", "a.jsonl")
        assert ran.status == 8
        assert "line 2" in ran.err
        assert "1 imported, 1 failed" in ran.err
        assert len(run("--db", "other.db", "sessions", "list").text.splitlines()) == 1

    def test_a_file_that_is_cut_short_leaves_no_half_session(self, folder: Path) -> None:
        ask("first")
        (folder / "a.jsonl").write_text("".join(exported().splitlines(keepends=True)[:2]))
        ran = run("--db", "other.db", "sessions", "import", "a.jsonl")
        assert (ran.status, "cut short" in ran.err) == (8, True)
        assert run("--db", "other.db", "sessions", "list", "--deleted").text == ""

    @pytest.mark.parametrize("content", [b"", b"{}", b"\x00\xff", b"hello", b"[1]"])
    def test_what_is_no_conversation_is_refused(self, folder: Path, content: bytes) -> None:
        (folder / "a").write_bytes(content)
        ran = run("sessions", "import", "a")
        assert ran.status == 2
        assert ran.err.startswith("error: a: ")

    def test_a_file_that_is_not_there_is_said(self) -> None:
        ran = run("sessions", "import", "missing.json")
        assert (ran.status, "missing.json" in ran.err) == (2, True)

    def test_a_program_that_nobody_knows_is_refused_with_near_names(self) -> None:
        ran = run("sessions", "import", "--from", "synaps", "x")
        assert (ran.status, "synapse" in ran.err) == (7, True)

    def test_a_clean_up_at_the_next_start_leaves_it_alone(self, folder: Path) -> None:
        ask("first")
        content = exported().replace("2026-", "2019-").replace("2027-", "2019-")
        (folder / "old.jsonl").write_text(content)
        run("--db", "other.db", "sessions", "import", "old.jsonl")
        run("--db", "other.db", "-p", "echo", "new")
        assert run("--db", "other.db", "sessions", "list", "--deleted").text == ""
        assert len(run("--db", "other.db", "sessions", "list").text.splitlines()) == 2
