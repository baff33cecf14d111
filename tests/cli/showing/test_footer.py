"""The lines below an answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from program import run

from synapse.cli.context import Context
from synapse.cli.showing.footer import first_run_line, footer
from synapse.config.choosing import Choice
from synapse.domain import Role, Session, StoredMessage, Usage
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROQ = Choice(provider="groq", model="m-1", unasked=True)


@pytest.fixture
def context() -> Iterator[Context]:
    descriptor = os.open(os.devnull, os.O_RDWR)
    opened = Context(
        Streams(descriptor, descriptor, descriptor), {**os.environ, "GROQ_API_KEY": "gsk-1"}
    )
    yield opened
    opened.close()
    os.close(descriptor)


def test_the_first_answer_of_all_says_what_was_chosen_unasked(context: Context) -> None:
    run("-p", "echo", "one")
    expected = "using GROQ_API_KEY, model m-1. Change:  synapse config init"
    assert first_run_line(context, GROQ) == expected
    context.at_prompt = True
    assert first_run_line(context, GROQ) == expected.replace("synapse config init", "/model")
    run("-p", "echo", "two")
    assert first_run_line(context, GROQ) is None


def test_whoever_has_chosen_is_told_nothing(context: Context, home: Path) -> None:
    run("-p", "echo", "one")
    assert first_run_line(context, GROQ.replace(unasked=False)) is None
    (home / ".config" / "synapse" / "config.toml").write_text("")
    assert first_run_line(context, GROQ) is None


def test_the_footer_says_where_the_answer_is_and_what_it_took(context: Context) -> None:
    session = Session.new("echo", "echo").with_name("notes")
    answer = StoredMessage.new(session.id, Role.ASSISTANT, "hi").replace(
        model="m-1\n", usage=Usage(input_tokens=1204, output_tokens=None), elapsed_ms=3210
    )
    handle = session.id[-8:]
    assert footer(context, session, answer, True) == (
        f'{handle} "notes" · m-1  · 1,204 → ? tokens · 3.2 s · continue: synapse -c "…"'
    )
    assert footer(context, None, answer, False).startswith("not saved · m-1 ")


def test_the_footer_says_what_was_cached_where_it_fits(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session.new("echo", "echo")
    counts = Usage(input_tokens=1204, output_tokens=567, cached_tokens=1100)
    answer = StoredMessage.new(session.id, Role.ASSISTANT, "hi").replace(model="m-1", usage=counts)
    go_on = 'synapse -c "…"'
    short = f"{session.handle} · m-1 · 1,204 (1,100 cached) → 567 tokens · {go_on}"

    def at(columns: int, usage: Usage = counts) -> str:
        monkeypatch.setitem(context.environ, "COLUMNS", str(columns))
        return footer(context, session, answer.replace(usage=usage), False)

    assert at(100) == short.replace("synapse", "continue: synapse")
    assert at(len(short) + 9) == at(len(short)) == short
    plain = short.replace(" (1,100 cached)", "")
    assert at(len(short) - 1) == plain.replace("synapse", "continue: synapse")
    assert at(len(plain)) == plain
    assert "\n" in at(40)
    assert "cached" not in at(40)
    for nothing in (0, None):
        assert "cached" not in at(100, counts.replace(cached_tokens=nothing))
    context.at_prompt = True
    assert at(60) == "m-1 · 1,204 (1,100 cached) → 567 tokens"


@pytest.mark.parametrize(
    ("cost", "shown"), [(1_234_567, " · $0.0012"), (None, " · cost –"), (0, "")]
)
def test_the_footer_says_what_it_cost_if_that_is_wanted(
    context: Context, monkeypatch: pytest.MonkeyPatch, cost: int | None, shown: str
) -> None:
    session = Session.new("openai", "m-1")
    usage = Usage(input_tokens=12, output_tokens=3, cost=cost)
    answer = StoredMessage.new(session.id, Role.ASSISTANT, "hi").replace(
        model="m-1", usage=usage, elapsed_ms=3210
    )
    assert "12 → 3 tokens · 3.2 s · " in footer(context, session, answer, True)
    monkeypatch.setenv("SYNAPSE_COST", "true")
    wanting = Context(context.streams, {**os.environ})
    assert f"12 → 3 tokens{shown} · 3.2 s · " in footer(wanting, session, answer, True)
