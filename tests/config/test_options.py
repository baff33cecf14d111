"""The table of options, and what is written from it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from synapse.config import kinds, load, reader
from synapse.config.documents import example, reference
from synapse.config.options import NAMED_OPTIONS, OPTIONS, Option
from synapse.ports import ProviderOptions

ROOT = Path(__file__).resolve().parents[2]


def flattened(table: dict[str, object], prefix: str = "") -> dict[str, object]:
    values: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            values |= flattened(value, f"{prefix}{name}.")
        else:
            values[prefix + name] = value
    return values


def uncommented(text: str) -> dict[str, object]:
    return flattened(tomllib.loads(re.sub(r"(?m)^#(?=\S)", "", text)))


def test_the_example_holds_every_option_once_with_its_default() -> None:
    found = uncommented((ROOT / "config.example.toml").read_text())
    expected = {
        key: sample if default is None else default for key, _, default, _, sample, _ in OPTIONS
    }
    names = {
        "aliases": "fast",
        "roles": "translator",
        "prices": "my-server/qwen3",
        "providers": "my-server",
    }
    for key, _, default, _, sample, _ in NAMED_OPTIONS:
        name = key.replace("*", names[key.partition(".")[0]])
        expected[name] = sample if default is None else default
    expected = {
        key: list(value) if isinstance(value, tuple) else value for key, value in expected.items()
    }
    assert found == flattened(expected)


def test_the_example_as_it_stands_sets_nothing_and_is_right() -> None:
    document = reader.parse("c.toml", (ROOT / "config.example.toml").read_bytes())
    assert document.values == {}
    assert document.problems == []


def test_the_example_and_the_manual_are_the_tables_latest() -> None:
    hint = "write it again:  python -m synapse.config.documents"
    assert (ROOT / "config.example.toml").read_text() == example(), hint
    assert (ROOT / "docs/configuration.md").read_text().endswith(reference()), hint


def test_defaults_and_examples_are_of_their_kind() -> None:
    for key, kind, default, _, sample, summary in (*OPTIONS, *NAMED_OPTIONS):
        assert (default is None) != (sample is None), key
        value = sample if default is None else default
        checked = kinds.check(kind, value)
        assert checked == value, key
        assert type(checked) is type(value), key
        assert summary.endswith("."), key


def test_no_variable_stands_for_two_options() -> None:
    variables = [option.variable for option in OPTIONS if option.key != "api_key"]
    assert None not in variables
    assert len(set(variables)) == len(variables)


def test_every_option_of_a_provider_is_a_field_of_its_options() -> None:
    options = ProviderOptions()
    in_table = {
        key.removeprefix("providers.*."): default
        for key, _, default, *_ in NAMED_OPTIONS
        if key.startswith("providers.")
    }
    assert in_table == {name: getattr(options, name) for name in ProviderOptions._fields}


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.variable], ids=lambda o: o.key)
def test_every_variable_overrides_its_option(option: Option, tmp_path: Path) -> None:
    key, variable = option.key, option.variable
    assert variable is not None
    value = option.example if option.default is None else option.default
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    if key == "system_prompt_file":
        (tmp_path / "prompt").write_text("Hello")
        text = str(tmp_path / "prompt")
    assert load({}, {"HOME": str(tmp_path), variable: text}).origins == {key: variable}


def test_without_a_file_nothing_heavy_is_imported() -> None:
    heavy = (
        "typing", "dataclasses", "tomllib", "pathlib", "json", "argparse",
        "synapse.config.reader", "synapse.config.kinds", "synapse.ports", "synapse.stores",
    )  # fmt: skip
    code = (
        "import sys; from synapse.config import load; load({}, {'HOME': '/nowhere'})\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.stdout == "[]\n"
