"""Two people in one database, each with the program: they see what was shared, and nothing else."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2
import pytest
from cli.test_json import check
from contract.builders import a_session, a_summary
from people import ALICE, BOB, CAROL, EVE, KEEPER, members_database
from postgres_cluster import VERSIONS, execute
from program import Ran, run

from synapse.domain import Role, Status, StoredMessage
from synapse.errors import DatabaseLocked, DatabaseReadOnly, SessionBusy
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres_cluster import Cluster


@dataclass
class As:
    """Runs the program as somebody."""

    cluster: Cluster
    name: str

    def __call__(self, role: str, *words: str) -> Ran:
        return run(*words, environ={"DATABASE_URL": self.url(role)})

    def url(self, role: str) -> str:
        return self.cluster.url(self.name, role)


@pytest.fixture(params=VERSIONS)
def as_role(request: pytest.FixtureRequest) -> Iterator[As]:
    with members_database(request.param) as (cluster, name):
        yield As(cluster, name)


@pytest.fixture
def handle(as_role: As) -> str:
    """A session of Alice's, with one question and its answer."""
    assert as_role(ALICE, "-p", "echo", "--name", "plans", "What is our plan?").status == 0
    [identity] = as_role(ALICE, "sessions", "list", "-F", "id").text.split()
    return identity[-8:]


def test_nobody_sees_what_was_not_shared(as_role: As, handle: str) -> None:
    as_role(BOB, "-p", "echo", "Mine")
    assert [row[-1] for row in as_role(ALICE, "sessions", "list").rows] == ["What is our plan?"]
    assert [row[-1] for row in as_role(BOB, "sessions", "list").rows] == ["Mine"]
    for words in (
        ["sessions", "show", handle],
        ["sessions", "show", "plans"],
        ["-s", handle, "-p", "echo", "Hello"],
        ["sessions", "delete", handle],
        ["db", "grant", handle, BOB],
    ):
        assert as_role(BOB, *words).status == 3
    shared = as_role(BOB, "sessions", "list", "--shared")
    assert (shared.status, shared.text) == (1, "")
    assert "Nobody has shared a session with you." in shared.err


def test_a_name_of_one_person_is_free_for_the_others(as_role: As, handle: str) -> None:
    assert as_role(BOB, "-p", "echo", "--name", "plans", "Mine").status == 0
    assert "Mine" in as_role(BOB, "sessions", "show", "plans").text


def test_what_was_shared_is_read_and_copied_but_not_changed(as_role: As, handle: str) -> None:
    assert as_role(ALICE, "db", "grant", handle, BOB).err.endswith(": bob may read it.\n")
    [row] = as_role(BOB, "sessions", "list", "--shared").rows
    assert row[0][-8:] == handle
    assert row[-2:] == [ALICE, "read"]
    [session] = as_role(BOB, "sessions", "list", "--shared", "--json").json()["sessions"]
    assert (session["owner"], session["may_write"]) == (ALICE, False)
    assert as_role(BOB, "sessions", "list").rows == []
    assert "What is our plan?" in as_role(BOB, "sessions", "show", handle).text
    for words in (
        ["-s", handle, "-p", "echo", "Hello"],
        ["sessions", "rename", handle, "mine"],
        ["sessions", "pin", handle],
    ):
        refused = as_role(BOB, *words)
        assert refused.status == 6, refused
        assert f"the session {handle} is alice's: you may read it, but not change it" in refused.err
        assert f"synapse db grant --write {handle} ROLE" in refused.err
    assert as_role(BOB, "sessions", "delete", handle).status == 6
    assert as_role(BOB, "sessions", "purge", "--yes", handle).status != 0
    assert as_role(BOB, "sessions", "tag", handle, "urgent").status != 0
    assert as_role(BOB, "sessions", "fork", handle).status == 0
    assert len(as_role(BOB, "sessions", "list").rows) == 1
    assert as_role(CAROL, "sessions", "show", handle).status == 3
    [row] = as_role(ALICE, "sessions", "list").rows
    assert row[4] == "2"


