"""Which importer reads which file: of a path, a folder, a zip or standard input."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

from synapse.archived import Unreadable
from synapse.errors import ImportFailed, UsageError
from synapse.formats import IMPORTERS, importer
from synapse.formats.reading.databases import tables_of
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.sources import (
    STANDARD_INPUT,
    FileSource,
    StreamSource,
    files_below,
    on_disk,
    source_of,
)
from synapse.formats.reading.zips import ZipArchive
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from synapse.ports import ImportSource

AUTO = "auto"
_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "something packed with gzip"),
    (b"7z\xbc\xaf", "something packed with 7z"),
    (b"Rar!", "something packed with RAR"),
    (b"(\xb5/\xfd", "something packed with zstd"),
    (b"\xfd7zXZ", "something packed with xz"),
    (b"BZh", "something packed with bzip2"),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"\x7fELF", "a program"),
)
_MOST_NAMED = 6


class Found(Record):
    """A file, and what reads it."""

    source: ImportSource
    program: str
    """The name in IMPORTERS."""


def found_in(
    word: str, stdin: BinaryIO | None = None, program: str = AUTO
) -> Iterator[Found | Unreadable]:
    """What is to be imported of a path, or of `-`: of a folder or a zip each file that an importer
    knows, and an Unreadable for one that looks like a trap or can't be read. Each is to be read
    before the next is asked for: the copy of one that came from a pipe or a zip lasts no longer.

    With another `program` than AUTO, a file is read as one of that program without looking at it,
    and of a folder or a zip are taken those that look so.

    Raises UsageError for a path that is not there, or where nothing is known, ImportFailed for a
    zip that can't be read, ConfigError for an unknown program.
    """
    if program != AUTO:
        importer(program)
    path = Path(word)
    try:
        if word == STANDARD_INPUT:
            if stdin is None:
                raise UsageError("standard input can be read only once")
            yield from _in_file(StreamSource(stdin), program)
        elif path.is_dir():
            yield from _in_folder(path, program)
        else:
            yield from _in_file(source_of(path), program)
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {word!r}") from error
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        raise ImportFailed(f"{word}: can't be read: {words}") from error


def recognized(source: ImportSource, program: str = AUTO) -> str | None:
    """The name of the importer that knows this file; None if none does. Raises OSError."""
    source.head()
    names = IMPORTERS if program == AUTO else (program,)
    return next((name for name in names if importer(name).recognizes(source)), None)


def likeness(source: ImportSource) -> str:
    """What a file that nobody knows looks like, for messages. Raises OSError."""
    head = source.head().lstrip()
    for magic, words in _MAGIC:
        if head[: len(magic)].lower() == magic.lower():
            return words
    shape = shape_of(source)
    if shape.form is Form.SQLITE:
        tables = sorted(tables_of(source))
        return f"{shape.form.value} with {_listed(tables, 'the tables')}" if tables else "SQLite"
    keys = list(shape.first)
    return f"{shape.form.value} with {_listed(keys, 'the keys')}" if keys else str(shape.form.value)


def _listed(names: list[str], what: str) -> str:
    named = ", ".join(map(_shown, names[:_MOST_NAMED]))
    return f"{what} {named}" + (", …" if len(names) > _MOST_NAMED else "")


def _shown(name: str) -> str:
    name = "".join(character if character.isprintable() else "\ufffd" for character in name[:40])
    return name if len(name) < 40 else name[:39] + "…"


def _in_file(source: ImportSource, program: str) -> Iterator[Found | Unreadable]:
    form = shape_of(source).form
    if form is Form.ZIP:
        with on_disk(source) as file:
            yield from _in_zip(file, program)
        return
    with _seekable(source, form) as file:
        name = program if program != AUTO else recognized(file)
        if name is None:
            raise _unknown(file)
        yield Found(source=file, program=name)


def _in_zip(file: FileSource, program: str) -> Iterator[Found | Unreadable]:
    archive = ZipArchive(file)
    yield from archive.refused
    is_known = False
    for found in _known(archive.sources(), program):
        is_known = is_known or isinstance(found, Found)
        yield found
    if not is_known:
        names = [name.split("/")[-1] for name in archive.names()]
        raise UsageError(
            f"{file.name}: a zip in which nothing is known"
            + (f"; it has {_listed(sorted(names), 'the files')}" if names else ""),
            *_hints(),
        )


def _in_folder(folder: Path, program: str) -> Iterator[Found | Unreadable]:
    is_known = False
    for path in files_below(folder):
        source = FileSource(path)
        try:
            if shape_of(source).form is Form.ZIP:
                found = _in_zip(source, program)
            else:
                found = _known(iter((source,)), program)
            for one in found:
                is_known = is_known or isinstance(one, Found)
                yield one
        except UsageError:
            continue  # a zip with other things
        except ImportFailed as error:
            yield Unreadable(place=str(path), reason=error.message)
        except OSError as error:
            yield Unreadable(place=str(path), reason=error.strerror or str(error))
    if not is_known:
        raise UsageError(f"{folder}: there is no file in it that is known", *_hints())


def _known(sources: Iterator[ImportSource], program: str) -> Iterator[Found | Unreadable]:
    for source in sources:
        try:
            with _seekable(source, shape_of(source).form) as file:
                name = recognized(file, program)
                if name is not None:
                    yield Found(source=file, program=name)
        except OSError as error:
            yield Unreadable(place=source.name, reason=error.strerror or str(error))


@contextmanager
def _seekable(source: ImportSource, form: Form) -> Iterator[ImportSource]:
    if form is Form.SQLITE:
        with on_disk(source) as file:
            yield file
    else:
        yield source


def _unknown(source: ImportSource) -> UsageError:
    words = likeness(source)
    hints = ("Unpack it first.",) if "packed" in words else _hints()
    return UsageError(f"{source.name}: looks like {words}, which is not known", *hints)


def _hints() -> tuple[str, ...]:
    return (f"Known, with --from: {', '.join(IMPORTERS)}.",)
