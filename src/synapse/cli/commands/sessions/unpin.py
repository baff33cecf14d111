"""`synapse sessions unpin REF…`: clean-ups may take them again."""

from __future__ import annotations

from synapse.cli.commands.sessions.pin import arguments, pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from synapse.cli.context import Context


__all__ = ["arguments", "run"]


def run(args: Namespace, context: Context) -> int:
    """Let clean-ups take the sessions again."""
    return pin(args.refs, context, pinned=False)