def test_who_may_write_goes_on_and_the_session_stays_its_owners(as_role: As, handle: str) -> None:
    as_role(ALICE, "db", "grant", handle, BOB, "--write")
    asked = as_role(BOB, "-s", handle, "-p", "echo", "Shall we begin?")
    assert asked.status == 0, asked
    shown = as_role(ALICE, "sessions", "show", "plans").text
    assert "Shall we begin?" in shown
    assert as_role(ALICE, "-s", "plans", "-p", "echo", "Yes").status == 0
    assert "Yes" in as_role(BOB, "sessions", "show", handle).text
    assert as_role(BOB, "sessions", "list").rows == []
    assert as_role(BOB, "sessions", "rename", handle, "ours").status == 0
    refused = as_role(BOB, "sessions", "delete", handle)
    assert refused.status == 6
    assert f"the session {handle} is alice's: only its owner may do this" in refused.err
    assert as_role(BOB, "db", "grant", handle, CAROL).status == 6
    assert len(as_role(ALICE, "sessions", "list").rows) == 1


def test_summaries_are_shared_with_their_session(as_role: As, handle: str) -> None:
    with open_store(as_role.url(ALICE)) as alice, open_store(as_role.url(BOB)) as bob:
        [listed] = alice.list_sessions()
        session = listed.session
        first = a_summary(session, 2)
        assert alice.add_summary(first)
        assert bob.summaries(session.id) == []
        assert bob.standing_summary(session.id) is None
        assert not bob.remove_summary(first.id)
        as_role(ALICE, "db", "grant", handle, BOB)
        assert bob.standing_summary(session.id) == first
        second = a_summary(session, 2, parent=first.id)
        with pytest.raises(DatabaseReadOnly):
            bob.add_summary(second)
        with pytest.raises(DatabaseReadOnly):
            bob.remove_summary(first.id)
        fork = a_session()
        assert bob.fork_session(session.id, fork) == 2
        assert [one.content for one in bob.summaries(fork.id)] == [first.content]
        as_role(ALICE, "db", "grant", handle, BOB, "--write")
        assert bob.add_summary(second)
        assert alice.summaries(session.id) == [first, second]
        assert bob.supersede_messages(session.id, 2) == 1
        assert alice.summaries(session.id) == []


def test_of_two_people_in_one_session_one_waits_for_the_other(as_role: As, handle: str) -> None:
    as_role(ALICE, "db", "grant", handle, BOB, "--write")
    with open_store(as_role.url(ALICE)) as alice, open_store(as_role.url(BOB)) as bob:
        [summary] = alice.list_sessions()
        session = summary.session

        def a_turn(question: str) -> tuple[StoredMessage, StoredMessage]:
            asked = StoredMessage.new(session.id, Role.USER, question)
            answer = StoredMessage.new(session.id, Role.ASSISTANT, "")
            return asked, answer.replace(status=Status.STREAMING)

        asked, answer = a_turn("Of Bob's")
        bob.begin_turn(session, asked, answer, create=False)
        bob.checkpoint(answer.id, "So far")
        with pytest.raises(SessionBusy):
            alice.begin_turn(session, *a_turn("Of Alice's"), create=False)
        assert alice.close_abandoned(session.id) == 0
        assert alice.get_messages(session.id)[-1].content == "So far"
        assert bob.renew_lease(answer.id)
        bob.finish_turn(answer.replace(content="So it is", status=Status.COMPLETE))
        alice.begin_turn(session, *a_turn("Of Alice's"), create=False)
        assert [message.content for message in bob.get_messages(session.id)][2:5] == [
            "Of Bob's",
            "So it is",
            "Of Alice's",
        ]
    rows = execute(as_role.url("postgres"), "SELECT DISTINCT owner FROM synapse.messages")
    assert rows == [(ALICE,)]
    assert as_role(ALICE, "sessions", "search", "So it is").rows
    assert as_role(BOB, "sessions", "search", "So it is").status == 1


