"""A long conversation in a small window: what was told early is still there."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "long_conversation.py"


def test_ten_facts_are_sent_when_they_are_asked_for_in_a_window_of_1024(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the script has one of its own
    bench = runpy.run_path(str(SCRIPT))
    provider = bench["Scripted"](1_024)  # refuses more, and two messages of one role in a row
    [line] = bench["measured"]([110], 1_024, provider, "script-1")
    assert line.startswith("110 turns: 10 of 10 facts are sent with their questions")
    assert provider.most <= 1_024
