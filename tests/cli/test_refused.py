"""A refused question as people and programs see it: marked, told, and not sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, openai
from program import messages, run, sessions
from prompt import Prompt, contents, here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loopback import Script

TOO_LONG = openai.error(400, "Reduce the length of the messages", name="context_length_exceeded")
BLIND = openai.error(500, "image input is not supported")
FILTERED = openai.answer("It is don", finish="content_filter")


@pytest.fixture
def served(home: Path) -> Iterator[Callable[..., Loopback]]:
    """Starts a server with these answers, which is asked from then on."""
    servers = []

    def serve(*answers: Script) -> Loopback:
        server = Loopback(*answers).__enter__()
        servers.append(server)
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "config.toml").write_text(
            f'provider = "here"\n[providers.here]\nbase_url = "{server.url}/v1"\nmodel = "m"\n'
        )
        return server

    yield serve
    for server in servers:
        server.close()


def questions(server: Loopback) -> list[Any]:
    """What the last request had of the user."""
    sent = server.requests[-1].json()["messages"]
    return [message["content"] for message in sent if message["role"] == "user"]


def test_it_is_told_and_shown_and_left_out(served: Callable[..., Loopback]) -> None:
    server = served(openai.answer("1"), TOO_LONG, openai.answer("3"))
    run("one")
    refused = run("-c", "two")
    handle = sessions()[0]["handle"]
    assert refused.status == 5
    assert f"Your question is saved in {handle}; it is not sent with later ones." in refused.err
    assert run("-c", "three").text == "3\n"
    assert questions(server) == ["one", "three"]
    assert "## user (refused, no longer sent)\n\ntwo\n" in run("sessions", "show", "@1").text
    marks = [message["refused"] for message in messages()]
    assert marks == [None, None, "context_too_long", "context_too_long", None, None]


def test_of_an_image_only_the_image(served: Callable[..., Loopback], tmp_path: Path) -> None:
    server = served(BLIND, openai.answer("2"))
    (tmp_path / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    refused = run("-f", str(tmp_path / "dot.png"), "What is this?")
    assert "later ones go without its images." in refused.err
    assert len(server.requests) == 1, "what can't help was tried again"
    assert run("-c", "two").status == 0
    assert questions(server) == ["What is this?\n\n[image dot.png, not shown to this model]\n\ntwo"]
    assert "## user (images no longer sent)" in run("sessions", "show", "@1").text


def test_nobody_is_advised_to_go_on_with_what_was_filtered(served: Callable[..., Loopback]) -> None:
    server = served(FILTERED, openai.answer("2"))
    stopped = run("one")
    assert stopped.text == "It is don\n"
    assert "neither it nor its question is sent again." in stopped.err
    assert "go on" not in stopped.err.lower()
    assert run("-c", "two").text == "2\n"
    assert questions(server) == ["two"]


def test_a_branch_and_another_model_leave_it_out_and_retry_asks_it(
    served: Callable[..., Loopback],
) -> None:
    server = served(openai.answer("1"), TOO_LONG, openai.answer("3"))
    run("one")
    run("-c", "two")
    assert run("-c", "--fork", "--at", "3", "three").status == 0
    assert questions(server) == ["one", "three"]
    assert run("-s", "@2", "-m", "other", "four").status == 0
    assert questions(server) == ["one", "four"]
    run("sessions", "fork", "@1", "--at", "3")
    assert run("retry").status == 0
    assert questions(server) == ["one", "two"]
    assert messages()[2]["refused"] is None


def test_at_the_prompt_it_stands_there_again_to_be_changed(
    program: Path, served: Callable[..., Loopback]
) -> None:
    server = served(openai.answer("One."), TOO_LONG, openai.answer("Short."))
    with here(program) as window:
        window.enter("one").shows("One.")
        window.enter("too long")
        window.shows("it is not sent with later ones.")
        window.until(lambda lines: bool(lines) and lines[-1] == "❯ too long", "not at the prompt")
        window.type("\x15")
        window.enter("short").shows("Short.")
        assert window.quit() == 0
    assert contents() == ["one", "One.", "too long", "", "short", "Short."]
    assert questions(server) == ["one", "short"]


def test_at_the_prompt_there_is_nothing_to_go_on_with(
    program: Path, served: Callable[..., Loopback]
) -> None:
    served(FILTERED)
    with Prompt([str(program)]) as window:
        window.enter("one").shows("neither it nor its")
        window.until(lambda lines: bool(lines) and lines[-1] == "❯ one", "not at the prompt")
        window.type("\x15")
        window.enter("/continue")
        window.shows("the last question was refused; there is nothing to go on with")
        window.enter("/history").shows("(refused) one")
        assert window.quit() == 0


# --------------------------------------------------------------- thoughts that begin an answer


def test_thoughts_are_shown_and_stored_apart_and_not_sent_again(
    served: Callable[..., Loopback],
) -> None:
    server = served(openai.answer("<thi", "nk>Hm.</thi", "nk>\n\nPar", "is."))
    assert run("one").text == "Paris.\n"
    assert messages()[1]["content"] == "Paris."
    assert messages()[1]["reasoning"] == "Hm."
    shown = run("-c", "--show-thinking", "two")
    assert (shown.text, shown.err.startswith("Hm.\n")) == ("Paris.\n", True)
    assert "Hm." not in server.requests[-1].body.decode()
