"""What stands in for dear parts of the standard library does what they do."""

from __future__ import annotations

import copy
import datetime
import enum
import json
import pickle
import signal
import subprocess
import sys
from enum import StrEnum
from typing import Any

import pytest

from synapse.domain import Role, SessionOrder, Status
from synapse.light import dates, enums, signals


class RealRole(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@pytest.mark.parametrize(
    "what",
    [
        lambda role: [str(member) for member in role],
        lambda role: [member.name for member in role],
        lambda role: [type(member.value) for member in role],
        lambda role: (len(role), bool(role), [*role.__members__]),
        lambda role: (role("user") is role.USER, role["USER"] is role.USER),
        lambda role: (role.USER == "user", role.USER == "user", role.USER == role.TOOL),
        lambda role: (hash(role.USER) == hash("user"), {"user": 1}[role.USER]),
        lambda role: (f"{role.USER:>8}", str(role.USER), "%s" % role.USER),  # noqa: UP031
        lambda role: json.dumps({role.USER: role.TOOL}),
        lambda role: (copy.copy(role.USER) is role.USER, copy.deepcopy(role.USER) is role.USER),
        lambda role: (isinstance(role.USER, str), isinstance(role.USER, role)),
        lambda role: role.USER in role,
        lambda role: role.USER.upper(),
        lambda role: sorted(role),
    ],
)
def test_a_set_of_texts_is_like_an_enumeration(what) -> None:  # type: ignore[no-untyped-def]
    assert what(Role) == what(RealRole)


def test_it_says_what_it_is() -> None:
    assert repr(Role.USER) == "<Role.USER: 'user'>" == repr(RealRole.USER).replace("Real", "")
    assert repr(Status) == "<enum 'Status'>"
    assert Role.__doc__ == "Who contributed a message."
    assert not isinstance(Role, enum.EnumType)


@pytest.mark.parametrize("kind", [Role, Status, SessionOrder])
def test_every_member_survives_pickling(kind: type[StrEnum]) -> None:
    assert [pickle.loads(pickle.dumps(member)) is member for member in kind] == [True] * len(kind)


@pytest.mark.parametrize("value", ["", "USER", "user ", None, 5, []])
def test_another_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid Role"):
        Role(value)
    with pytest.raises(KeyError):
        Role["user"]


def test_members_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Role.USER = "x"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Role.USER.value = "x"  # type: ignore[misc]
    assert Role.USER.value == "user"


def test_a_member_can_be_matched() -> None:
    match Role("tool"):
        case Role.USER:
            raise AssertionError
        case Role.TOOL:
            pass
        case _:
            raise AssertionError


def test_a_set_of_texts_has_methods() -> None:
    class Loud(enums.StrEnum):
        LOW = "low"

        def shout(self) -> str:
            return self.upper()

    assert Loud.LOW.shout() == "LOW"
    assert [*Loud] == ["low"]


def test_dates_and_signals_are_the_real_ones() -> None:
    assert (dates.datetime, dates.timedelta) == (datetime.datetime, datetime.timedelta)
    assert dates.UTC is datetime.UTC
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGTSTP", "SIG_DFL", "SIG_IGN"):
        assert getattr(signals.signal, name) == getattr(signal, name)


def test_they_work_alone() -> None:
    """Nothing of what is left out is needed after all."""
    code = (
        "from synapse.light.dates import UTC, datetime, timedelta\n"
        "from synapse.light.signals import signal\n"
        "then = datetime.fromisoformat('2026-11-26T21:00:00+00:00') + timedelta(hours=1)\n"
        "print(then.astimezone(UTC), then.astimezone().tzinfo is not None, f'{then:%H:%M}')\n"
        "print(signal.signal(signal.SIGTERM, signal.SIG_IGN) == signal.SIG_DFL)\n"
        "print(datetime.now(UTC) > then - timedelta(days=30000), repr(then.tzinfo))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == (
        "2026-11-26 22:00:00+00:00 True 22:00\nTrue\nTrue datetime.timezone.utc\n"
    )
