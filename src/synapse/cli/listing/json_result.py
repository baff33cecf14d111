"""What came of a command as JSON: the one way in which every verb has `--json`.

A command declares it by `add_json` and tells its facts by `context.record`; what it says to
people goes to standard error as ever. The document is printed when the command has ended: `schema`,
`command`, `status` (the exit status), and the facts.

What few runs need is imported where they need it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary


def add_json(parser: ArgumentParser) -> None:
    """Declare `--json`."""
    parser.add_argument("--json", action="store_true", help="what came of it as one JSON object")


def write_result(context: Context, status: int) -> None:
    """Print the document, unless the command has printed one."""
    if context.as_json and not context.json_ended:
        from synapse.cli.listing.json_output import write_json

        write_json(context, result_object(context, status))


def result_object(context: Context, status: int) -> dict[str, object]:
    """The facts that the command told, and which command it was."""
    from synapse.cli.listing.json_output import SCHEMA

    about = {"schema": SCHEMA, "command": context.command_name, "status": status}
    return {**about, **context.result}


def record_sessions(
    context: Context, changed: Sequence[SessionSummary], *, dry_run: bool = False
) -> None:
    """Tell which sessions were changed, or of a dry run, would be."""
    context.record(
        dry_run=dry_run,
        ids=[summary.session.id for summary in changed],
        sessions=len(changed),
        messages=sum(summary.message_count for summary in changed),
    )
