"""`synapse sessions tags`: the words that sessions are filed under, and how many have each."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.listing.json_output import SCHEMA, write_json
from synapse.cli.listing.tables import listing, tsv_row
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("--deleted", action="store_true", help="of what is in the trash")
    add("--json", action="store_true", help="one JSON object")


def run(args: Namespace, context: Context) -> int:
    """List the tags by name."""
    found = context.store.tags(deleted=args.deleted)
    if args.json:
        rows = [{"tag": tag, "sessions": sessions} for tag, sessions in found]
        write_json(context, {"schema": SCHEMA, "tags": rows})
    elif not context.stdout.is_terminal:
        context.stdout.write("".join(tsv_row((tag, str(sessions))) for tag, sessions in found))
    elif found:
        heads = ("TAG", "SESSIONS")
        cells = [(clean_line(tag), f"{sessions:,}") for tag, sessions in found]
        context.stdout.write("".join(f"{line}\n" for line in listing(context, [heads, *cells])))
    if not found and not context.quiet:
        give = Advice("Give it one:  ", "sessions tag", "REF", "WORD")
        context.say("No session has a tag.", give)
    return 0
