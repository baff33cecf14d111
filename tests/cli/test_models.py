"""`synapse models`, as the installed program, against servers on loopback."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai, scripts
from program import run

from synapse.app.model_list import file_name
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


def test_the_day_on_which_a_model_ends_is_shown(program: Path, home: Path) -> None:
    ending = [
        {"id": "old", "shutdown_date": "2027-01-14"},
        {"id": "older", "deprecation": "2027-04-30", "deprecation_replacement_model": "new"},
    ]
    with Loopback(openai.models("new", more=ending)) as server:
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(f'[providers.mine]\nbase_url = "{server.url}/v1"\n')
        told = models(program, "-p", "mine").stdout
        listed = json.loads(models(program, "-p", "mine", "--json").stdout)["models"]
    assert "mine\told\t\t\tshutdown 2027-01-14\n" in told
    assert "mine\tolder\t\t\tshutdown 2027-04-30, use new\n" in told
    found = {row["model"]: row for row in listed}
    assert found["old"]["shutdown_date"] == "2027-01-14"
    assert found["older"]["replacement"] == "new"
    assert found["older"]["deprecated"] is True
    assert not {"shutdown_date", "replacement", "deprecated"} & found["new"].keys()


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
    assert lines[0].split() == [
            "PROVIDER", "MODEL", "CONTEXT", "OUTPUT", "$IN", "$OUT", "NOTES",
        ]  # fmt: skip
    dash = lines[1].split()[3]
    assert dash in ("–", "-")  # as the locale is
    assert lines[1].split() == ["mine", "large", "131,072", dash, dash, "default"]


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
    assert ended.returncode == 2
    assert "openai" in ended.stderr


# ------------------------------------------------------------------------------ what is remembered


@pytest.fixture
def hosted(home: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> Path:
    """OpenAI's place taken by a server on loopback, with a key; the file of its models."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text(
        f'[providers.openai]\nbase_url = "{server.url}/v1"\nmodel = "large"\nattempts = 1\n'
    )
    return home / ".cache" / "synapse" / "models-openai.json"


def outdate(cache: Path, by: timedelta) -> None:
    stored = json.loads(cache.read_text())
    fetched = datetime.fromisoformat(stored["fetched_at"]) - by
    cache.write_text(json.dumps({**stored, "fetched_at": fetched.isoformat()}))


def test_a_hosted_provider_is_asked_once_a_day(
    program: Path, hosted: Path, server: Loopback
) -> None:
    first = models(program, "-p", "openai")
    assert names(first) == [("openai", "large"), ("openai", "small"), ("openai", "quick-chat")]
    assert models(program, "-p", "openai").stdout == first.stdout
    assert len(server.requests) == 1
    outdate(hosted, timedelta(hours=23))
    models(program, "-p", "openai")
    assert len(server.requests) == 1
    outdate(hosted, timedelta(hours=2))
    models(program, "-p", "openai")
    assert len(server.requests) == 2


def test_a_list_from_the_future_is_not_believed(
    program: Path, hosted: Path, server: Loopback
) -> None:
    models(program, "-p", "openai")
    outdate(hosted, -timedelta(days=400))
    models(program, "-p", "openai")
    assert len(server.requests) == 2


def test_refresh_asks_the_provider_whatever_is_remembered(
    program: Path, hosted: Path, server: Loopback
) -> None:
    models(program, "-p", "openai")
    models(program, "-p", "openai", "--refresh")
    assert len(server.requests) == 2


def test_a_remembered_list_needs_no_key(
    program: Path, hosted: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    models(program, "-p", "openai")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert ("openai", "small") in names(models(program, "-p", "openai"))
    assert models(program, "-p", "openai", "--refresh").returncode == 4


def test_the_file_is_private_and_holds_no_key(program: Path, hosted: Path) -> None:
    models(program, "-p", "openai")
    assert hosted.stat().st_mode & 0o777 == 0o600
    assert "secret" not in hosted.read_text()
    assert [file.name for file in hosted.parent.iterdir()] == [hosted.name]


def test_without_network_the_remembered_list_is_shown_and_said_to_be_old(
    program: Path, hosted: Path, server: Loopback
) -> None:
    models(program, "-p", "openai")
    outdate(hosted, timedelta(days=3))
    server.close()
    ended = models(program, "-p", "openai")
    assert ("openai", "quick-chat") in names(ended)
    assert ended.stderr.startswith("warning: ")
    assert "this is the list of " in ended.stderr
    refreshed = models(program, "-p", "openai", "--refresh")
    assert (refreshed.returncode, refreshed.stdout) == (5, "")


def test_without_network_and_list_the_fault_is_the_providers(
    program: Path, hosted: Path, server: Loopback
) -> None:
    server.close()
    assert models(program, "-p", "openai").returncode == 5
    assert not hosted.exists()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "[" * 100_000, '{"format": "synapse-models", "version": 2}', "\udcff", "null"],
)
def test_what_is_no_list_is_not_believed(
    program: Path, hosted: Path, server: Loopback, content: str
) -> None:
    hosted.parent.mkdir(parents=True)
    hosted.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert ("openai", "small") in names(models(program, "-p", "openai"))
    assert len(server.requests) == 1


