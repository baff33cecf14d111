"""Somebody who may use the database speaks SQL to it, not this program, and gets at nothing.

Alice has two sessions of her own, one that she has shown to Bob, and one in which Bob may write.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from people import ALICE, BOB, CAROL, EVE, Sessions, shared_database
from postgres_cluster import VERSIONS

from synapse.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE = "zebra"
"""A word of what nobody may see but Alice."""


class Attacker:
    """A role with a connection, and everything that the server has said to it."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True
        self.heard: list[str] = []
        self.does("SET search_path = synapse, pg_temp")

    def does(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement. Raises what the server refuses."""
        with self.connection.cursor() as cursor:
            try:
                cursor.execute(statement, values or None)
            except psycopg2.Error as error:
                self.heard.append(str(error))
                raise
            finally:
                self.heard += self.connection.notices
            rows = cursor.fetchall() if cursor.description else []
            self.heard.append(repr(rows))
            return rows

    def changes(self, statement: str, *values: object) -> int:
        """How many rows a statement has changed."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return int(cursor.rowcount)

    def tries(self, statement: str, *values: object) -> str:
        """What the server says to a statement that it refuses; empty if it does not."""
        try:
            self.does(statement, *values)
        except psycopg2.Error as error:
            return str(error)
        return ""


@pytest.fixture(scope="module", params=VERSIONS)
def database(request: pytest.FixtureRequest) -> Iterator[Sessions]:
    with shared_database(request.param, private=PRIVATE) as sessions:
        yield sessions


@pytest.fixture
def bob(database: Sessions) -> Iterator[Attacker]:
    """Whatever he does is undone, and he has not heard the word at the end."""
    attacker = Attacker(database.url(BOB))
    with contextlib.closing(attacker.connection):
        before = database.everything()
        yield attacker
        attacker.connection.rollback()
        assert not [said for said in attacker.heard if PRIVATE in said]
    assert database.everything() == before


TABLES = (
    "sessions",
    "messages",
    "answer_chunks",
    "attachments",
    "session_changes",
    "imports",
    "message_extras",
    "summaries",
    "clock",
    "clock_gaps",
    "words",
    "grants",
)


@pytest.mark.parametrize("table", TABLES)
def test_no_row_of_anothers_is_seen_however_it_is_asked_for(
    table: str, bob: Attacker, database: Sessions
) -> None:
    own = database.not_shared(table)
    assert database.as_superuser(f"SELECT count(*) FROM {table} WHERE {own}") > [(0,)]
    assert bob.does(f"SELECT * FROM {table} WHERE {own}") == []
    assert bob.does(f"SELECT t::text FROM {table} AS t WHERE {own}") == []
    assert bob.does(f"TABLE {table}") == bob.does(f"SELECT * FROM ONLY {table}")
    assert bob.does(f"SELECT count(*) FROM {table} TABLESAMPLE SYSTEM (100) WHERE {own}") == [(0,)]
    assert bob.does(
        f"SELECT query_to_xml('SELECT * FROM {table} WHERE ' || %s, true, true, '')::text", own
    )
    with bob.connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"DECLARE peek CURSOR FOR SELECT * FROM {table} WHERE {own} FOR UPDATE")
        cursor.execute("FETCH ALL FROM peek")
        assert cursor.fetchall() == []
        cursor.execute(f"CREATE TEMP VIEW mine AS SELECT * FROM {table}")
        cursor.execute(f"SELECT * FROM mine WHERE {own}")
        assert cursor.fetchall() == []
        cursor.execute("ROLLBACK")


@pytest.mark.parametrize("table", TABLES)
def test_no_row_of_anothers_is_changed_or_destroyed(
    table: str, bob: Attacker, database: Sessions
) -> None:
    own = database.not_shared(table)
    column = database.a_column(table)
    assert bob.changes(f"UPDATE {table} SET {column} = {column} WHERE {own}") == 0
    assert bob.changes(f"DELETE FROM {table} WHERE {own}") == 0
    assert bob.does(f"DELETE FROM {table} WHERE {own} RETURNING *") == []
    for statement in (
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"DROP POLICY own ON {table}",
        f"CREATE POLICY all_of_it ON {table} USING (true)",
        f"DROP TABLE {table} CASCADE",
        f"ALTER TABLE {table} OWNER TO bob",
        f"CREATE TRIGGER spy AFTER INSERT ON {table}"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        f"CREATE RULE spy AS ON INSERT TO {table} DO ALSO SELECT 1",
        f"CREATE INDEX ON {table} ((1))",
        f"CREATE TABLE public.oracle (owner text REFERENCES {table})",
        f"COMMENT ON TABLE {table} IS 'mine'",
    ):
        said = bob.tries(statement)
        assert "permission denied" in said or "must be owner" in said
    bob.tries(f"GRANT SELECT ON {table} TO carol")  # a warning, if anything
    assert not database.as_superuser(
        "SELECT 1 FROM information_schema.table_privileges WHERE grantor = 'bob'"
    )


