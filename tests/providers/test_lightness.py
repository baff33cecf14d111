"""A one-shot turn loads no library that costs more than the turn."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, anthropic, openai, responses

if TYPE_CHECKING:
    from pathlib import Path

EXPENSIVE = {
    "argparse",
    "asyncio",
    "contextlib",
    "dataclasses",
    "difflib",
    "email",
    "enum",
    "http",
    "inspect",
    "json",
    "logging",
    "pathlib",
    "random",
    "re",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "threading",
    "typing",
    "urllib",
}

_TURN = """
import sys
before = set(sys.modules)
from synapse.domain import Role
from synapse.ports import Cancellation, ChatMessage, ChatRequest, ProviderOptions
from synapse.config.providers import open_provider
options = ProviderOptions(kind=sys.argv[1], base_url=sys.argv[2], api_key="k")
provider = open_provider("mine", options, environ={})
messages = (ChatMessage(role=Role.USER, content="hi"),)
events = list(provider.stream(ChatRequest(model="m", messages=messages), Cancellation()))
print(len(events), *sorted(set(sys.modules) - before))
"""


FORMATS = {
    "openai": (openai.answer("a", "b"), "openai_compatible"),
    "anthropic": (anthropic.answer("a", "b"), "anthropic"),
    "responses": (responses.answer("a", "b"), "responses"),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_an_answer_over_http_loads_only_what_is_cheap(kind: str) -> None:
    script, format = FORMATS[kind]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with Loopback(script) as server:
        done = subprocess.run(
            [sys.executable, "-S", "-c", _TURN, kind, server.url],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
    count, *loaded = done.stdout.split()
    assert int(count) >= 3
    assert {"pycurl", "pycurl._pycurl"} & set(loaded)
    assert not EXPENSIVE & {module.partition(".")[0] for module in loaded}
    modules = {f"synapse.providers.{module}" for _, module in FORMATS.values()}
    assert modules & set(loaded) == {f"synapse.providers.{format}"}


def test_the_table_of_providers_loads_no_provider() -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    code = "import sys, synapse.providers; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "synapse.providers" in loaded
    heavy = {"pycurl", "pycurl._pycurl", "json", "synapse.providers._http_provider"}
    assert not heavy & set(loaded)


def curl_loaded_with(*statements: str, path: str = "") -> list[str]:
    """What a Python prints that loads libcurl as providers do."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([path, *filter(None, sys.path)])}
    code = "\n".join(["import sys", "from synapse.providers.traffic import curl", *statements])
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_package_imported_afterwards_has_the_same_types() -> None:
    """Someone who uses the library may use pycurl as well, before it and after it."""
    same = "print(pycurl.error is curl.pycurl.error, pycurl.Curl is curl.pycurl.Curl)"
    assert curl_loaded_with("import pycurl", same) == ["True", "True"]
    assert curl_loaded_with("import pycurl", "curl.pycurl = curl.load()", same) == [
        "True",
        "True",
    ]


def test_other_extensions_are_loaded_as_ever() -> None:
    code = (
        "import sys; before = sys.getdlopenflags(); import synapse.providers.traffic.curl\n"
        "print(sys.getdlopenflags() == before)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_the_extension_comes_without_collections_and_nobody_misses_them() -> None:
    code = f"""
import sys; sys.path = {sys.path}
from synapse.providers.traffic.curl import pycurl
print("collections" in sys.modules)
frame = pycurl.WsFrame(5, 1, 0, 7, 3)
print(frame.flags, frame.len, frame == (5, 1, 0, 7, 3), frame._fields[0])
import collections.abc, collections
print(collections.namedtuple("Point", "x y")(1, 2).y, collections.abc.Mapping.__name__)
import pycurl as package
print(package.Curl is pycurl.Curl, package.AsyncCurlMulti.__name__)
"""
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "False",
        "1 3 True age",
        "2 Mapping",
        "True AsyncCurlMulti",
    ]


def test_an_error_of_libcurl_is_caught() -> None:
    printed = curl_loaded_with(
        "handle = curl.pycurl.Curl()",
        "handle.setopt(curl.pycurl.URL, 'nonsense://host')",
        "try: handle.perform()",
        "except curl.pycurl.error as error:",
        "    print(error.args[0] == curl.pycurl.E_UNSUPPORTED_PROTOCOL)",
    )
    assert printed == ["True"]


@pytest.mark.parametrize(
    "files",
    [
        {"pycurl.py": "here = 'module'"},
        {"pycurl/__init__.py": "here = 'package'"},
        {"pycurl/__init__.py": "here = 'package'", "pycurl/_pycurl.py": "here = 'inside'"},
    ],
    ids=["one module", "a package alone", "a package of Python files"],
)
def test_another_layout_of_the_package_is_imported_as_it_stands(
    files: dict[str, str], tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    printed = curl_loaded_with("print(curl.pycurl.here)", path=str(tmp_path))
    assert printed == ["module" if "pycurl.py" in files else "package"]
