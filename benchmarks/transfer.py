"""Out and in again: whole processes of `sessions export` and `import` against the sqlite3 shell's
`.dump` of the same two tables and its `.read`.

    python benchmarks/transfer.py [MESSAGES]      default: 100000

Processor time of each process, median of three; the shell's divided by ours is what of its
throughput is reached (1 would be as fast). The import goes into an empty database, index and
derived columns included; the shell's has the same tables, triggers and indexes.
"""

from __future__ import annotations

import command_line

# isort: split
import os
import resource
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import archive
import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from measure import Installation

_RUNS = 3
_EACH = 20
"""Messages a session."""


def main() -> None:
    """Write an archive, carry it out and in, print the table."""
    messages = command_line.number(1, 100_000, "messages", least=_EACH)
    for installed in measure.installation():
        with tempfile.TemporaryDirectory(prefix="synapse-benchmark-") as folder:
            rows = measured(installed, Path(folder), messages)
    print(f"{messages:,} messages; {measure.machine()}\n")
    print(measure.table(["work", "synapse ms", "sqlite3 ms", "of its throughput", "peak MB"], rows))


def measured(installed: Installation, folder: Path, messages: int) -> list[list[str]]:
    """The rows of the table."""
    source, lines, dump = folder / "source.db", folder / "all.jsonl", folder / "all.sql"
    archive.make(str(source), messages // _EACH, _EACH)
    synapse = [installed.bin / "synapse", "-q", "--db"]
    export = [*synapse, f"sqlite:{source}", "sessions", "export", "--all", "-F", "jsonl"]
    take_in = [*synapse, f"sqlite:{folder}/ours.db", "sessions", "import", lines]
    ours = timed(installed, export, lines)
    shell = timed(installed, ["sqlite3", source, ".dump sessions messages"], dump)
    out = row("export", ours, shell, measure.peak_megabytes(export, installed.environ))
    ours = timed(installed, take_in, None, lambda: empty(folder, "ours"))
    shell = timed(
        installed,
        ["sqlite3", folder / "shell.db", f".read {dump}"],
        None,
        lambda: empty(folder, "shell"),
    )
    empty(folder, "ours")
    return [out, row("import", ours, shell, measure.peak_megabytes(take_in, installed.environ))]


def empty(folder: Path, name: str) -> None:
    """Have no database of this name."""
    for path in folder.glob(f"{name}.db*"):
        path.unlink()


def timed(
    installed: Installation,
    command: Sequence[object],
    output: Path | None,
    before_each: Callable[[], object] = lambda: None,
) -> float:
    """Median milliseconds of processor time, the output into a file."""
    times = []
    for _ in range(_RUNS):
        before_each()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Path(output or os.devnull).open("wb") as file:
            subprocess.run(
                [str(word) for word in command],
                env=dict(installed.environ),
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.DEVNULL,
            )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(times) * 1000


def row(label: str, ours: float, shell: float, peak: float) -> list[str]:
    """A line of the table."""
    return [label, f"{ours:,.0f}", f"{shell:,.0f}", f"{shell / ours:.2f} ×", f"{peak:.0f}"]


if __name__ == "__main__":
    main()
