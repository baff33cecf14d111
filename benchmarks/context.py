"""What measuring the next prompt of a long session takes, and how much of the session it reads.

    python benchmarks/context.py [MESSAGES]     default: 10000

Every other message is an answer with the tokens that a provider told. Prints the table "Long
conversations" of docs/benchmarks.md.
"""

from __future__ import annotations

import command_line  # noqa: F401 - ends a benchmark in a line where something is missing

# isort: split
import measure as _installation  # noqa: F401 - finds the builders of the tests

# isort: split
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from contract.builders import a_prompt, a_session, an_answer

from synapse.app.context.measuring import Asked, measure
from synapse.app.context.tail import next_prompt
from synapse.app.selection import select
from synapse.domain import Status, Summary, Usage
from synapse.ids import new_id
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.domain import Session
    from synapse.ports import SessionStore

KEPT = 100
"""Messages that no summary stands for."""
RUNS = 15
TEXT = "It is that, and nothing else, whatever you may think of it. " * 8
GPT = Asked(provider="openai", model="gpt-6-luna")
CLAUDE = Asked(provider="anthropic", model="claude-opus-4-8", is_sessions=False)


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"sqlite:{folder}/sessions.db") as store,
    ):
        session = a_session(provider=GPT.provider, model=GPT.model)
        write(store, session, messages)
        summary = store.get_summary(session.id)
        assert summary is not None
        row("each answer counted", lambda: next_prompt(store, summary, GPT))
        row("after a change of model", lambda: next_prompt(store, summary, CLAUDE))
        history = store.get_messages(session.id)
        row("all of it, message by message", lambda: measure(history, select(history, "x"), GPT))
        summarize(store, session, messages)
        row(f"just summarized, {KEPT} kept", lambda: next_prompt(store, summary, GPT))


def write(store: SessionStore, session: Session, messages: int) -> None:
    """Store a session of so many messages."""
    store.create_session(session)
    sent = 0
    for _ in range(messages // 2):
        sent += 120
        store.add_message(a_prompt(session, TEXT))
        usage = Usage(input_tokens=sent, output_tokens=100)
        answer = an_answer(session, TEXT, status=Status.COMPLETE, usage=usage)
        store.add_message(answer.replace(provider=GPT.provider, model=GPT.model))
        sent += 100


def summarize(store: SessionStore, session: Session, messages: int) -> None:
    """Let notes stand for all messages but the newest."""
    made = Summary(
        id=new_id(),
        session_id=session.id,
        last_index=messages - KEPT,
        messages=messages - KEPT,
        content="Facts:\n[#1] It is that.",
        created_at=session.created_at,
        prompt_version=1,
        session_length=messages,
    )
    assert store.add_summary(made)


def row(label: str, work: Callable[[], object]) -> None:
    """Print the median time of some runs."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    print(f"| {label} | {statistics.median(times) * 1000:.1f} ms |", flush=True)


if __name__ == "__main__":
    main()
