"""What answers cost, as it is stored with them and shown: in a turn, of a session, of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai
from program import run, sessions

from synapse.cli.listing.cost_table import table_date
from synapse.cli.listing.costs import cost_of, told
from synapse.domain import Role, StoredMessage, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loopback import Script

    Serve = Callable[..., None]

PRICES = '[prices."openai/gpt-6-luna"]\ninput = 2\ncached = 0.2\noutput = 10\n'
UNKNOWN = '[prices."openai/loopback-1"]\ninput = 1\n'


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-made-up")


@pytest.fixture
def configured(home: Path) -> Path:
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    return file


def counted(sent: int, received: int = 10) -> Script:
    return openai.answer("Yes.", usage=(sent, received))


@pytest.fixture
def serving(configured: Path) -> Iterator[Serve]:
    """`serving(script, …, more="")` makes a server with these answers the provider `openai`."""
    servers: list[Loopback] = []

    def serve(*answers: Script, more: str = "") -> None:
        servers.append(Loopback(*answers))
        servers[-1].__enter__()
        configured.write_text(
            f'provider = "openai"\n[providers.openai]\nbase_url = "{servers[-1].url}/v1"\n{more}'
        )

    yield serve
    for server in servers:
        server.close()


def test_an_answer_is_stored_with_its_cost(serving: Serve) -> None:
    serving(counted(1000, 200), more=PRICES)
    told = run("--json", "Where?").json()["message"]["usage"]
    shown = run("sessions", "show", "@1", "--json").json()["messages"][1]["usage"]
    for usage in (told, shown):
        assert (usage["cost"], usage["cost_source"]) == (1000 * 2000 + 200 * 10_000, "config")


def test_it_stays_what_it_was_when_prices_change(serving: Serve, configured: Path) -> None:
    serving(counted(1000, 200), more=PRICES)
    run("Where?")
    configured.write_text(configured.read_text().replace("input = 2", "input = 99"))
    shown = run("sessions", "show", "@1", "--json").json()["messages"][1]["usage"]
    assert shown["cost"] == 4_000_000


def test_an_unknown_price_leaves_the_cost_unknown(serving: Serve) -> None:
    serving(counted(1000, 200), more=UNKNOWN)
    usage = run("--json", "-v", "Where?").json()["message"]["usage"]
    assert (usage["cost"], usage["cost_source"]) == (None, None)


def test_without_a_count_there_is_no_cost(serving: Serve) -> None:
    serving(openai.answer("Yes.", usage=None), more=PRICES)
    usage = run("--json", "Where?").json()["message"]["usage"]
    assert (usage["input_tokens"], usage["cost"]) == (None, None)


def test_details_say_what_it_cost_and_by_whose_prices(serving: Serve) -> None:
    serving(counted(1000, 200), more=PRICES)
    assert "cost: $0.004 (by the prices of the configuration)" in run("-v", "Where?").err


def test_a_jump_of_the_price_is_told_once(serving: Serve) -> None:
    serving(*map(counted, (1000, 272_000, 272_001, 300_000, 900, 280_000)))
    told = [run("Where?").err]
    told += [run("-c", "And then?").err for _ in range(4)]
    line = (
        "Above 272,000 tokens loopback-1 costs more, for all of them: $0.2 for a million sent,"
        " $0.75 for one received."
    )
    assert [line in err for err in told] == [False, False, True, False, False]
    assert line in run("-c", "Once more").err
    assert len(sessions()) == 1


def test_a_quiet_run_says_nothing_of_it(serving: Serve) -> None:
    serving(counted(300_000))
    assert run("-q", "Where?").err == ""


# ------------------------------------------------------------------------- sessions stats --cost


@pytest.fixture
def spent(serving: Serve) -> None:
    """Two sessions, four answers: two with a price, one whose price nobody knows, and one that is
    free.
    """
    serving(counted(1000, 200), counted(500, 100), counted(10, 5), more=PRICES + UNPRICED)
    run("--name", "first", "One?")
    run("-c", "Two?")
    run("--name", "second", "-m", "openai/unpriced", "Three?")
    run("-s", "second", "-m", "echo/echo", "Four?")


UNPRICED = '[prices."openai/unpriced"]\ninput = 1\n'
TOTAL = 1500 * 2000 + 300 * 10_000


def test_costs_are_summed_and_what_has_no_price_is_counted(spent: None) -> None:
    told = run("sessions", "stats", "--cost", "--json").json()
    assert told["totals"]["cost"] == TOTAL
    assert told["totals"]["unpriced"] == 1
    assert told["totals"]["input_tokens"] >= 1510
    [month] = told["rows"]
    assert (month["cost"], month["unpriced"]) == (TOTAL, 1)
    assert "begins" in month


@pytest.mark.parametrize(
    ("by", "rows"), [("session", 2), ("provider", 2), ("day", 1), ("week", 1), ("role", 2)]
)
def test_by_what_they_are_summed(spent: None, by: str, rows: int) -> None:
    told = run("sessions", "stats", "--cost", "--by", by, "--json").json()
    assert len(told["rows"]) == rows
    assert sum(row["cost"] or 0 for row in told["rows"]) == TOTAL
    assert told["by"] == by
    tsv = run("sessions", "stats", "--cost", "--by", by).rows
    assert [row[0] for row in tsv] == [row["key"] for row in told["rows"]]
    assert "0.006000000" in [row[5] for row in tsv]


def test_a_table_names_sessions_and_says_what_is_missing(spent: None) -> None:
    shown = run("sessions", "stats", "--cost", "--by", "session", "-F", "table").text
    handles = [session["handle"] for session in sessions()]
    first, second = (
        next(line for line in shown.splitlines() if line.endswith(name))
        for name in ("first", "second")
    )
    assert first.split()[:5] == [handles[1], "1,500", "0", "300", "$0.006"]
    assert second.split()[0] == handles[0]
    assert "$0.00" not in second
    assert "1 answer without a price" in shown
    assert f"prices of {table_date()}" in " ".join(shown.split())


def test_without_any_cost_there_is_a_dash_and_no_0(home: Path) -> None:
    run("-p", "echo", "hi")
    shown = run("sessions", "stats", "--cost", "-F", "table").text
    assert "$" not in shown
    assert "–" in shown or "-" in shown


def test_a_time_without_messages_is_a_negative_answer(spent: None) -> None:
    ended = run("sessions", "stats", "--cost", "--since", "2999-01-01")
    assert (ended.status, ended.text) == (1, "")


@pytest.mark.parametrize(
    ("usages", "text"),
    [
        ([(1000, None), (None, None)], None),
        ([(1000, 1_200_000), (5, 0)], "$0.0012"),
        ([(1000, 1_200_000), (5, None), (7, None)], "$0.0012, and 2 answers without a price"),
        ([(1000, 0)], None),
    ],
)
def test_what_messages_cost_together(
    usages: list[tuple[int | None, int | None]], text: str | None
) -> None:
    messages = [
        StoredMessage.new("s", Role.ASSISTANT, "").replace(
            usage=Usage(input_tokens=sent, cost=cost)
        )
        for sent, cost in usages
    ]
    assert told(cost_of(messages)) == text


def test_the_doctor_names_the_window_or_says_that_it_is_unknown(
    home: Path, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "openai/gpt-6-luna, with a window of 1,050,000 tokens (by the table)" in doctor()
    monkeypatch.setenv("SYNAPSE_CONTEXT_WINDOW", "4096")
    assert "with a window of 4,096 tokens (by the configuration)" in doctor()
    monkeypatch.delenv("SYNAPSE_CONTEXT_WINDOW")
    configured.write_text('model = "openai/made-up"\n')
    assert "openai/made-up, whose window is unknown" in doctor()


def doctor() -> str:
    return " ".join(run("doctor").text.split())
