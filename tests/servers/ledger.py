"""What a store on a server owes to those who used it, and whether it has it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from torture.talk import answer

from synapse.domain import Role, Status

if TYPE_CHECKING:
    from torture.processes import Child

    from synapse.ports import SessionStore


class Ledger:
    """Turns that were acknowledged, by session in their order, and those of unknown fate."""

    def __init__(self) -> None:
        self.done: dict[str, list[str]] = {}
        self.spilled: dict[str, list[str]] = {}
        self.refused: list[tuple[str, str, str, str]] = []
        """Session, prompt, name of the error, message."""

    def enter(self, child: Child) -> None:
        """Put down what a child told."""
        for name, _, *details in child.events:
            if name == "done":
                self.done.setdefault(details[0], []).append(details[1])
            elif name == "spilled":
                self.spilled.setdefault(details[0], []).append(details[1])
            elif name == "refused":
                self.refused.append(tuple(details))

    @property
    def turns(self) -> int:
        """How many were acknowledged."""
        return sum(map(len, self.done.values()))

    def check(self, store: SessionStore) -> None:
        """Every acknowledged turn is there, once, in its order, and no index is missing. Answers
        that were kept in a file have been brought in.
        """
        for session in {*self.done, *self.spilled}:
            messages = store.get_messages(session)
            assert [m.index for m in messages] == list(range(1, len(messages) + 1))
            prompts = [m.content for m in messages if m.role is Role.USER]
            assert len(prompts) == len(set(prompts)), "a prompt is there twice"
            owed = [*self.done.get(session, []), *self.spilled.get(session, [])]
            assert [text for text in prompts if text in owed] == owed
            after = dict(itertools.pairwise(messages))
            for question in (m for m in messages if m.content in owed and m.role is Role.USER):
                found = after[question]
                assert (found.role, found.content) == (Role.ASSISTANT, answer(question.content))
                assert found.status is Status.COMPLETE
