"""Conversations of gptme: a folder each below `logs`, with copies for its branches."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

from synapse.archived import Unreadable
from synapse.domain import Role, Status, Usage, plausible_count
from synapse.errors import ImportFailed
from synapse.formats._answers import split_thoughts
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, others, text
from synapse.formats._providers import provider_name, provider_of_model
from synapse.formats.agents._drafts import Draft
from synapse.formats.reading.records import json_lines
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.ports import ImportSource

PROGRAM = "gptme"
_MAIN = "conversation.jsonl"
_ROLES = frozenset(("system", "user", "assistant"))
_TAKEN = frozenset(("role", "content", "timestamp"))
_INTERRUPTED = "^C Interrupted"
_DATED = re.compile(r"^\d{4}-\d\d-\d\d-")
_LARGEST_CONFIG = 100_000


def places() -> list[Path]:
    """The folder in which gptme keeps conversations on this machine."""
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    path = Path(os.environ.get("GPTME_LOGS_HOME") or home / "gptme" / "logs")
    return [path] if path.is_dir() else []


class GptmeImporter:
    """Reads the log of a conversation, and its branches."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether its lines are those of a log. Copies beside one are none: branches come with it,
        and views are shortened.
        """
        try:
            shape = shape_of(source)
        except OSError:
            return False
        folder, name = _place(source)
        if folder in ("branches", "views") or not name.endswith(".jsonl"):
            return False
        is_log = name == _MAIN
        if shape.form is not Form.LINES and not (is_log and shape.form is Form.OBJECT):
            return False
        lines = [value for value in shape.values if isinstance(value, dict)]
        return any(_is_message(line, is_log) for line in lines[:5])

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """The conversation and its branches."""
        folder, name = _place(source)
        id = folder if name == _MAIN and folder else name.removesuffix(".jsonl")
        title = _name_in_config(source) or _DATED.sub("", id)
        main = yield from _read(source, id, title)
        if len(main):
            yield main.finished()
        for beside in sorted(source.neighbours()) if name == _MAIN else ():
            if beside.startswith("branches/") and beside.endswith(".jsonl"):
                file = source.neighbour(beside)
                branch = beside.removeprefix("branches/").removesuffix(".jsonl")
                if file is None or branch == "main":
                    continue
                try:
                    session = yield from _read(file, f"{id}#{branch}", title)
                except ImportFailed as error:
                    yield Unreadable(place=beside, reason=error.message)
                    continue
                if len(session) and len(main):
                    session.fork_of_same(main)
                if len(session):
                    yield session.finished()


def _place(source: ImportSource) -> tuple[str, str]:
    """The name of the folder, and that of the file."""
    path = source.path.absolute().as_posix() if source.path is not None else source.name
    parts = path.replace("\\", "/").split("/")
    folder = parts[-2] if len(parts) > 1 else ""
    return folder.rpartition(": ")[2], parts[-1].rpartition(": ")[2]


def _is_message(line: dict[str, Any], is_log: bool) -> bool:
    return (
        text(line.get("role")) in _ROLES
        and isinstance(line.get("content"), str)
        and (is_log or "timestamp" in line)
        and not {"uuid", "sessionId", "messages", "type"} & line.keys()
    )


def _read(source: ImportSource, id: str, title: str) -> Generator[Unreadable, None, SessionBuilder]:
    drafts: list[Draft] = []
    instructions: list[Any] = []
    for entry in json_lines(source):
        line = entry.value
        if entry.error or not isinstance(line, dict):
            yield Unreadable(place=entry.place, reason=entry.error or "no object")
        elif text(line.get("role")) not in _ROLES or not isinstance(line.get("content"), str):
            yield Unreadable(place=entry.place, reason="no role and content of a message")
        else:
            _take(line, drafts, instructions)
    return _built(source, id, title, drafts, instructions)


def _take(line: dict[str, Any], drafts: list[Draft], instructions: list[Any]) -> None:
    role, words = line["role"], line["content"]
    has_begun = any(draft.role is Role.USER for draft in drafts)
    if role == "system" and not has_begun:
        instructions.append(words)
        return
    at = moment(line.get("timestamp"), is_local=True)
    kept = others(line, _TAKEN)
    if role == "user":
        drafts.append(Draft(Role.USER, words, at=at, extra=kept))
    elif role == "system":  # what a tool gave back
        drafts.append(Draft(Role.TOOL, words, at=at, extra=kept))
        answers = [draft for draft in drafts if draft.role is Role.ASSISTANT]
        if words.startswith(_INTERRUPTED) and answers:
            answers[-1].status = Status.INTERRUPTED
    else:
        drafts.append(_answer(line, words, at, kept))


def _answer(line: dict[str, Any], words: str, at: datetime | None, kept: dict[str, Any]) -> Draft:
    thought, said = split_thoughts(words)
    draft = Draft(Role.ASSISTANT, said, at=at, reasoning=thought, extra=kept)
    about = fields(line.get("metadata"))
    draft.provider, draft.model = _model(text(about.get("model")))
    usage = fields(about.get("usage")) or about
    sent = ("input_tokens", "cache_read_tokens", "cache_creation_tokens")
    counts = [found for name in sent if (found := plausible_count(usage.get(name))) is not None]
    draft.usage = Usage(
        input_tokens=sum(counts) if counts else None,
        output_tokens=plausible_count(usage.get("output_tokens")),
        cached_tokens=plausible_count(usage.get("cache_read_tokens")),
        cache_write_tokens=plausible_count(usage.get("cache_creation_tokens")),
    )
    if draft.content.rstrip().endswith(_INTERRUPTED):
        draft.status = Status.INTERRUPTED
    return draft


def _model(name: str) -> tuple[str | None, str | None]:
    """`anthropic/claude-x`, `openrouter/qwen/qwen3`: the provider, then what it calls the model."""
    provider, slash, model = name.partition("/")
    if slash and model:
        return provider_name(provider), model
    return provider_of_model(name), name or None


def _built(
    source: ImportSource, id: str, title: str, drafts: list[Draft], instructions: list[Any]
) -> SessionBuilder:
    times = [draft.at for draft in drafts if draft.at is not None]
    providers = [draft.provider for draft in drafts if draft.provider]
    session = SessionBuilder(
        PROGRAM,
        id,
        started=times[0] if times else None,
        fallback=source.modified_at,
        title=title,
        provider=providers[-1] if providers else None,
        extra={"instructions": instructions} if instructions else {},
    )
    for draft in drafts:
        draft.add_to(session)
    return session


def _name_in_config(source: ImportSource) -> str:
    config = source.neighbour("config.toml")
    if config is None:
        return ""
    try:
        with config.open() as file:
            content = file.read(_LARGEST_CONFIG).decode("utf-8", "replace")
        value = tomllib.loads(content)
    except (OSError, ValueError, RecursionError):
        return ""
    return text(fields(value.get("chat")).get("name")) or text(value.get("name"))
