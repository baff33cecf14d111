"""`synapse retry`: the last question of a session once more."""

from __future__ import annotations

from synapse.app import references
from synapse.cli.asking.from_options import take_parameters
from synapse.cli.asking.options import (
    add_answer_options,
    add_output_options,
    with_numbered_extract,
)
from synapse.cli.commands import ask
from synapse.domain import Role
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command: those of `ask` that make sense without a prompt."""
    parser.add_argument(
        "-s", "--session", metavar="REF", help="in that session; else in the last one used"
    )
    add_output_options(parser)
    add_answer_options(parser)


rewritten = with_numbered_extract


def run(args: Namespace, context: Context) -> int:
    """Ask again; the old answer is kept, marked as superseded, and no longer sent."""
    ask.check_output(args, context)
    take_parameters(args.param, context)
    if args.session is not None:
        earlier = references.resolve(context.store, args.session)
    else:
        earlier = references.most_recent(context.store)
    asked = context.store.get_messages(earlier.session.id)
    if not any(message.role is Role.USER and not message.superseded for message in asked):
        raise UsageError(f"nothing has been asked in {earlier.session.handle} yet")
    turn = ask.continued(args, context, earlier, args.session is None)
    return ask.to_output(args, context, lambda: turn.run(None))
