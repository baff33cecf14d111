"""Files that a question names as `@PATH` go with it.

`@"two words.txt"` for a path with blanks. What names no file is text like any other: a decorator,
somebody's handle. So is everything within back-ticks, where code is.
"""

from __future__ import annotations

import os
import re

from synapse.cli.asking.question_files import attach
from synapse.paths import expand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.cli.context import Context
    from synapse.domain import Attachment, StoredMessage

_CODE = re.compile(r"(`+).*?\1", re.DOTALL)
_MENTION = re.compile(r'(?<![^\s(\[{])@(?:"([^"\n]+)"|([^\s"]+))')
_UNFINISHED = re.compile(r'(?<!\S)@(?:"([^"\n]*)|([^\s"]*))\Z')
_PUNCTUATION = ".,;:!?)]}'\"…"


def mentioned(question: str, context: Context) -> tuple[Attachment, ...]:
    """The files that the question names, each once. Raises UsageError for one that can't be
    read, is too large, or is neither a text nor an image.
    """
    return tuple(attach(path, context, "@") for path in _files(question, context).values())


def attachments_without_mentions(
    message: StoredMessage, context: Context
) -> tuple[Attachment, ...]:
    """The message's attachments, except files that its text mentions: those would be attached
    again.
    """
    named = {os.path.basename(file) for file in _files(message.content, context).values()}
    return tuple(
        attached
        for attached in message.attachments
        if attached.is_sent and attached.name not in named
    )


def sent_along_line(files: tuple[Attachment, ...]) -> str:
    """`notes.txt, chart.png go with the question.`"""
    goes = "goes" if len(files) == 1 else "go"
    return f"{', '.join(file.name for file in files)} {goes} with the question."


def unfinished(text: str) -> tuple[str, bool] | None:
    """The path that the end of `text` begins to name, and whether it is quoted; None for none."""
    found = _UNFINISHED.search(text)
    if found is None:
        return None
    quoted, plain = found.groups()
    return (plain, False) if quoted is None else (quoted, True)


def _files(question: str, context: Context) -> dict[str, str]:
    """The paths as they were typed, by the file that each leads to."""
    found: dict[str, str] = {}
    for quoted, plain in _MENTION.findall(_CODE.sub(" ", question)):
        for path in _candidate_paths(quoted, plain):
            file = expand(path, context.environ)
            if os.path.isfile(file):
                found.setdefault(os.path.realpath(file), path)
                break
    return found


def _candidate_paths(quoted: str, plain: str) -> Iterator[str]:
    """What may be meant: all of it, or less and less of the punctuation that follows."""
    if quoted:
        yield quoted
    while plain:
        yield plain
        if plain[-1] not in _PUNCTUATION:
            return
        plain = plain[:-1]
