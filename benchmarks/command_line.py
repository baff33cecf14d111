"""Imported first by every benchmark: what can be foreseen ends it in a line, not in a traceback.

A library of the tests' environment that is missing, a tool that is not installed, an argument
that is none, a program that fails, a full disk, Ctrl-C: the line says what to do next. The exit
status is 2 for what was asked for wrongly, 130 after Ctrl-C, else 1. Everything else is a bug of
the benchmark, with its traceback.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


def _told(error: BaseException) -> tuple[str, int] | None:
    """What to say of an error, and the exit status; None if it is a bug."""
    if isinstance(error, KeyboardInterrupt):
        return "stopped", 130
    if isinstance(error, ModuleNotFoundError):
        return (
            f"{error.name} is not installed for {sys.executable}; scripts/test makes an"
            f" environment that has it:  .venv-test/bin/python {sys.argv[0]}",
            1,
        )
    if isinstance(error, subprocess.CalledProcessError):
        return f"{_program_of(error)} ended with status {error.returncode}{_words_of(error)}", 1
    if isinstance(error, FileNotFoundError) and "/" not in str(error.filename):
        return f"{error.filename} is needed and not installed", 1
    if hasattr(error, "exit_status"):  # one of Synapse's own, which is not imported for this
        return str(error), 1
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}", 1
    return None


def _program_of(error: subprocess.CalledProcessError) -> str:
    return str(error.cmd if isinstance(error.cmd, str) else error.cmd[0])


def _words_of(error: subprocess.CalledProcessError) -> str:
    said = error.stderr or error.output or ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    lines = text.strip().splitlines()
    return f": {lines[-1]}" if lines else ""


def _hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    told = _told(error)
    if told is None:
        sys.__excepthook__(kind, error, traceback)
        return
    print(f"{sys.argv[0]}: {told[0]}", file=sys.stderr, flush=True)
    raise SystemExit(told[1])


sys.excepthook = _hook


def need(*programs: str) -> None:
    """End the benchmark if one of these is not installed. Raises SystemExit."""
    from shutil import which

    missing = [name for name in programs if which(name) is None]
    if missing:
        raise SystemExit(f"{sys.argv[0]}: {', '.join(missing)}: needed and not installed")


def number(position: int, default: int, meaning: str, *, least: int = 1) -> int:
    """The argument at `position` (1 is the first) as a whole number, `default` without one.

    Raises SystemExit with status 2 for what is no number, or less than `least`.
    """
    given = sys.argv[position : position + 1]
    try:
        value = int(given[0].replace(",", "")) if given else default
    except ValueError:
        value = least - 1
    if value < least:
        wrong(f"{meaning}: {given[0]!r} is no whole number from {least:,} on")
    return value


def wrong(problem: str) -> None:
    """End the benchmark because of its arguments, with its usage. Raises SystemExit."""
    import __main__

    usage = (getattr(__main__, "__doc__", "") or "").split("\n\n")
    line = next((part.strip() for part in usage if "python benchmarks/" in part), "")
    print(f"{sys.argv[0]}: {problem}\n  {line}", file=sys.stderr)
    raise SystemExit(2)
