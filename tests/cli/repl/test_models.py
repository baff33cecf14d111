"""Which models the prompt offers, and which it refuses."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import pytest

from synapse.cli.context import Context
from synapse.cli.repl.model_names import is_provider, known_models, refuse_missing, remark, shown
from synapse.config.choosing import Choice
from synapse.domain import ModelInfo
from synapse.errors import UnknownModel
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(home: Path) -> Path:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    return folder


@pytest.fixture
def context(folder: Path) -> Iterator[Context]:
    opened = Context(Streams(0, 1, 2), os.environ)
    yield opened
    opened.close()


def a_gguf_file() -> bytes:
    """The header of a model without a tensor."""

    def text(value: bytes) -> bytes:
        return struct.pack("<Q", len(value)) + value

    string = 8
    pair = text(b"general.architecture") + struct.pack("<I", string) + text(b"llama")
    return struct.pack("<4sIQQ", b"GGUF", 3, 0, 1) + pair


def remember(context: Context, provider: str, *models: str) -> None:
    from synapse import timestamps
    from synapse.app.model_list import Listing
    from synapse.cli.asking.remembered_models import cache_of

    cache = cache_of(context, provider)
    assert cache is not None
    infos = tuple(ModelInfo(id=model) for model in models)
    cache.write(Listing(models=infos, fetched_at=timestamps.now()))


def test_who_can_answer_is_named_before_who_can_not(
    context: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.toml").write_text(
        '[aliases]\nfast = "echo/echo"\n[providers.mine]\nmodel = "own"\n'
        'base_url = "http://localhost:1/v1"\n'
    )
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    remember(context, "mistral", "small")
    models = known_models(context, Choice(provider="deepseek", model="now"))
    names = [name for name, _ in models]
    assert names[:3] == ["fast", "deepseek/now", "mine/own"]
    assert (
        names.index("mistral/small")
        < names.index("echo")
        < names.index("local/smollm2-135m-instruct")
    )
    notes = dict(models)
    assert notes["deepseek/now"] == "answers now"
    without = [name for name in names if notes[name] == "no key yet"]
    assert without
    assert names[-len(without) :] == without
    assert not any(name.startswith("mistral/") for name in without)


def test_a_key_that_is_stored_counts(context: Context) -> None:
    from synapse.config.key_store import store_key

    store_key("openai", "sk-test", os.environ)
    assert known_models(context)[0][0].startswith("openai/")


def test_a_local_model_that_is_not_there_is_refused(
    context: Context, folder: Path, home: Path
) -> None:
    models = home / ".cache" / "synapse" / "models"
    models.mkdir(parents=True)
    (models / "tiny-llama.gguf").write_bytes(a_gguf_file())
    (folder / "config.toml").write_text('[providers.local]\nmodel = "tiny-llama"\n')
    refuse_missing(context, Choice(provider="local", model="tiny-llama"))
    with pytest.raises(UnknownModel, match='local has no model "tiny-lama"') as raised:
        refuse_missing(context, Choice(provider="local", model="tiny-lama"))
    assert raised.value.hints == ("It has:  tiny-llama",)


def test_a_model_that_was_not_listed_is_doubted(context: Context) -> None:
    choice = Choice(provider="openai", model="gpt-7-tera")
    assert remark(context, choice) is None
    remember(context, "openai", "gpt-7-terra", "o9")
    assert remark(context, choice) == (
        "openai did not list gpt-7-tera when it was last asked; near it:  gpt-7-terra"
    )
    assert remark(context, Choice(provider="openai", model="o9")) is None
    refuse_missing(context, choice)


def test_a_provider_is_a_name_too_but_not_beside_a_server_of_ones_own(context: Context) -> None:
    assert is_provider(context, "mistral", beside=Choice(provider="echo", model="echo"))
    assert not is_provider(context, "mistral", beside=Choice(provider="ollama", model="llama4"))
    assert not is_provider(context, "gpt-9", beside=Choice(provider="echo", model="echo"))


def test_a_provider_that_is_its_own_model_is_named_once() -> None:
    assert shown(Choice(provider="echo", model="echo")) == "echo"
    assert shown(Choice(provider="openai", model="gpt-9")) == "openai/gpt-9"
