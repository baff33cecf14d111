"""Answers that the store could not take: kept in files until it can.

A spill file is one JSON object, readable by its owner alone. It goes into the caller's folder, or,
since that may be on the very disk that is full, into the user's own folder among the temporary
files. `recover` brings it in at the next start that finds the store working.
"""

from __future__ import annotations

import json
import os
import stat

from synapse import paths, timestamps
from synapse.domain import Role, Status, StoredMessage, Usage
from synapse.errors import AnswerSpilled, NotFoundError, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.ports import SessionStore

_FORMAT = "synapse-spill"
_PREFIX = "answer-"


def spilled(
    answer: StoredMessage, location: str, folder: str | None, cause: StorageError
) -> AnswerSpilled:
    """Write `answer`, which belongs to the store at `location`, into a file of `folder`, or of
    the temporary folder; the error to raise, which names the file.
    """
    reason = f"the answer could not be saved: {cause.message}"
    for candidate in _folders(folder):
        path = _write(answer, location, candidate)
        if path:
            return AnswerSpilled(
                reason,
                f"  It is kept in {path}; the next start brings it in.",
                *cause.hints,
                path=path,
            )
    return AnswerSpilled(
        reason, "  Copy it from the screen: no file could be written either.", path=None
    )


def recover(store: SessionStore, folder: str | None) -> int:
    """Bring in the answers in `folder` and the temporary one that belong to this store; how many.

    An answer whose session has been purged meanwhile is dropped. Raises StorageError if the
    store still can't take one; its file stays.
    """
    recovered = 0
    for path in _files(folder):
        spill = _read(path)
        if spill is None or spill["location"] != store.location:
            continue
        try:
            store.finish_turn(_answer(spill["answer"]))
            recovered += 1
        except NotFoundError:
            pass
        os.unlink(path)
    return recovered


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
    path = os.path.join(folder, f"{_PREFIX}{answer.id}.json")
    text = json.dumps(
        {"format": _FORMAT, "version": 1, "location": location, "answer": _values(answer)},
        ensure_ascii=True,
    )
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if _is_foreign(folder):
            return None
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        _remove(path)
        return None
    return path


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _read(path: str) -> dict[str, Any] | None:
    """A spill file's contents; None for what is none."""
    try:
        with open(path, encoding="utf-8") as file:
            spill = json.load(file)
    except (OSError, ValueError):
        return None
    if not isinstance(spill, dict) or spill.get("format") != _FORMAT or spill.get("version") != 1:
        return None
    return spill


def _values(answer: StoredMessage) -> dict[str, Any]:
    values = {name: value for name, value in answer.__dict__.items() if name != "attachments"}
    return {
        **values,  # an answer has no attachments
        "timestamp": timestamps.to_text(answer.timestamp),
        "usage": answer.usage.__dict__,
    }


def _answer(values: dict[str, Any]) -> StoredMessage:
    return StoredMessage(
        **{
            **values,
            "role": Role(values["role"]),
            "status": Status(values["status"]),
            "timestamp": timestamps.from_text(values["timestamp"]),
            "usage": Usage(**values["usage"]),
        }
    )
