"""`synapse config import-roles [PATH…]`: roles, templates and patterns of other programs."""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.tables import count, tsv_row
from synapse.config.roles.taking_in import KEPT, REFUSED, REPLACED, SAME, WRITTEN, Taken, take_in
from synapse.errors import ConfigError, PartlyDone, UsageError
from synapse.formats.roles import PROGRAMS, places, roles_at
from synapse.paths import expand, home
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.formats.roles import ForeignRole

EXAMPLES = """examples:
  synapse config import-roles -n
  synapse config import-roles --from aichat
  synapse config import-roles ~/.config/fabric/patterns/summarize
"""
_WORDS = {
    WRITTEN: "taken in",
    REPLACED: "replaced",
    SAME: "is there already",
    KEPT: "is there already, and different: --force replaces it",
    REFUSED: "can't be taken in",
}


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="files or folders; without, where they are kept")
    add("--from", dest="program", choices=tuple(PROGRAMS), help="only what this program has")
    add("-n", "--dry-run", action="store_true", help="write nothing, say what would come")
    add("--force", action="store_true", help="replace roles that are there already")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Take in what is found, and say of each role what became of it."""
    paths = [expand(path, context.environ) for path in args.paths]
    paths = paths or places(args.program, context.environ, home(context.environ))
    found = [role for path in paths for role in _roles(path, args.program)]
    taken = [_taken(role, args, context) for role in _each_once(found)]
    context.record(dry_run=args.dry_run, roles=[_object(each) for each in taken])
    if not context.as_json:
        for each in taken:
            _tell(each, context)
    if not taken:
        where = ", ".join(paths) or f"the folders of {args.program or ', '.join(PROGRAMS)}"
        context.say(f"No roles are in {where}.")
        return 1
    new = sum(each.outcome in (WRITTEN, REPLACED) for each in taken)
    would = "would be " if args.dry_run else ""
    use = Advice("See them:  ", "roles") if new and not args.dry_run else None
    many = f"{count(new, 'role')} {would}taken in, {len(taken) - new:,} not."
    context.say(many, *([use] if use else []))
    refused = [each for each in taken if each.outcome == REFUSED]
    if refused:
        raise PartlyDone(f"{count(len(refused), 'role')} can't be taken in")
    return 0


def _roles(path: str, program: str | None) -> list[ForeignRole]:
    if not os.path.exists(path):
        raise UsageError(f"{path} is not there")
    try:
        return [*roles_at(path, program)]
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error


def _each_once(found: list[ForeignRole]) -> list[ForeignRole]:
    """Without what two ways lead to."""
    known: dict[tuple[str, str], ForeignRole] = {}
    for role in found:
        known.setdefault((os.path.realpath(role.source), role.name), role)
    return [*known.values()]


def _taken(role: ForeignRole, args: Namespace, context: Context) -> Taken:
    try:
        return take_in(role, context.settings, force=args.force, dry_run=args.dry_run)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"the role {role.name} can't be written: {reason}") from error


def _tell(taken: Taken, context: Context) -> None:
    if not context.stdout.is_terminal:
        context.stdout.write(tsv_row((taken.name, taken.program, taken.outcome, taken.path)))
    else:
        line = f"{taken.name} ({taken.program}): {_WORDS[taken.outcome]}"
        context.stdout.write(context.wrapped(clean_line(line), context.stdout) + "\n")
    for note in taken.notes:
        context.say(f"  {clean_line(taken.name)}: {clean_line(note)}")


def _object(taken: Taken) -> dict[str, object]:
    return {
        "name": taken.name,
        "from": taken.program,
        "source": taken.source,
        "path": taken.path or None,
        "outcome": taken.outcome,
        "notes": [*taken.notes],
    }
