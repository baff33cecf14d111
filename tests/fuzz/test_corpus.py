"""Inputs that the fuzzer found worth keeping."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.check import check

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_a_kept_input_still_holds(path: Path) -> None:
    check(path.read_bytes())


def test_the_corpus_is_there_and_small() -> None:
    assert 5 <= len(CORPUS) <= 60
    assert sum(path.stat().st_size for path in CORPUS) < 200_000
