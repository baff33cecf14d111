"""The picker of those who have fzf and want it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from shutil import which

from synapse.human_time import relative
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_PAGE = 1_000


def find_fzf(context: Context) -> str | None:
    """The program, if it is installed."""
    return which("fzf", path=context.environ.get("PATH"))


def pick_with_fzf(program: str, context: Context, query: str) -> SessionSummary | None:
    """The session that is chosen in fzf; None if none is."""
    command = [
        program,
        "--delimiter=\t",
        "--with-nth=2..",
        "--height=40%",
        "--reverse",
        "--no-sort",
        f"--query={query}",
        f"--preview=COLUMNS=$FZF_PREVIEW_COLUMNS {_preview_command(context)}",
    ]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=context.stderr.descriptor,
        env=_environ(context),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdin as list_of_fzf:
            for line in _lines(context):
                list_of_fzf.write(line)
    except BrokenPipeError:
        pass  # it was quick
    chosen = process.stdout.read().decode("utf-8", "replace").partition("\t")[0]
    if process.wait() != 0:
        return None
    return context.store.get_summary(chosen)


def _preview_command(context: Context) -> str:
    """The command line that shows fzf's current session; see `_environ` for the database."""
    words = [sys.argv[0], "sessions", "show"]
    if context.config_path:
        words += ["--config", context.config_path]
    return shlex.join(words) + " {1} --last 6 --rendered --color always"


def _environ(context: Context) -> dict[str, str]:
    """Ours, with the database in use: a URL may hold a password, and everybody on this machine can
    read a command line.
    """
    environ, url = dict(context.environ), context.flags.get("session.database_url")
    if isinstance(url, str):
        environ |= dict.fromkeys(("DATABASE_URL", "SYNAPSE_DATABASE_URL"), url)
    return environ


def _lines(context: Context) -> Iterator[bytes]:
    last = None
    while page := context.store.list_sessions(limit=_PAGE, after=last):
        last = page[-1]
        for summary in page:
            session = summary.session
            words = [session.handle, session.name or "-", summary.headline]
            fields = [session.id, *words, relative(session.updated_at)]
            yield ("\t".join(map(clean_line, fields)) + "\n").encode("utf-8", "replace")
