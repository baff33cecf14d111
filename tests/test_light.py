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
from hypothesis import given
from hypothesis import strategies as st

from synapse.domain import Role, SessionOrder, Status
from synapse.light import dates, enums, modules, signals
from synapse.light import json as light_json


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


def _plain_int(digits: str) -> int:
    return int(digits)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_json_is_written_and_read_as_json_does(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert light_json.encoder()(value) == text
    assert light_json.scanner(_plain_int)(text, 0) == (value, len(text))


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn\\u \n\t\x00\ud800é', max_size=20))
def test_json_that_is_none_is_refused_as_json_does(text: str) -> None:
    def read(scan: Any) -> object:
        try:
            return scan(text, 0)
        except (ValueError, StopIteration) as error:
            return type(error)

    real = vars(json.JSONDecoder(strict=False))["scan_once"]
    assert repr(read(light_json.scanner(_plain_int))) == repr(read(real))


def test_json_that_is_none_is_refused_also_where_json_itself_was_never_imported() -> None:
    program = """
import sys
from synapse.providers import _template, _wire
assert "json" not in sys.modules
for text in (b"{nonsense", b'{"a": "', b'["\\\\x"]', b"[1,", b'{"a" 1}', b"nul", b""):
    try:
        _wire.decode(text)
    except _wire.Malformed:
        print("refused")
print(_template._unescaped(b"\\\\x"))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr) == ("refused\n" * 7 + "None\n", "")


def test_what_json_cannot_hold_is_refused() -> None:
    circle: list[object] = []
    circle.append(circle)
    for wrong, error in ((object(), TypeError), (circle, ValueError), ({1j: 1}, TypeError)):
        with pytest.raises(error):
            light_json.encoder()(wrong)
    assert light_json.encoder()([1]) == "[1]"  # nothing is left of it


@pytest.mark.parametrize("missing", ["make_scanner", "make_encoder"])
def test_without_the_c_half_json_itself_is_taken(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(light_json, missing, None)
    assert light_json.encoder()({"é": [1, None]}) == '{"é":[1,null]}'
    assert light_json.scanner(_plain_int)('{"a": "\t"}', 0) == ({"a": "\t"}, 10)


def test_an_extension_that_wants_more_of_collections_gets_the_package() -> None:
    code = (
        f"import sys; sys.path = {sys.path}\n"
        "from synapse.light.modules import without_collections\n"
        "def load():\n"
        "    from collections import OrderedDict, namedtuple\n"
        "    return OrderedDict, namedtuple('Point', 'x y', defaults=(1, 2))()\n"
        "kind, point = without_collections(load)\n"
        "import collections; print(kind is collections.OrderedDict, point)\n"
        "def fail(): raise ImportError('never')\n"
        "try: without_collections(fail)\n"
        "except ImportError as error: print(error, sys.modules['collections'] is collections)"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "True Point(x=1, y=2)\nnever True\n"


def test_modules_are_imported_by_their_whole_name() -> None:
    assert modules.import_module("synapse.light.json") is light_json
    with pytest.raises(ModuleNotFoundError):
        modules.import_module("synapse.nothing")
