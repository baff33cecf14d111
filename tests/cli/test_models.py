"""`synapse models`, as the installed program, against servers on loopback."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, scripts

from synapse.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback import Exchange

Ended = subprocess.CompletedProcess[str]

OFFERED = {
    "object": "list",
    "data": [
        {"id": "small", "object": "model"},
        {"id": "large", "object": "model", "context_length": 131072},
        {"id": "quick-chat", "object": "model"},
    ],
}


@pytest.fixture
def server() -> Iterator[Loopback]:
    def answer(exchange: Exchange) -> None:
        exchange.respond(200, json.dumps(OFFERED))

    with Loopback(answer) as running:
        yield running


@pytest.fixture
def configured(home: Path, server: Loopback) -> Path:
    """A configuration with one server, `mine`."""
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text(f'[providers.mine]\nbase_url = "{server.url}/v1"\nmodel = "large"\n')
    return file


def models(program: Path, *words: str) -> Ended:
    return subprocess.run(
        [str(program), "models", *words], capture_output=True, text=True, timeout=60, check=False
    )


def names(ended: Ended) -> list[tuple[str, str]]:
    assert ended.returncode == 0, ended.stderr
    rows = [line.split("\t") for line in ended.stdout.splitlines()]
    return [(row[0], row[1]) for row in rows]


def test_without_any_provider_it_lists_what_the_built_in_ones_would_take(program: Path) -> None:
    listed = names(models(program))
    assert ("openai", PROVIDERS["openai"].default_model) in listed
    assert [name for name, _ in listed] == [
        name for name, row in PROVIDERS.items() if row.default_model
    ]


def test_the_configured_model_comes_first_then_those_that_the_server_offers(
    program: Path, configured: Path, server: Loopback
) -> None:
    ended = models(program, "-p", "mine")
    assert names(ended) == [("mine", "large"), ("mine", "small"), ("mine", "quick-chat")]
    assert ended.stdout.splitlines()[0] == "mine\tlarge\t131072\t\tdefault"
    assert [request.path for request in server.requests] == ["/v1/models"]


def test_the_provider_of_the_configuration_is_asked_when_none_is_named(
    program: Path, configured: Path
) -> None:
    configured.write_text('provider = "mine"\nmodel = "small"\n' + configured.read_text())
    ended = models(program)
    assert names(ended)[0] == ("mine", "small")
    assert ("mine", "quick-chat") in names(ended)


def test_aliases_are_shown_beside_the_models_that_they_name(
    program: Path, configured: Path
) -> None:
    configured.write_text(configured.read_text() + '[aliases]\nfast = "mine/quick-chat"\n')
    rows = models(program, "-p", "mine").stdout.splitlines()
    assert "mine\tquick-chat\t\t\talias fast" in rows
    assert len(rows) == 3


def test_a_query_selects_by_a_part_of_the_name_in_any_case(program: Path, configured: Path) -> None:
    assert names(models(program, "-p", "mine", "CHAT")) == [("mine", "quick-chat")]


def test_a_query_without_a_match_is_a_negative_answer(program: Path, configured: Path) -> None:
    ended = models(program, "-p", "mine", "nothing-like-that")
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")


def test_json_has_a_schema_and_everything_that_is_known(program: Path, configured: Path) -> None:
    listed = json.loads(models(program, "-p", "mine", "--json").stdout)
    assert listed["schema"] == 1
    assert listed["models"][0] == {
        "provider": "mine",
        "model": "large",
        "context_window": 131072,
        "max_output": None,
        "notes": ["default"],
    }


def test_a_terminal_gets_a_table_with_a_header(program: Path, configured: Path) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen([str(program), "models", "-p", "mine"], stdout=slave) as process:
        os.close(slave)
        shown = b""
        try:
            while piece := os.read(master, 65536):
                shown += piece
        except OSError:  # Linux: nobody holds the other end any longer
            pass
        os.close(master)
    assert process.returncode == 0
    lines = shown.decode().splitlines()
    assert lines[0].split() == ["PROVIDER", "MODEL", "CONTEXT", "OUTPUT"]
    assert lines[1].split() == ["mine", "large", "131,072", "default"]


def test_a_server_that_is_down_is_an_error_of_the_provider(
    program: Path, home: Path, configured: Path
) -> None:
    configured.write_text('[providers.mine]\nbase_url = "http://127.0.0.1:1/v1"\n')
    ended = models(program, "-p", "mine")
    assert ended.returncode == 5
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")


def test_a_server_that_wants_a_key_is_an_error_of_credentials(program: Path, home: Path) -> None:
    with Loopback(scripts.status(401, {"error": {"message": "no key"}})) as server:
        file = home / ".config" / "synapse" / "config.toml"
        file.parent.mkdir(parents=True)
        file.write_text(f'[providers.mine]\nbase_url = "{server.url}/v1"\n')
        assert models(program, "-p", "mine").returncode == 4


def test_an_unknown_provider_is_an_error_that_lists_the_known_ones(program: Path) -> None:
    ended = models(program, "-p", "opnai")
    assert ended.returncode == 7
    assert "openai" in ended.stderr
