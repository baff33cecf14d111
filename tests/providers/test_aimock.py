"""The formats against a mock that others wrote: aimock, which runs on Node.

It is no part of the ordinary run, which needs pip alone, and says so in its first lines: run
`npm install @copilotkit/aimock` in a folder, and let SYNAPSE_TEST_AIMOCK name that folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from loopback.asking import Outcome, opened, request

from synapse.ports import Cancellation

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = os.environ.get("SYNAPSE_TEST_AIMOCK", "")

_SERVE = """
import { LLMock } from '@copilotkit/aimock';
const mock = new LLMock({ port: 0 });
mock.onMessage(/Italy/, { content: 'The capital is Rome.', reasoning: 'They ask for a capital.' });
mock.onMessage(/busy/, { error: { message: 'Slow down.', type: 'rate_limit_error' }, status: 429 });
await mock.start();
console.log(mock.url);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the mock is; it ends with its standard input."""
    node = shutil.which("node")
    assert node is not None, "Node is not installed"
    command = [node, "--input-type=module", "-e", _SERVE]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=_FOLDER, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        yield f"{process.stdout.readline().strip()}/v1"
        process.kill()


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("kind", ["responses", "openai", "anthropic"])
def test_a_conversation_goes_on(url: str, kind: str, stream: bool) -> None:
    sent = request("And France?", "Paris.", "And Italy?", system_prompt="Be brief.", stream=stream)
    provider = opened(url, "mine", kind=kind)
    outcome = Outcome(provider.stream(sent, Cancellation()))
    assert outcome.error is None
    assert (outcome.text, outcome.reasoning) == ("The capital is Rome.", "They ask for a capital.")
    assert outcome.finish in ("completed", "stop", "end_turn")


def test_an_error_is_told(url: str) -> None:
    provider = opened(url, "mine", kind="responses", attempts=1)
    outcome = Outcome(provider.stream(request("busy"), Cancellation()))
    assert "Slow down." in outcome.said
