"""What is remembered of tokenisers from one session to the next."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from synapse.app.context.calibrations import NAME, Calibrations
from synapse.app.context.measuring import Asked, Measurement, Tokens

if TYPE_CHECKING:
    from pathlib import Path

GPT = Asked(provider="openai", model="gpt-6-luna")
NONE = Tokens(count=0, exact=False)


def a_measurement(factor: float, weight: float = 5_000.0) -> Measurement:
    return Measurement(
        system_prompt=NONE,
        notes=NONE,
        messages=(),
        total=NONE,
        counted=True,
        factor=factor,
        weight=weight,
        cached=None,
    )


def test_a_factor_is_kept_for_its_model_alone(tmp_path: Path) -> None:
    Calibrations(f"{tmp_path}/cache").learn(GPT, a_measurement(1.31))
    kept = Calibrations(f"{tmp_path}/cache")
    assert kept.factor("openai", "gpt-6-luna") == 1.31
    assert kept.factor("openai", "gpt-6") is None
    assert kept.factor("azure", "gpt-6-luna") is None
    assert os.stat(tmp_path / "cache" / NAME).st_mode & 0o777 == 0o600


def test_little_text_teaches_nothing(tmp_path: Path) -> None:
    kept = Calibrations(str(tmp_path))
    kept.learn(GPT, a_measurement(1.31, weight=1_500.0))
    assert not (tmp_path / NAME).exists()


def test_a_factor_that_is_nearly_the_same_is_not_written_again(tmp_path: Path) -> None:
    kept = Calibrations(str(tmp_path))
    kept.learn(GPT, a_measurement(1.30))
    kept.learn(GPT, a_measurement(1.31))
    assert kept.factor("openai", "gpt-6-luna") == 1.30
    kept.learn(GPT, a_measurement(1.40))
    assert kept.factor("openai", "gpt-6-luna") == 1.40


def test_only_so_many_models_are_remembered_the_last_ones(tmp_path: Path) -> None:
    kept = Calibrations(str(tmp_path))
    for number in range(203):
        kept.learn(GPT.replace(model=f"m{number}"), a_measurement(1.5))
    assert kept.factor("openai", "m2") is None
    assert kept.factor("openai", "m3") == 1.5
    assert kept.factor("openai", "m202") == 1.5


def stored(factors: object) -> bytes:
    return json.dumps(
        {"format": "synapse-token-factors", "version": 1, "factors": factors}
    ).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"format": "other", "version": 1, "factors": {"openai/gpt-6-luna": 2}}',
        stored([]),
        stored({"openai/gpt-6-luna": "2"}),
        stored({"openai/gpt-6-luna": True}),
        stored({"openai/gpt-6-luna": None}),
        stored({"openai/gpt-6-luna": 0}),
        stored({"openai/gpt-6-luna": -1.5}),
        stored({"openai/gpt-6-luna": 1e300}),
        stored({"openai/gpt-6-luna": float("nan")}),
        stored({"openai/gpt-6-luna": float("inf")}),
        stored({"openai/gpt-6-luna": [1.5]}),
        b'{"a": "' + b"x" * 200_000 + b'"}',
    ],
)
def test_a_file_that_nobody_of_us_wrote_is_ignored_and_replaced(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / NAME).write_bytes(content)
    kept = Calibrations(str(tmp_path))
    assert kept.factor("openai", "gpt-6-luna") is None
    kept.learn(GPT, a_measurement(1.25))
    assert kept.factor("openai", "gpt-6-luna") == 1.25


def test_a_folder_that_can_not_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Calibrations(str(tmp_path / "file" / "cache"))
    kept.learn(GPT, a_measurement(1.25))
    assert kept.factor("openai", "gpt-6-luna") is None
