"""Which step of the clock is a jump."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from contract.builders import NOON

from synapse import timestamps
from synapse.domain import Retention
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("step", "jump"),
    [
        (timedelta(0), False),
        (timedelta(hours=3), False),
        (timedelta(7), False),
        (timedelta(7) + MOMENT, True),
        (timedelta(8), True),
        (timedelta(4000), True),
        (timedelta(-1), False),
        (timedelta(-1) - MOMENT, True),
        (timedelta(-2), True),
        (timedelta(-4000), True),
    ],
)
def test_more_than_a_week_forward_or_a_day_back_is_a_jump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: timedelta, jump: bool
) -> None:
    moment = NOON
    monkeypatch.setattr(timestamps, "now", lambda: moment)
    with open_store(tmp_path / "sessions.db") as store:
        assert store.notice_clock(Retention()) is None
        moment = NOON + step
        noticed = store.notice_clock(Retention())
        assert (noticed is not None) is jump
        assert noticed is None or noticed.by == step
        assert store.notice_clock(Retention()) is None
