"""What starting the program costs, against `python -c pass`, the sqlite3 shell and curl.

    python benchmarks/startup.py        needs valgrind, sqlite3 and curl

Prints the first table of docs/benchmarks.md.
"""

from __future__ import annotations

import command_line

# isort: split
import json

import archive
import measure
from loopback import Loopback, openai

SIZES = (10, 100_000)
OLLAMA_PORT = 11434
"""Where a provider without a key or a configuration listens."""
_NEWEST = (
    "SELECT id, updated_at, provider, model, message_count, name, preview FROM sessions "
    "WHERE deleted_at IS NULL ORDER BY updated_at DESC LIMIT 20"
)


class Startup:
    """One run: rows are added as commands are measured."""

    def __init__(self, installed: measure.Installation) -> None:
        self.installed = installed
        self.rows: list[tuple[str, ...]] = []
        self.floor = self.instructions(installed.python, "-c", "pass")
        self.cpu_floor = measure.cpu_milliseconds(
            [installed.python, "-c", "pass"], installed.environ
        )

    def instructions(self, *command: object) -> float:
        return measure.instructions(command, self.installed.environ)

    def row(self, label: str, budget: str, *command: object) -> float:
        """Measure a command, and print it at once: a whole run takes minutes."""
        count = self.instructions(*command)
        cpu = measure.cpu_milliseconds(command, self.installed.environ)
        cells = (
            label,
            f"{count:.1f}",
            f"{count / self.floor:.2f} ×",
            budget,
            f"{cpu:.1f}",
            f"{cpu / self.cpu_floor:.2f} ×",
        )
        self.rows.append(cells)
        return count


def main() -> None:
    """Measure everything; print the table."""
    command_line.need("valgrind", "sqlite3", "curl")
    for installed in measure.installation():
        # an archive of this size is kept by choice
        installed.environ |= {"SYNAPSE_MAX_SESSIONS": "0", "SYNAPSE_RETENTION_DAYS": "0"}
        run = Startup(installed)
        synapse = installed.synapse
        run.row("`python -c pass`", "", installed.python, "-c", "pass")
        run.row("`synapse --version`", "≤ 1.05 ×", synapse, "--version")
        run.row("`synapse --help`", "≤ 1.4 ×", synapse, "--help")
        for size in SIZES:
            file = installed.home / f"{size}.db"
            archive.make(str(file), size)
            run.row(f"sqlite3 shell, newest 20 of {size:,}", "", "sqlite3", file, _NEWEST)
            listing = (synapse, "--db", file, "sessions", "list")
            run.row(f"`sessions list`, {size:,} sessions", "≤ 2.3 ×", *listing)
        one = (synapse, "--db", file, "sessions", "show", "@1")
        run.row("`sessions show`, 20 messages", "≤ 2.3 ×", *one)
        run.row("completion of a command", "≤ 1.6 ×", synapse, "__complete", "ses")
        run.row("completion of an option", "≤ 1.6 ×", synapse, "__complete", "ask", "--no")
        for size in SIZES:
            database = ("--db", installed.home / f"{size}.db")
            label = f"completion of a session that is not there, {size:,} sessions"
            run.row(label, "≤ 1.8 ×", synapse, "__complete", *database, "-s", "nothing")
        run.row("`-p echo`, one turn", "", synapse, "-p", "echo", "hello")
        measure_turns(run)
        print(f"{measure.machine()}; floor {run.floor:.1f} M instructions\n")
        headings = ("command", "M instructions", "× python", "budget", "CPU ms", "× python")
        print(measure.table(headings, run.rows))
        turn = [synapse, "-p", "echo", "hello"]
        print(f"\nMemory of a turn: {measure.peak_megabytes(turn, installed.environ):.1f} MB")


def measure_turns(run: Startup) -> None:
    """One-shot turns of 200 and 2,000 tokens over plain HTTP, persisted, into a pipe."""
    counts = {}
    for tokens in (200, 2000):
        with Loopback(openai.counted(tokens), port=OLLAMA_PORT) as server:
            body = json.dumps({"model": "m", "stream": True, "messages": []})
            url = f"{server.url}/v1/chat/completions"
            run.row(f"curl, {tokens:,} tokens", "", "curl", "-sN", "-d", body, url)
            ask = (run.installed.synapse, "-p", "ollama", "-m", "m", "hello")
            budget = "≤ 3.7 ×" if tokens == 200 else ""
            counts[tokens] = run.row(f"one-shot turn, {tokens:,} tokens", budget, *ask)
    further = (counts[2000] - counts[200]) / 1800 * 1000
    run.rows.append(("each further token", f"{further:.1f} k", "", "≤ 25 k", "", ""))


if __name__ == "__main__":
    main()
