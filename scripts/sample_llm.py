"""Has the real llm write its log, for samples in tests/formats/samples/llm.

    python scripts/sample_llm.py FOLDER /path/to/llm [/path/to/a/newer/llm]

The program (`pip install llm==0.19 'httpx<1' setuptools`, or a newer one) runs in a home that is
thrown away, and speaks to a server on loopback that plays its vendor; a second one goes on in the
home of the first. The statements that make the database, without the tables for searching, are
written into FOLDER/llm-VERSION.sql.
"""

from __future__ import annotations

import base64
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from loopback import Loopback, openai, scripts  # noqa: E402

if TYPE_CHECKING:
    from loopback.server import Exchange

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MODELS = """\
- model_id: loop
  model_name: loopback-1
  api_base: {url}
  api_key_name: loop
  vision: true
  supports_tools: true
  reasoning: true
"""
TOOL = '''\
def distance(start: str, end: str) -> str:
    """Kilometres between two towns."""
    return f"{start} to {end}: 584 km"
'''


def vendor(exchange: Exchange) -> None:
    """Calls the tool if one is offered and was not called; otherwise answers."""
    body = exchange.request.json()
    last = body["messages"][-1]
    if body.get("tools") and last["role"] == "user":
        function = {"name": "distance", "arguments": '{"start": "Berlin", "end": "Munich"}'}
        call = {"index": 0, "id": "call_1", "type": "function", "function": function}
        events = [
            openai.chunk({"role": "assistant", "content": None, "tool_calls": [call]}),
            openai.chunk(finish="tool_calls"),
            openai.usage_chunk(20, 9),
            openai.DONE,
        ]
        scripts.stream(*events)(exchange)
        return
    asked = last["content"]
    words = asked if isinstance(asked, str) else asked[0]["text"]
    thoughts = ["The user wants", " to know."] if "think" in words else []
    openai.answer("You asked: ", words.strip()[:60], reasoning=thoughts)(exchange)


def main(folder: str, *programs: str) -> None:
    with tempfile.TemporaryDirectory() as home, Loopback(*[vendor] * 40) as server:
        place = Path(home)
        (place / "extra-openai-models.yaml").write_text(MODELS.format(url=f"{server.url}/v1"))
        (place / "keys.json").write_text('{"loop": "sk-canary-0123456789abcdef"}')
        (place / "dot.png").write_bytes(PICTURE)
        (place / "notes.txt").write_text("Eggs, milk.\n" * 3)
        (place / "tool.py").write_text(TOOL)
        versions = [converse(program, place) for program in programs]
        connection = sqlite3.connect(place / "logs.db")
        target = Path(folder) / f"llm-{'-'.join(versions)}.sql"
        target.write_text(statements(connection).replace(home, "/home/ada"), encoding="utf-8")
        connection.close()


def converse(program: str, home: Path) -> str:
    """Ask some questions, of the conversation that is there already one more; the version."""
    version = run(program, home, "--version").split()[-1]
    if (home / "logs.db").exists():
        run(program, home, "-c", "After the update: go on")
    run(program, home, "What is a volume?", "-s", "You are terse.")
    run(program, home, "-c", "And\na bind mount?")
    if not version.startswith("0.19"):  # which can't be told that such a model sees
        run(program, home, "Alone: what is in this picture?", "-a", "dot.png")
        run(program, home, "Shorten this", "-f", "notes.txt", "--sf", "notes.txt")
        run(program, home, "How far is it?", "--functions", "tool.py")
        run(program, home, "-c", "Please think again")
    return version


def run(program: str, home: Path, *words: str) -> str:
    """What it printed."""
    given = ["prompt", "-m", "loop", *words] if words != ("--version",) else list(words)
    environment = {**os.environ, "LLM_USER_PATH": str(home), "HOME": str(home)}
    ended = subprocess.run(
        [program, *given],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    return ended.stdout


def statements(connection: sqlite3.Connection) -> str:
    """What makes the tables anew, but for those of the search."""
    left_out = re.compile(
        r'["\[ ](\w+_fts|turn_search)(_\w+)?["\] ]|sqlite_|CREATE (TRIGGER|VIEW|VIRTUAL)|PRAGMA'
    )
    kept = [line for line in connection.iterdump() if not left_out.search(line[:200])]
    return "\n".join(kept) + "\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
