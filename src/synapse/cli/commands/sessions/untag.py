"""`synapse sessions untag REF… TAG`: takes a word off that sessions are filed under."""

from __future__ import annotations

from synapse.cli.commands.sessions.tag import arguments, tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from synapse.cli.context import Context

__all__ = ["arguments", "run"]


def run(args: Namespace, context: Context) -> int:
    """Take a tag off the sessions."""
    return tag(args.refs, args.tag, context, take_off=True)
