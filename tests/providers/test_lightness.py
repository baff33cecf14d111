"""A one-shot turn loads no library that costs more than the turn."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from loopback import Loopback, anthropic, openai

EXPENSIVE = {
    "asyncio",
    "contextlib",
    "dataclasses",
    "difflib",
    "email",
    "http",
    "inspect",
    "logging",
    "pathlib",
    "random",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "threading",
    "typing",
    "urllib",
}

_TURN = """
import sys, re, enum, functools
before = set(sys.modules)
from synapse.domain import Role
from synapse.ports import Cancellation, ChatMessage, ChatRequest, ProviderOptions
from synapse.providers import open_provider
options = ProviderOptions(base_url=sys.argv[2], api_key="k")
provider = open_provider(sys.argv[1], options, environ={})
messages = (ChatMessage(role=Role.USER, content="hi"),)
events = list(provider.stream(ChatRequest(model="m", messages=messages), Cancellation()))
print(len(events), *sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_an_answer_over_http_loads_only_what_is_cheap(name: str) -> None:
    format = openai if name == "openai" else anthropic
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with Loopback(format.answer("a", "b")) as server:
        done = subprocess.run(
            [sys.executable, "-c", _TURN, name, server.url],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
    count, *loaded = done.stdout.split()
    assert int(count) >= 3
    assert "pycurl" in loaded
    assert not EXPENSIVE & {module.partition(".")[0] for module in loaded}


def test_the_table_of_providers_loads_no_provider() -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    code = "import sys, synapse.providers; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "synapse.providers" in loaded
    assert not {"pycurl", "json", "synapse.providers._chat"} & set(loaded)
