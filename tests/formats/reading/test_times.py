"""Moments as other programs write them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse.formats.reading.times import moment, ulid_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 11, 26, 17, 57, 10, 566716, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        1795715830.566716,
        1795715830566.716,
        1795715830566716,
        1795715830566716000,
        "1795715830.566716",
        "1795715830566716",
        "2026-11-26T17:57:10.566716",
        "2026-11-26T17:57:10.566716+00:00",
        "2026-11-26 17:57:10.566716+00:00",
        "2026-11-26T17:57:10.566716Z",
        "2026-11-26T17:57:10.566716999Z",
        "2026-11-26T19:57:10.566716+02:00",
        "2026-11-26 17:57:10.566716 +0000 UTC",
        "2026-11-26 19:57:10.566716 +0200 CEST m=+0.12",
        "  2026-11-26T17:57:10.566716Z\n",
    ],
)
def test_one_moment_in_many_forms(value: object) -> None:
    assert moment(value) == AT
    assert moment(value).tzinfo is UTC  # type: ignore[union-attr]


def test_milliseconds_are_exact() -> None:
    assert moment(1795715830567) == AT.replace(microsecond=567000)


@pytest.mark.parametrize(
    "value",
    [
        None, True, "", "soon", [], {}, 0, -1, 0.0, float("nan"), float("inf"), 1e400, 10**400,
        "0000-00-00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00", "10000-01-01",
        "1e400", "9" * 99, "1", "²²²²²²²²²", -(10**30), b"2026-11-26",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_none(value: object) -> None:
    assert moment(value) is None


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers()))
def test_nothing_raises(value: Any) -> None:
    found = moment(value)
    assert found is None or found.tzinfo is UTC


@pytest.fixture
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_berlin")
def test_a_time_without_a_zone_is_local_where_the_program_wrote_it_so() -> None:
    assert moment("2026-11-26T18:57:10.566716", is_local=True) == AT
    assert moment("2026-11-26T17:57:10.566716") == AT


def test_a_ulid_holds_its_moment() -> None:
    assert ulid_moment("01arz3ndektsv4rrffq69g5fav") == datetime(
        2016, 7, 30, 23, 54, 10, 259000, tzinfo=UTC
    )
    for value in (None, "", "01arz3ndektsv4rrffq69g5fa", "u" * 26, 5):
        assert ulid_moment(value) is None
