"""Sessions and the log of aichat."""

from __future__ import annotations

from pathlib import Path

import pytest
from imported import Imported, messages, recognizes, told

from synapse.domain import Role
from synapse.errors import ImportFailed
from synapse.formats.clients import aichat

SESSION = """\
model: openai:gpt-4o
temperature: 0.5
save_session: true
compressed_messages:
- role: user
  content: Hello
- role: assistant
  content: |-
    Two lines,
      the second one indented
messages:
- role: system
  content: 'Summary: they said hello.'
- role: user
  content:
  - type: text
    text: What is this?
  - type: image_url
    image_url:
      url: data:image/png;base64,iVBORw0KGgo=
  - type: image_url
    image_url:
      url: 5dde
- role: assistant
  content: 12:30
- role: tool
  content:
    tool_results:
    - call:
        name: get_time
        arguments:
          zone: UTC
        id: call_1
      output:
        time: 2026-01-01
        ok: true
    text: I look.
    sequence: false
- role: assistant
  content: "yes"
data_urls:
  5dde: /home/ada/photo.png
"""


def session(folder: Path, content: str = SESSION, name: str = "trip.yaml") -> Imported:
    path = folder / name
    path.write_bytes(content.encode())
    assert recognizes("aichat", path)
    return Imported("aichat", path)


def test_a_session_with_everything(tmp_path: Path) -> None:
    archived = session(tmp_path).only
    assert told(archived) == [
        ("user", "Hello"),
        ("assistant", "Two lines,\n  the second one indented"),
        ("tool", "Summary: they said hello."),
        ("user", "What is this?\n\n[Image: /home/ada/photo.png]"),
        ("assistant", "12:30"),
        ("assistant", "I look."),
        ("tool", "**get_time** (zone)\n\n```\nUTC\n```"),
        (
            "tool",
            '**get_time**: result\n\n```json\n{\n  "time": "2026-01-01",\n  "ok": true\n}\n```',
        ),
        ("assistant", "yes"),
    ]
    info = archived.session
    assert (info.title, info.provider, info.model) == ("trip", "openai", "gpt-4o")
    assert archived.extra == {"temperature": 0.5, "save_session": True}
    (picture,) = messages(archived)[3].attachments
    assert (picture.media_type, picture.data) == ("image/png", b"\x89PNG\r\n\x1a\n")


def test_a_session_that_went_on_is_the_same(tmp_path: Path) -> None:
    before = session(tmp_path).only
    more = SESSION.replace("data_urls:", "- role: user\n  content: more\ndata_urls:")
    after = session(tmp_path, more).only
    assert before.session.id == after.session.id
    ids = [message.id for message in messages(after)]
    assert [message.id for message in messages(before)] == ids[:-1]
    other = session(tmp_path, SESSION.replace("content: Hello", "content: Bye")).only
    assert other.session.id != before.session.id


def test_the_name_of_a_session_that_was_named_by_itself_tells_its_time(tmp_path: Path) -> None:
    archived = session(tmp_path, name="20241015T120000-copy-a-folder.yaml").only
    assert archived.session.title == "copy a folder"
    assert archived.session.created_at.isoformat() == "2024-10-15T12:00:00+00:00"  # TZ is UTC here


