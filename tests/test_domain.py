"""Records, ids, times, errors and the table of names."""

from __future__ import annotations

import re
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse import errors, ids, provider_errors, timestamps
from synapse.domain import CleanupResult, Session, Status, Usage
from synapse.errors import ConfigError, SynapseError
from synapse.ports import Cancellation, ProviderOptions
from synapse.registry import Entry, choose


class TestRecords:
    def test_a_missing_or_unknown_field_is_a_type_error(self) -> None:
        with pytest.raises(TypeError, match="needs created_at, id"):
            Session(provider="p", model="m", updated_at=timestamps.now())  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="no field colour"):
            Usage(colour="red")  # type: ignore[call-arg]

    def test_records_are_immutable_compared_and_hashed_by_value(self) -> None:
        usage = Usage(input_tokens=1)
        with pytest.raises(AttributeError, match="immutable"):
            usage.input_tokens = 2  # type: ignore[misc]
        with pytest.raises(AttributeError):
            del usage.input_tokens
        assert usage == Usage(input_tokens=1)
        assert usage != Usage(input_tokens=2)
        assert usage != 1
        assert {usage, Usage(input_tokens=1)} == {usage}
        assert repr(usage).startswith("Usage(input_tokens=1, output_tokens=None, cached_tokens=")

    def test_a_copy_with_changes_is_another_record(self) -> None:
        session = Session.new("p", "m")
        named = session.with_name("n").with_system_prompt("s")
        assert (session.name, named.name, named.system_prompt) == (None, "n", "s")
        assert named.replace(name=None, system_prompt=None) == session

    def test_a_key_is_not_shown(self) -> None:
        assert "sk-secret" not in repr(ProviderOptions(api_key="sk-secret"))

    def test_a_clean_up_is_summed(self) -> None:
        assert CleanupResult(by_retention=2, by_limit=3, purged=7).total == 5


class TestIds:
    def test_an_id_is_a_uuid_of_version_7(self) -> None:
        import uuid

        before = time.time_ns() // 1_000_000
        parsed = uuid.UUID(ids.new_id())
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
        assert before <= parsed.int >> 80 <= before + 5000

    def test_ids_ever_increase_even_in_one_millisecond_and_when_the_clock_steps_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = iter([10**15 * 3] * 9000 + [10**15] * 9000)
        monkeypatch.setattr(time, "time_ns", lambda: next(clock))
        made = [ids.new_id() for _ in range(18000)]
        assert made == sorted(set(made))

    def test_threads_never_make_the_same_id(self) -> None:
        made: list[str] = []

        def work() -> None:
            made.extend([ids.new_id() for _ in range(3000)])

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(made)) == 12000

    def test_handles_of_a_burst_differ(self) -> None:
        assert len({ids.handle(ids.new_id()) for _ in range(1000)}) == 1000

    @given(st.text("0123456789abcdef", max_size=32))
    def test_hyphens_stand_where_a_uuid_has_them(self, digits: str) -> None:
        text = ids.hyphenated(digits)
        assert text.replace("-", "") == digits
        assert "01a209b6-4069-750a-8539-595330868751".startswith(
            ids.hyphenated("01a209b64069750a8539595330868751"[: len(digits)])
        )


class TestTimes:
    @given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
    def test_texts_are_ordered_as_the_moments_are(self, one: datetime, other: datetime) -> None:
        assert (timestamps.to_text(one) < timestamps.to_text(other)) == (one < other)
        assert timestamps.from_text(timestamps.to_text(one)) == one

    @pytest.mark.parametrize(
        "text",
        [
            "2024-12-07T09:00:00.123456789+00:00",
            "2024-12-07T09:00:00.123456Z",
            "2024-12-07 09:00:00.123456",
            "2024-12-07T10:00:00.123456+01:00",
        ],
    )
    def test_what_other_writers_use_is_understood(self, text: str) -> None:
        assert timestamps.from_text(text) == datetime(2024, 12, 7, 9, 0, 0, 123456, tzinfo=UTC)

    def test_another_zone_is_stored_as_utc(self) -> None:
        moment = datetime(2024, 12, 7, 10, tzinfo=timezone(timedelta(hours=1)))
        assert timestamps.to_text(moment) == "2024-12-07T09:00:00.000000+00:00"


class TestErrors:
    def test_every_class_has_an_exit_status_a_reason_and_a_place_in_the_drawing(self) -> None:
        assert errors.__doc__ is not None
        for name, kind in (*vars(errors).items(), *vars(provider_errors).items()):
            if isinstance(kind, type) and issubclass(kind, SynapseError):
                assert kind.__doc__
                assert kind.exit_status in {2, 3, 4, 5, 6, 7, 8, 70}
                assert re.search(rf"\b{name}\b", errors.__doc__), name

    def test_codes_are_the_names_in_small_letters(self) -> None:
        assert errors.RateLimited.code() == "rate_limited"
        assert errors.NetworkError.code() == "network"


TABLE = {"echo": Entry(target="synapse.domain:Status", summary="x")}


class TestTheRegistry:
    def test_a_row_loads_what_it_names(self) -> None:
        assert choose(TABLE, "echo", kind="thing").load() is Status

    def test_an_unknown_name_is_answered_with_near_ones(self) -> None:
        with pytest.raises(ConfigError, match="unknown thing 'ehco'; did you mean 'echo'"):
            choose(TABLE, "ehco", kind="thing", group="synapse.nothing")

    def test_a_missing_library_is_named_with_the_python_that_lacks_it(self) -> None:
        entry = Entry(target="no_such_library:X", summary="the local model", library="some-lib")
        with pytest.raises(ConfigError) as caught:
            entry.load()
        assert caught.value.hints == (f"Install it:  {sys.executable} -m pip install some-lib",)


class TestCancellation:
    def test_only_the_first_reason_counts_and_listeners_hear_it(self) -> None:
        heard: list[int] = []
        cancellation = Cancellation()
        cancellation.on_cancel(lambda: heard.append(1))
        assert not cancellation
        cancellation.cancel("SIGINT")
        cancellation.cancel("SIGTERM")
        cancellation.on_cancel(lambda: heard.append(2))
        assert cancellation
        assert (cancellation.reason, heard) == ("SIGINT", [1, 2])