def test_a_right_that_is_taken_back_ends_a_turn_at_its_next_word(as_role: As, handle: str) -> None:
    as_role(ALICE, "db", "grant", handle, BOB, "--write")
    with open_store(as_role.url(BOB)) as bob:
        session = bob.find_by_prefix(handle)[0].session
        answer = StoredMessage.new(session.id, Role.ASSISTANT, "").replace(status=Status.STREAMING)
        asked = StoredMessage.new(session.id, Role.USER, "Wait")
        bob.begin_turn(session, asked, answer, create=False)
        as_role(ALICE, "db", "grant", handle, BOB)
        with pytest.raises(DatabaseReadOnly):
            bob.finish_turn(answer.replace(content="Late", status=Status.COMPLETE))
    assert "Late" not in as_role(ALICE, "sessions", "show", handle).text


def test_what_was_shared_is_exported(as_role: As, handle: str) -> None:
    as_role(ALICE, "db", "grant", handle, BOB)
    exported = as_role(BOB, "sessions", "export", handle, "-F", "text")
    assert exported.status == 0
    assert "What is our plan?" in exported.text
    assert as_role(BOB, "sessions", "export", "--all", "-F", "jsonl").text == ""


def test_what_was_taken_back_is_hidden_at_once(as_role: As, handle: str) -> None:
    as_role(ALICE, "db", "grant", handle, BOB, "--write")
    assert as_role(ALICE, "db", "grant", handle, BOB, "--write").err.endswith("already.\n")
    assert as_role(ALICE, "db", "grant", handle).rows == [[BOB, "write"]]
    as_role(ALICE, "db", "grant", handle, BOB)
    assert as_role(ALICE, "db", "grant", handle, "--json").json()["grants"] == [
        {"role": BOB, "may_write": False}
    ]
    assert as_role(ALICE, "db", "revoke", handle, BOB).status == 0
    assert as_role(BOB, "sessions", "show", handle).status == 3
    assert as_role(ALICE, "db", "revoke", handle, BOB).status == 1
    assert "was shown to nobody" in as_role(ALICE, "db", "grant", handle).err


def test_what_came_of_it_is_told_to_programs(as_role: As, handle: str) -> None:
    for definition, words, told in (
        ("db_members", ["members"], {"command": "db members"}),
        ("db_grant", ["grant", handle, BOB], {"grants": [{"role": BOB, "may_write": False}]}),
        ("db_revoke", ["revoke", handle, BOB], {"role": BOB, "revoked": True}),
        ("db_revoke", ["revoke", handle, BOB], {"revoked": False, "status": 1}),
    ):
        document = as_role(ALICE, "db", *words, "--json").json()
        check(definition, document)
        assert {name: document[name] for name in told} == told


def test_a_session_in_the_trash_is_out_of_its_grantees_reach(as_role: As, handle: str) -> None:
    as_role(ALICE, "db", "grant", handle, BOB, "--write")
    as_role(ALICE, "sessions", "delete", handle)
    assert as_role(BOB, "sessions", "list", "--shared").status == 1
    assert as_role(BOB, "sessions", "restore", handle).status == 3
    assert as_role(BOB, "-s", handle, "-p", "echo", "Hello").status == 3
    as_role(ALICE, "sessions", "restore", handle)
    assert as_role(BOB, "-s", handle, "-p", "echo", "Hello").status == 0


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("nobody_at_all", "the server knows no role nobody_at_all"),
        (EVE, "synapse db members --add eve"),
        (ALICE, "is alice's own"),
        ("", "the server knows no role"),
        ('b"ob; DROP TABLE grants', "the server knows no role"),
    ],
)
def test_a_grant_needs_somebody_who_can_use_it(
    role: str, said: str, as_role: As, handle: str
) -> None:
    refused = as_role(ALICE, "db", "grant", handle, role)
    assert refused.status in (3, 6)
    assert said in refused.err
    assert as_role(ALICE, "db", "grant", handle).rows == []