def test_the_list_of_another_address_is_not_this_ones(
    program: Path, home: Path, hosted: Path, server: Loopback
) -> None:
    models(program, "-p", "openai")
    file = home / ".config" / "synapse" / "config.toml"
    file.write_text(file.read_text().replace("/v1", "/other"))
    models(program, "-p", "openai")
    assert [request.path for request in server.requests] == ["/v1/models", "/other/models"]


def test_a_server_of_ones_own_is_asked_each_time(
    program: Path, home: Path, configured: Path, server: Loopback
) -> None:
    models(program, "-p", "mine")
    models(program, "-p", "mine")
    assert len(server.requests) == 2
    server.close()
    ended = models(program, "-p", "mine")
    assert ("mine", "small") in names(ended)
    assert "this is the list of just now" in ended.stderr


def test_a_cache_that_can_not_be_written_changes_nothing(
    program: Path, home: Path, hosted: Path
) -> None:
    (home / ".cache").write_text("a file where the folder should be")
    assert ("openai", "small") in names(models(program, "-p", "openai"))


def test_an_unknown_model_is_compared_with_the_remembered_list(
    program: Path, hosted: Path, home: Path
) -> None:
    models(program, "-p", "openai")
    refusal = {"error": {"message": "no such model", "code": "model_not_found"}}
    with Loopback(scripts.status(404, refusal)) as other:  # it lists no models either
        file = home / ".config" / "synapse" / "config.toml"
        address = file.read_text().split('"')[1]
        stored = hosted.read_text()
        file.write_text(file.read_text().replace(address, f"{other.url}/v1"))
        source = sha256(f"{other.url}/v1".encode()).hexdigest()[:16]
        hosted.write_text(stored.replace(json.loads(stored)["source"], source))
        ended = subprocess.run(
            [str(program), "-p", "openai", "-m", "quick-chart", "hi"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 5
    assert "Near it:  quick-chat\n" in ended.stderr


def test_pulling_nothing_in_particular_says_what_to_type() -> None:
    ran = run("models", "pull")
    assert ran.status == 2
    assert ran.err == (
        "error: say what to pull: only the local model has weights of its own\n"
        "  Fetch them:  synapse models pull local\n"
    )


def test_a_providers_name_is_no_path() -> None:
    assert file_name("../../evil") == "models-..%2f..%2fevil.json"
    assert file_name("my-server") == "models-my-server.json"


def test_windows_and_prices_of_the_table_are_shown_and_what_is_unknown_is_said(
    program: Path, home: Path
) -> None:
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True)
    strange: list[dict[str, object]] = [
        {"id": "gpt-6-luna", "context_length": 0},
        {"id": "claude-x", "context_length": 10**12},
        {"id": "text", "context_length": "large"},
        {"id": "priced", "context_length": -1},
    ]
    with Loopback(openai.models(more=strange)) as server:
        file.write_text(
            f'[providers.openai]\nbase_url = "{server.url}/v1"\napi_key_cmd = "echo k"\n'
            '[prices."openai/priced"]\ninput = 0.25\noutput = 12\n'
        )
        rows = models(program, "-p", "openai").stdout.splitlines()
        listed = json.loads(models(program, "-p", "openai", "--json").stdout)["models"]
    assert rows[0] == (
        "openai\tgpt-6-luna\t1050000\t128000\tdefault, other prices above 272,000 tokens\t0.1\t0.5"
    )
    assert rows[1:] == [
        "openai\tclaude-x\t\t\t", "openai\ttext\t\t\t", "openai\tpriced\t\t\t\t0.25\t12",
    ]  # fmt: skip
    luna, unknown, _, priced = listed
    assert luna["prices"]["above"] == [
        {"tokens": 272_000, "input": 0.2, "cached": 0.02, "cache_write": 0.25, "output": 0.75}
    ]
    rates = ("input", "cached", "cache_write", "output")
    assert [luna["prices"][rate] for rate in rates] == [0.1, 0.01, 0.125, 0.5]
    assert (unknown["context_window"], "prices" in unknown) == (None, False)
    assert priced["prices"] == {
        "input": 0.25, "cached": None, "cache_write": None, "output": 12, "above": [],
        "source": "config",
    }  # fmt: skip