def test_the_switch_for_row_security_is_none(bob: Attacker) -> None:
    bob.does("SET row_security = off")
    for table in TABLES:
        assert "affected by row-level security" in bob.tries(f"SELECT * FROM {table}")
    bob.does("RESET row_security")
    assert "permission denied" in bob.tries("ALTER ROLE bob BYPASSRLS")


@pytest.mark.parametrize("role", ["alice", "keeper", "postgres", "pg_read_all_data", "carol"])
def test_nobody_becomes_somebody_else(role: str, bob: Attacker, database: Sessions) -> None:
    assert "permission denied" in bob.tries(f"SET ROLE {role}")
    assert "permission denied" in bob.tries(f"SET SESSION AUTHORIZATION {role}")
    assert bob.tries(f"GRANT {role} TO bob")
    assert bob.tries(f"DO $$ BEGIN EXECUTE 'SET LOCAL ROLE {role}'; END $$")
    assert bob.does("SELECT session_user::text") == [("bob",)]
    assert "permission denied" in bob.tries("SELECT set_config('role', %s, false)", role)
    assert "cannot be changed" in bob.tries("SELECT set_config('is_superuser', 'on', false)")


def test_a_role_that_was_taken_on_gives_nothing_of_its_rows(database: Sessions) -> None:
    """Even who may act as Alice sees their own only: it counts who logged in."""
    name = f"friend_{os.getpid()}"
    database.as_superuser(f"CREATE ROLE {name} LOGIN")
    database.as_superuser(f"GRANT alice TO {name}")
    try:
        friend = Attacker(database.url(name))
        with contextlib.closing(friend.connection):
            friend.does("SET ROLE alice")
            assert friend.does("SELECT current_user::text") == [("alice",)]
            assert friend.does("SELECT count(*) FROM sessions") == [(0,)]
    finally:
        database.as_superuser(f"DROP ROLE {name}")


@pytest.mark.parametrize(
    "lever",
    [
        "content::int = 1",
        "(1 / (length(content) - length(content))) = 1",
        "leak(content)",
        "content ~ leak_text(content)",
        "owner = 'alice' AND leak(content)",
        "session_id = 'feed0000-0000-4000-8000-000000000000' AND leak(content)",
    ],
)
def test_no_function_gets_to_see_a_row_before_the_policy_does(lever: str, bob: Attacker) -> None:
    """A cheap function is not called with what the policy hides, nor an error made of it."""
    bob.does(
        "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS"
        " $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$"
    )
    bob.does(
        "CREATE FUNCTION pg_temp.leak_text(text) RETURNS text LANGUAGE plpgsql COST 0.0000001 AS"
        " $$ BEGIN RAISE EXCEPTION 'saw %', $1; END $$"
    )
    assert "only superuser" in bob.tries("ALTER FUNCTION pg_temp.leak(text) LEAKPROOF")
    lever = lever.replace("leak", "pg_temp.leak")
    bob.tries(f"SELECT count(*) FROM messages WHERE {lever}")
    joined = lever.replace("owner", "m.owner")
    bob.tries(
        f"SELECT count(*) FROM messages m JOIN sessions s ON s.id = m.session_id WHERE {joined}"
    )
    bob.tries(f"DELETE FROM messages WHERE {lever} AND false")


def test_an_operator_of_ones_own_sees_nothing(bob: Attacker) -> None:
    bob.does(
        "CREATE FUNCTION pg_temp.peek(text, text) RETURNS boolean LANGUAGE plpgsql"
        " COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$"
    )
    bob.does(
        "CREATE OPERATOR pg_temp.<<<< (FUNCTION = pg_temp.peek, LEFTARG = text, RIGHTARG = text)"
    )
    bob.does("SELECT count(*) FROM messages WHERE content OPERATOR(pg_temp.<<<<) ''")


