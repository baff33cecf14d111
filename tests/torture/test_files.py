"""Files that are missing, emptied, cut, moved or replaced, at rest and while turns run.

What was acknowledged is there, or the program says that it can't read the file; what is refused
is left as it was.
"""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_session
from stores.sqlite.parts import digests, make_young
from torture import children
from torture.campaign import LONG, randomness, report, times
from torture.processes import Child, context
from torture.soundness import faults
from torture.talk import answer

from synapse.app import spill
from synapse.errors import DatabaseDamaged, StorageError
from synapse.stores import open_inspection, open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from synapse.ports import SessionStore

_SIZES = [5, 300, 9000, 60_000]
"""Characters of answers: within a page, and on pages of their own."""


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def copy(source: Path, target: Path) -> None:
    """Both files, as a killed process leaves them."""
    target.parent.mkdir(mode=0o700)
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{source}{suffix}", f"{target}{suffix}")


def answers(store: SessionStore) -> dict[str, str]:
    """All there is: answers by prompt."""
    found = {}
    for summary in store.list_sessions():
        prompt, answered = store.get_messages(summary.session.id)
        found[prompt.content] = answered.content
    return found


def fill(store: SessionStore, name: str) -> None:
    for number, size in enumerate(_SIZES * 3):
        a_finished_turn(
            store, a_session(), f"{name} {number}", f"{number % 10}" * size, create=True
        )


def templates(folder: Path) -> dict[str, Path]:
    """Databases that are in the WAL, in both files, and in the main file."""
    young, both, whole = (folder / f"{name}.db" for name in ("young", "both", "whole"))
    make_young(young, sessions=8, text="y" * 9000)
    with open_store(whole) as store:
        fill(store, "early")
        assert store._connection.truncate_wal()  # type: ignore[attr-defined]
        fill(store, "late")
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{whole}{suffix}", f"{both}{suffix}")
    return {"young": young, "both": both, "whole": whole}


def cut(path: Path, random: Random) -> None:
    """Anywhere but at its start, more often at the end of a page."""
    at = random.randrange(1, path.stat().st_size)
    whole_pages = at - at % 4096
    with path.open("r+b") as file:
        file.truncate(whole_pages if whole_pages and random.random() < 0.5 else at)


def take_away(path: Path, random: Random) -> None:
    path.unlink()


def empty(path: Path, random: Random) -> None:
    with path.open("r+b") as file:
        file.truncate(0)


DAMAGES: dict[str, Callable[[Path, Random], None]] = {
    "main missing": take_away,
    "main empty": empty,
    "main cut": cut,
    "WAL missing": lambda path, random: take_away(wal_of(path), random),
    "WAL cut": lambda path, random: cut(wal_of(path), random),
}


def read_all(path: Path) -> dict[str, str] | None:
    """What the store gives; None if it says that it can't."""
    try:
        with open_store(path) as store:
            return answers(store)
    except StorageError:
        return None


@pytest.mark.timeout(0 if LONG else 120)
def test_what_is_left_of_a_database_is_whole_or_refused(tmp_path: Path) -> None:
    runs = times(40, 2000, "FILES")
    random = randomness("files at rest")
    refused = whole = 0
    made = templates(tmp_path)
    expected = {}
    for name, template in made.items():
        copy(template, tmp_path / "first" / "sessions.db")
        expected[name] = read_all(tmp_path / "first" / "sessions.db")
        shutil.rmtree(tmp_path / "first")
    for _ in range(runs):
        state = random.choice(["young", "both", "whole"])
        damage = random.choice(
            list(DAMAGES) if wal_of(made[state]).stat().st_size else ["main cut"]
        )
        path = tmp_path / "run" / "sessions.db"
        copy(made[state], path)
        DAMAGES[damage](path, random)
        before = digests(path)
        found = read_all(path)
        every = expected[state]
        assert every
        if path.exists() and path.stat().st_size and not damage.startswith("WAL"):
            assert found in (None, every), (state, damage)
        elif damage.startswith("main"):
            assert found is None
        else:  # what the WAL had last is gone, perhaps the end of a turn
            assert all(text in ("", every[prompt]) for prompt, text in (found or {}).items())
        if found is None and wal_of(path).exists() and not (path.exists() and path.stat().st_size):
            assert digests(path) == before
            shutil.copyfile(made[state], path)
            assert read_all(path) == every
        refused, whole = refused + (found is None), whole + (found == every)
        go_on(path)
        shutil.rmtree(path.parent)
    assert refused
    report("files damaged at rest", runs=runs, refused=refused, whole=whole)


