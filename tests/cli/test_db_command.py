"""`synapse db …` and `synapse doctor`."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import apsw
import pytest
from program import Installed, messages, run, sessions

from synapse import timestamps
from synapse.domain import Role, Session, StoredMessage, Usage
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path


def database(home: Path) -> Path:
    return home / ".config" / "synapse" / "sessions.db"


def break_counts(home: Path) -> None:
    connection = apsw.Connection(str(database(home)))
    connection.execute("UPDATE sessions SET message_count = 99")
    connection.close()


def test_path_names_the_file_in_use(home: Path) -> None:
    assert run("db", "path").text == f"{database(home)}\n"
    assert run("db", "path", "--db", "sqlite:/x/y.db").text == "/x/y.db\n"
    assert not database(home).exists()


@pytest.mark.parametrize("url", [":memory:", "sqlite::memory:"])
@pytest.mark.parametrize(
    "words",
    [
        "path",
        "info",
        "check",
        "check --repair",
        "vacuum",
        "backup B",
        "restore B",
        "recover --into B",
    ],
)
def test_a_database_in_memory_has_nothing_to_look_after(
    words: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    ran = run("db", *words.split(), "--db", url)
    assert (ran.status, ran.out) == (2, b"")
    assert ran.err.startswith("error: a database in memory is gone with the command")
    assert "--db FILE" in ran.err
    assert set(tmp_path.iterdir()) == before


def test_doctor_warns_of_a_database_in_memory_and_looks_at_the_rest() -> None:
    ran = run("doctor", environ={"DATABASE_URL": ":memory:", "SYNAPSE_PROVIDER": "echo"})
    assert ran.status == 1
    assert "!!  database: a database in memory is gone with the command" in ran.text
    assert "DATABASE_URL" in ran.text
    assert "ok  provider: echo" in ran.text


def test_init_makes_the_database(home: Path) -> None:
    assert run("db", "init").status == 0
    assert database(home).stat().st_mode & 0o777 == 0o600


def test_info_counts(home: Path) -> None:
    run("-p", "echo", "one")
    assert "sessions      1\n" in run("db").text
    info = run("db", "info", "--json").json()
    assert (info["sessions"], info["messages"], info["trashed"]) == (1, 2, 0)
    assert info["location"] == str(database(home))


def test_check_finds_and_repairs_what_is_derived(home: Path) -> None:
    run("-p", "echo", "one")
    assert run("db", "check").status == 0
    break_counts(home)
    ran = run("db", "check")
    assert ran.status == 1
    assert ran.text.startswith("counts: 1 wrong, such as ")
    assert "synapse db check --repair" in ran.err
    assert run("db", "check", "--repair").status == 0
    assert run("db", "check").status == 0
    assert run("sessions", "list").rows[0][4] == "2"


def test_a_backup_can_be_restored_and_the_restore_undone(home: Path, tmp_path: Path) -> None:
    backup = str(tmp_path / "backup.db")
    run("-p", "echo", "one")
    assert run("db", "backup", backup).status == 0
    run("-p", "echo", "two")
    restored = run("db", "restore", backup)
    assert restored.status == 0
    assert [row[6] for row in run("sessions").rows] == ["one"]
    undo = restored.err.rstrip().rsplit("  ", 1)[1].removeprefix("synapse ").split()
    assert run(*undo).status == 0
    assert [row[6] for row in run("sessions").rows] == ["two", "one"]


def test_a_backup_never_overwrites_unasked(tmp_path: Path) -> None:
    run("-p", "echo", "one")
    target = tmp_path / "backup.db"
    target.write_text("mine")
    ran = run("db", "backup", str(target))
    assert (ran.status, target.read_text()) == (2, "mine")
    assert "--force" in ran.err
    assert run("db", "backup", "--force", str(tmp_path)).status == 2
    assert run("db", "backup", str(target), "--force").status == 0


def test_vacuum_says_what_it_gave_back() -> None:
    run("-p", "echo", "x" * 100_000)
    run("sessions", "delete", "@1", "--purge", "-y")
    ran = run("db", "vacuum")
    assert ran.status == 0
    assert " before, " in ran.err


def test_recover_brings_in_what_was_kept_in_files(home: Path) -> None:
    assert run("db", "recover").err == "Nothing to bring in.\n"


def test_a_damaged_file_is_saved_into_a_new_one(home: Path, tmp_path: Path) -> None:
    for number in range(30):
        run("-p", "echo", f"question {number} " + "x" * 3000)
    path = database(home)
    connection = apsw.Connection(str(path))
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    pages = [
        page
        for (page,) in connection.execute(
            "SELECT pageno FROM dbstat WHERE name = 'messages' AND pagetype = 'leaf'"
        )
    ]
    connection.close()
    with path.open("r+b") as file:
        file.seek((pages[len(pages) // 2] - 1) * 4096)
        file.write(os.urandom(4096))
    assert run("db", "check").status == 1
    ran = run("db", "recover", "--into", str(tmp_path / "saved.db"))
    assert ran.status == 8
    assert "Saved 30 sessions" in ran.err
    assert "could not be read" in ran.err
    assert run("db", "restore", str(tmp_path / "saved.db")).status == 0
    assert len(run("sessions", "list", "-a").rows) == 30


def test_doctor_is_content_with_a_healthy_machine() -> None:
    run("-p", "echo", "one")
    ran = run("doctor", environ={"SYNAPSE_PROVIDER": "echo"})
    assert ran.status == 0, ran.text
    assert "!!" not in ran.text


def test_doctor_says_what_is_wrong_and_what_to_do(home: Path) -> None:
    run("-p", "echo", "one")
    database(home).chmod(0o644)
    ran = run("doctor", environ={"OPENAI_API_KEY": "sk-canary-0123456789"})
    assert ran.status == 1
    assert f"chmod 600 {database(home)}" in ran.text
    assert "canary" not in ran.text


@pytest.mark.parametrize("content", [b"no database " * 500, b""])
def test_doctor_looks_at_anything_without_failing(home: Path, content: bytes) -> None:
    database(home).parent.mkdir(parents=True)
    database(home).write_bytes(content)
    findings = run("doctor", "--json").json()["findings"]
    assert {"synapse", "configuration", "engine"} <= {finding["subject"] for finding in findings}


class TestBranches:
    def test_a_fork_goes_its_own_way(self) -> None:
        run("-p", "echo", "one")
        run("-c", "two")
        fork = run("sessions", "fork", "@1", "--at", "2", "--name", "branch").text.strip()
        run("-s", "branch", "three")
        assert [m["content"] for m in messages(fork)] == ["one", "one", "three", "three"]
        assert [row[4] for row in run("sessions").rows] == ["4", "4"]

    def test_asking_can_branch_first(self) -> None:
        run("-p", "echo", "one")
        original = run("sessions", "list", "--format", "id").text.strip()
        run("-c", "--fork", "two")
        assert len(messages(original)) == 2
        assert len(sessions()) == 2

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--fork", "x"), "name it with -s or -c"),
            (("-c", "--at", "1", "x"), "it goes with --fork"),
            (("-c", "--fork", "--at", "99", "x"), "there is no message 99"),
        ],
    )
    def test_a_branch_that_makes_no_sense_is_a_usage_error(
        self, words: tuple[str, ...], said: str
    ) -> None:
        run("-p", "echo", "one")
        ran = run(*words)
        assert ran.status == 2
        assert said in ran.err
        assert len(sessions()) == 1


class TestRetry:
    def test_the_last_question_is_asked_again(self) -> None:
        run("-p", "echo", "one")
        ran = run("retry")
        assert (ran.status, ran.text) == (0, "one\n")
        stored = messages(run("sessions", "list", "--format", "id").text.strip())
        assert [m["role"] for m in stored] == ["user", "assistant", "assistant"]

    def test_a_session_without_a_question_has_nothing_to_retry(self) -> None:
        assert run("retry").status == 3
        run("-p", "echo", "one")
        assert run("retry", "-s", "nobody").status == 3


class TestPinsAndStatistics:
    def test_pinned_sessions_stay(self) -> None:
        run("-p", "echo", "one")
        run("-p", "echo", "two")
        assert "is pinned" in run("sessions", "pin", "@2").err
        assert "is pinned already" in run("sessions", "pin", "@2").err
        ran = run("sessions", "list", environ={"SYNAPSE_MAX_SESSIONS": "1"})
        assert [row[6] for row in ran.rows] == ["two", "one"]
        run("sessions", "unpin", "@2")
        ran = run("sessions", "list", environ={"SYNAPSE_MAX_SESSIONS": "1"})
        assert [row[6] for row in ran.rows] == ["two"]

    def test_statistics_are_rows_or_objects(self) -> None:
        run("-p", "echo", "one two")
        [row] = run("sessions", "stats", "--by", "model").rows
        assert row[:3] == ["echo", "1", "2"]
        [first, second] = run("sessions", "stats", "--by", "role", "--json").json()["rows"]
        assert (first["key"], second["key"]) == ("assistant", "user")
        assert run("sessions", "stats", "--since", "2999-01-01").out == b""

    def test_statistics_show_what_was_cached_where_something_was(self, home: Path) -> None:
        told = Usage(input_tokens=1204, output_tokens=5, cached_tokens=1100, cache_write_tokens=64)
        with open_store(database(home)) as store:
            session = Session.new("echo", "echo")
            store.create_session(session)
            for usage in (told, told, Usage(input_tokens=10)):
                message = StoredMessage.new(session.id, Role.ASSISTANT, "Yes.")
                store.add_message(message.replace(usage=usage))
        found = run("sessions", "stats", "--by", "model", "--json").json()
        counted = (found["rows"][0]["cached_tokens"], found["totals"]["cache_write_tokens"])
        assert counted == (2200, 128)
        shown = run("sessions", "stats", "--by", "model", "-F", "table").text
        heads, row, *_ = (line.split() for line in shown.splitlines())
        assert heads == "MODEL SESSIONS MESSAGES TOKENS IN CACHED TOKENS OUT".split()
        assert row[:6] == ["echo", "1", "3", "2,418", "2,200", "10"]
        [row] = run("sessions", "stats", "--by", "model").rows
        assert row == ["echo", "1", "3", "2418", "10", "2200", "128"]

    @pytest.mark.parametrize(
        ("zone", "days", "begins"),
        [
            ("UTC", ["2026-10-24", "2026-10-25"], "2026-10-24T00:00:00+00:00"),
            ("Europe/Berlin", ["2026-10-25", "2026-10-26"], "2026-10-25T00:00:00+02:00"),
            (
                "America/New_York",
                ["2026-10-24", "2026-10-25"],
                "2026-10-24T00:00:00-04:00",
            ),
            ("Asia/Kathmandu", ["2026-10-25", "2026-10-26"], "2026-10-25T00:00:00+05:45"),
            (
                "Pacific/Apia",
                ["2026-10-25", "2026-10-26"],
                "2026-10-25T00:00:00+13:00",
            ),
        ],
    )
    def test_statistics_count_local_days_with_the_offset_of_the_day(
        self, home: Path, program: Path, zone: str, days: list[str], begins: str
    ) -> None:
        # Berlin left summer time on 25 October 2026 at 01:00 UTC
        at = ["2026-10-24T22:30:00.000000+00:00", "2026-10-25T23:30:00.000000+00:00"]
        with open_store(database(home)) as store:
            session = Session.new("echo", "echo")
            store.create_session(session)
            for text in at:
                message = StoredMessage.new(session.id, Role.USER, "hello")
                store.add_message(message.replace(timestamp=timestamps.from_text(text)))
        installed = Installed(program)
        environ = {**os.environ, "TZ": zone}
        found = installed("sessions", "stats", "--by", "day", "--json", environ=environ).json()
        assert found["zone"] == zone
        assert [row["key"] for row in found["rows"]] == days
        assert found["rows"][0]["begins"] == begins
        month = installed("sessions", "stats", "--json", environ=environ).json()["rows"]
        assert [row["key"] for row in month] == ["2026-10"]
        week = installed("sessions", "stats", "--by", "week", "--json", environ=environ).json()
        monday = datetime.fromisoformat(week["rows"][-1]["begins"])
        assert (monday.weekday(), monday.hour) == (0, 0)

    def test_statistics_have_totals_and_sizes(self, home: Path) -> None:
        run("-p", "echo", "one two")
        run("-c", "three")
        run("-p", "echo", "four")
        run("-p", "echo", "gone")
        run("sessions", "delete", "@1")
        found = run("sessions", "stats", "--by", "role", "--json").json()
        assert found["totals"] == {
            "sessions": 2,
            "messages": 6,
            "input_tokens": sum(row["input_tokens"] for row in found["rows"]),
            "output_tokens": sum(row["output_tokens"] for row in found["rows"]),
            "cached_tokens": 0,
            "cache_write_tokens": 0,
        }
        assert found["trash"] == {"sessions": 1, "messages": 2}
        assert found["size"] >= (home / ".config" / "synapse" / "sessions.db").stat().st_size
        shown = run("sessions", "stats", "--by", "role", "--format", "table").text
        assert "total             2         6" in shown
        assert "CACHED" not in shown
        assert "In the trash: 1 session (2 messages). Database: " in shown
        assert run("--db", ":memory:", "sessions", "stats", "--json").json()["size"] == 0


class TestPruning:
    def test_the_plan_comes_first_and_pinned_sessions_stay(self) -> None:
        for number in range(5):
            run("-p", "echo", f"question {number}")
        run("sessions", "pin", "@5")
        ran = run("sessions", "prune", "--keep", "2", "-n")
        assert ran.err == "over 2: 2 · spared because pinned: 1\n"
        assert len(sessions()) == 5
        assert run("sessions", "prune", "--keep", "2").status == 2
        assert run("sessions", "prune", "--keep", "2", "-y").status == 0
        assert len(sessions()) == 3
        assert run("sessions", "prune").err == "not used for 90 days: 0 · over 100: 0\n"

    def test_empty_sessions_are_a_rule_of_their_own(self, home: Path) -> None:
        run("-p", "echo", "one")
        with open_store(database(home)) as store:
            for name in ("a", "b", "c"):
                store.create_session(Session.new("echo", "echo").with_name(name))
        run("sessions", "pin", "c")
        assert run("sessions", "prune", "-n").err == "not used for 90 days: 0 · over 100: 0\n"
        ran = run("sessions", "prune", "--empty", "-y")
        assert ran.err == (
            "empty: 2 · spared because pinned: 1\n"
            "Moved 2 sessions to the trash. Undo:  synapse sessions restore --all\n"
        )
        assert len(sessions()) == 2
        assert run("sessions", "prune", "--empty", "--keep", "9").err == (
            "empty: 0 · over 9: 0 · spared because pinned: 1\n"
        )

    @pytest.mark.parametrize(
        ("older_than", "described", "moved"),
        [
            ("90d", "for 90 days", ["older"]),
            ("24h", "for 24 hours", ["day", "ninety", "older"]),
            ("1d", "for 1 day", ["day", "ninety", "older"]),
            ("3mo", "for 3 months", ["older"]),
            ("2w", "for 2 weeks", ["ninety", "older"]),
            ("1y", "for 1 year", []),
        ],
    )
    def test_so_many_days_are_so_many_times_24_hours(
        self,
        home: Path,
        monkeypatch: pytest.MonkeyPatch,
        older_than: str,
        described: str,
        moved: list[str],
    ) -> None:
        now = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
        monkeypatch.setattr(timestamps, "now", lambda: now)
        used = {
            "older": now - timedelta(days=90, microseconds=1),
            "ninety": now - timedelta(days=90) + timedelta(hours=1),
            "day": now - timedelta(days=1, microseconds=1),
            "young": now - timedelta(days=1),
        }
        with open_store(database(home)) as store:
            for name, moment in used.items():
                session = Session.new("echo", "echo").with_name(name)
                store.create_session(session.replace(created_at=moment, updated_at=moment))
        ran = run("sessions", "prune", "--older-than", older_than, "-y")
        assert ran.err.startswith(f"not used {described}: {len(moved)}\n")
        with open_store(database(home)) as store:
            trash = store.list_sessions(deleted=True)
        assert sorted(str(found.session.name) for found in trash) == moved

    def test_what_was_used_at_the_very_moment_stays(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
        monkeypatch.setattr(timestamps, "now", lambda: now)
        with open_store(database(home)) as store:
            for microseconds in (0, 1):
                at = now - timedelta(days=90, microseconds=microseconds)
                store.create_session(Session.new("echo", "echo").replace(updated_at=at))
        for words in (["--older-than", "90d"], ["--older-than", "2026-08-25T18:30Z"], []):
            ran = run("sessions", "prune", *words, "-n")
            assert ": 1" in ran.err.splitlines()[0], ran

    @pytest.mark.parametrize("size", ["4kB", "4 KB", "4000", "4k", "4.0kb", "0.004M"])
    def test_sessions_beyond_a_size_go_the_oldest_first(self, size: str) -> None:
        for letter in "abcd":
            run("-p", "echo", letter * 1000)  # and as much again in the answer
        ran = run("sessions", "prune", "--max-size", size, "-y")
        assert ran.err.startswith("over 4.0 kB: 2\n")
        assert [row["preview"][0] for row in sessions()] == ["d", "c"]

    def test_a_kibibyte_is_more_than_a_kilobyte(self) -> None:
        run("-p", "echo", "x" * 512)
        assert run("sessions", "prune", "--max-size", "1kB", "-n").err == "over 1.0 kB: 1\n"
        assert run("sessions", "prune", "--max-size", "1KiB", "-n").err == "over 1.0 kB: 0\n"

    @pytest.mark.parametrize(
        "words",
        [
            ("--keep", "0"),
            ("--older-than", "1h"),
            ("--older-than", "23h"),
            ("--older-than", "0d"),
            ("--older-than", "2999-01-01"),
            *(
                ("--max-size", size)
                for size in ("0", "0.0001k", "-1", "much", "5 iB", "", "9" * 30)
            ),
        ],
    )
    def test_rules_that_would_take_everything_are_refused(self, words: tuple[str, ...]) -> None:
        run("-p", "echo", "one")
        assert run("sessions", "prune", *words).status == 2
        assert len(sessions()) == 1
