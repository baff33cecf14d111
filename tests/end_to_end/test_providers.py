"""One conversation that goes on with one provider after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loopback import Loopback, anthropic, openai
from program import Installed, messages, sessions

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """\
provider = "first"
system_prompt = "Be brief."
[providers.first]
kind = "openai"
base_url = "{first}/v1"
model = "model-1"
[providers.second]
kind = "anthropic"
base_url = "{second}"
model = "model-2"
"""


def contents(body: Any) -> list[tuple[str, str]]:
    """Role and text of the messages that a request carries, in either format."""
    return [
        (
            message["role"],
            message["content"]
            if isinstance(message["content"], str)
            else "".join(part["text"] for part in message["content"]),
        )
        for message in body["messages"]
    ]


def test_three_providers_in_turn_get_the_whole_conversation(program: Path, home: Path) -> None:
    synapse = Installed(program)
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    with (
        Loopback(openai.answer("One.", reasoning=["Hm."])) as first,
        Loopback(anthropic.answer("Two.", thinking=["So."])) as second,
    ):
        (folder / "config.toml").write_text(
            CONFIGURATION.format(first=first.url, second=second.url)
        )
        assert synapse("What is one?").out == b"One.\n"
        assert synapse("-c", "-p", "second", "And two?").out == b"Two.\n"
        assert synapse("-c", "-p", "echo", "Three!").out == b"Three!\n"
        assert synapse("-c", "And four?").out == b"One.\n"
        to_first, to_second = first.requests[1].json(), second.requests[0].json()

    assert to_second["system"] == "Be brief."
    assert contents(to_second) == [
        ("user", "What is one?"),
        ("assistant", "One."),
        ("user", "And two?"),
    ]
    assert contents(to_first) == [
        ("system", "Be brief."),
        ("user", "What is one?"),
        ("assistant", "One."),
        ("user", "And two?"),
        ("assistant", "Two."),
        ("user", "Three!"),
        ("assistant", "Three!"),
        ("user", "And four?"),
    ]
    [session] = sessions()
    assert (session["provider"], session["model"]) == ("first", "model-1")
    answers = [message for message in messages() if message["role"] == "assistant"]
    assert [answer["provider"] for answer in answers] == ["first", "second", "echo", "first"]
    assert [answer["reasoning"] for answer in answers] == ["Hm.", "So.", "", "Hm."]
