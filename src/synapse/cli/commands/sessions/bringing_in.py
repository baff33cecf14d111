"""What an import reads of one path, on its way into the store."""

from __future__ import annotations

import os

from synapse.app.importing import import_all, with_name
from synapse.archived import Unreadable
from synapse.cli.showing.progress import ProgressBar
from synapse.formats import importer
from synapse.formats.reading.detection import found_in
from synapse.formats.reading.sources import STANDARD_INPUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.app.importing import Tally
    from synapse.archived import ArchivedSession, Remark
    from synapse.cli.context import Context
    from synapse.ports import ImportSource


def bring_in(context: Context, path: str, program: str, tally: Tally, *, dry_run: bool) -> None:
    """Import one path; what came of it is added to the tally."""
    with ProgressBar(context, "Importing", 0) as bar:
        reading = _Reading(context, path, program)

        def show(tally: Tally) -> None:
            where = reading.progress()
            if where is not None:
                bar.update(*where)
            else:
                bar.update(tally.sessions + tally.failed, 0, of="sessions")

        import_all(context.store, reading.sessions(), tally, dry_run=dry_run, after_each=show)


class _Reading:
    """The files of one path, one after the other."""

    def __init__(self, context: Context, path: str, program: str) -> None:
        self._stdin = os.fdopen(context.streams.stdin, "rb", closefd=False)
        self._path = path if path == STANDARD_INPUT else os.path.expanduser(path)
        self._program = program
        self._source: ImportSource | None = None

    def sessions(self) -> Iterator[ArchivedSession | Unreadable | Remark]:
        for found in found_in(self._path, self._stdin, self._program):
            if isinstance(found, Unreadable):
                yield found
                continue
            self._source = found.source
            yield from with_name(found.source.name, importer(found.program).read(found.source))

    def progress(self) -> tuple[int, int] | None:
        """Of the file that is being read."""
        return None if self._source is None else self._source.progress()
