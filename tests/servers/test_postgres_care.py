"""`db info`, `db check --repair` and `doctor` on PostgreSQL."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import postgres_server
import pytest
from contract.builders import NOON, a_finished_turn, a_prompt, a_session, a_summary, an_answer
from postgres_cluster import VERSIONS, execute
from program import run

from synapse.domain import Attachment
from synapse.errors import DatabaseMissing, StoreUnreachable
from synapse.stores import open_inspection, open_store, set_up

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.ports import Finding


def prepared(version: int = 18, **how: object) -> str:
    url = postgres_server.fresh_database(version, **how)  # type: ignore[arg-type]
    set_up(url)
    return url


def fill(url: str) -> None:
    with open_store(url) as store:
        session = a_session(updated=NOON, name="Straße", title="Title")
        a_finished_turn(store, session, " \n What is NUL?", "nothing", create=True)
        file = Attachment(name="a", media_type="text/plain", data=b"b")
        store.add_message(a_prompt(session, "more", attachments=(file,)))
        store.add_message(a_prompt(session, "and more"))
        fork = a_session(updated=NOON).replace(forked_from=session.id, forked_at=3)
        assert store.add_summary(a_summary(session, 3))
        store.fork_session(session.id, fork, at=3)
        store.create_session(a_session(updated=NOON, name="other"))


def subjects(findings: list[Finding]) -> list[str]:
    return [finding.subject for finding in findings]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_store_has_written_is_all_right(version: int) -> None:
    url = prepared(version)
    fill(url)
    with open_store(url) as store:
        session = a_session()
        store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        assert open_inspection(url).check() == []
    assert open_inspection(url).repair() == []


DAMAGES = {
    "counts": "UPDATE sessions SET message_count = 99 WHERE name = 'Straße'",
    "counts last": "UPDATE sessions SET last_seq = 99 WHERE name = 'Straße'",
    "statuses": "UPDATE sessions SET last_status = 'failed' WHERE name = 'other'",
    "token totals": "UPDATE sessions SET input_tokens = 7 WHERE name = 'Straße'",
    "previews": "UPDATE sessions SET preview = 'else' WHERE name = 'Straße'",
    "previews folded": "UPDATE sessions SET preview_key = 'else' WHERE name = 'Straße'",
    "folded texts": "UPDATE sessions SET name_key = 'straße' WHERE name = 'Straße'",
    "folded texts handle": "UPDATE sessions SET handle = 1 WHERE name = 'other'",
    "folded texts model": "UPDATE sessions SET model_key = 'X' WHERE name = 'other'",
    "folded texts tags": "UPDATE sessions SET tags = ' A ', tag_keys = ' b ' WHERE name = 'other'",
    "attachment counts": "UPDATE messages SET attachment_count = 5 WHERE attachment_count = 1",
    "leftover attachments": (
        "INSERT INTO attachments (session_id, message_id, n, name, media_type, source, data)"
        " SELECT id, id, 1, 'a', 'b', 'c', '' FROM sessions WHERE name = 'other'"
    ),
    "leftover chunks": (
        "INSERT INTO answer_chunks (session_id, message_id, n, content, reasoning)"
        " SELECT session_id, id, 1, 'a', '' FROM messages WHERE role = 'assistant' LIMIT 1"
    ),
    "leftover fields": (
        "INSERT INTO message_extras (session_id, message_id, extra)"
        " SELECT id, id, '{}' FROM sessions WHERE name = 'other'"
    ),
    "leftover summaries": "UPDATE summaries SET message_count = 2",
    "names": "UPDATE sessions SET name = 'STRASSE', name_key = 'strasse' WHERE name = 'other'",
    "indexes": "DROP INDEX sessions_live",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_wrong_is_found_and_mended(damage: str) -> None:
    url = prepared()
    fill(url)
    with open_store(url) as store:
        texts = [store.get_messages(one.session.id) for one in store.list_sessions()]
    execute(url, f"SET search_path TO synapse; {DAMAGES[damage]}")
    found = open_inspection(url).check()
    name = " ".join(damage.split()[:2]) if damage.split()[0] not in ("counts", "previews") else ""
    assert set(subjects(found)) == {name or damage.split()[0]}
    assert all(finding.repairable for finding in found)
    assert open_inspection(url).check() == found
    assert open_inspection(url).repair() == found
    assert open_inspection(url).check() == []
    with open_store(url) as store:
        assert [store.get_messages(one.session.id) for one in store.list_sessions()] == texts


def test_gaps_in_the_numbers_are_closed_and_branches_stay_where_they_are() -> None:
    url = prepared()
    fill(url)
    with open_store(url) as store:
        [fork] = [one.session for one in store.list_sessions() if one.session.forked_from]
        assert fork.forked_from is not None
        before = [one.content for one in store.get_messages(fork.forked_from)]
    moved = "UPDATE synapse.messages SET seq = seq + 10 WHERE session_id = %s AND seq > %s"
    execute(url, moved, fork.forked_from, 2)
    execute(url, "UPDATE synapse.sessions SET forked_at = 13 WHERE id = %s", fork.id)
    assert set(subjects(open_inspection(url).check())) == {"order", "counts", "leftover summaries"}
    open_inspection(url).repair()
    assert open_inspection(url).check() == []
    with open_store(url) as store:
        messages = store.get_messages(fork.forked_from)
        assert [one.content for one in messages] == before
        assert [one.index for one in messages] == [1, 2, 3, 4]
        branch = store.get_session(fork.id)
        assert branch is not None
        assert branch.forked_at == 3


def test_messages_without_a_session_get_one() -> None:
    url = prepared()
    fill(url)
    cluster = postgres_server.server(18)
    database = url.partition("?")[0].rpartition("/")[2]
    above = cluster.url(database)
    with open_store(url) as store:
        [session] = store.find_by_name("Straße")
    execute(
        above,
        "SET session_replication_role TO replica;"
        f" DELETE FROM synapse.sessions WHERE id = '{session.session.id}'",
    )
    assert "messages without a session" in subjects(open_inspection(url).check())
    open_inspection(url).repair()
    assert open_inspection(url).check() == []
    with open_store(url) as store:
        found = store.get_summary(session.session.id)
        assert found is not None
        assert (found.message_count, found.preview) == (4, "What is NUL?")


def test_an_index_that_was_not_finished_is_built_anew() -> None:
    url = prepared()
    fill(url)
    cluster = postgres_server.server(18)
    above = cluster.url(url.partition("?")[0].rpartition("/")[2])
    execute(
        above,
        "UPDATE pg_index SET indisvalid = false"
        " WHERE indexrelid = 'synapse.sessions_trash'::regclass",
    )
    [finding] = open_inspection(url).check()
    assert (finding.subject, finding.repairable) == ("indexes", True)
    assert "sessions_trash" in finding.text
    open_inspection(url).repair()
    assert open_inspection(url).check() == []


def test_a_damaged_index_is_found_by_amcheck_and_built_anew() -> None:
    """Its entries are out of order, as after a change of a collation."""
    with postgres_server.own_server(18, {"ignore_checksum_failure": "on"}) as own:
        own.make_roles(["synapse"])
        own.execute("CREATE DATABASE archive OWNER synapse")
        url = own.url("archive", "synapse")
        set_up(url)
        fill(url)
        own.execute("CREATE EXTENSION amcheck", database="archive")
        assert open_inspection(url).check() == []  # it may not be used yet
        own.execute(
            "GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO synapse",
            database="archive",
        )
        assert open_inspection(url).check() == []
        [(path,)] = own.execute(
            "SELECT pg_relation_filepath('synapse.sessions_handle')", database="archive"
        )
        own.stop(signal.SIGINT)
        with (own.data / path).open("r+b") as file:
            page = bytearray(file.read()[8192:])  # the first is about the index
            page[24:28], page[28:32] = page[28:32], page[24:28]  # where its entries are
            file.seek(8192)
            file.write(page)
        own.start()
        [finding] = open_inspection(url).check()
        assert finding.subject == "indexes"
        assert finding.text.startswith("sessions_handle: ")
        open_inspection(url).repair()
        assert open_inspection(url).check() == []


def test_info_counts_and_hides_the_password(home: Path) -> None:
    url = prepared(tcp=True)
    fill(url)
    execute(url, "UPDATE synapse.sessions SET deleted_at = now() WHERE name = 'other'")
    ran = run("--db", url, "db", "info")
    assert ran.status == 0
    lines = dict(line.split(None, 1) for line in ran.text.splitlines() if "trash" not in line)
    assert lines["engine"].startswith("PostgreSQL 18")
    assert (lines["sessions"], lines["messages"]) == ("2", "7")
    assert "in the trash  1\n" in ran.text
    assert "unused" not in ran.text
    assert "p%40ss" not in ran.text + ran.err
    told = run("--db", url, "db", "info", "--json").json()
    assert (told["sessions"], told["trashed"], told["messages"], told["files"]) == (2, 1, 7, [])
    assert told["size"] > 0


def test_check_and_doctor_say_what_they_found(home: Path) -> None:
    url = prepared()
    fill(url)
    assert run("--db", url, "db", "check").status == 0
    execute(url, "UPDATE synapse.sessions SET message_count = 99")
    ran = run("--db", url, "db", "check")
    assert ran.status == 1
    assert ran.text.startswith("counts: 3 wrong, such as ")
    assert "db check --repair" in ran.err
    assert run("--db", url, "db", "check", "--repair").status == 0
    told = run("--db", url, "doctor").text
    for line in (
        "ok  engine: PostgreSQL 18",
        "ok  connection: on this machine, not encrypted",
        "ok  pool: none on the way",
        "ok  clock: the same here and on the server",
        "ok  access: readable and writable",
        "ok  rights: the role synapse has what it needs",
        "ok  schema: number ",
    ):
        assert line in told


def test_a_database_without_our_tables_is_said_to_be_none(home: Path) -> None:
    url = postgres_server.fresh_database(18)
    with pytest.raises(DatabaseMissing):
        open_inspection(url).check()
    ran = run("--db", url, "doctor")
    assert "ok  access: readable and writable" in ran.text
    assert "!!  schema:" in ran.text
    assert "db init" in ran.text
    for words in ("db info", "db check"):
        assert run("--db", url, *words.split()).status == 6


def test_a_server_that_is_not_there_is_said_to_be_away(home: Path) -> None:
    url = "postgresql://someone@127.0.0.1:1/nothing?connect_timeout=2"
    with pytest.raises(StoreUnreachable):
        open_inspection(url).diagnose()
    assert "!!  database: can't reach" in run("--db", url, "doctor").text


def test_a_role_without_rights_and_a_read_only_database_are_told() -> None:
    url = prepared()
    fill(url)
    database = url.partition("?")[0].rpartition("/")[2]
    cluster = postgres_server.server(18)
    cluster.execute(f"ALTER DATABASE {database} SET default_transaction_read_only TO on")
    found = {finding.subject: finding for finding in open_inspection(url).diagnose()}
    assert not found["access"].ok
    assert "read only" in found["access"].text
    cluster.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    execute(cluster.url(database), "REVOKE INSERT ON synapse.messages FROM synapse")
    found = {finding.subject: finding for finding in open_inspection(url).diagnose()}
    assert not found["rights"].ok
    assert "may not change messages" in found["rights"].text


def test_a_database_in_another_encoding_is_told() -> None:
    cluster = postgres_server.server(18)
    url = postgres_server.fresh_database(18)
    database = url.partition("?")[0].rpartition("/")[2]
    cluster.execute(f"DROP DATABASE {database}")
    cluster.execute(
        f"CREATE DATABASE {database} OWNER synapse ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
        " TEMPLATE template0"
    )
    set_up(url)
    found = {finding.subject: finding for finding in open_inspection(url).diagnose()}
    assert "LATIN1" in found["encoding"].text


def test_a_clock_that_is_wrong_is_told() -> None:
    from synapse.stores.servers.care.inspection import clock_finding

    assert clock_finding(100, 103, 105).ok
    assert clock_finding(100, 114.5, 105).ok
    ahead = clock_finding(1000, 87_405, 1005)
    assert (ahead.ok, "86,400 s ahead of" in ahead.text) == (False, True)
    behind = clock_finding(87_400, 1000, 87_405)
    assert (behind.ok, "86,400 s behind" in behind.text) == (False, True)


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("backup FILE", "pg_dump -Fc -n synapse -f FILE postgresql://someone@server/x"),
        ("restore FILE", "pg_restore -d postgresql://someone@server/x FILE"),
        ("vacuum", "psql postgresql://someone@server/x -c 'VACUUM ANALYZE'"),
        ("recover --into FILE", "db copy FILE"),
    ],
)
def test_what_is_sqlites_own_says_what_to_use_instead(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, instead: str
) -> None:
    """Without asking the server."""
    monkeypatch.chdir(tmp_path)
    ran = run("--db", "postgresql://someone:secret@server/x", "db", *words.split())
    assert (ran.status, ran.out) == (7, b"")
    assert ran.err.startswith("error: a server keeps the files of postgresql://someone@server/x")
    assert instead in ran.err
    assert "secret" not in ran.err
    assert not (tmp_path / "FILE").exists()
