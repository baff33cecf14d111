"""The sessions that an error names: those that a REF may have meant."""

from __future__ import annotations

from synapse.cli.listing.tables import table
from synapse.human_time import relative
from synapse.terminal.cells import clip
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.domain import SessionSummary
    from synapse.errors import SynapseError


def candidate_lines(error: SynapseError) -> list[str]:
    """A line for each session that the error proposes."""
    return session_lines(getattr(error, "candidates", ()))


def session_lines(sessions: Sequence[SessionSummary], ellipsis: str = "…") -> list[str]:
    """A line for each session: handle, name, title or first words, last use."""
    if not sessions:
        return []
    return table(
        [
            (
                clean_line(summary.session.handle),
                clip(clean_line(summary.session.name or "-"), 20, ellipsis),
                clip(clean_line(summary.headline), 28, ellipsis),
                relative(summary.session.updated_at),
            )
            for summary in sessions
        ]
    )
