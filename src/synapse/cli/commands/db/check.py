"""`synapse db check`: is everything in the database as it should be?"""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.listing.json_result import add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from synapse.advice import Hint
    from synapse.cli.context import Context
    from synapse.ports import Finding


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--repair", action="store_true", help="recompute everything that can be recomputed"
    )
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Print what is wrong; 1 if something is, and was not repaired."""
    inspection = context.inspection
    findings = inspection.repair() if args.repair else inspection.check()
    _record(context, findings, ())
    if not context.as_json:
        for finding in findings:
            context.stdout.show(f"{finding.subject}: {finding.text}\n")
    if not findings:
        context.say(f"Nothing is wrong with {inspection.location}.")
        return 0
    if not args.repair and all(finding.hints for finding in findings):
        hints = dict.fromkeys(hint for finding in findings for hint in finding.hints)
        for hint in context.hint_lines(hints):
            context.say(hint)
        return 1
    if args.repair:
        return _tell_of_repair(findings, context)
    if all(finding.repairable for finding in findings):
        unharmed = "" if any(f.subject == "texts" or f.afterwards for f in findings) else _UNHARMED
        ways: list[Hint] = [Advice(f"{unharmed}Mend it:  ", "db check", repair=True)]
    else:
        ways = [*dict.fromkeys(hint for finding in findings for hint in finding.hints)] or [
            Advice("Restore a backup:         ", "db restore", "FILE"),
            Advice("Or save what can be read: ", "db recover", into="NEW"),
        ]
    for way in context.hint_lines(ways):
        context.say(way)
    return 1


def _record(context: Context, findings: list[Finding], repaired: Sequence[Finding]) -> None:
    def listed(those: Sequence[Finding]) -> list[dict[str, object]]:
        fields = ("subject", "text", "repairable", "afterwards")
        return [{name: getattr(finding, name) for name in fields} for finding in those]

    location = context.inspection.location
    context.record(location=location, findings=listed(findings), repaired=listed(repaired))


_UNHARMED = "No text is affected. "


def _tell_of_repair(findings: list[Finding], context: Context) -> int:
    """What has come of it, by looking again."""
    left = context.inspection.check()
    _record(context, left, [finding for finding in findings if finding not in left])
    if not context.as_json:
        for finding in left:
            context.stdout.show(f"still {finding.subject}: {finding.text}\n")
    if left:
        context.say("Not all of it could be repaired.")
        return 1
    changed = [finding.afterwards for finding in findings if finding.afterwards]
    context.say("\n".join(["Repaired.", *changed]) if changed else "Repaired. Nothing was lost.")
    return 0
