"""`synapse db init` on MariaDB, killed and cut off: what is left is gone on with."""

from __future__ import annotations

import itertools

import pytest
from fault_proxy import Fault
from mariadb_proxy import MariadbProxy
from mariadb_server import fresh_database, server
from servers import children
from torture.campaign import LONG, randomness, report, times
from torture.processes import Child
from torture.talk import Talker, answer

from synapse.app.conversation import reply, start_session
from synapse.errors import DatabaseMissing, MigrationError, StoreUnreachable
from synapse.stores import open_store
from synapse.stores.mysql import _migrations
from synapse.stores.mysql._schema import SCHEMA
from synapse.stores.mysql.store import set_up

_ROW = """INSERT INTO sessions (id, handle, provider, model, model_key, created_at, updated_at)
VALUES ('019aa000-0000-7000-8000-0000000000ff', 255, 'echo', 'echo', 'echo', now(6), now(6))"""


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def check_works(url: str) -> None:
    """Everything is there: a turn is taken."""
    with open_store(url) as store:
        session = start_session(store, "talker", "talker")
        reply(store, Talker(), session, "a prompt", create=True)
        messages = [m.content for m in store.get_messages(session.id)]
        assert messages == ["a prompt", answer("a prompt")]


def check_refused_or_works(url: str) -> bool:
    """Whether it was set up; if it was not, that is said and nothing else is done."""
    try:
        open_store(url).close()
    except (DatabaseMissing, MigrationError):
        return False
    check_works(url)
    return True


def new(step: int) -> str:
    """The URL of a database as the program of that step left it, with a session in it."""
    url = fresh_database()
    steps = [(number, path) for number, path in _migrations.migrations() if number <= step]
    if steps:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_migrations, "migrations", lambda: steps)
            set_up(url)
        server().execute(_ROW, database=name_of(url))
    return url


def check_set_up(url: str, step: int) -> None:
    """Once more, and all is there."""
    set_up(url)
    check_works(url)
    with open_store(url) as store:
        assert store.count_sessions() >= 1 + bool(step)


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("step", sorted({0, SCHEMA - 1}))
def test_one_that_is_killed_is_gone_on_with(step: int) -> None:
    random, whole = randomness("set-ups of MariaDB killed"), 0
    kills = times(1, 100, "KILLS_SET_UP")
    for _ in range(kills):
        url = new(step)
        child = Child(children.set_up_once, url)
        child.wait_for("ready")
        child.kill_after(random.uniform(0, 0.4))
        whole += check_refused_or_works(url)
        check_set_up(url, step)
    report(f"set-ups of MariaDB from step {step} killed", kills=kills, of_them_done=whole)


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("step", sorted({0, SCHEMA - 1}))
@pytest.mark.parametrize("fault", [Fault.CUT, Fault.GONE])
def test_one_that_is_cut_off_is_gone_on_with(fault: Fault, step: int) -> None:
    """By itself, if the server is there again at once; else by the next one."""
    seen, said = {True: 0, False: 0}, [""]
    with MariadbProxy(server()) as proxy:
        for number in itertools.count(1, 1 if LONG else 31):
            url = new(step)
            proxy.fail_after(number, fault)
            try:
                set_up(proxy.url(name_of(url)), busy_timeout=0.1 if fault is Fault.GONE else 5.0)
                done = True
            except StoreUnreachable as error:
                said.append(error.message)
                done = False
            if not proxy.failed:
                break
            is_whole = check_refused_or_works(url)
            assert is_whole or not done
            # the connection was never made (TLS is asked for first), or the server is away
            assert done or fault is Fault.GONE or proxy.connections <= 2
            seen[is_whole] += 1
            check_set_up(url, step)
    report(
        f"set-ups of MariaDB from step {step}, {fault.value}", done=seen[True], not_done=seen[False]
    )
    assert seen[fault is Fault.CUT]
    assert not any("\n" in message for message in said)
