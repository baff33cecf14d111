"""Fields of other programs' JSON, of whatever type."""

from __future__ import annotations

import pytest

from synapse.formats._fields import fields, first_text, items, key, objects, others, text

ANYTHING = [None, True, 0, -1.5, float("nan"), "", "text", [], ["x", {}], {}, {"a": 1}]


@pytest.mark.parametrize("value", ANYTHING, ids=repr)
def test_what_is_of_another_type_is_nothing(value: object) -> None:
    assert isinstance(fields(value), dict)
    assert isinstance(items(value), list)
    assert all(isinstance(each, dict) for each in objects(value))
    assert isinstance(text(value), str)
    assert isinstance(key(value), str)
    assert isinstance(others(value, ()), dict)


def test_ids_may_be_numbers_but_not_truths() -> None:
    assert [key(value) for value in (7, "7", True, 1.5, 10**400)] == ["7", "7", "", "", ""]


def test_the_first_text_that_says_something() -> None:
    assert first_text(None, "", 3, "a", "b") == "a"
    assert first_text() == ""


def test_what_was_not_taken_and_says_something_is_kept() -> None:
    value: dict[str, object] = {"id": 1}
    value |= {"new": 0, "off": False, "none": None, "empty": {}, "list": [], "text": ""}
    assert others(value, ["id"]) == {"new": 0, "off": False}
