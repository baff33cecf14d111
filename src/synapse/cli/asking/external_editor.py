"""The user's own editor: `$VISUAL`, `$EDITOR` or vi, on a file or for a text."""

from __future__ import annotations

import os

from synapse import private_files
from synapse.advice import ASK, SET_VARIABLE, Advice
from synapse.errors import UsageError
from synapse.ids import new_id
from synapse.paths import state_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.advice import Hint
    from synapse.cli.context import Context


def command(context: Context, *hints: Hint) -> list[str]:
    """The words of the editor's command line. Raises UsageError with the hints where nobody
    could use one.
    """
    import shlex  # brings `re`

    named = context.environ.get("VISUAL") or context.environ.get("EDITOR")
    if context.no_input or not (named or context.streams.stdin_is_terminal):
        raise UsageError("an editor needs a terminal", *hints)
    try:
        words = shlex.split(named or "vi")
    except ValueError as error:
        raise UsageError(f"$VISUAL or $EDITOR can't be understood: {error}") from None
    return words or ["vi"]


def edit(words: list[str], path: str) -> int:
    """Have the file edited; the editor's exit status. Raises UsageError if it can't be
    started.

    Where standard input or output is no terminal (`git diff | synapse -e > file`), the editor
    gets the one that the process belongs to, if any.
    """
    import subprocess  # heavy

    terminal = _terminal()
    settings, words = _split(words)
    try:
        return subprocess.call(
            [*words, path],
            env={**os.environ, **settings},
            stdin=None if terminal is None or os.isatty(0) else terminal,
            stdout=None if terminal is None or os.isatty(1) else terminal,
        )
    except OSError as error:
        raise UsageError(
            f"the editor {words[0]} can't be started: {(error.strerror or '').lower()}",
            Advice("Choose another:  ", SET_VARIABLE, "EDITOR", "nano"),
        ) from None
    finally:
        if terminal is not None:
            os.close(terminal)


def _split(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Variables that stand in front of the editor, `FOO=1 vi`, as in a shell; and its words."""
    settings: dict[str, str] = {}
    rest = [*words]
    while rest and rest[0].partition("=")[0].isidentifier() and "=" in rest[0]:
        name, _, value = rest.pop(0).partition("=")
        settings[name] = value
    return settings, rest or ["vi"]


def _terminal() -> int | None:
    if os.isatty(0) and os.isatty(1):
        return None
    try:
        return os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return None


class Draft:
    """A question that is written in the editor. Its file stays on the disk until the text is
    stored, so that nothing is lost if the disk is full or the session is busy.
    """

    def __init__(self, context: Context) -> None:
        self._words = command(context, Advice("Ask without one:  ", ASK, "What is a monad?"))
        self._context = context
        self.path = ""

    def write(self, begun: str) -> str:
        """Open the editor. Returns the text, without blanks at its end. Raises UsageError if that
        fails.
        """
        folder = state_dir(self._context.environ)
        self.path = os.path.join(folder, f"question-{new_id()}.md")
        try:
            private_files.make_folder(folder)
            text = begun + "\n" if begun else ""
            private_files.write(self.path, text.encode(errors="replace"), replace=False)
            status = edit(self._words, self.path)
            if status != 0:
                self._refuse(f"the editor {self._words[0]} ended with exit status {status}")
            with open(self.path, encoding="utf-8", errors="replace") as file:
                text = file.read().rstrip()
        except OSError as error:
            raise UsageError(f"can't use {self.path}: {error.strerror}") from error
        if not text:
            self._refuse("the question is empty")
        return text

    def drop(self) -> None:
        """Remove the file: the text is stored elsewhere."""
        try:
            os.unlink(self.path)
        except OSError:
            pass  # the folder is the user's own: it can stay

    def kept(self) -> str:
        """A line that says where the text is, for an error that came before it was stored."""
        return f"What you wrote is kept in {self.path}"

    def _refuse(self, why: str) -> None:
        self.drop()
        raise UsageError(f"{why}; nothing was sent")