def test_rows_cannot_be_put_under_anothers_name_or_into_anothers_session(
    bob: Attacker, database: Sessions
) -> None:
    session = (
        "INSERT INTO sessions"
        " (id, owner, handle, provider, model, model_key, created_at, updated_at)"
        " VALUES (%s, %s, 1, 'echo', 'm', 'm', now(), now())"
    )
    assert "row-level security" in bob.tries(session, new_id(), ALICE)
    message = (
        "INSERT INTO messages (session_id, owner, seq, id, role, content, timestamp, added)"
        " VALUES (%s, %s, 900, %s, 'user', 'mine', now(), 1)"
    )
    for target in (database.private, database.readable):
        assert "row-level security" in bob.tries(message, target, ALICE, new_id())
        said = bob.tries(message, target, BOB, new_id())
        assert "foreign key" in said
    assert "foreign key" in bob.tries(message, database.writable, BOB, new_id())


@pytest.mark.parametrize("column", ["owner", "id"])
def test_neither_a_session_nor_a_message_changes_hands(
    column: str, bob: Attacker, database: Sessions
) -> None:
    value = "'bob'" if column == "owner" else "gen_random_uuid()"
    for table in ("sessions", "messages"):
        assert "permission denied" in bob.tries(f"UPDATE {table} SET {column} = {value}")
    assert "permission denied" in bob.tries(
        "UPDATE messages SET session_id = %s", database.writable
    )
    assert "permission denied" in bob.tries(
        f"INSERT INTO sessions SELECT * FROM sessions WHERE id = %s"
        f" ON CONFLICT (id) DO UPDATE SET {column} = {value}",
        database.writable,
    )
    assert "permission denied" in bob.tries(
        f"MERGE INTO sessions s USING (SELECT 1) x ON s.id = %s"
        f" WHEN MATCHED THEN UPDATE SET {column} = {value}",
        database.writable,
    )


def test_who_was_given_a_session_can_neither_pass_it_on_nor_take_more(
    bob: Attacker, database: Sessions
) -> None:
    grant = "INSERT INTO grants (session_id, owner, grantee, may_write) VALUES (%s, %s, %s, true)"
    for session in (database.private, database.readable, database.writable):
        for grantee in (BOB, CAROL):
            assert "row-level security" in bob.tries(grant, session, ALICE, grantee)
        assert "foreign key" in bob.tries(grant, session, BOB, EVE)
    assert bob.changes("UPDATE grants SET may_write = true WHERE grantee = 'bob'") == 0
    assert bob.changes("UPDATE grants SET grantee = 'carol'") == 0
    assert bob.changes("DELETE FROM grants") == 0
    bob.tries(
        "MERGE INTO grants g USING (SELECT 1) x ON g.grantee = 'bob'"
        " WHEN MATCHED THEN UPDATE SET may_write = true"
    )
    assert bob.does("SELECT session_id FROM grants WHERE may_write") == [(database.writable,)]


def test_who_may_read_reads_that_session_and_changes_nothing(
    bob: Attacker, database: Sessions
) -> None:
    assert bob.does("SELECT count(*) FROM messages WHERE session_id = %s", database.readable) == [
        (2,)
    ]
    assert bob.changes("UPDATE sessions SET title = 'x' WHERE id = %s", database.readable) == 0
    assert (
        bob.changes("UPDATE messages SET content = 'x' WHERE session_id = %s", database.readable)
        == 0
    )
    assert bob.changes("DELETE FROM messages WHERE session_id = %s", database.readable) == 0
    assert bob.changes("DELETE FROM summaries WHERE session_id = %s", database.readable) == 0
    assert bob.does("SELECT 1 FROM sessions WHERE id = %s FOR UPDATE", database.readable) == []


def test_who_may_write_destroys_nothing(bob: Attacker, database: Sessions) -> None:
    session = database.writable
    assert bob.changes("DELETE FROM sessions WHERE id = %s", session) == 0
    assert bob.changes("DELETE FROM messages WHERE session_id = %s", session) == 0
    assert bob.changes("DELETE FROM attachments WHERE session_id = %s", session) == 0
    assert "row-level security" in bob.tries(
        "UPDATE sessions SET deleted_at = now() WHERE id = %s", session
    )
    bob.does("BEGIN")
    assert bob.changes("UPDATE sessions SET title = 'ours' WHERE id = %s", session) == 1
    bob.does("ROLLBACK")


