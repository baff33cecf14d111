"""A message that is taken in without an object is the same as one that becomes one."""

from __future__ import annotations

from typing import Any

import pytest

from synapse.archived import whole
from synapse.domain import LARGEST_COUNT
from synapse.formats._json_objects import PlainMessages, archived_message
from synapse.formats._json_values import Malformed

SESSION = "0190b2f4-0000-7000-8000-000000000001"
PLAIN = {
    "type": "message",
    "id": "0190b2f4-0000-7000-8000-00000000000a",
    "role": "assistant",
    "content": "Volumes outlive containers.",
    "timestamp": "2026-11-23T18:02:11.000421+00:00",
}
CHANGES: list[tuple[bool, dict[str, Any]]] = [
    (True, {}),
    (True, {"reasoning": "Hm."}),
    (True, {"index": 77}),
    (True, {"finish_reason": "stop", "provider": "p", "model": "m", "elapsed_ms": 12}),
    (True, {"finish_reason": None, "provider": None, "model": None, "elapsed_ms": None}),
    (True, {"usage": {"input_tokens": 1, "output_tokens": LARGEST_COUNT}}),
    (True, {"usage": {"input_tokens": -1, "output_tokens": "many"}, "elapsed_ms": 1.5}),
    (True, {"usage": {"input_tokens": True}, "elapsed_ms": LARGEST_COUNT + 1}),
    (True, {"role": "tool", "content": ""}),
    (False, {"usage": {"input_tokens": 1, "cached": 2}}),
    (False, {"usage": {"cost": 1, "cost_source": ["config"]}}),
    (True, {"usage": {"input_tokens": 1, "cached_tokens": 1, "reasoning_tokens": -1}}),
    (True, {"usage": {"cost": 0, "cost_source": "config", "cache_write_tokens": LARGEST_COUNT}}),
    (True, {"usage": {"cost": None, "cost_source": None, "output_tokens": 3}}),
    (False, {"usage": [1]}),
    (False, {"usage": None}),
    (False, {"reasoning": None}),
    (False, {"status": "complete"}),
    (False, {"status": "interrupted"}),
    (False, {"attachments": []}),
    (False, {"superseded": True}),
    (False, {"after": ""}),
    (False, {"error": "it broke"}),
    (False, {"refused": "because"}),
    (False, {"extra": {"usage": 1}}),
    (False, {"likes": 3}),
    (False, {"timestamp": "2026-11-23T18:02:11Z"}),
    (False, {"timestamp": "2026-11-23T18:02:11.000421+02:00"}),
    (False, {"timestamp": "2026-11-23 18:02:11.000421+00:00"}),
    (False, {"timestamp": "2026-W01-1T18:02:11.000421+00:00"}),
    (False, {"timestamp": "2026-11-31T18:02:11.000421+00:00"}),
    (False, {"timestamp": "2026-11-23T24:00:00.000000+00:00"}),
    (False, {"timestamp": "2026-11-23T18:60:00.000000+00:00"}),
    (False, {"timestamp": "2026-11-23T18:02:11.٣٣٣٣٣٣+00:00"}),
    (False, {"timestamp": "2026-11-23T18:02:11.000421+00:00\n"}),
    (False, {"timestamp": 7}),
    (False, {"timestamp": None}),
    (False, {"id": "0190B2F4-0000-7000-8000-00000000000A"}),
    (False, {"id": "a"}),
    (False, {"id": ["0190b2f4-0000-7000-8000-00000000000a"]}),
    (False, {"role": "wizard"}),
    (False, {"role": ["user"]}),
    (False, {"role": None}),
    (False, {"content": None}),
    (False, {"content": ["text"]}),
    (False, {"reasoning": 1}),
    (False, {"provider": 1}),
    (False, {"model": {}}),
    (False, {"finish_reason": []}),
]


@pytest.mark.parametrize(("is_plain", "change"), CHANGES)
def test_what_is_plain_says_what_the_object_says(is_plain: bool, change: dict[str, Any]) -> None:
    fields = {**PLAIN, **change}
    plain = PlainMessages().of(fields, 3)
    assert (plain is not None) is is_plain
    if plain is not None:
        assert whole(plain, SESSION) == archived_message(fields, SESSION, 3)


@pytest.mark.parametrize("missing", [name for name in PLAIN if name != "type"])
def test_what_misses_something_is_not_plain(missing: str) -> None:
    fields = {name: value for name, value in PLAIN.items() if name != missing}
    assert PlainMessages().of(fields, 1) is None
    with pytest.raises(Malformed):
        archived_message(fields, SESSION, 1)
