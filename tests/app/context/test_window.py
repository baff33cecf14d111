"""Who says how large a window is, in which order, and what is not believed."""

from __future__ import annotations

from types import SimpleNamespace as Made

import pytest

from synapse.app.context.window import plausible_window, window_of
from synapse.domain import ModelInfo
from synapse.ports import Capabilities


def server(name: str = "groq", **capabilities: object) -> Made:
    return Made(name=name, capabilities=Capabilities().replace(**capabilities))


GPT_OSS = "openai/gpt-oss-120b"


def never() -> list[ModelInfo]:
    raise AssertionError("the list is read although it isn't needed")


def found(*args: object, **more: object) -> tuple[int, str] | None:
    window = window_of(*args, **more)  # type: ignore[arg-type]
    return None if window is None else (window.tokens, window.source)


def test_the_order() -> None:
    listed = (ModelInfo(id=GPT_OSS, context_window=2000),)
    knowing = server(context_window=1024)
    assert found(knowing, GPT_OSS, configured=512, listed=never) == (512, "configuration")
    assert found(knowing, GPT_OSS, listed=never) == (1024, "provider")
    assert found(server(), GPT_OSS, listed=lambda: listed) == (2000, "list")
    assert found(server(), GPT_OSS) == (131_072, "table")
    assert found(server("mine"), GPT_OSS) is None


def test_the_exact_name_of_an_alias_is_looked_for_second() -> None:
    listed = (ModelInfo(id="m-2026", context_window=2000),)
    assert found(server(), "m", listed=lambda: listed, answered="m-2026") == (2000, "list")
    assert found(server(), "unknown", answered=GPT_OSS) == (131_072, "table")


def test_a_server_of_ones_own_at_a_vendors_address_has_its_models() -> None:
    assert found(server("mine", vendor="groq"), GPT_OSS) == (131_072, "table")


@pytest.mark.parametrize("window", [0, -1, 255, 10**12, 10**9 + 1, "131072", 1e5, True, None, []])
def test_what_is_no_window_is_not_believed(window: object) -> None:
    assert plausible_window(window) is None
    lying = server("mine", context_window=window)
    listed = (ModelInfo(id="m").replace(context_window=window),)
    assert found(lying, "m", listed=lambda: listed) is None


@pytest.mark.parametrize("window", [256, 1024, 10**9])
def test_what_may_be_one_is(window: int) -> None:
    assert plausible_window(window) == window