@pytest.mark.parametrize(
    "value", ["2026-01-01", "yes", "1_000", "0x1f", "1:30:00", "12", "1e3", "null", "~", "true"]
)
def test_no_text_becomes_anything_else(tmp_path: Path, value: str) -> None:
    content = f"model: a:b\nmessages:\n- role: user\n  content: '{value}'\n"
    assert told(session(tmp_path, content).only) == [("user", value)]
    if value in ("2026-01-01", "yes", "1_000", "0x1f", "1:30:00"):
        plain = f"model: a:b\nmessages:\n- role: user\n  content: {value}\n"
        assert told(session(tmp_path, plain).only) == [("user", value)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("model: a\nmessages:\n- role: [\n", "line 4: "),
        ("model: a\nmessages:\n- &a {role: user, content: x}\n- *a\n", "an alias"),
        ("model: a\nmessages:\n- !!python/object/apply:os.system [id]\n", "line 3: could not"),
        ("model: a\nmessages:\n" + "- " * 5000, "line"),
        ("model: a\nmessages:\n" + "[" * 100_000, "nesting depth"),
        ("model: a\nmessages:\n  a: 1\n", 'no "messages"'),
    ],
)
def test_what_is_no_session_says_why(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(ImportFailed, match=words):
        session(tmp_path, content)


def test_nul_and_control_characters_are_survived(tmp_path: Path) -> None:
    content = 'model: a:b\nmessages:\n- role: user\n  content: "a\\0b\x01c"\n'
    (message,) = messages(session(tmp_path, content).only)
    assert message.content.startswith("a")
    assert "\x01" not in message.content


LOG = """\
# CHAT: What is rye? [2024-10-15T12:00:00+02:00]
What is rye?
--------
A grain.
--------

# CHAT: A rule [2024-10-15T12:00:05Z] (coder#docs)
Draw a rule
--------
Here:
--------
# CHAT: no heading [2024-10-15T12:00:00Z]
That was it.
--------

# CHAT: Time? [2024-10-15T12:01:00Z]
Time?
--------
<tool_calls>
I look.
[{"call":{"name":"get_time","arguments":{"zone":"UTC"},"id":null},"output":"noon"}]
</tool_calls>
It is noon.
--------

"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_record_of_the_log_is_a_session(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "messages.md"
    path.write_bytes(LOG.replace("\n", ending).encode())
    assert recognizes("aichat", path)
    rye, rule, time = Imported("aichat", path).sessions
    assert told(rye) == [("user", "What is rye?"), ("assistant", "A grain.")]
    assert rye.session.created_at.isoformat() == "2024-10-15T10:00:00+00:00"
    assert rye.session.title == "What is rye?"
    assert told(rule) == [
        ("user", "Draw a rule"),
        ("assistant", "Here:\n--------\n# CHAT: no heading [2024-10-15T12:00:00Z]\nThat was it."),
    ]
    assert rule.extra == {"scope": "coder#docs"}
    assert told(time) == [
        ("user", "Time?"),
        ("assistant", "I look."),
        ("tool", "**get_time** (zone)\n\n```\nUTC\n```"),
        ("tool", "**get_time**: result\n\n```\nnoon\n```"),
        ("assistant", "It is noon."),
    ]


def test_a_log_that_was_appended_to_keeps_its_ids(tmp_path: Path) -> None:
    path = tmp_path / "messages.md"
    path.write_text(LOG[: LOG.index("# CHAT: A rule")] * 2)
    first = Imported("aichat", path).sessions
    assert len({archived.session.id for archived in first}) == 2
    path.write_text(LOG[: LOG.index("# CHAT: A rule")] * 2 + LOG)
    ids = [archived.session.id for archived in Imported("aichat", path).sessions]
    assert ids[:2] == [archived.session.id for archived in first]


@pytest.mark.parametrize("cut", range(60, len(LOG), 7))
def test_a_log_that_was_cut_gives_what_is_there(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "messages.md"
    path.write_text(LOG[:cut])
    found = Imported("aichat", path)
    headings = [mark for mark in ("What is rye? [", "(coder#docs)", "Time? [") if mark in LOG[:cut]]
    assert found.faults == []
    assert len(headings) - 1 <= len(found.sessions) <= len(headings)
    assert told(found.sessions[0])[0][1].startswith("What is rye?"[: cut - 49])


def test_they_are_looked_for_where_aichat_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert aichat.places() == []
    for name in ("sessions", "agents/coder/sessions"):
        (tmp_path / "aichat" / name).mkdir(parents=True)
    (tmp_path / "aichat/messages.md").write_text(LOG)
    names = ["sessions", "agents/coder/sessions", "messages.md"]
    assert aichat.places() == [tmp_path / "aichat" / name for name in names]


@pytest.mark.parametrize(
    "content", ["# CHAT: about chats\n", "# Title\n\nmodel: x\n", "a: 1\n", ""]
)
def test_other_texts_are_not_taken(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file.md"
    path.write_text(content)
    assert not recognizes("aichat", path)


WRITTEN = Path(__file__).parents[1] / "samples" / "aichat" / "0.30.0"
"""By the program itself: scripts/sample_aichat.py."""


def test_the_sessions_that_the_program_wrote() -> None:
    trip = Imported("aichat", WRITTEN / "sessions" / "trip.yaml").only
    assert (trip.session.title, trip.session.provider, trip.session.model) == (
        "trip",
        "loop",
        "loopback-1",
    )
    asked = [message for message in messages(trip) if message.role is Role.USER]
    assert [message.content for message in asked] == [
        "Where to in May?",
        "And\nin June:\n\n    by train?  \n\n",
        "What is in this picture?",
    ]
    assert [file.name for file in asked[2].attachments] == ["dot.png"]
    assert told(trip)[1] == ("assistant", "yes: you asked\n\n```sh\necho Where to in May?\n```\n")
    roles = Imported("aichat", WRITTEN / "sessions" / "roles.yaml").only
    assert roles.session.system_prompt == "You are terse."
    assert roles.extra == {"temperature": 0.2, "save_session": True, "role_name": "terse"}
    assert told(roles)[0] == ("user", "2026-01-01")


def test_the_log_that_the_program_wrote() -> None:
    found = Imported("aichat", WRITTEN / "messages.md")
    assert found.faults == []
    assert [archived.session.title for archived in found.sessions] == [
        "What is a volume?",
        "true",
        "a loop in C, # no comment",
    ]
    assert [archived.extra.get("scope") for archived in found.sessions] == [
        None,
        "terse",
        "%shell%",
    ]
    assert told(found.sessions[0])[1] == (
        "assistant",
        "yes: you asked\n\n```sh\necho What is a volume?\n```",
    )
