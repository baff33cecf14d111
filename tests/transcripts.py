"""The commands that stand in the documents, and the output that is shown below them.

A fenced block `sh` is a row of commands; a block `console` is what a terminal shows: commands
behind `$ `, each with its output up to the next one or an empty line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRAM = re.compile(r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(^|\s+)#\s.*$")


class Step(NamedTuple):
    """One command and what the document shows of its output; None if it shows nothing."""

    command: str
    shown: str | None


class Block(NamedTuple):
    """A fenced block of a page, and the line at which it begins."""

    page: str
    line: int
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """`README.md:41`."""
        return f"{self.page}:{self.line}"


def blocks() -> list[Block]:
    """All blocks of all pages that hold commands."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for fence in _FENCE.finditer(text):
            read = {"sh": _script, "bash": _script, "console": _transcript}.get(fence[1])
            if read is not None:
                line = text.count("\n", 0, fence.start()) + 2
                page = str(path.relative_to(ROOT))
                found.append(Block(page, line, tuple(read(fence[2].splitlines()))))
    return found


def fenced(page: Path, language: str) -> list[str]:
    """The contents of a page's blocks in that language."""
    found = _FENCE.finditer(page.read_text(encoding="utf-8"))
    return [fence[2] for fence in found if fence[1] == language]


class Program(NamedTuple):
    """A block `python` of a page, and what stands in the block `text` below it, if there is one."""

    line: int
    source: str
    shown: str | None


def programs(page: Path) -> list[Program]:
    """The Python programs of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Program(text.count("\n", 0, found.start()) + 2, found[1], found[2])
        for found in _PROGRAM.finditer(text)
    ]


def inline_commands() -> list[tuple[str, str]]:
    """The commands of ours that stand between backticks in running text or tables, each with
    the place where it stands. Letter case is kept; the notation of help is not taken away.
    """
    found = []
    for path in PAGES:
        text = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), path.read_text("utf-8"))
        for span in re.finditer(r"(?<!`)`(synapse [^`]+)`(?!`)", text):
            line = text.count("\n", 0, span.start()) + 1
            place = f"{path.relative_to(ROOT)}:{line}"
            found.append((place, " ".join(span[1].replace("\\|", "|").split())))
    return found


def _script(lines: list[str]) -> list[Step]:
    commands = (_COMMENT.sub("", line).rstrip() for line in _joined(lines))
    return [Step(command, None) for command in commands if command]


def _joined(lines: list[str]) -> list[str]:
    """The lines, those that end in a backslash with the next one."""
    return "\n".join(lines).replace("\\\n", " ").split("\n")


def _transcript(lines: list[str]) -> list[Step]:
    steps: list[Step] = []
    for line in lines:
        if line.startswith("$ "):
            steps.append(Step(line[2:], ""))
        elif steps:
            command, shown = steps[-1]
            steps[-1] = Step(command, f"{shown}{line}\n")
    return [Step(command, (shown or "").strip("\n")) for command, shown in steps]


def comparable(text: str, home: Path) -> str:
    """Output without what differs from run to run: handles and ids, durations, moments, the
    home folder's path, and the blanks that columns of other widths are filled up with.
    """
    text = text.replace(str(home), "~")
    text = re.sub(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "<id>", text)
    text = re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b", "<handle>", text)
    text = re.sub(r"\b\d+(?:\.\d+)? (?:ms|s|min)\b", "<duration>", text)
    text = re.sub(r"just now|(?:<duration>|\d+ \w+) ago", "<moment>", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?", "<moment>", text)
    text = re.sub(r" {2,}", "  ", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
