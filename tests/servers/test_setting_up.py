"""`synapse db init`: many at once, killed, cut off; and what else may be wrong with a server."""

from __future__ import annotations

import contextlib
import itertools
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from postgres_cluster import execute
from postgres_proxy import Fault, PostgresProxy
from postgres_server import fresh_archive, fresh_database, own_cluster, own_server, server
from servers import children
from torture.campaign import LONG, randomness, report, times
from torture.processes import Child, context
from torture.talk import Talker, answer

from synapse import timestamps
from synapse.app.conversation import reply, start_session
from synapse.domain import Role
from synapse.errors import DatabaseMissing, DatabaseReadOnly, MigrationError, StoreUnreachable
from synapse.stores import open_store, set_up
from synapse.stores.postgres import _migrations
from synapse.stores.postgres._schema import SCHEMA


def check_works(url: str) -> None:
    """Everything is there: a turn is taken."""
    with open_store(url) as store:
        session = start_session(store, "talker", "talker")
        reply(store, Talker(), session, "a prompt", create=True)
        assert [m.content for m in store.get_messages(session.id)] == [
            "a prompt",
            answer("a prompt"),
        ]


def check_nothing_or_all(url: str) -> bool:
    """Whether it was set up; then it works, and otherwise nothing of ours is there."""
    try:
        open_store(url).close()
    except DatabaseMissing:
        assert execute(url, "SELECT 1 FROM pg_tables WHERE schemaname = 'synapse'") == []
        return False
    check_works(url)
    return True


def test_sixteen_set_one_database_up_at_once() -> None:
    for _ in range(times(1, 20, "FIRST_SET_UPS")):
        url, start = fresh_database(), context().Event()
        workers = [Child(children.first_set_up, url, start) for _ in range(16)]
        start.set()
        assert [worker.wait_for("ended")[2] for worker in workers] == [""] * 16
        for worker in workers:
            worker.join(30)
        check_works(url)


@pytest.mark.timeout(0 if LONG else 120)
def test_one_that_is_killed_leaves_nothing_or_everything() -> None:
    random, whole = randomness("set-ups killed"), 0
    kills = times(5, 100, "KILLS_SET_UP")
    for _ in range(kills):
        url = fresh_database()
        child = Child(children.set_up_once, url)
        child.wait_for("ready")
        child.kill_after(random.uniform(0, 0.25))
        whole += check_nothing_or_all(url)
        set_up(url)
        check_works(url)
    report("set-ups killed", kills=kills, of_them_done=whole)


@pytest.mark.timeout(0 if LONG else 120)
def test_one_that_is_cut_off_is_done_whole_or_not_at_all() -> None:
    seen = {True: 0, False: 0}
    with PostgresProxy(server(18)) as proxy:
        for number in itertools.count(1, 1 if LONG else 12):
            url = fresh_database()
            proxy.fail_after(number, Fault.CUT)
            with contextlib.suppress(StoreUnreachable):
                set_up(proxy.url(urlsplit(url).path[1:]))
            if not proxy.failed:
                break
            seen[check_nothing_or_all(url)] += 1
            set_up(url)
            check_works(url)
    report("set-ups cut off", done=seen[True], not_done=seen[False])
    assert seen[False]


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("step", range(1, SCHEMA) if LONG else [1])
def test_an_upgrade_that_is_cut_off_is_done_whole_or_not_at_all(step: int) -> None:
    """From each older schema, with a session in it."""
    seen = {True: 0, False: 0}
    with PostgresProxy(server(18)) as proxy:
        for number in itertools.count(1, 1 if LONG else 41):
            url = older(step)
            proxy.fail_after(number, Fault.CUT)
            with contextlib.suppress(StoreUnreachable):
                set_up(proxy.url(urlsplit(url).path[1:]))
            if not proxy.failed:
                break
            seen[check_upgraded(url, step)] += 1
            set_up(url)
            assert check_upgraded(url, step)
    report(f"upgrades from {step} cut off", done=seen[True], not_done=seen[False])
    assert seen[True]


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("step", range(1, SCHEMA) if LONG else [1])
def test_an_upgrade_that_is_killed_is_done_whole_or_not_at_all(step: int) -> None:
    random, whole = randomness(f"upgrades from {step} killed"), 0
    kills = times(1, 50, "KILLS_UPGRADE")
    for _ in range(kills):
        url = older(step)
        child = Child(children.set_up_once, url)
        child.wait_for("ready")
        child.kill_after(random.uniform(0, 0.15))
        whole += check_upgraded(url, step)
        set_up(url)
        assert check_upgraded(url, step)
    report(f"upgrades from {step} killed", kills=kills, of_them_done=whole)


def older(step: int) -> str:
    """The URL of a database as the program of that step left it, with a session in it."""
    url = fresh_database()
    steps = [(number, path) for number, path in _migrations.migrations() if number <= step]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_migrations, "migrations", lambda: steps)
        patch.setattr(_migrations, "is_distributed", lambda raw: True)  # policies of later steps
        set_up(url)
    execute(
        url,
        "INSERT INTO synapse.sessions (id, owner, handle, provider, model, model_key, created_at,"
        " updated_at) VALUES ('019aa000-0000-7000-8000-0000000000ff', 'synapse', 255, 'echo',"
        " 'echo', 'echo', now(), now())",
    )
    return url


def check_upgraded(url: str, step: int) -> bool:
    """Whether all of it was done; if not, everything is as it was. The session is there."""
    assert execute(url, "SELECT count(*) FROM synapse.sessions WHERE handle = 255") == [(1,)]
    number = execute(url, "SELECT max(number) FROM synapse.schema_numbers")
    if number == [(step,)]:
        with pytest.raises(MigrationError, match="set up by an older Synapse"):
            open_store(url)
        return False
    assert number == [(SCHEMA,)]
    check_works(url)
    return True


def test_a_standby_is_read_and_takes_no_turn() -> None:
    with own_server(18) as primary, own_cluster(18) as standby:
        primary.make_roles(["synapse"])
        primary.execute("CREATE DATABASE archive OWNER synapse")
        url = primary.url("archive", "synapse")
        set_up(url)
        with open_store(url) as store:
            session = start_session(store, "talker", "talker")
            reply(store, Talker(), session, "a prompt", create=True)
        standby.standby_of(primary, name="b")
        standby.start()
        with open_store(standby.url("archive", "synapse")) as store:
            assert len(store.get_messages(session.id)) == 2
            talker = Talker()
            with pytest.raises(DatabaseReadOnly, match="is a standby"):
                reply(store, talker, session, "another", create=False)
            assert not talker.asked
        with open_store(url) as store:
            assert len(store.get_messages(session.id)) == 2


@pytest.mark.parametrize("days", [-1, 1])
def test_a_client_whose_clock_is_wrong_by_a_day_keeps_the_order(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_archive()
    with open_store(url) as store:
        session = start_session(store, "talker", "talker")
        reply(store, Talker(), session, "first", create=True)
        right = timestamps.now
        with monkeypatch.context() as patch:
            patch.setattr(timestamps, "now", lambda: right() + timedelta(days=days))
            reply(store, Talker(), session, "second", create=False)
        reply(store, Talker(), session, "third", create=False)
        messages = store.get_messages(session.id)
        prompts = [m.content for m in messages if m.role is Role.USER]
        assert prompts == ["first", "second", "third"]
        assert [m.index for m in messages] == [1, 2, 3, 4, 5, 6]
