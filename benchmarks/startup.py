"""What starting the program costs, against `python -c pass`, the sqlite3 shell and curl.

    python benchmarks/startup.py [OPTIONS] [SESSIONS …]     default: 10 1000 100000
      --archives FOLDER    keep the archives there, and take those that are there
      --messages N         of a session (20)
      --counts-only        instructions, no processor time: twice as quick, and true under load
      --python PYTHON      the Python that the program is installed for

Needs valgrind, sqlite3 and curl. Prints the first table of docs/benchmarks.md, of the versions
that pip takes by itself. A million sessions take 14 GB and ten minutes to write.
"""

from __future__ import annotations

import command_line

# isort: split
import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import archive
import measure
from loopback import Loopback, openai

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZES = [10, 1000, 100_000]
OLLAMA_PORT = 11434
"""Where a provider without a key or a configuration listens."""
KEPT_BY_CHOICE = {"SYNAPSE_MAX_SESSIONS": "0", "SYNAPSE_RETENTION_DAYS": "0"}
"""For archives: else the first command would move most of one into the trash."""
_PATIENT = """
import sys
sys.path.append(sys.argv.pop(1))
import synapse.cli
from synapse import stores
stores.sessions_for_completion.__kwdefaults__["seconds"] = 600.0
from synapse.cli.app import main
main()
"""
"""The program as `bin/synapse` starts it, but for the half a second after which completion gives
up: under valgrind that is over before the store is open.
"""
_NEWEST = (
    "SELECT id, updated_at, provider, model, message_count, name, preview FROM sessions "
    "WHERE deleted_at IS NULL ORDER BY updated_at DESC LIMIT 20"
)


class Startup:
    """One run: rows are added as commands are measured."""

    def __init__(self, installed: measure.Installation, *, times: bool) -> None:
        self.installed = installed
        self.times = times
        self.rows: list[tuple[str, ...]] = []
        floor = (installed.python, "-c", "pass")
        self.floor = measure.instructions(floor, installed.environ)
        self.cpu_floor = measure.cpu_milliseconds(floor, installed.environ) if times else 0.0

    def row(
        self, label: str, budget: str, *command: object, environ: Mapping[str, str] | None = None
    ) -> float:
        """Measure a command, and print it at once: a whole run takes minutes."""
        environ = self.installed.environ | dict(environ or {})
        count = measure.instructions(command, environ)
        cells = [label, f"{count:.1f}", f"{count / self.floor:.2f} ×", budget]
        if self.times:
            cpu = measure.cpu_milliseconds(command, environ)
            cells += [f"{cpu:.1f}", f"{cpu / self.cpu_floor:.2f} ×"]
        print(*cells, file=sys.stderr, flush=True)
        self.rows.append(tuple(cells))
        return count


def main() -> None:
    """Measure everything; print the table."""
    given = _arguments()
    command_line.need("valgrind", "sqlite3", "curl")
    for installed in measure.installation(given.python, pinned=False):
        run = Startup(installed, times=not given.counts_only)
        synapse = installed.synapse
        run.row("`python -c pass`", "", installed.python, "-c", "pass")
        run.row("`synapse --version`", "≤ 1.05 ×", synapse, "--version")
        run.row("`synapse --help`", "≤ 1.4 ×", synapse, "--help")
        run.row("completion of a command", "≤ 1.6 ×", synapse, "__complete", "ses")
        run.row("completion of an option", "≤ 1.6 ×", synapse, "__complete", "ask", "--no")
        folder = given.archives or installed.home
        folder.mkdir(parents=True, exist_ok=True)
        for size in given.sessions or SIZES:
            measure_archive(run, folder / f"{size}.db", size, given.messages)
        run.row("`-p echo`, one turn", "", synapse, "-p", "echo", "hello")
        measure_turns(run)
        print(f"{measure.machine(installed.python)}; floor {run.floor:.1f} M instructions\n")
        headings = ["command", "M instructions", "× python", "budget"]
        headings += ["CPU ms", "× python"] if run.times else []
        print(measure.table(headings, run.rows))
        turn = [synapse, "-p", "echo", "hello"]
        print(f"\nMemory of a turn: {measure.peak_megabytes(turn, installed.environ):.1f} MB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/startup.py")
    parser.add_argument("sessions", nargs="*", type=_size)
    parser.add_argument("--archives", type=Path)
    parser.add_argument("--messages", type=_size, default=20)
    parser.add_argument("--counts-only", action="store_true")
    parser.add_argument("--python", default=sys.executable)
    return parser.parse_args()


def _size(text: str) -> int:
    value = int(text.replace(",", ""))
    if value < 1:
        raise ValueError(text)
    return value


def measure_archive(run: Startup, file: Path, size: int, messages: int) -> None:
    """What reads sessions, of which there are so many."""
    if not file.exists():
        archive.make(str(file), size, messages)
    synapse = run.installed.synapse
    of = f"{size:,} sessions"

    def row(label: str, budget: str, *words: object) -> None:
        run.row(label, budget, synapse, *words, environ=KEPT_BY_CHOICE)

    run.row(f"sqlite3 shell, newest 20 of {size:,}", "", "sqlite3", file, _NEWEST)
    row(f"`sessions list`, {of}", "≤ 2.3 ×", "--db", file, "sessions", "list")
    row(
        f"`sessions show`, {messages} messages, {of}",
        "≤ 2.3 ×",
        "--db",
        file,
        "sessions",
        "show",
        "@1",
    )
    packages = next((run.installed.bin.parent / "lib").glob("python3*/site-packages"))
    python = (run.installed.python, "-I", "-S", "-c", _PATIENT, packages)
    complete = (*python, "__complete", "--db", file, "-s", "nothing")
    run.row(f"completion of a session that is not there, {of}", "≤ 1.65 ×", *complete)


def measure_turns(run: Startup) -> None:
    """One-shot turns of 200 and 2,000 tokens over plain HTTP, persisted, into a pipe."""
    counts = {}
    for tokens in (200, 2000):
        with Loopback(openai.counted(tokens), port=OLLAMA_PORT) as server:
            body = json.dumps({"model": "m", "stream": True, "messages": []})
            url = f"{server.url}/v1/chat/completions"
            run.row(f"curl, {tokens:,} tokens", "", "curl", "-sN", "-d", body, url)
            ask = (run.installed.synapse, "-p", "ollama", "-m", "m", "hello")
            budget = "≤ 3.3 ×" if tokens == 200 else ""
            counts[tokens] = run.row(f"one-shot turn, {tokens:,} tokens", budget, *ask)
    further = (counts[2000] - counts[200]) / 1800 * 1000
    run.rows.append(
        ("each further token", f"{further:.1f} k", "", "≤ 25 k", "", "")[: 4 + 2 * run.times]
    )


if __name__ == "__main__":
    main()
