"""The root of the tree in `synapse.errors`, from where it is imported."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.advice import Hint


class SynapseError(Exception):
    """A fault that was foreseen: what happened, to what, and what to do next.

    `hints` are the lines below the message: what is to be known, as text, and what can be done
    next, as Advice.
    """

    exit_status = 70
    answer: object = None
    """Of an error that ended a turn: the StoredMessage with what had arrived."""

    def __init__(self, message: str, *hints: Hint) -> None:
        super().__init__(message)
        self.message = message
        self.hints: tuple[Hint, ...] = hints

    @classmethod
    def code(cls) -> str:
        """The class's name for machines, as stored with a failed answer: `rate_limited`."""
        name = cls.__name__.removesuffix("Error")
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
