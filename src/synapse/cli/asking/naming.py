"""Names for sessions, as the command line and the prompt take them."""

from __future__ import annotations

from synapse.advice import ASK, Advice
from synapse.app.names import check_name
from synapse.errors import UsageError
from synapse.terminal.cells import width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context


def checked_name(name: str) -> str:
    """The name in the form in which it is stored. Raises UsageError if it is not a valid name."""
    return check_name(name, width)


def free_name(name: str, context: Context) -> str:
    """The name in the form in which it is stored. Raises UsageError if it is invalid or taken."""
    name = checked_name(name)
    taken = context.store.find_by_name(name)
    if taken:
        raise UsageError(
            f'the name "{name}" belongs to {taken[0].session.handle}',
            Advice("Go on with it:  ", ASK, session=name, after=" …"),
        )
    return name
