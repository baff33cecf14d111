"""`synapse db check`: is everything in the database as it should be?"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--repair", action="store_true", help="derive anew whatever can be derived")


def run(args: Namespace, context: Context) -> int:
    """Print what is wrong; 1 if something is, and was not repaired."""
    maintenance = context.maintenance
    findings = maintenance.repair() if args.repair else maintenance.check()
    for finding in findings:
        context.stdout.show(f"{finding.subject}: {finding.text}\n")
    if not findings:
        context.say(f"Nothing is wrong with {maintenance.location}.")
        return 0
    if args.repair:
        context.say("Repaired. Nothing was lost.")
        return 0
    if all(finding.repairable for finding in findings):
        context.say("No text is affected. Mend it:  synapse db check --repair")
    else:
        context.say("Restore a backup:         synapse db restore FILE")
        context.say("Or save what can be read: synapse db recover --into NEW")
    return 1
