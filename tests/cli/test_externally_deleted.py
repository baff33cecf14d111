"""How long conversations are kept is what README and docs say, word for word and number for
number; and the one setting that keeps everything keeps everything.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from program import run, sessions

from synapse.config.options import OPTIONS
from synapse.domain import Session
from synapse.stores import open_store

ROOT = Path(__file__).parents[2]
DEFAULTS = {option[0]: option[2] for option in OPTIONS}


def archive(home: Path, count: int, *, days: int) -> None:
    """Sessions that were last used so long ago, and one for each in the trash since then."""
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    moment = datetime.now(UTC) - timedelta(days=days)
    with open_store(f"sqlite:{folder}/sessions.db") as store:
        for deleted in [False] * count + [True] * count:
            session = Session.new("echo", "echo").replace(created_at=moment, updated_at=moment)
            store.create_session(session)
            if deleted:
                store.trash_session(session.id)


def test_the_readme_says_before_the_installation_what_the_defaults_are() -> None:
    head = (ROOT / "README.md").read_text().split("\n## Install\n", 1)[0]
    assert len(head.splitlines()) < 100
    assert re.search(rf"\b{DEFAULTS['session.max_sessions']} sessions\b", head)
    assert re.search(rf"\b{DEFAULTS['session.retention_days']} days\b", head)
    assert re.search(rf"\b{DEFAULTS['session.trash_days']} days\b", head)
    assert "trash" in head
    assert DEFAULTS["session.auto_cleanup"] is True


def test_the_manual_says_the_same() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    part = page.split("## What is kept, and for how long\n", 1)[1].split("\n## ", 1)[0]
    for number in ("max_sessions", "retention_days", "trash_days"):
        assert re.search(rf"\b{DEFAULTS[f'session.{number}']}\b[^|]*`session.{number}`", part)
    for option in ("auto_cleanup = false", "max_sessions = 0", 'trash_days = "never"'):
        assert f"session.{option}" in part


def test_with_the_defaults_the_oldest_go_and_it_is_said(home: Path) -> None:
    archive(home, 3, days=200)
    ran = run("sessions", "list")
    assert "Moved 3 sessions to the trash (3 not used for 90 days)" in ran.err
    assert "Undo:  synapse sessions restore" in ran.err


def test_one_setting_keeps_everything_for_ever(home: Path) -> None:
    archive(home, 120, days=400)
    assert run("config", "set", "session.auto_cleanup", "false").status == 0
    ran = run("sessions", "list", "-a")
    assert ran.err == ""
    assert len(sessions()) == 120
    assert len(run("sessions", "list", "-a", "--deleted").rows) == 120
    run("-p", "echo", "one more")
    assert len(sessions()) == 121
    assert len(run("sessions", "list", "-a", "--deleted").rows) == 120


def test_the_keys_of_the_rust_programs_file_hold(home: Path) -> None:
    archive(home, 5, days=10)
    (home / ".config" / "synapse" / "config.toml").write_text(
        "[session]\nmax_sessions = 2\nretention_days = 365\nauto_cleanup = true\n"
    )
    ran = run("sessions", "list")
    assert "3 above the limit of 2" in ran.err
    assert len(sessions()) == 2
