"""`synapse sessions import`: conversations of other machines and of other programs."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.app.importing import MOST_TOLD, Tally
from synapse.cli.commands.sessions.bringing_in import bring_in
from synapse.cli.commands.sessions.scanning import scan
from synapse.cli.listing.finding import catch_up
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.tables import count
from synapse.errors import ImportFailed, UsageError
from synapse.formats.reading.detection import AUTO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context

EXAMPLES = """\
examples (which programs, and where they keep their data: docs/import.md):
  synapse sessions import --scan
  synapse sessions import chatgpt-export.zip
  synapse sessions import -n ~/.config/io.datasette.llm/logs.db
"""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="files, zips, folders; -: standard input")
    add("--from", dest="program", default=AUTO, metavar="PROGRAM", help="whose they are (auto)")
    add("--scan", action="store_true", help="look for what other programs keep on this machine")
    add("-n", "--dry-run", action="store_true", help="only say what would come")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Bring the sessions in; 8 if some failed, 1 if there was nothing."""
    if args.scan:
        return scan(args, context)
    if not args.paths:
        raise UsageError(
            "which files should be imported?",
            Advice("Look for some:  ", "sessions import", scan=True),
        )
    tally = Tally()
    stopped = True
    try:
        for path in args.paths:
            bring_in(context, path, args.program, tally, dry_run=args.dry_run)
        stopped = False
    finally:
        _tell(args, context, tally, stopped=stopped)
    if tally.new_ids and not args.dry_run:
        catch_up(context)
    if tally.failed:
        return ImportFailed.exit_status
    return 0 if tally.sessions else 1


def _tell(args: Namespace, context: Context, tally: Tally, *, stopped: bool) -> None:
    context.record(
        dry_run=args.dry_run,
        ids=tally.new_ids,
        imported=len(tally.new_ids),
        updated=tally.updated,
        unchanged=tally.unchanged,
        messages=tally.messages,
        failed=tally.failed,
        failures=tally.failures,
    )
    for remark in tally.remarks[:MOST_TOLD]:
        context.warn(f"{remark}.")
    for failure in tally.failures:
        context.say(f"failed: {failure}")
    if tally.failed > len(tally.failures):
        context.say(f"… and {tally.failed - len(tally.failures):,} more")
    if not context.quiet and (tally.sessions or tally.failed or not stopped):
        context.say(f"{_summary(args, tally)}.")
        if tally.new_ids and not args.dry_run:
            context.say("No clean-up touches what was imported until you use it.")
        if stopped:
            context.say("Stopped. Run the same command again to go on.")
    if not context.stdout.is_terminal and not context.as_json and not args.dry_run:
        context.stdout.write("".join(f"{id}\n" for id in tally.new_ids))


def _summary(args: Namespace, tally: Tally) -> str:
    new = f"{len(tally.new_ids):,} imported"
    if args.dry_run:
        new = f"{len(tally.new_ids):,} would be imported"
    parts = [new]
    if tally.updated:
        parts.append(f"{tally.updated:,} updated")
    if tally.unchanged:
        parts.append(f"{tally.unchanged:,} already here")
    if tally.failed:
        parts.append(f"{tally.failed:,} failed")
    return f"{', '.join(parts)} ({count(tally.messages, 'message')})"
