"""Synapse's own formats: what is written is read again, whatever it is."""

from __future__ import annotations

import io
import json
import os
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastjsonschema
import pytest

from synapse.archived import ArchivedMessage, ArchivedSession, Origin, Remark, Unreadable
from synapse.domain import Attachment, Role, Session, Status, StoredMessage, Summary, Usage
from synapse.errors import ImportFailed
from synapse.formats import exporter, importer
from synapse.formats._json_objects import _MESSAGE_FIELDS, _SESSION_FIELDS
from synapse.formats.reading.sources import StreamSource

if TYPE_CHECKING:
    from collections.abc import Iterable

MOMENT = datetime(2026, 11, 23, 18, 2, 11, 421, tzinfo=UTC)
LOSSLESS = ("jsonl", "json", "md")

SPITE = (
    "<!-- 00000000 message {} -->", "```\n", "---\n", "\n\n", "-->", "\r\n", "\n# You\n",
    "\u2028", "</details>", '{"type":"session"}', " ", "<script>", "![x](data:;base64,)", "\ufeff",
    "\x85", "\x1b[2J", "数据库", "e\u0301", "👩‍👩‍👧", "\u202e", "plain words", "tab\t", "\\",
    '"', "`",
)  # fmt: skip
ARCHIVES = int(os.environ.get("SYNAPSE_TEST_ARCHIVES", "75"))
"""More are run by hand."""


