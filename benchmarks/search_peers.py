"""Whole processes that look for the same: `synapse sessions search`, ripgrep in an export of the
texts, `llm logs -q` in its own store with the same texts. Part of `search.py`.
"""

from __future__ import annotations

import shutil
import subprocess
from itertools import count
from typing import TYPE_CHECKING

import measure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import apsw

_RUNS = 5
_SHOWN = "20"
_A_FILE = 1000
"""Messages of a file of the export."""
_FILL_LLM = """
import sqlite3, sys, sqlite_utils, llm.migrations
database = sqlite_utils.Database(sys.argv[1])
llm.migrations.migrate(database)
ours = sqlite3.connect(sys.argv[2])
turns = ours.execute(
    "SELECT asked.id, asked.content, answer.content, asked.session_id, asked.timestamp"
    " FROM messages AS asked JOIN messages AS answer ON answer.rowid = asked.rowid + 1"
    " WHERE asked.role = 'user' ORDER BY asked.rowid")
with database.conn:
    database.conn.executemany(
        "INSERT INTO responses (id, model, prompt, response, conversation_id, datetime_utc)"
        " VALUES (?, 'echo', ?, ?, ?, ?)", turns)
"""


def beside(
    path: str, database: apsw.Connection, folder: Path, words: dict[str, str], llm: Path | None
) -> None:
    """Print what each takes of the processor for each of these, by its name: a word, or several,
    which are a phrase. Of a program that is missing a line says so.
    """
    programs = ["synapse"]
    if shutil.which("rg") is None:
        print("\nrg is not installed: nothing to compare with")
    else:
        programs.append("rg")
        _export(database, folder / "export")
    if llm is None:
        print("\nllm is not compared with: --llm needs the Python that has it")
    else:
        programs.append("llm")
        (folder / "llm").mkdir()
        command = [str(llm), "-c", _FILL_LLM, str(folder / "llm" / "logs.db"), path]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    rows = []
    for installed in measure.installation():
        installed.environ |= {"LLM_USER_PATH": str(folder / "llm")}
        for name, text in words.items():
            took = [
                _milliseconds(_command(program, text, installed, path, folder, llm), installed)
                for program in programs
            ]
            others = (f"{other:,.0f} ms ({other / took[0]:.1f} ×)" for other in took[1:])
            rows.append((name, f"{took[0]:.0f} ms", *others))
    print("\n" + measure.table(["processor time, whole process", *programs], rows))


def _command(
    program: str,
    text: str,
    installed: measure.Installation,
    path: str,
    folder: Path,
    llm: Path | None,
) -> Sequence[object]:
    quoted = f'"{text}"' if " " in text else text
    if program == "synapse":
        return (installed.synapse, "--db", path, "sessions", "search", "-n", _SHOWN, quoted)
    if llm is not None and program == "llm":
        return (llm.with_name("llm"), "logs", "list", "-n", _SHOWN, "-q", quoted)
    whole = ["--word-regexp"] if text.isascii() or " " in text else []
    return ("rg", "--ignore-case", "--fixed-strings", *whole, text, folder / "export")


def _milliseconds(command: Sequence[object], installed: measure.Installation) -> float:
    """Of a program that ends with 1 where it finds nothing."""
    script = '"$@"; test $? -le 1'
    return measure.cpu_milliseconds(("sh", "-c", script, "sh", *command), installed.environ, _RUNS)


def _export(database: apsw.Connection, folder: Path) -> None:
    """A line a message."""
    folder.mkdir()
    rows = database.execute("SELECT content FROM messages ORDER BY rowid")
    for number in count():
        some = [text for _, (text,) in zip(range(_A_FILE), rows, strict=False)]
        if not some:
            return
        (folder / f"{number}.txt").write_text("\n".join(map(str, some)))
