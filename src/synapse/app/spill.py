"""Answers that the store could not take: kept in files until it can.

A spill file is one JSON object, readable by its owner alone. It goes into the caller's folder, or,
since that may be on the very disk that is full, into the user's own folder among the temporary
files. `recover` brings it in at the next start that finds the store working.
"""

from __future__ import annotations

import json
import os
import stat

from synapse import paths, private_files, timestamps
from synapse.domain import Role, Status, StoredMessage, Usage, plausible_count
from synapse.errors import AnswerSpilled, InvalidDataError, NotFoundError, StorageError
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from synapse.ports import SessionStore

_FORMAT = "synapse-spill"
_VERSION = 1
_PREFIX = "answer-"
_LARGEST = 1 << 30
"""Bytes of a file that is looked into: an answer within its limit needs fewer."""


def spill_answer(
    answer: StoredMessage, location: str, folder: str | None, cause: BaseException
) -> AnswerSpilled:
    """Write an answer that could not be stored into a file in `folder`, or in the temporary folder.
    Returns the error to raise, which names the file. `location` is the store that the answer
    belongs to, `cause` is why the store does not have it.
    """
    reason, fate = (
        f"the answer could not be saved: {_cause_text(cause)}",
        "; the next start brings it in",
    )
    if isinstance(cause, NotFoundError):
        reason = (
            "the answer could not be saved: its session was purged, or the database restored,"
            " while it was being answered"
        )
        fate = ""
    for candidate in _folders(folder):
        path = _write(answer, location, candidate)
        if path:
            hints = getattr(cause, "hints", ())
            return AnswerSpilled(reason, f"  It is kept in {path}{fate}.", *hints, path=path)
    return AnswerSpilled(
        reason, "  Copy it from the screen: no file could be written either.", path=None
    )


def _cause_text(cause: BaseException) -> str:
    if isinstance(cause, StorageError):
        return cause.message
    return f"{type(cause).__name__}, a bug in synapse"


def recover(
    store: SessionStore,
    folder: str | None,
    left: Callable[[str, str], object] = lambda path, reason: None,
) -> int:
    """Store the answers in `folder` and in the temporary folder that belong to this store. Returns
    how many.

    If several processes do so at once, each file is stored by one of them. A file that is not a
    valid answer, or whose session no longer exists, stays; `left` is called with its path and the
    reason. Raises StorageError if the store still can't be written; then the file stays, too.
    """
    recovered = 0
    for path in _files(folder):
        try:
            with _Claimed(path) as file:
                answer = file.answer(store.location)
                if answer is None:
                    continue
                _bring_in(store, answer)
                os.unlink(path)
                recovered += 1
        except _Taken:
            pass
        except _Unusable as unusable:
            left(path, str(unusable))
    return recovered


def _bring_in(store: SessionStore, answer: StoredMessage) -> None:
    """Raises _Unusable, or StorageError where another time may do."""
    try:
        try:
            store.finish_turn(answer)
        except NotFoundError:  # a backup without it was restored meanwhile
            store.add_message(answer)
    except NotFoundError:
        raise _Unusable("its session is no longer there") from None
    except InvalidDataError as error:
        raise _Unusable(error.message) from error
    except StorageError:
        raise
    except Exception as error:  # one bad file must not keep every command from working
        raise _Unusable(f"the store can't take it ({type(error).__name__})") from error


class _Taken(Exception):
    """Another process has the file, or has brought it in already."""


class _Unusable(Exception):
    """The file is none of which an answer can be made; the text says why."""