class Generator:
    """Sessions of any content, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def maybe(self, value: Any) -> Any:
        return value if self.random.random() < 0.5 else None

    def text(self, most: int = 5) -> str:
        return "".join(self.random.choices(SPITE, k=self.random.randrange(most + 1)))

    def word(self) -> str:
        return self.random.choice(["rust", "数据", "ŻÓŁW", "a-b", "#1", "x:y"])

    def id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128)))

    def moment(self) -> datetime:
        return MOMENT + timedelta(microseconds=self.random.randrange(-(10**15), 10**15))

    def count(self) -> int | None:
        return self.random.choice([None, 0, 1, 17, 10**12])

    def value(self, depth: int = 2) -> Any:
        kinds = ["text", "number", "nothing", "list", "object"]
        match self.random.choice(kinds if depth else kinds[:3]):
            case "text":
                return self.text()
            case "number":
                return self.random.choice([0, -1, 2**53, 0.1, 1e300, True])
            case "list":
                return [self.value(depth - 1) for _ in range(self.random.randrange(3))]
            case "object":
                return {self.text(): self.value(depth - 1) for _ in range(self.random.randrange(3))}
            case _:
                return None

    def extra(self) -> dict[str, Any]:
        names = ["x", "content", "id", "attachments", "type", "usage", "extra", "name", "format"]
        number = self.random.randrange(3)
        return {self.random.choice(names) + self.text(1): self.value() for _ in range(number)}

    def attachment(self) -> Attachment:
        return Attachment(
            name=self.text() or "a",
            media_type=self.random.choice(
                ["text/plain", "image/png", "application/pdf", "text/x)"]
            ),
            data=self.random.choice([self.text().encode(), self.random.randbytes(30)]),
            source=self.random.choice(["file", "stdin", "command", "agent"]),
        )

    def usage(self) -> Usage:
        if self.random.random() < 0.5:
            return Usage(input_tokens=self.count(), output_tokens=self.count())
        counts: dict[str, Any] = {name: self.count() for name in Usage._fields}
        return Usage(**{**counts, "cost_source": self.maybe(self.text())})

    def summary(self, session_id: str) -> Summary:
        return Summary(
            id=self.id(),
            session_id=session_id,
            last_index=self.count() or 0,
            messages=self.count() or 0,
            content=self.text(),
            provider=self.maybe(self.text()),
            model=self.maybe(self.text()),
            created_at=self.moment(),
            parent=self.maybe(self.id()),
            generation=self.count() or 1,
            focus=self.maybe(self.text()),
            tokens_before=self.count(),
            tokens_after=self.count(),
            usage=self.usage(),
            prompt_version=self.count() or 0,
            session_length=self.count() or 0,
        )

    def message(self, session_id: str, index: int) -> ArchivedMessage:
        message = StoredMessage(
            id=self.id(),
            session_id=session_id,
            index=index,
            role=self.random.choice(list(Role)),
            content=self.text(),
            reasoning=self.text(),
            timestamp=self.moment(),
            status=self.random.choice(list(Status)),
            finish_reason=self.maybe(self.text()),
            error=self.maybe(self.text()),
            provider=self.maybe(self.text()),
            model=self.maybe(self.text()),
            usage=self.usage(),
            elapsed_ms=self.count(),
            superseded=self.random.random() < 0.3,
            refused=self.maybe(self.text()),
            attachments=tuple(self.attachment() for _ in range(self.random.randrange(3))),
        )
        return ArchivedMessage(message=message, after=self.maybe(self.id()), extra=self.extra())

    def session(self) -> ArchivedSession:
        session = Session(
            id=self.id(),
            name=self.maybe(self.text()),
            title=self.maybe(self.text()),
            provider=self.text() or "p",
            model=self.text() or "m",
            system_prompt=self.maybe(self.text()),
            created_at=self.moment(),
            updated_at=self.moment(),
            deleted_at=self.maybe(self.moment()),
            pinned=self.random.random() < 0.5,
            forked_from=self.maybe(self.id()),
            forked_at=self.count(),
        )
        number = self.random.randrange(5)
        return ArchivedSession(
            session=session,
            messages=tuple(self.message(session.id, index) for index in range(1, number + 1)),
            message_count=number,
            tags=tuple(self.word() for _ in range(self.random.randrange(3))),
            origin=self.maybe(Origin(program=self.text(), id=self.text())),
            changes={self.text(): self.moment() for _ in range(self.random.randrange(3))},
            forked_after=self.maybe(self.id()),
            extra=self.extra(),
            summaries=tuple(self.summary(session.id) for _ in range(self.random.randrange(3))),
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
def test_a_session_is_read_as_it_was_written(format: str) -> None:
    for seed in range(ARCHIVES):
        archived = Generator(seed).session()
        content = written(format, archived)
        assert read(content) == [archived], seed
        assert written(format, *read(content)) == content, seed


@pytest.mark.parametrize("format", ["jsonl", "json"])
def test_so_are_several_in_one_file(format: str) -> None:
    for seed in range(ARCHIVES // 5):
        generator = Generator(seed)
        archived = [generator.session() for _ in range(2 + seed % 3)]
        assert read(written(format, *archived)) == archived, seed


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
            ("summaries", {}, '"summaries" is no list'),
            ("summaries", [7], "a summary is no object"),
            ("summaries", [{"id": "x"}], 'a summary without "content"'),
            ("summaries", [{"content": ""}], '"last_index" of a summary is no count'),
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
        lines[1] |= {"colour": "red", "usage": {"input_tokens": 1, "cached": 2}}
        remark, session = read(jsonl(lines))
        assert isinstance(remark, Remark)
        assert "newer Synapse" in remark.text
        assert session.extra == {"mood": "good"}
        assert session.messages[0].extra == {"usage": {"cached": 2}, "colour": "red"}
        assert session.messages[0].message.usage == Usage(input_tokens=1)
        assert written("jsonl", *read(written("jsonl", session))) == written("jsonl", session)

    def test_what_a_summary_says_that_can_not_be_is_unknown(self) -> None:
        lines = lines_of(written("jsonl", a_session("one")))
        known = (
            Generator(1)
            .summary("")
            .replace(generation=1, tokens_before=None, tokens_after=None, usage=Usage(), focus=None)
        )
        [summary] = lines_of(written("jsonl", a_session("one").replace(summaries=(known,))))[0][
            "summaries"
        ]
        wrong = {"tokens_before": -1, "tokens_after": "many", "usage": {"cost": 1.5}}
        lines[0]["summaries"] = [{**summary, **wrong, "generation": None}]
        [session] = read(jsonl(lines))
        assert session.summaries == (known.replace(session_id=session.session.id),)

    def test_markdown_that_is_cut_short_is_known_by_its_number_of_messages(self) -> None:
        content = written("md", a_session("one", "two"))
        cut = content[: content.rindex(b"\n<!-- ")]
        [session] = read(cut)
        assert (len(session.messages), session.message_count) == (1, 2)


class TestTheSchema:
    @pytest.fixture
    def schema(self) -> dict[str, Any]:
        path = Path(__file__).parents[2] / "docs" / "formats.schema.json"
        loaded: dict[str, Any] = json.loads(path.read_text())
        return loaded

    def check(self, schema: dict[str, Any], name: str, value: object) -> None:
        fastjsonschema.validate({**schema, "$ref": f"#/definitions/{name}"}, value)

    @pytest.mark.parametrize("seed", range(25))
    def test_describes_what_is_written(self, schema: dict[str, Any], seed: int) -> None:
        first, second = Generator(seed).session(), Generator(seed + 1000).session()
        for line in lines_of(written("jsonl", first, second)):
            self.check(schema, f"{line['type']}_line", line)
        self.check(schema, "session", json.loads(written("json", first)))
        self.check(schema, "archive", json.loads(written("json", first, second)))

    def test_names_every_field(self, schema: dict[str, Any]) -> None:
        known = schema["definitions"]
        assert set(known["message"]["properties"]) | {"type", "index"} == _MESSAGE_FIELDS | {
            "extra"
        }
        fields = set(known["session"]["properties"]) | {"type"}
        assert fields == _SESSION_FIELDS
