"""`synapse db copy` round all engines: what comes back is what went out."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from contract.engines import fresh_url
from contract.full_archive import digests, fill
from program import run

from synapse.app.copying import Copying, total_of
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path


def test_round_the_engines_everything_comes_back(tmp_path: Path) -> None:
    names = ("sqlite", "postgres", "mysql", "back")
    urls = []
    for name in names:
        folder = tmp_path / name
        folder.mkdir()
        urls.append(fresh_url("sqlite" if name == "back" else name, folder))
    with open_store(urls[0]) as store:
        fill(store)
        first, total = digests(store), total_of(store)
    for here, there in itertools.pairwise(urls):
        with open_store(here) as source, open_store(there) as target:
            copying = Copying(source, target, patience=0)
            copying.run()
            assert copying.copied.left == []
            assert copying.copied.equal == total.sessions
            assert digests(target) == first, there
    for here, there in zip(urls[::-1], urls[-2::-1], strict=False):
        with open_store(here) as source, open_store(there) as target:
            copying = Copying(source, target, patience=0)
            copying.run()
            assert copying.copied.unchanged == total.sessions
    with open_store(urls[-1]) as store:
        last = store.last_used()
    with open_store(urls[0]) as store:
        assert store.last_used() == last


def test_what_was_used_on_the_way_comes_back(tmp_path: Path) -> None:
    file, server = fresh_url("sqlite", tmp_path), fresh_url("mysql", tmp_path)
    with open_store(file) as store:
        fill(store)
    assert run("--db", file, "db", "copy", server).status == 0
    assert run("--db", server, "-p", "echo", "said on the server").status == 0
    ran = run("--db", server, "db", "copy", file)
    assert ran.status == 0
    assert "Copied 1 session to" in ran.err
    with open_store(file) as here, open_store(server) as there:
        assert digests(here) == digests(there)
        last = here.last_used()
        assert last is not None
        assert last.preview == "said on the server"
