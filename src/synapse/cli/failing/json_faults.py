"""What went wrong, for programs: the last thing that a JSON mode prints.

A command that is asked for JSON prints one document, or a last event, whatever becomes of it:
also where nothing began, because an option, the configuration, a key or the database was wrong.
"""

from __future__ import annotations

from synapse.cli.listing.json_output import SCHEMA, write_json, write_json_line
from synapse.cli.listing.json_result import result_object
from synapse.errors import SynapseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synapse.cli.context import Context

_FORMAT, _OUTPUT = ("-F", "--format"), ("-o", "--output")


def print_fault(error: BaseException, context: Context) -> None:
    """Print the error as JSON, unless the output already says it."""
    if context.json_ended or not context.words:
        return
    format = requested_format(context.words)
    if format is None:
        return
    told: dict[str, object] = {"schema": SCHEMA, "error": error_object(error)}
    if context.result:  # it got somewhere
        told = {**result_object(context, _exit_status(error)), **told}
    if format == "json":
        write_json(context, told)
    else:
        write_json_line(context, {"type": "error", **told})


def _exit_status(error: BaseException) -> int:
    if isinstance(error, SynapseError):
        return error.exit_status
    return 130 if isinstance(error, KeyboardInterrupt) else 70


def error_object(error: BaseException) -> dict[str, str]:
    """`code`, for programs, and `message`, for people."""
    if isinstance(error, SynapseError):
        return {"code": error.code(), "message": error.message}
    if isinstance(error, KeyboardInterrupt):
        return {"code": "interrupted", "message": "stopped by Ctrl-C"}
    return {"code": "internal", "message": f"internal error: {type(error).__name__}"}


def requested_format(words: Sequence[str]) -> str | None:
    """`json` or `jsonl`, if the words of a command line ask for it on standard output; None if
    they don't. From the words, as they may be wrong in another place.
    """
    format: str | None = None
    for name, value in _options(words):
        if name == "--json":
            format = "json"
        elif name in _FORMAT:
            format = value if value in ("json", "jsonl") else None
        elif name in _OUTPUT and value != "-":
            return None  # the file would have had it
    return format


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Options with the value that they would have."""
    for place, word in enumerate(words):
        if word == "--":
            return
        following = words[place + 1] if place + 1 < len(words) else ""
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            yield name, value if equals else following
        elif word[:2] in ("-F", "-o"):
            yield word[:2], word[2:].removeprefix("=") if word[2:] else following
