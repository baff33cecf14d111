"""What is said of an archive in MySQL or MariaDB, and how it is mended."""

from __future__ import annotations

import pytest
from contract.builders import a_prompt, a_session
from mariadb_server import fresh_database, server

from synapse.errors import ConfigError, UsageError
from synapse.stores import (
    host_in_clear_text,
    open_file_care,
    open_inspection,
    open_sharing,
    open_store,
    set_up,
)


@pytest.fixture
def url() -> str:
    url = fresh_database()
    set_up(url)
    return url


def run(url: str, *statements: str) -> None:
    server().execute(*statements, database=url.partition("?")[0].rpartition("/")[2])


def test_a_sound_archive_has_no_faults(url: str) -> None:
    session = a_session()
    with open_store(url) as store:
        store.create_session(session)
        store.add_message(a_prompt(session))
    inspection = open_inspection(url)
    assert inspection.check() == []
    info = inspection.info()
    assert (info.sessions, info.trashed, info.messages) == (1, 0, 1)
    assert info.engine.startswith("MariaDB 1")
    assert info.size > 0
    found = {finding.subject: finding for finding in inspection.diagnose()}
    assert {"engine", "connection", "pool", "clock", "access", "schema"} <= set(found)
    assert all(finding.ok for finding in found.values())


def test_what_is_wrong_is_found_and_mended(url: str) -> None:
    session = a_session()
    with open_store(url) as store:
        store.create_session(session)
        store.add_message(a_prompt(session))
    run(url, "DROP INDEX sessions_live ON sessions", "UPDATE sessions SET message_count = 7")
    inspection = open_inspection(url)
    assert "sessions_live is missing" in {finding.text for finding in inspection.check()}
    assert len(inspection.check()) == 2
    assert len(inspection.repair()) == 2
    assert inspection.check() == []
    with open_store(url) as store:
        [summary] = store.list_sessions()
    assert summary.message_count == 1


def test_a_database_that_is_not_ours_is_diagnosed_without_being_touched() -> None:
    found = open_inspection(fresh_database()).diagnose()
    [schema] = [finding for finding in found if finding.subject == "schema"]
    assert not schema.ok
    assert "holds no conversations" in schema.text


def test_what_a_server_keeps_is_cared_for_with_its_own_tools(url: str) -> None:
    care = open_file_care(url)
    with pytest.raises(ConfigError) as caught:
        care.back_up("somewhere")
    assert any("mysqldump --single-transaction test_" in str(hint) for hint in caught.value.hints)


def test_people_can_not_be_kept_apart(url: str) -> None:
    with pytest.raises(UsageError, match="can't be shared between people"):
        open_sharing(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("mysql://me@db.example/archive", None),
        ("mysql://me@db.example/archive?ssl-mode=required", None),
        ("mysql://me@db.example/archive?ssl-mode=preferred", "db.example"),
        ("mariadb://me@db.example/archive?ssl-mode=disabled", "db.example"),
        ("mysql://me@127.0.0.1/archive", None),
    ],
)
def test_clear_text_to_another_machine_is_told(url: str, host: str | None) -> None:
    assert host_in_clear_text(url) == host
