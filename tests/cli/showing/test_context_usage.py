"""When a conversation fills the model's context window."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from synapse import timestamps
from synapse.app.model_list import Listing
from synapse.cli.asking.remembered_models import cache_of
from synapse.cli.context import Context
from synapse.cli.showing.context_usage import context_usage_line
from synapse.config.choosing import Choice
from synapse.domain import ModelInfo, Role, StoredMessage, Usage
from synapse.ports import capabilities_of
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Line = Callable[..., str | None]

OPENAI = Choice(provider="openai", model="gpt-x")


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    return {**os.environ, "OPENAI_API_KEY": "sk-1"}


@pytest.fixture
def context(environ: dict[str, str]) -> Iterator[Context]:
    opened = Context(Streams(0, 1, 2), environ)
    yield opened
    opened.close()


@pytest.fixture
def line(context: Context) -> Line:
    def after(
        sent: int | None,
        received: int | None = None,
        *,
        at_prompt: bool = False,
        saved: bool = True,
    ) -> str | None:
        context.at_prompt = at_prompt
        answer = StoredMessage.new("0-12345678", Role.ASSISTANT, "x").replace(
            usage=Usage(input_tokens=sent, output_tokens=received), model="gpt-x-2026"
        )
        provider = context.provider("openai")
        return context_usage_line(context, OPENAI, provider, answer, saved=saved)

    return after


def test_from_four_fifths_on_it_is_said_with_the_way_out(
    line: Line, environ: dict[str, str]
) -> None:
    environ["SYNAPSE_CONTEXT_WINDOW"] = "1000"
    assert line(700, 99) is None
    assert line(700, 100, at_prompt=True) == "context 80 % full · /fork N or /new"
    assert line(990) == (
        "context 99 % full · go on from message N:  synapse -s 12345678 --fork --at N"
    )
    assert line(990, saved=False) is None
    assert line(None, 990) is None


def test_the_share_is_configured(line: Line, environ: dict[str, str]) -> None:
    environ |= {"SYNAPSE_CONTEXT_WINDOW": "1000", "SYNAPSE_CONTEXT_COMPACT_AT": "0.5"}
    assert line(499) is None
    assert line(500) is not None


@pytest.mark.parametrize("listed", ["gpt-x", "gpt-x-2026"])
def test_the_window_is_what_the_provider_said_when_it_listed_its_models(
    context: Context, line: Line, listed: str
) -> None:
    assert line(990) is None
    cache = cache_of(context, "openai")
    assert cache is not None
    models = (ModelInfo(id=listed, context_window=1000), ModelInfo(id="other"))
    cache.write(Listing(models=models, fetched_at=timestamps.now()))
    assert line(990) is not None


def test_the_local_model_knows_its_window(
    home_with_weights: Path, context: Context, line: Line
) -> None:
    provider = context.provider("local")
    window = capabilities_of(provider).context_window
    assert window is not None
    answer = StoredMessage.new("0-12345678", Role.ASSISTANT, "x").replace(
        usage=Usage(input_tokens=window * 9 // 10, output_tokens=1)
    )
    choice = Choice(provider="local", model="m")
    assert context_usage_line(context, choice, provider, answer, saved=True) is not None
