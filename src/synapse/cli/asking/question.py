"""The question: the words of the command line, standard input, files, or all of them.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os
import stat

from synapse.advice import ASK, Advice
from synapse.errors import UsageError
from synapse.paths import expand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.cli.context import Context
    from synapse.domain import Attachment

_PATIENCE_MS = 2000
"""How long a pipe may stay silent before the user is told what is waited for."""


class Question:
    """Where the prompt comes from, decided before anything is read.

    What is piped in goes with the words of the command line. A file that somebody else has begun
    to read is left to them: in `while read -r q; do synapse "$q"; done < FILE` it is the loop's.
    A pipe does not tell who else reads it; there `--no-stdin` leaves it alone.
    """

    def __init__(
        self,
        words: list[str],
        context: Context,
        *,
        files: Sequence[str] = (),
        no_stdin: bool = False,
        optional: bool = False,
    ) -> None:
        self.words = [_readable(word, context) for word in words]
        self.context = context
        self.files = files
        """What `-f` names; `-` is standard input."""
        self.optional = optional
        """Whether something is asked without it: a role's template that stands alone."""
        self._piped = not no_stdin and _has_something_to_read(context.streams.stdin)
        self._left_alone = bool(self._piped and words and _is_begun(context.streams.stdin))
        self.reads_stdin = self._piped and "-" not in files and not self._left_alone

    def check(self) -> None:
        """Raise UsageError if there can't be a prompt, or if there is nothing for `-f -`."""
        if self.files.count("-") > 1:
            raise UsageError("-f - attaches standard input, which can be read only once")
        if "-" in self.files and not self._piped:
            raise UsageError(
                "-f - attaches standard input, but nothing is piped in",
                'For example:  git diff | synapse -f - "Write a commit message"',
            )
        if not self.reads_stdin:
            self._require(" ".join(self.words))

    def read(self) -> tuple[str, tuple[Attachment, ...]]:
        """Read the prompt and its attachments. If the command line has no words, what is piped in
        is the prompt; otherwise it is attached. Raises UsageError.
        """
        if self._left_alone and "-" not in self.files:
            self.context.hint("Standard input is left to the program that reads it; attach: -f -")
        attached = self._attached() if self.files else []
        prompt = " ".join(self.words)
        piped = self._stdin() if self.reads_stdin else ""
        if not prompt.strip():
            prompt = piped
        elif piped.strip():
            from synapse.app.attachments import text

            attached.append(text("stdin", piped, source="stdin"))
        self._require(prompt)
        return prompt, tuple(attached)

    def _attached(self) -> list[Attachment]:
        from synapse.cli.asking.question_files import attach

        return [attach(value, self.context) for value in self.files]

    def _require(self, prompt: str) -> None:
        if self.optional:
            return
        if not prompt.strip() and self.files:
            raise UsageError(
                "there is no prompt: say what to do with what is attached",
                Advice("Ask:  ", ASK, "Summarise this", file="FILE"),
            )
        if not prompt.strip():
            raise UsageError(
                "the prompt is empty" if self.words else "there is no prompt",
                Advice("Ask:       ", ASK, "What is a monad?"),
                'Or pipe:   git diff | synapse "Write a commit message"',
            )

    def _stdin(self) -> str:
        from synapse.cli.asking.reading import as_utf8, decoded, read_whole, refuse_binary

        descriptor = self.context.streams.stdin
        if self.words:
            self._announce_a_silent_pipe(descriptor)
        data = read_whole(descriptor, self.context.settings.input_max_bytes, "standard input")
        data = as_utf8(data)
        refuse_binary(data, "standard input", None)
        if b"\0" in data:
            raise UsageError(
                "standard input looks like a binary file (it holds NUL bytes)",
                "Nothing was sent. An image in a pipe:  … | synapse -f - …",
                Advice("An image in a file:                    ", ASK, file="FILE", after=" …"),
            )
        return decoded(data, "standard input", self.context).rstrip("\r\n")

    def _announce_a_silent_pipe(self, descriptor: int) -> None:
        # In a `while read` loop, or under ssh, standard input is a pipe that nobody meant for us.
        import select

        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(_PATIENCE_MS) and not self.context.quiet:
            self.context.say("reading standard input… (Ctrl-D ends, --no-stdin skips)")


def _has_something_to_read(descriptor: int) -> bool:
    """Whether it is a pipe, a socket or a file: a terminal or the null device is no input."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)


def _is_begun(descriptor: int) -> bool:
    """Whether it is a file that is not read from its beginning: another program has read a part."""
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and os.lseek(descriptor, 0, 1) > 0
    except OSError:
        return False


def _readable(word: str, context: Context) -> str:
    """A word of the command line without the surrogates that stand for undecodable bytes."""
    try:
        word.encode()
    except UnicodeEncodeError:
        from synapse.cli.asking.reading import decoded

        return decoded(os.fsencode(word), "the prompt", context)
    return word


def text_or_file(value: str, option: str, context: Context) -> str:
    """The value of an option that takes a text or `@FILE`. Raises UsageError."""
    if not value.startswith("@"):
        return _readable(value, context)
    from synapse.cli.asking.reading import as_utf8, decoded, refuse_binary

    path = expand(value[1:], context.environ)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.read(descriptor, context.settings.input_max_bytes + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UsageError(f"{option} {value}: can't read {path}: {error.strerror}") from error
    data = as_utf8(data)
    refuse_binary(data, path, path)
    if len(data) > context.settings.input_max_bytes or b"\0" in data:
        raise UsageError(f"{option} {value}: {path} is too large, or no text")
    return decoded(data, path, context).rstrip("\r\n")
