"""The sessions that an error names: those that a REF may have meant."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import SessionSummary
    from synapse.errors import SynapseError


def candidate_lines(error: SynapseError, context: Context) -> list[str]:
    """A line for each session that the error proposes: handle, name, first words, last use."""
    candidates: tuple[SessionSummary, ...] = getattr(error, "candidates", ())
    if not candidates:
        return []
    from synapse import ids
    from synapse.cli.moments import relative
    from synapse.cli.terminal.cells import clip, ljust, width
    from synapse.cli.terminal.safe import clean_line

    rows = [
        (
            ids.handle(summary.session.id),
            clip(clean_line(summary.session.name or "-"), 24),
            clip(clean_line(summary.preview), 32),
            relative(summary.session.updated_at),
        )
        for summary in candidates
    ]
    widths = [max(width(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join((*(ljust(cell, w) for cell, w in zip(row, widths, strict=False)), row[3]))
        for row in rows
    ]
