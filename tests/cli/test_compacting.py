"""`sessions compact`, and what a turn says of a conversation that outgrows its window: the program
itself, with a server that writes the summaries.
"""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai

from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback import Exchange

    from synapse.domain import Summary

from program import Installed, run

NOTES = "Facts:\n[#1] The user lives in Oslo.\nCourse:\nColours were talked about."
FILLER = "I like the colour number seven very much. "


class Server:
    """Answers questions, and writes `notes` when it is asked for a summary."""

    def __init__(self, loopback: Loopback) -> None:
        self.loopback = loopback
        self.notes = NOTES
        self.hangs = False

    def asked(self) -> list[str]:
        """The first message of each question."""
        posts = [r.json() for r in self.loopback.requests if r.method == "POST"]
        return [body["messages"][0]["content"] for body in posts]


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    def answer(exchange: Exchange) -> None:
        system = exchange.request.json()["messages"][0]["content"]
        if found.hangs:
            exchange.until_client_leaves()
            return
        wants_notes = system.startswith("You keep the notes")
        openai.answer(found.notes if wants_notes else "Good.", usage=None)(exchange)

    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    with Loopback(answer) as loopback:
        found = Server(loopback)
        (folder / "config.toml").write_text(
            f'provider = "here"\n[providers.here]\nkind = "openai"\nmodel = "m"\n'
            f'base_url = "{loopback.url}/v1"\n'
        )
        yield found


@pytest.fixture
def talk(server: Server) -> Server:
    assert run("I live in Oslo. " + FILLER * 20).status == 0
    for _ in range(2):
        assert run("-c", FILLER * 20).status == 0
    return server


def summaries(home: Path) -> list[Summary]:
    with open_store(f"sqlite:{home / '.config' / 'synapse' / 'sessions.db'}") as store:
        [session] = store.list_sessions()
        return store.summaries(session.session.id)


def test_a_summary_that_is_asked_for_stands_until_it_is_taken_back(
    talk: Server, home: Path
) -> None:
    made = run("sessions", "compact", "@1", "--focus", "where he\nlives", "--json")
    document = json.loads(made.text)
    assert (made.status, document["summary"]["content"]) == (0, NOTES)
    assert (document["summary"]["messages"], document["summary"]["focus"]) == (4, "where he lives")
    assert "A summary by m is sent for 4 older messages" in made.err
    assert "See:  synapse sessions context " in made.err
    shown = run("sessions", "show", "@1").text
    assert shown.index("a summary of #1 to #4 by m is sent for them") > shown.index("## assistant")
    assert shown.count("I live in Oslo") == 2
    assert run("-c", "And now?").status == 0
    assert NOTES in talk.asked()[-1]
    undone = run("sessions", "compact", "@1", "--undo")
    assert (undone.status, summaries(home)) == (0, [])
    assert "what was said is sent as it is" in undone.err
    assert run("sessions", "compact", "@1", "--undo").status == 1


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        ("", "the summary is empty"),
        ("I am a model.", 'the summary does not begin with "Facts"'),
        ("Facts:\n[#1] He was born in Rome in 1999.", "the summary speaks of what was not said"),
        ("Facts:\nCourse:\n" + FILLER * 20, "the summary repeats itself"),
    ],
)
def test_one_of_no_use_changes_nothing_and_says_why(
    talk: Server, home: Path, notes: str, reason: str
) -> None:
    talk.notes = notes
    made = run("sessions", "compact", "@1")
    assert (made.status, summaries(home)) == (1, [])
    assert made.err == f"Nothing has changed: {reason}.\n"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_turn_that_is_ended_while_a_summary_is_made_leaves_the_session_as_it_was(
    talk: Server, home: Path, program: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    monkeypatch.setenv("SYNAPSE_CONTEXT_WINDOW", "6000")
    monkeypatch.setenv("SYNAPSE_CONTEXT_COMPACT_AT", "500")
    before = len(talk.loopback.requests)
    talk.hangs = True
    process = Installed(program).start("-c", "And now?")
    talk.loopback.wait_for(lambda server: len(server.requests) > before)
    process.send_signal(how)
    assert process.wait(60) != 0
    process.communicate()
    assert summaries(home) == []
    talk.hangs = False
    assert run("-c", "And then?").text == "Good.\n"
    [summary] = summaries(home)
    # the question that was not answered is asked with the new one
    assert (summary.messages, summary.content) == (6, NOTES)


def test_a_fresh_one_is_made_of_the_originals(talk: Server, home: Path) -> None:
    assert run("sessions", "compact", "@1").status == 0
    nothing = run("sessions", "compact", "@1")
    assert (nothing.status, "nothing to summarise" in nothing.err) == (2, True)
    assert run("sessions", "compact", "@1", "--fresh").status == 0
    assert [summary.generation for summary in summaries(home)] == [1, 1]


def test_a_server_that_fails_is_the_error(talk: Server, home: Path) -> None:
    talk.loopback.answers[:] = [openai.error(401, "Incorrect API key provided")]
    made = run("sessions", "compact", "@1")
    assert (made.status, summaries(home)) == (4, [])
    assert "API key" in made.err


def test_a_turn_says_in_one_line_what_is_sent_no_longer(
    talk: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_CONTEXT_WINDOW", "6000")
    monkeypatch.setenv("SYNAPSE_CONTEXT_COMPACT_AT", "500")
    asked = run("-c", "And now?")
    [line] = asked.err.splitlines()
    assert line.startswith("A summary by m is sent for 6 older messages: ")
    assert "tokens. See:  synapse sessions context " in line
    assert (asked.text, run("-q", "-c", "And now?").err) == ("Good.\n", "")
