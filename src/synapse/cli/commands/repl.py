"""`synapse repl`, or `synapse` alone on a terminal: a conversation at a prompt."""

from __future__ import annotations

from synapse.cli.asking.from_options import refuse_what_contradicts, take_parameters
from synapse.cli.asking.options import add_answer_options, add_session_options
from synapse.cli.asking.roles import role_of
from synapse.cli.repl.beginning import converse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context

EXAMPLES = """examples:
  synapse                            a new session
  synapse repl -c                    go on with the last one used
  synapse -r "What is a monad?"      a first question, then the prompt
"""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command: those of `ask` that make sense without a prompt."""
    add_session_options(parser)
    add_answer_options(parser)


def run(args: Namespace, context: Context) -> int:
    """Talk until the user leaves."""
    refuse_what_contradicts(args)
    take_parameters(args.param, context)
    role = role_of(args, context) if args.role is not None or args.var else None
    return converse(args, context, "", role)
