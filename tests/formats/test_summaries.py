"""Where a summary stands, in what is written for people, and what is masked in it."""

from __future__ import annotations

import io

import pytest
from contract.builders import NOON, a_summary

from formats.pages import Read, answered, archived, asked
from synapse.app.digests import digest_of
from synapse.app.redaction.redactor import Redactor
from synapse.archived import REDACTED, ArchivedSession
from synapse.domain import Usage
from synapse.formats import exporter

KEY = "sk-ant-api03-" + "a1B2" * 20 + "-AAAAAAAA"


def a_session() -> ArchivedSession:
    """Two turns; a summary stands for the first."""
    talk = archived(asked("Who?"), answered("I."), asked("Where?"), answered("Here."))
    old = a_summary(talk.session, 1, content="Older words.", created_at=NOON)
    summary = a_summary(
        talk.session, 2, content="Facts\n<b>[#1]</b>", model="m-7", parent=old.id, created_at=NOON
    )
    return talk.replace(messages=tuple(talk.messages), summaries=(old, summary))


def written(format: str, archived: ArchivedSession) -> str:
    file = io.BytesIO()
    exporter(format).write([archived], file)
    return file.getvalue().decode()


def test_a_text_has_it_behind_the_last_message_that_it_stands_for() -> None:
    text = written("text", a_session())
    before, heading, after = text.partition("Summary of everything above, 2026-11-23")
    assert heading
    assert "I." in before
    assert "Where?" not in before
    assert after.partition("\n")[0].endswith("m-7, sent in its place")
    assert after.partition("\n")[2].startswith("Facts\n<b>[#1]</b>\n")
    assert "Older words." not in text


def test_a_page_has_it_folded_there_as_text() -> None:
    source = written("html", a_session())
    assert Read(source).unbalanced == []
    place = source.index('<aside class="summary">')
    assert source.index('id="m2"') < place < source.index('id="m3"')
    assert "&lt;b&gt;[#1]&lt;/b&gt;" in source[place:]
    assert "m-7" in source[place : source.index('id="m3"')]
    assert "Older words." not in source


def test_a_heading_in_markdown_says_where_it_stands() -> None:
    lines = written("md", a_session()).splitlines()
    [heading] = [line for line in lines if "a summary is sent in place" in line]
    assert heading.startswith("## Answer")
    assert lines[lines.index(heading) + 2] == "I."


@pytest.mark.parametrize("format", ["text", "html", "md"])
def test_without_one_nothing_is_said_of_it(format: str) -> None:
    assert "ummary of everything" not in written(format, a_session().replace(summaries=()))
    assert "a summary is sent" not in written(format, a_session().replace(summaries=()))


def test_secrets_in_it_are_masked_and_found() -> None:
    talk = a_session()
    assert Redactor().archived(talk).summaries == talk.summaries
    leaking = talk.replace(
        summaries=(talk.summaries[0].replace(content=f"The key is {KEY}.", focus=f"not {KEY}"),)
    )
    redactor = Redactor()
    masked = redactor.archived(leaking)
    assert KEY not in str(masked.summaries)
    assert REDACTED in masked.extra
    assert KEY not in written("jsonl", masked)
    [place] = redactor.report().places
    assert place.messages == (0,)
    warning = Redactor(warn_only=True)
    warning.look_through(leaking)
    assert warning.report().session_count == 1


def test_a_hash_tells_everything_of_it() -> None:
    talk = a_session()
    [old, summary] = talk.summaries
    known = {digest_of(talk).hash, digest_of(talk.replace(summaries=())).hash}
    for name, value in summary.__dict__.items():
        if name == "session_id":
            continue
        other = {
            "created_at": NOON.replace(microsecond=1),
            "usage": Usage(cost=1),
        }.get(name, value + 1 if isinstance(value, int) else f"{value}!")
        if name in ("tokens_before", "tokens_after"):
            other = 7
        changed = talk.replace(summaries=(old, summary.replace(**{name: other})))
        known.add(digest_of(changed).hash)
    assert len(known) == 2 + len(summary.__dict__) - 1