def test_that_an_id_is_taken_is_all_that_an_error_tells(bob: Attacker, database: Sessions) -> None:
    """The known hole: who guesses an id (74 random bits) learns that it is there."""
    session = (
        "INSERT INTO sessions (id, handle, provider, model, model_key, created_at, updated_at)"
        " VALUES (%s, 1, 'echo', 'm', 'm', now(), now())"
    )
    said = bob.tries(session, database.private)
    assert "duplicate key" in said
    assert "DETAIL" not in said
    assert bob.changes(f"{session} ON CONFLICT DO NOTHING", database.private) == 0
    assert "row-level security" in bob.tries(
        f"{session} ON CONFLICT (id) DO UPDATE SET title = sessions.title RETURNING title",
        database.private,
    )


def test_statistics_of_columns_are_not_shown(bob: Attacker, database: Sessions) -> None:
    database.as_superuser("ANALYZE")
    shown = bob.does("SELECT tablename FROM pg_stats WHERE schemaname = 'synapse'")
    assert {table for (table,) in shown} <= {"schema_numbers"}
    assert bob.does("SELECT * FROM pg_stats_ext WHERE schemaname = 'synapse'") == []
    assert "permission denied" in bob.tries("SELECT * FROM pg_statistic")
    plan = bob.does("EXPLAIN (ANALYZE, VERBOSE, SETTINGS) SELECT * FROM messages")
    assert plan


@pytest.mark.parametrize(
    "statement",
    [
        "COPY messages TO PROGRAM 'cat'",
        "COPY messages TO '/tmp/x'",
        "COPY sessions FROM '/etc/passwd'",
        "SELECT pg_read_file('pg_hba.conf')",
        "SELECT lo_import('/etc/passwd')",
        "CREATE EXTENSION postgres_fdw",
        "CREATE EXTENSION dblink",
        "CREATE EXTENSION pageinspect",
        "CREATE FOREIGN DATA WRAPPER spy",
        "CREATE FUNCTION synapse.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() $$",
        "CREATE TABLE synapse.spy ()",
        "CREATE VIEW synapse.spy AS SELECT 1",
        "ALTER SCHEMA synapse OWNER TO bob",
        "DROP SCHEMA synapse CASCADE",
        "ALTER DEFAULT PRIVILEGES FOR ROLE keeper GRANT ALL ON TABLES TO bob",
        "CREATE EVENT TRIGGER spy ON ddl_command_end EXECUTE FUNCTION pg_catalog.now()",
        "CREATE PUBLICATION spy FOR ALL TABLES",
        "SELECT pg_create_logical_replication_slot('spy', 'test_decoding')",
        "SELECT * FROM pg_logical_slot_get_changes('spy', NULL, NULL)",
        "SELECT pgrowlocks('messages')",
        "SELECT * FROM pg_authid",
        "SECURITY LABEL ON TABLE messages IS 'x'",
        "REASSIGN OWNED BY alice TO bob",
        "DROP OWNED BY alice",
        "CREATE SUBSCRIPTION spy CONNECTION 'host=x' PUBLICATION y",
        "ALTER SYSTEM SET log_statement = 'all'",
        "ALTER ROLE alice SET search_path = public",
        "ALTER ROLE alice PASSWORD 'x'",
        "ALTER DATABASE {database} SET search_path = public",
    ],
)
def test_nothing_beside_the_tables_opens_them(
    statement: str, bob: Attacker, database: Sessions
) -> None:
    statement = statement.format(database=database.name)
    assert bob.tries(statement)


@pytest.mark.parametrize("name", ["sessions", "messages", "words", "now", "ts_match_vq"])
def test_no_name_of_ones_own_gets_into_a_function_of_the_schema(
    name: str, bob: Attacker, database: Sessions
) -> None:
    """What runs as its owner runs none of Bob's functions and reads none of his tables."""
    bob.does("SET search_path = pg_temp, synapse, pg_catalog")
    bob.does(f"CREATE TEMP TABLE {name} AS SELECT 'bob' AS owner")
    bob.does(
        f"CREATE FUNCTION pg_temp.{name}(tsvector, tsquery) RETURNS boolean LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE NOTICE 'saw % as %', $1, current_user; RETURN true; END $$"
    )
    bob.does(
        "CREATE OPERATOR pg_temp.@@"
        f" (FUNCTION = pg_temp.{name}, LEFTARG = tsvector, RIGHTARG = tsquery)"
    )
    for words in (PRIVATE, "shown", "common"):
        assert bob.does(NAMED, words) == []
    assert not [said for said in bob.heard if "as keeper" in said]


NAMED = (
    "SELECT * FROM synapse.words_named(CAST(%s AS tsquery), '-infinity', 'infinity',"
    " 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 100)"
)


