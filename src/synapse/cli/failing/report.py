"""One screen that turns whatever went wrong into a few lines and an exit status."""

from __future__ import annotations

from synapse.cli.failing.crash import traceback_text, write_report
from synapse.cli.failing.json_faults import print_fault
from synapse.cli.listing.ambiguous import candidate_lines
from synapse.errors import StorageError, SynapseError
from synapse.terminal.streams import TerminalGone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.advice import Hint
    from synapse.cli.context import Context

BROKEN_PIPE = 141
"""The reader of our output went away (128 + SIGPIPE), as a shell would say it."""
HUNG_UP = 129
"""The terminal was closed (128 + SIGHUP)."""
DIED_OF_SIGINT = -2
"""Negative: the signal that the process is to die of, so that a shell's loop stops, too."""
INTERNAL_ERROR = 70


def report(error: BaseException, context: Context) -> int:
    """Tell the user what went wrong. Returns the exit status."""
    try:
        status = _report(error, context)
        if not isinstance(error, BrokenPipeError):
            print_fault(error, context)
        return status
    except (BrokenPipeError, StorageError) as untold:
        return getattr(error, "exit_status", _status_of_a_lost_reader(untold))


def _report(error: BaseException, context: Context) -> int:
    if isinstance(error, BrokenPipeError):
        return _status_of_a_lost_reader(error)
    if isinstance(error, KeyboardInterrupt):
        return DIED_OF_SIGINT
    if context.debug:
        _print_traceback(error, context)
    if isinstance(error, SynapseError):
        context.error(error.message, hints_of(error))
        return error.exit_status
    if context.debug:
        context.error(f"internal error: {type(error).__name__}")
        return INTERNAL_ERROR
    path = write_report(error, context)
    context.error(
        f"internal error: {type(error).__name__}; this is a bug in synapse",
        [f"The report:  {path}" if path else "See the details:  SYNAPSE_DEBUG=1 synapse …"],
    )
    return INTERNAL_ERROR


def _status_of_a_lost_reader(error: BaseException) -> int:
    return HUNG_UP if isinstance(error, TerminalGone) else BROKEN_PIPE


def hints_of(error: SynapseError) -> list[Hint]:
    """The lines below the message, in the order in which they are read."""
    return [*candidate_lines(error), *error.hints]


def _print_traceback(error: BaseException, context: Context) -> None:
    context.stderr.show(traceback_text(error, context.environ))
