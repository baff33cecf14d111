"""The report of an error that nobody foresaw: a file that can be sent to us, without secrets."""

from __future__ import annotations

import os

import synapse
from synapse import errors, ids, paths, private_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.cli.console import Console

_SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "DATABASE_URL")
_SHORTEST_SECRET = 6


def write_report(error: BaseException, console: Console) -> str | None:
    """Write the report into the state folder, for the user's eyes only; its path, or None if
    that was not possible. Holds no words of the command line: they may be a prompt.
    """
    import platform  # heavy

    text = (
        f"synapse {synapse.__version__}, command: {console.command_name or 'none'}\n"
        f"Python {platform.python_version()} on {platform.platform()}\n\n"
        f"{traceback_text(error, console.environ)}"
    )
    try:
        folder = paths.state_dir(console.environ)
        path = os.path.join(folder, f"error-{ids.new_id()}.txt")
        private_files.make_folder(folder)
        private_files.write(path, text.encode(errors="replace"), replace=False)
    except (OSError, errors.ConfigError):
        return None
    return path


def traceback_text(error: BaseException, environ: Mapping[str, str]) -> str:
    """The traceback, with the values of secret environment variables masked."""
    import traceback  # heavy

    text = "".join(traceback.format_exception(error))
    for name, value in environ.items():
        if len(value) >= _SHORTEST_SECRET and any(word in name.upper() for word in _SECRET_WORDS):
            text = text.replace(value, "***")
    return text