def test_members_are_listed_let_in_and_kept_out(as_role: As) -> None:
    assert as_role(ALICE, "db", "members").rows == [
        [KEEPER, "owner"],
        [ALICE, "member", "you"],
        [BOB, "member"],
        [CAROL, "member"],
    ]
    refused = as_role(EVE, "sessions", "list")
    assert refused.status == 6
    assert "the role eve may not use the conversations" in refused.err
    assert "synapse db members --add eve" in refused.err
    for role in (ALICE, BOB):
        refused = as_role(role, "db", "members", "--add", EVE)
        assert refused.status == 6
        assert "Connect as keeper" in refused.err
    assert as_role(KEEPER, "db", "members", "--add", EVE).err == "eve may use it now.\n"
    assert as_role(KEEPER, "db", "members", "--add", EVE).err == "eve could use it already.\n"
    assert as_role(EVE, "-p", "echo", "Hello").status == 0
    assert as_role(KEEPER, "db", "members", "--remove", EVE).err == "eve is kept out now.\n"
    assert as_role(EVE, "sessions", "list").status == 6
    assert as_role(KEEPER, "db", "members", "--remove", KEEPER).status == 6
    as_role(KEEPER, "db", "members", "--add", EVE)
    assert len(as_role(EVE, "sessions", "list").rows) == 1


def test_who_set_the_database_up_has_sessions_and_sees_no_others(as_role: As, handle: str) -> None:
    assert as_role(KEEPER, "-p", "echo", "Mine").status == 0
    assert [row[-1] for row in as_role(KEEPER, "sessions", "list").rows] == ["Mine"]
    assert as_role(KEEPER, "sessions", "show", handle).status == 3


def test_a_schema_of_somebody_elses_is_not_used() -> None:
    with members_database() as (cluster, name):
        url = cluster.url(name, "postgres")
        execute(url, "DROP SCHEMA synapse CASCADE")
        execute(url, "CREATE SCHEMA synapse AUTHORIZATION eve")
        execute(url, "GRANT ALL ON SCHEMA synapse TO alice")
        refused = run("db", "init", environ={"DATABASE_URL": cluster.url(name, ALICE)})
        assert refused.status == 6
        assert "the schema synapse belongs to eve already" in refused.err


def test_only_their_owner_brings_tables_up_to_date(as_role: As) -> None:
    assert as_role(BOB, "db", "init").status == 0
    execute(as_role.url("postgres"), "DELETE FROM synapse.schema_numbers WHERE number > 1")
    refused = as_role(BOB, "db", "init")
    assert refused.status == 6
    assert "belong to keeper" in refused.err
    assert "Connect as keeper to bring them up to date." in refused.err


def test_a_name_that_somebody_else_holds_makes_nobody_wait_for_ever(
    as_role: As, handle: str
) -> None:
    """Advisory locks are everybody's: Bob can get in the way, and no more."""
    with contextlib.closing(psycopg2.connect(as_role.url(BOB))) as bob, bob.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('alice ours', 0))")
        with (
            open_store(as_role.url(ALICE), busy_timeout=0.1) as alice,
            pytest.raises(DatabaseLocked),
        ):
            alice.rename_session(alice.list_sessions()[0].session.id, "ours")
    assert as_role(ALICE, "sessions", "rename", handle, "ours").status == 0


@pytest.mark.parametrize(
    "words",
    [
        ["db", "grant", "@", "bob"],
        ["db", "revoke", "@", "bob"],
        ["db", "members"],
        ["sessions", "list", "--shared"],
    ],
)
def test_a_file_cannot_be_shared_between_people(words: list[str]) -> None:
    refused = run(*words)
    assert refused.status == 2
    assert "can't be shared between people" in refused.err


@pytest.mark.parametrize("more", [["--deleted"], ["-R"], ["--sort", "name"], ["plan"]])
def test_what_was_shared_is_listed_as_a_whole(more: list[str]) -> None:
    refused = run("sessions", "list", "--shared", *more)
    assert refused.status == 2
    assert "it goes with -n and -F only" in refused.err


def test_only_citus_can_distribute(as_role: As) -> None:
    refused = as_role(KEEPER, "db", "init", "--distributed")
    assert refused.status == 7
    assert "the extension citus is not in this database" in refused.err
    refused = run("db", "init", "--distributed")
    assert refused.status == 2
    assert "can't be distributed" in refused.err
