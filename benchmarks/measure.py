"""What the benchmarks share: a clean installation, counts of instructions, times, tables.

A shared machine's seconds are noise; instructions are not. Every figure is given as a ratio to a
floor measured in the same run.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))


class Installation:
    """The program as pip installs it, compiled, in a virtual environment of its own."""

    def __init__(self, folder: Path, python: str, *, pinned: bool, extras: str) -> None:
        run([python, "-m", "venv", folder / "venv"], os.environ)
        self.bin = folder / "venv" / "bin"
        self.python = self.bin / "python"
        self.synapse = self.bin / "synapse"
        pip = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        versions = ["--constraint", str(ROOT / "constraints.txt")] if pinned else []
        subprocess.run(
            [*pip, *versions, f"{ROOT}[{extras}]" if extras else str(ROOT)],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        library = str(folder / "venv" / "lib")
        subprocess.run([str(self.python), "-m", "compileall", "-q", library], check=False)
        self.home = folder / "home"
        self.home.mkdir()
        temporary = folder / "tmp"  # what others left in the shared one costs a start millions
        temporary.mkdir()
        self.environ = {
            "HOME": str(self.home),
            "TMPDIR": str(temporary),
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
        }


def installation(
    python: str = sys.executable, *, pinned: bool = True, extras: str = ""
) -> Iterator[Installation]:
    """One installation, removed at the end: `for installed in installation(): …`. Not pinned, it
    has the newest versions that pip finds. `extras` are those of the package, with commas.
    """
    folder = Path(tempfile.mkdtemp(prefix="synapse-benchmark-"))
    try:
        yield Installation(folder, python, pinned=pinned, extras=extras)
    finally:
        shutil.rmtree(folder)


def run(command: Sequence[object], environ: Mapping[str, str]) -> None:
    """Once, output thrown away; raises CalledProcessError if it fails."""
    subprocess.run(
        [str(word) for word in command],
        env=dict(environ),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def instructions(command: Sequence[object], environ: Mapping[str, str]) -> float:
    """Millions of instructions that the whole process executes (valgrind's callgrind).

    `bin/synapse` is a shell's script that turns into Python: of the shell's part, a third of a
    million, nothing is counted.
    """
    run(command, environ)
    options = ["--trace-children=yes", "--callgrind-out-file=/dev/null"]
    words = ["valgrind", "--tool=callgrind", *options, *map(str, command)]
    done = subprocess.run(
        words,
        env=dict(environ),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    found = re.findall(r"Collected : (\d+)", done.stderr)
    assert found, done.stderr
    return int(found[-1]) / 1e6


def cpu_milliseconds(
    command: Sequence[object], environ: Mapping[str, str], runs: int = 15
) -> float:
    """Median processor time of the process, user and system."""
    times = []
    for _ in range(runs + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(command, environ)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(times[1:]) * 1000


def peak_megabytes(command: Sequence[object], environ: Mapping[str, str]) -> float:
    """Peak resident memory of the process."""
    script = (
        "import os, resource, sys\n"
        "os.dup2(os.open('/dev/null', os.O_RDWR), 1)\n"
        "os.spawnve(os.P_WAIT, sys.argv[1], sys.argv[1:], os.environ)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, command)],
        env=dict(environ),
        check=True,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return int(done.stderr.split()[-1]) / 1024


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is flush right."""
    lines = [
        "| " + " | ".join(headings) + " |",
        "| --- |" + " ---: |" * (len(headings) - 1),
    ]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def machine(python: str | Path = sys.executable) -> str:
    """What the figures were measured on, in a line."""
    command = [str(python), "-V"]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return f"{os.cpu_count()} cores, {version}, {os.uname().sysname}"
