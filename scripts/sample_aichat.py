"""Has the real aichat write sessions and its log, for samples in tests/formats/samples/aichat.

    python scripts/sample_aichat.py FOLDER /path/to/aichat

The program (`cargo install aichat`) runs in a home that is thrown away, and speaks to a server on
loopback that plays its vendor. What it has written is copied into FOLDER/VERSION.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from loopback import Loopback, openai  # noqa: E402
from sample_llm import PICTURE  # noqa: E402

if TYPE_CHECKING:
    from loopback.server import Exchange

SECONDS = 60
CONFIG = """\
model: loop:loopback-1
save: true
save_session: true
clients:
- type: openai-compatible
  name: loop
  api_base: {url}/v1
  api_key: sk-canary-0123456789abcdef
  models:
  - name: loopback-1
    max_input_tokens: 8192
    supports_vision: true
"""
ROLE = """\
---
temperature: 0.2
---
You are terse.
"""
QUESTIONS = (
    ("What is a volume?",),
    ("-s", "trip", "Where to in May?"),
    ("-s", "trip", "And\nin June:\n\n    by train?  \n\n"),
    ("-s", "trip", "-f", "dot.png", "--", "What is in this picture?"),
    ("-r", "terse", "true"),
    ("-r", "terse", "-s", "roles", "2026-01-01"),
    ("-e", "-c", "a loop in C, # no comment"),
)


def vendor(exchange: Exchange) -> None:
    """Says what it was asked, in a form that YAML has to quote now and then."""
    asked = exchange.request.json()["messages"][-1]["content"]
    words = asked if isinstance(asked, str) else asked[0]["text"]
    openai.answer("yes: ", "you asked\n\n```sh\necho ", words.strip()[:60], "\n```\n")(exchange)


def main(folder: str, program: str) -> None:
    with tempfile.TemporaryDirectory() as home, Loopback(*[vendor] * 40) as server:
        place = Path(home)
        config = place / "config"
        (config / "roles").mkdir(parents=True)
        (config / "config.yaml").write_text(CONFIG.format(url=server.url))
        (config / "roles" / "terse.md").write_text(ROLE)
        (place / "dot.png").write_bytes(PICTURE)
        version = run(program, place, "--version").split()[-1]
        for question in QUESTIONS:
            run(program, place, *question)
        copy(config, Path(folder) / version, home)


def run(program: str, home: Path, *words: str) -> str:
    """What it printed."""
    environment = {
        **os.environ,
        "AICHAT_CONFIG_DIR": str(home / "config"),
        "HOME": str(home),
        "TERM": "dumb",
    }
    ended = subprocess.run(
        [program, *words],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        check=True,
    )
    return ended.stdout


def copy(config: Path, target: Path, home: str) -> None:
    """Of its sessions and its log."""
    for path in (config / "messages.md", *sorted((config / "sessions").rglob("*.yaml"))):
        copied = target / path.relative_to(config)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
        copied.write_bytes(copied.read_bytes().replace(home.encode(), b"/home/ada"))


if __name__ == "__main__":
    main(*sys.argv[1:])
