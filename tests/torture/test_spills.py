"""Many starts and many spill files at once, hostile ones among them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer
from torture import children
from torture.campaign import LONG, randomness, report, times
from torture.processes import Child, context
from torture.soundness import faults

from synapse.app import spill
from synapse.domain import Status
from synapse.errors import StorageError
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from synapse.domain import StoredMessage
    from synapse.ports import SessionStore

STARTS = 6
_VALUES: list[Any] = [None, -1, 1 << 70, "x", "\ud800", [], {}, False, 1.5, [[[[]]]], "a\0b"]


def spill_one(store: SessionStore, folder: Path, random: Random) -> StoredMessage:
    """The file of an answer that its session waits for, or that comes to a session later."""
    session = a_session()
    if random.random() < 0.5:
        _, begun = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    else:
        a_finished_turn(store, session, create=True)
        begun = an_answer(session)
    closed = begun.replace(content=f"text {random.random()}", status=Status.INTERRUPTED)
    assert spill.spill_answer(closed, store.location, str(folder), StorageError("full")).path
    return closed


def spoil(text: str, random: Random) -> bytes:
    """What a hand, another program or a broken disk made of a spill file; never a good one."""
    value = json.loads(text)
    kind = random.randrange(5)
    if kind == 0:
        return text.encode()[: random.randrange(len(text))]
    if kind == 1:
        value["answer"].pop(random.choice(list(value["answer"])))
    elif kind == 2:
        value[random.choice(["version", "format", "answer", "mood"])] = random.choice(_VALUES)
    elif kind == 3:
        field = random.choice(["role", "status", "timestamp", "usage", "superseded"])
        value["answer"][field] = random.choice([5, "x", [], {"a": 1}, -1])
    else:
        return os.urandom(random.randrange(300))
    return json.dumps(value).encode()


@pytest.mark.timeout(0 if LONG else 120)
def test_each_answer_is_brought_in_once_and_nothing_stands_in_the_way(tmp_path: Path) -> None:
    rounds = times(3, 150, "STORMS")
    random = randomness("spill storms")
    path, folder = tmp_path / "sessions.db", tmp_path / "spills"
    brought = spoiled = 0
    for _ in range(rounds):
        with open_store(path) as store:
            waiting = [spill_one(store, folder, random) for _ in range(random.randint(1, 30))]
            model = json.loads((folder / f"answer-{waiting[0].id}.json").read_text())
        bad = {
            folder / f"answer-bad-{number}.json": spoil(json.dumps(model), random)
            for number in range(random.randint(0, 20))
        }
        for file, content in bad.items():
            file.write_bytes(content)
        start = context().Barrier(STARTS)
        running = [Child(children.bring_in, str(path), str(folder), start) for _ in range(STARTS)]
        ended = [child.wait_for("ended") for child in running]
        for child in running:
            child.join(30)
        assert sum(told[2] for told in ended) == len(waiting)
        for told in ended:  # one that another has in hand is passed by
            assert set(told[3]) <= {str(file) for file in bad}
        assert {file: file.read_bytes() for file in folder.iterdir()} == bad
        with open_store(path) as store:
            for closed in waiting:
                texts = [m.content for m in store.get_messages(closed.session_id)]
                assert texts.count(closed.content) == 1
        for file in bad:
            file.unlink()
        brought, spoiled = brought + len(waiting), spoiled + len(bad)
    assert faults(path) == []
    report("spill storms", rounds=rounds, starts=STARTS, brought_in=brought, left_alone=spoiled)