def test_a_search_finds_what_is_ones_own(bob: Attacker, database: Sessions) -> None:
    alice = Attacker(database.url(ALICE))
    with contextlib.closing(alice.connection):
        assert [row[0] for row in alice.does(NAMED, PRIVATE)] == [database.private]
    assert bob.does(NAMED, PRIVATE) == []


def test_the_words_of_anothers_message_cannot_be_written_first(
    bob: Attacker, database: Sessions
) -> None:
    [(message,)] = bob.does(
        "SELECT id FROM messages WHERE session_id = %s AND seq = 2", database.readable
    )
    words = "INSERT INTO words VALUES (%s, %s, %s, 1, now(), CAST('x' AS tsvector))"
    assert "foreign key" in bob.tries(words, database.readable, BOB, message)
    assert "row-level security" in bob.tries(words, database.readable, ALICE, message)


def test_copy_gives_what_a_query_gives(bob: Attacker, database: Sessions) -> None:
    out: list[bytes] = []

    class Sink:
        def write(self, part: bytes) -> None:
            out.append(bytes(part))

    with bob.connection.cursor() as cursor:
        cursor.copy_expert("COPY synapse.messages TO STDOUT (FORMAT binary)", Sink())
        cursor.copy_expert("COPY (SELECT * FROM synapse.sessions) TO STDOUT", Sink())
    assert out
    assert PRIVATE.encode() not in b"".join(out)


def test_what_another_does_is_not_seen_in_the_servers_views(
    bob: Attacker, database: Sessions
) -> None:
    alice = psycopg2.connect(database.url(ALICE))
    with contextlib.closing(alice), alice.cursor() as cursor:
        cursor.execute("SELECT %s", (PRIVATE,))
        bob.does("SELECT query FROM pg_stat_activity WHERE usename = 'alice'")
        bob.does("SELECT * FROM pg_prepared_statements")
        bob.does("SELECT * FROM pg_cursors")
        bob.does("SELECT * FROM pg_locks")


def test_a_row_that_would_have_to_be_locked_is_not_held_up(
    bob: Attacker, database: Sessions
) -> None:
    """Bob's locks keep nobody from a row that he doesn't see."""
    bob.does("BEGIN")
    bob.does("SELECT * FROM sessions FOR UPDATE")
    bob.does("SELECT * FROM messages FOR UPDATE")
    alice = psycopg2.connect(database.url(ALICE))
    with contextlib.closing(alice), alice.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
        cursor.execute(
            "UPDATE synapse.sessions SET title = title WHERE id = %s", (database.private,)
        )
        assert cursor.rowcount == 1
    bob.does("ROLLBACK")


def test_functions_of_the_schema_are_bound_to_its_names(database: Sessions) -> None:
    """Whoever runs one can't put a table or an operator of theirs in the way: those that run as
    their owner fix the search path, with the temporary schema last.
    """
    functions = database.as_superuser(
        "SELECT p.oid::regprocedure::text, p.proconfig,"
        " has_function_privilege('public', p.oid, 'EXECUTE')"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'synapse' AND p.prosecdef"
    )
    for name, config, for_all in functions:
        (path,) = [setting for setting in config or () if setting.startswith("search_path=")]
        assert path.endswith("pg_temp"), name
        assert not for_all, name


def test_every_table_is_protected(database: Sessions) -> None:
    """A table that a later version adds has to be, too; and each is one of those tried above."""
    rows = database.as_superuser(
        "SELECT c.relname::text, c.relrowsecurity, c.relforcerowsecurity,"
        " EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'own'),"
        " EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'owner')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'synapse' AND c.relkind IN ('r', 'p', 'v', 'm')"
    )
    of_people = {name: row[:3] for name, *row in rows if row[3]}
    assert all(all(protected) for protected in of_people.values()), of_people
    assert set(TABLES) <= set(of_people)
    for name in {name for name, *_ in rows} - set(of_people):
        bob = Attacker(database.url(BOB))
        for statement in (
            f"DELETE FROM {name}",
            f"INSERT INTO {name} DEFAULT VALUES",
            f"TRUNCATE {name}",
        ):
            assert "permission denied" in bob.tries(statement)
        bob.connection.close()


def test_who_was_not_let_in_gets_nowhere(database: Sessions) -> None:
    eve = Attacker(database.url(EVE))
    with contextlib.closing(eve.connection):
        for table, form in itertools.product(TABLES, ("SELECT * FROM {}", "DELETE FROM {}")):
            statement = form.format(f"synapse.{table}")
            assert "permission denied for schema synapse" in eve.tries(statement)