class _Claimed:
    """A spill file that is this process's own for the length of a block."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> _Claimed:
        # neither a FIFO that nobody writes to nor a link to elsewhere must be followed
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._descriptor = os.open(self._path, flags)
        except FileNotFoundError:
            raise _Taken from None
        except OSError as error:
            link = os.path.islink(self._path)
            raise _Unusable("it is a link" if link else f"{error.strerror}") from None
        try:
            self._claim()
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._descriptor)

    def _claim(self) -> None:
        from fcntl import LOCK_EX, LOCK_NB, flock  # few runs take a lock

        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _Unusable("it is no file")
        if found.st_size > _LARGEST:
            raise _Unusable(f"it is larger than {_LARGEST >> 20:,} MB")
        try:
            flock(self._descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise _Taken from None
        if os.fstat(self._descriptor).st_nlink == 0:
            raise _Taken

    def answer(self, location: str) -> StoredMessage | None:
        """The answer, if it belongs to the store at `location`. Raises _Unusable."""
        try:
            with open(self._descriptor, "rb", closefd=False) as file:
                start = file.read(64).lstrip()
                if start[:1] != b"{":
                    raise _Unusable("it holds no JSON object")
                spill = json.loads(start + file.read())
        except OSError as error:
            raise _Unusable(f"{error.strerror}") from None
        except (ValueError, RecursionError, MemoryError):
            raise _Unusable("it holds no JSON object") from None
        if not isinstance(spill, dict) or spill.get("format") != _FORMAT:
            raise _Unusable("it holds no answer")
        elsewhere = spill.get("location")
        if isinstance(elsewhere, str) and elsewhere != location:
            return None
        if spill.get("version") != _VERSION:
            raise _Unusable("it is of another version of synapse")
        if elsewhere != location or spill.keys() != {"format", "version", "location", "answer"}:
            raise _Unusable("it is not as this version of synapse writes it")
        return _answer(spill["answer"])


def _folders(folder: str | None) -> tuple[str, ...]:
    temporary = paths.temporary_dir(os.environ)
    return (folder, temporary) if folder else (temporary,)


def _files(folder: str | None) -> Iterator[str]:
    for candidate in _folders(folder):
        try:
            names = [] if _is_foreign(candidate) else os.listdir(candidate)
        except OSError:
            continue
        for name in sorted(names):
            if name.startswith(_PREFIX):
                yield os.path.join(candidate, name)


def _is_foreign(folder: str) -> bool:
    """Whether it is the temporary folder, but somebody else made it: /tmp is everybody's."""
    if folder != paths.temporary_dir(os.environ) or not hasattr(os, "getuid"):
        return False
    found = os.lstat(folder)
    return not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid()


def _write(answer: StoredMessage, location: str, folder: str) -> str | None:
    """The path of the file, which is there whole or not at all; None if it can't be written."""
    path = os.path.join(folder, f"{_PREFIX}{answer.id}.json")
    text = json.dumps(
        {"format": _FORMAT, "version": _VERSION, "location": location, "answer": _values(answer)},
        ensure_ascii=True,
    )
    try:
        private_files.make_folder(folder)
        if _is_foreign(folder):
            return None
        private_files.write(path, text.encode())
    except OSError:
        return None
    return path


def _values(answer: StoredMessage) -> dict[str, Any]:
    values = {name: value for name, value in answer.__dict__.items() if name in _SHAPES}
    return {
        **values,  # an answer has no attachments, and whether it was refused its error says
        "timestamp": timestamps.to_text(answer.timestamp),
        "usage": answer.usage.__dict__,
    }


class _Shape(Record):
    """Which types a field may have in the file, and how it becomes the domain's."""

    types: tuple[type, ...]
    made: Callable[[Any], Any] = lambda value: value


def _end(text: str) -> Status:
    """A status that a closed answer can have."""
    status = Status(text)
    if status is Status.STREAMING:
        raise ValueError
    return status


def _moment(text: str) -> Any:
    return timestamps.from_text(text)


def _usage(values: dict[str, Any]) -> Usage:
    """What an older version wrote has the first two fields only."""
    if not {"input_tokens", "output_tokens"} <= values.keys() <= _USAGE_FIELDS:
        raise ValueError
    source = values.pop("cost_source", None)
    if source is not None and type(source) is not str:
        raise ValueError
    counts: dict[str, Any] = {name: _number(value) for name, value in values.items()}
    return Usage(**counts, cost_source=source)


def _number(value: object) -> int | None:
    if value is not None and plausible_count(value) is None:
        raise ValueError
    return plausible_count(value)


_USAGE_FIELDS = frozenset(Usage._fields)
_TEXT, _OPTIONAL = (str,), (str, type(None))
_SHAPES = {
    "id": _Shape(types=_TEXT),
    "session_id": _Shape(types=_TEXT),
    "role": _Shape(types=_TEXT, made=Role),
    "content": _Shape(types=_TEXT),
    "timestamp": _Shape(types=_TEXT, made=_moment),
    "index": _Shape(types=(int,), made=_number),
    "status": _Shape(types=_TEXT, made=_end),
    "reasoning": _Shape(types=_TEXT),
    "finish_reason": _Shape(types=_OPTIONAL),
    "error": _Shape(types=_OPTIONAL),
    "provider": _Shape(types=_OPTIONAL),
    "model": _Shape(types=_OPTIONAL),
    "usage": _Shape(types=(dict,), made=_usage),
    "elapsed_ms": _Shape(types=(int, type(None)), made=_number),
    "superseded": _Shape(types=(bool,)),
}


def _answer(values: object) -> StoredMessage:
    """The answer as the domain has it. Raises _Unusable for anything but what `_values` made."""
    if not isinstance(values, dict) or values.keys() != _SHAPES.keys():
        raise _Unusable("it is not as this version of synapse writes it")
    made = {}
    for name, shape in _SHAPES.items():
        try:
            if type(values[name]) not in shape.types:
                raise ValueError
            made[name] = shape.made(values[name])
        except (ValueError, OverflowError):
            raise _Unusable(f"its {name} is none") from None
    return StoredMessage(**made)
