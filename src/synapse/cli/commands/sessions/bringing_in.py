"""What an import reads of one path, on its way into the store."""

from __future__ import annotations

import os

from synapse.app.importing import import_all, with_name
from synapse.archived import Unreadable
from synapse.cli.showing.progress import ProgressBar
from synapse.formats import importer
from synapse.formats.reading.detection import found_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.app.importing import Tally
    from synapse.archived import ArchivedSession, Remark
    from synapse.cli.context import Context


def bring_in(context: Context, path: str, program: str, tally: Tally, *, dry_run: bool) -> None:
    """Import one path; what came of it is added to the tally."""
    with ProgressBar(context, "Importing", 0, of="sessions") as bar:
        import_all(
            context.store,
            _read(context, path, program),
            tally,
            dry_run=dry_run,
            after_each=lambda tally: bar.update(tally.sessions + tally.failed),
        )


def _read(
    context: Context, path: str, program: str
) -> Iterator[ArchivedSession | Unreadable | Remark]:
    stdin = os.fdopen(context.streams.stdin, "rb", closefd=False)
    expanded = path if path == "-" else os.path.expanduser(path)
    for found in found_in(expanded, stdin, program):
        if isinstance(found, Unreadable):
            yield found
        else:
            yield from with_name(found.source.name, importer(found.program).read(found.source))