def go_on(path: Path) -> None:
    """The next commands work, or say what is wrong."""
    for work in (
        lambda: open_inspection(f"sqlite:{path}").diagnose(),
        lambda: open_inspection(f"sqlite:{path}").check(),
        lambda: read_all(path),
    ):
        try:
            work()
        except StorageError:
            pass
    try:
        with open_store(path) as store:
            kept = a_finished_turn(store, a_session(), "afterwards", create=True)
            assert store.get_messages(kept.session_id)[1].content == kept.content
    except StorageError:
        pass


# ------------------------------------------------------------------------------ while turns run


def move(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def move_both(path: Path) -> None:
    move(path)
    wal_of(path).rename(path.with_name("moved.db-wal"))


def put_back(path: Path) -> None:
    wal = path.with_name("moved.db-wal")
    if wal.exists():
        wal.rename(wal_of(path))
    path.with_name("moved.db").rename(path)


def replace(path: Path) -> None:
    path.with_name("other.db").rename(path)


KINDS: dict[str, Callable[[Path], object]] = {
    "moved": move,
    "moved with its WAL": move_both,
    "removed": lambda path: path.unlink(),
    "replaced": replace,
    "emptied": lambda path: empty(path, randomness("")),
    "without its WAL": lambda path: wal_of(path).unlink(),
}


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("kind", KINDS)
def test_no_turn_counts_as_saved_in_a_file_that_is_not_there(tmp_path: Path, kind: str) -> None:
    runs = times(2, 60, "MOVES")
    random = randomness(f"files that are {kind}")
    saved = refused = 0
    for number in range(runs):
        path = tmp_path / str(number) / "sessions.db"
        path.parent.mkdir(mode=0o700)
        made = run_and(path, kind, random)
        saved, refused = saved + made[0], refused + made[1]
    assert saved
    assert refused
    report(f"files {kind} while turns run", runs=runs, turns_saved=saved, refused=refused)


def run_and(path: Path, kind: str, random: Random) -> tuple[int, int]:
    """One run of two programs under whose feet the file goes; turns saved, turns refused."""
    spills = path.parent / "spills"
    with open_store(path.with_name("other.db")) as other:
        a_finished_turn(other, a_session(), "of the other", create=True)
    back = context().Event()
    running = [
        Child(children.turns_while_files_move, str(path), str(spills), back) for _ in range(2)
    ]
    for child in running:
        for _ in range(random.randint(1, 5)):
            child.wait_for("done")
    KINDS[kind](path)
    changed_at = time.monotonic_ns()
    for child in running:
        child.wait_for("refused")
    if kind.startswith("moved"):
        put_back(path)
    back.set()
    for child in running:
        child.wait_for("ended")
        child.join(30)
    return check(path, spills, kind, running, changed_at)


def check(
    path: Path, spills: Path, kind: str, running: list[Child], changed_at: int
) -> tuple[int, int]:
    done = [(child, told[2]) for child in running for told in child.told("done")]
    refused = [told for child in running for told in child.told("refused")]
    later = {told[2] for child in running for told in child.told("asked") if told[1] > changed_at}
    owed = {prompt for _, prompt in done if kind.startswith("moved") or prompt in later}
    try:
        with open_store(path) as store:
            spill.recover(store, str(spills))
            found = answers(store)
    except DatabaseDamaged:
        assert kind in ("emptied", "removed")
        assert not owed
        return len(done), len(refused)
    spilled = {told[2] for told in refused if told[3]} if kind.startswith("moved") else set()
    assert owed | spilled <= found.keys()
    assert all(found[prompt] == answer(prompt) for prompt in owed | spilled)
    if kind == "replaced":
        assert "of the other" in found
    assert faults(path) == []
    return len(done), len(refused)
