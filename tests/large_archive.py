"""A database of many messages in many languages, written by SQL in a few seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import apsw

from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEWEST = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""When the last message was said; each before it a minute earlier."""
PER_SESSION = 20
TEXTS = (
    "The disk of server {n} is full: no space left on device",
    "docker volumes keep what containers lose, said number {n}",
    "Regex for ISO dates: ^\\d{{4}}-\\d{{2}}-\\d{{2}}$ number {n}",
    "東京旅行の計画を立ててください {n}",
    "한국어 학교에서 설정을 바꾸는 방법 {n}",
    "Die große Straße in Köln führt über die Brücke {n}",
    "Где находится файл конфигурации? {n}",
    "Τι είναι η μονάδα; ΣΊΣΥΦΟΣ {n}",
    "ภาษาไทยไม่มีช่องว่างระหว่างคำ {n}",
    "می‌خواهم فارسی یاد بگیرم {n}",
)
"""What is said in turn; `{n}` is the message's number, from 0."""
RARE = "The needle that was said once, long ago"
"""Instead of the first message of all."""


def write_large_archive(path: Path, messages: int) -> None:
    """Make a database with so many messages; none of them is indexed."""
    open_store(f"sqlite:{path}").close()
    database = apsw.Connection(str(path))
    database.pragma("synchronous", "OFF")
    with database:
        database.executemany(
            "INSERT INTO sessions (id, name, name_key, provider, model, created_at, updated_at)"
            " VALUES (?, ?, ?, 'openai', 'gpt-5-mini', ?, ?)",
            _sessions(messages),
        )
        database.executemany(
            "INSERT INTO messages (id, session_id, role, content, timestamp, seq, model)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            _messages(messages),
        )
    database.close()


def _session_id(number: int) -> str:
    scattered = number * 2654435761 % 2**32
    return f"01900000-{number % 65536:04x}-7000-8000-{number // 65536:04x}{scattered:08x}"


def _time(number: int, messages: int) -> str:
    return (NEWEST - timedelta(minutes=messages - 1 - number)).isoformat(timespec="microseconds")


def _sessions(messages: int) -> Iterator[tuple[object, ...]]:
    for number in range((messages + PER_SESSION - 1) // PER_SESSION):
        last = min(messages, (number + 1) * PER_SESSION) - 1
        name = f"name-{number}" if number % 50 == 0 else None
        moment = _time(last, messages)
        yield _session_id(number), name, name, moment, moment


def _messages(messages: int) -> Iterator[tuple[object, ...]]:
    for number in range(messages):
        answer = number % 2
        text = TEXTS[number % len(TEXTS)].format(n=number) if number else RARE
        yield (
            f"01900001-{number % 65536:04x}-7001-8000-{number:012x}",
            _session_id(number // PER_SESSION),
            "assistant" if answer else "user",
            text,
            _time(number, messages),
            number % PER_SESSION + 1,
            "gpt-5-mini" if answer else None,
        )
