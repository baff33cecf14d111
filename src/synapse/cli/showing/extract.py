"""`--extract`: of an answer, only a fenced code block."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.listing.tables import count
from synapse.cli.showing.answers import Presenter
from synapse.domain import Status
from synapse.errors import SynapseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import Session, StoredMessage

FIRST, LAST = "code", "last-code"
"""The formats that mean the first and the last block."""


def nth(number: int) -> str:
    """The format that means the block with this number, from 1."""
    return f"{number}.code"


class NoCodeBlock(SynapseError):
    """The answer is complete, but there is nothing to extract."""

    exit_status = 1


class Extract(Presenter):
    """Nothing until the answer is complete, then the code. A block of an answer that was cut off
    is not printed: it may be half of a program.
    """

    def __init__(self, context: Context, session: Session | None, label: str, which: str) -> None:
        super().__init__(context, session, label)
        self._which = which

    def waiting_is_over(self) -> None:
        """Not before the end."""

    def finish(self, answer: StoredMessage) -> None:
        self.stop_waiting()
        if answer.status is not Status.COMPLETE:
            return
        blocks = code_blocks(answer.content)
        block = _chosen(blocks, self._which)
        if block is None:
            saved = (
                Advice("The answer is saved:  ", "sessions show", self.session.handle)
                if self.session is not None
                else "Nothing was saved (--no-save)."
            )
            error = NoCodeBlock(_missing(len(blocks), self._which), saved)
            error.answer = answer
            raise error
        self.context.stdout.show_exactly(block)


def _chosen(blocks: list[str], which: str) -> str | None:
    place = len(blocks) - 1 if which == LAST else 0 if which == FIRST else _number(which) - 1
    return blocks[place] if 0 <= place < len(blocks) else None


def _number(which: str) -> int:
    return int(which.partition(".")[0])


def _missing(blocks: int, which: str) -> str:
    if not blocks:
        return "the answer has no code block"
    return f"the answer has {count(blocks, 'code block')}; there is no number {_number(which):,}"


def code_blocks(text: str) -> list[str]:
    """The contents of the fenced code blocks of a Markdown text, also those in lists and quotes."""
    from markdown_it import MarkdownIt  # heavy

    tokens = MarkdownIt("commonmark").parse(text)
    return [token.content for token in tokens if token.type == "fence"]
