"""`synapse sessions import --scan`: what other programs keep on this machine, and what of it would
come.
"""

from __future__ import annotations

from synapse.advice import Advice
from synapse.app.importing import Tally
from synapse.cli.commands.sessions.bringing_in import bring_in
from synapse.cli.listing.tables import count
from synapse.errors import SynapseError
from synapse.formats import IMPORTERS
from synapse.light.modules import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from synapse.cli.context import Context


def scan(args: Namespace, context: Context) -> int:
    """Say what is there; 1 if there is nothing. Changes nothing."""
    found = []
    for program, path in _places(args.program):
        tally = Tally()
        try:
            bring_in(context, str(path), program, tally, dry_run=True)
        except SynapseError as error:
            tally.fail(error.message)
        if not tally.sessions and not tally.failed:
            continue
        found.append({
            "program": program, "path": str(path), "sessions": tally.sessions,
            "new": len(tally.new_ids), "messages": tally.messages, "failed": tally.failed,
            "failures": tally.failures,
        })  # fmt: skip
        _tell(context, program, str(path), tally)
    context.record(dry_run=True, found=found)
    if not found:
        context.say("Nothing was found of any program whose place is known.")
    return 0 if found else 1


def _places(program: str) -> Iterator[tuple[str, Path]]:
    for name, entry in IMPORTERS.items():
        if entry.places and program in ("auto", name):
            module, _, function = entry.places.partition(":")
            places: Callable[[], Iterable[Path]] = getattr(import_module(module), function)
            yield from ((name, path) for path in places())


def _tell(context: Context, program: str, path: str, tally: Tally) -> None:
    new = f", {len(tally.new_ids):,} of them new" if len(tally.new_ids) != tally.sessions else ""
    failed = f", {tally.failed:,} that can't be read" if tally.failed else ""
    context.say(f"{IMPORTERS[program].summary}: {count(tally.sessions, 'session')}{new}{failed}")
    context.hint("", Advice("  ", "sessions import", path))
