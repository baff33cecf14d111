"""Synapse's own formats: what is written is read again, whatever it is."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synapse.archived import ArchivedMessage, ArchivedSession, Origin, Remark, Unreadable
from synapse.domain import Attachment, Role, Session, Status, StoredMessage, Usage
from synapse.errors import ImportFailed
from synapse.formats import exporter, importer
from synapse.formats.reading.sources import StreamSource

if TYPE_CHECKING:
    from collections.abc import Iterable

MOMENT = datetime(2026, 11, 23, 18, 2, 11, 421, tzinfo=UTC)
LOSSLESS = ("jsonl", "json", "md")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
spiteful = st.sampled_from([
    "<!-- 00000000 message {} -->", "```\n", "---\n", "\n\n", "-->", "\r\n", "\n# You\n", "\u2028",
    "</details>", "{\"type\":\"session\"}", " ", "<script>", "![x](data:;base64,)", "\ufeff", "\x85",
])  # fmt: skip
contents = st.lists(st.one_of(texts, spiteful), max_size=6).map("".join)
words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9)
ids = st.uuids().map(str)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
counts = st.none() | st.integers(0, 10**12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
extras = st.dictionaries(texts.map("x_{}".format), json_values, max_size=3)
attachments = st.builds(
    Attachment,
    name=texts.filter(bool),
    media_type=st.sampled_from(["text/plain", "image/png", "application/pdf", "text/x-)(<>"]),
    data=st.binary(max_size=60) | contents.map(str.encode),
    source=st.sampled_from(["file", "stdin", "command", "agent"]),
)


@st.composite
def archived_messages(draw: st.DrawFn, session_id: str, index: int) -> ArchivedMessage:
    message = StoredMessage(
        id=draw(ids),
        session_id=session_id,
        index=index,
        role=draw(st.sampled_from(Role)),
        content=draw(contents),
        reasoning=draw(contents),
        timestamp=draw(moments),
        status=draw(st.sampled_from(Status)),
        finish_reason=draw(st.none() | texts),
        error=draw(st.none() | contents),
        provider=draw(st.none() | texts),
        model=draw(st.none() | texts),
        usage=Usage(input_tokens=draw(counts), output_tokens=draw(counts)),
        elapsed_ms=draw(counts),
        superseded=draw(st.booleans()),
        refused=draw(st.none() | texts),
        attachments=tuple(draw(st.lists(attachments, max_size=2))),
    )
    return ArchivedMessage(message=message, after=draw(st.none() | ids), extra=draw(extras))


@st.composite
def archived_sessions(draw: st.DrawFn) -> ArchivedSession:
    session = Session(
        id=draw(ids),
        name=draw(st.none() | contents),
        title=draw(st.none() | contents),
        provider=draw(texts.filter(bool)),
        model=draw(texts.filter(bool)),
        system_prompt=draw(st.none() | contents),
        created_at=draw(moments),
        updated_at=draw(moments),
        deleted_at=draw(st.none() | moments),
        pinned=draw(st.booleans()),
        forked_from=draw(st.none() | ids),
        forked_at=draw(counts),
    )
    number = draw(st.integers(0, 4))
    messages = tuple(draw(archived_messages(session.id, index)) for index in range(1, number + 1))
    return ArchivedSession(
        session=session,
        messages=messages,
        message_count=number,
        tags=tuple(draw(st.lists(words, max_size=3))),
        origin=draw(st.none() | st.builds(Origin, program=texts, id=texts)),
        changes=draw(st.dictionaries(texts, moments, max_size=3)),
        forked_after=draw(st.none() | ids),
        extra=draw(extras),
    )


def written(format: str, *sessions: ArchivedSession) -> bytes:
    file = io.BytesIO()
    exporter(format).write(sessions, file)
    return file.getvalue()


def read(content: bytes) -> list[Any]:
    found = []
    reader = importer("synapse")
    source = StreamSource(io.BytesIO(content))
    assert reader.recognizes(source)
    for one in reader.read(source):
        if isinstance(one, ArchivedSession):
            one = one.replace(messages=tuple(one.messages))
        found.append(one)
    return found


@pytest.mark.parametrize("format", LOSSLESS)
@settings(max_examples=150)
@given(archived=archived_sessions())
def test_a_session_is_read_as_it_was_written(format: str, archived: ArchivedSession) -> None:
    assert read(written(format, archived)) == [archived]


@pytest.mark.parametrize("format", ["jsonl", "json"])
@settings(max_examples=60)
@given(archived=st.lists(archived_sessions(), min_size=2, max_size=4))
def test_so_are_several_in_one_file(format: str, archived: list[ArchivedSession]) -> None:
    assert read(written(format, *archived)) == archived


@settings(max_examples=60)
@given(archived=archived_sessions())
def test_what_is_read_is_written_again_to_the_byte(archived: ArchivedSession) -> None:
    for format in LOSSLESS:
        first = written(format, archived)
        assert written(format, *read(first)) == first


def a_session(*texts: str) -> ArchivedSession:
    session = Session.new("echo", "echo").replace(created_at=MOMENT, updated_at=MOMENT)
    messages = tuple(
        ArchivedMessage(
            message=StoredMessage.new(session.id, Role.USER, text).replace(
                index=index, timestamp=MOMENT + timedelta(seconds=index)
            )
        )
        for index, text in enumerate(texts, 1)
    )
    return ArchivedSession(session=session, messages=messages, message_count=len(texts))


def lines_of(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def jsonl(lines: Iterable[object]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


class TestDamage:
    def test_a_session_of_which_a_line_is_broken_fails_and_the_next_comes(self) -> None:
        first, second = a_session("one", "two"), a_session("three")
        lines = written("jsonl", first, second).splitlines(keepends=True)
        lines[2] = b'{"type":"message","id"\n'
        sessions = importer("synapse").read(StreamSource(io.BytesIO(b"".join(lines))))
        broken = next(sessions)
        assert isinstance(broken, ArchivedSession)
        with pytest.raises(ImportFailed, match="line 3"):
            list(broken.messages)
        whole = next(sessions)
        assert isinstance(whole, ArchivedSession)
        assert [one.message.content for one in whole.messages] == ["three"]

    def test_messages_that_nobody_reads_are_passed(self) -> None:
        content = written("jsonl", a_session("one", "two"), a_session("three"))
        sessions = importer("synapse").read(StreamSource(io.BytesIO(content)))
        assert sum(isinstance(one, ArchivedSession) for one in sessions) == 2

    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("id", None, 'no "id"'),
            ("id", "../../etc", '"id" is no UUID'),
            ("created_at", "yesterday", '"created_at" is no time'),
            ("tags", ["two words"], '"tags" are no words'),
            ("name", 7, '"name" is no text'),
        ],
    )
    def test_a_session_with_a_bad_field_is_told(self, field: str, value: Any, reason: str) -> None:
        lines = lines_of(written("jsonl", a_session("one"), a_session("two")))
        lines[0][field] = value
        bad, good = read(jsonl(lines))
        assert isinstance(bad, Unreadable)
        assert (bad.place, bad.reason.startswith(reason)) == ("line 1", True)
        assert isinstance(good, ArchivedSession)

    def test_a_newer_version_is_read_as_far_as_it_can_be(self) -> None:
        lines = lines_of(written("jsonl", a_session("one")))
        lines[0] |= {"version": 2, "mood": "good"}
        lines[1] |= {"colour": "red"}
        remark, session = read(jsonl(lines))
        assert isinstance(remark, Remark)
        assert "newer Synapse" in remark.text
        assert session.extra == {"mood": "good"}
        assert session.messages[0].extra == {"colour": "red"}

    def test_markdown_that_is_cut_short_is_known_by_its_number_of_messages(self) -> None:
        content = written("md", a_session("one", "two"))
        cut = content[: content.rindex(b"\n<!-- ")]
        [session] = read(cut)
        assert (len(session.messages), session.message_count) == (1, 2)
