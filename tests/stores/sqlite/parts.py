"""Databases of which a part is in the WAL, or somewhere else."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import apsw
from contract.builders import a_finished_turn, a_session

from synapse.stores import open_store
from synapse.stores.sqlite import _migrations, _schema

if TYPE_CHECKING:
    from pathlib import Path


def make_young(path: Path, sessions: int = 3, text: str = "answer") -> None:
    """What a process that was killed left of a database whose WAL was never moved: a main file
    of one page without a table, and everything in the WAL.
    """
    making = path.with_name(f"{path.name}.making")
    raw = apsw.Connection(str(making))
    raw.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    raw.wal_autocheckpoint(0)
    raw.execute("PRAGMA journal_mode = WAL")
    for number, file in _migrations.migrations():
        with open(file, encoding="utf-8") as sql:
            raw.execute(sql.read())
        raw.pragma("user_version", number)
    raw.pragma("application_id", _schema.APPLICATION_ID)
    with open_store(making) as store:
        for number in range(sessions):
            a_finished_turn(store, a_session(), f"prompt {number}", text, create=True)
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{making}{suffix}", f"{path}{suffix}")
            path.with_name(path.name + suffix).chmod(0o600)
    raw.close()
    for leftover in path.parent.glob(f"{making.name}*"):
        leftover.unlink()
    assert path.stat().st_size == 4096


def digests(path: Path) -> dict[str, str | None]:
    """The hashes of a main file and its WAL; None for one that is not there."""
    return {
        suffix: hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else None
        for suffix in ("", "-wal")
        for file in [path.with_name(path.name + suffix)]
    }


def prompts(path: Path) -> set[str]:
    """The first questions of all live sessions."""
    with open_store(path) as store:
        return {summary.preview for summary in store.list_sessions()}
