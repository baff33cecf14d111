"""`synapse mcp`: other programs look into the archive, over the Model Context Protocol.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.cli.failing.report import report
from synapse.cli.listing.snippet import snippet
from synapse.errors import ConfigError, DatabaseMissing, SynapseError
from synapse.installing import install_hint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context

_LIBRARY = "mcp>=2.3,<3"

EXAMPLES = """\
example (your agent starts it; docs/mcp.md has the configuration of several):
  claude mcp add --scope user synapse -- synapse mcp
"""


def arguments(parser: ArgumentParser) -> None:
    """It takes nothing but what every command takes."""


def run(args: Namespace, context: Context) -> int:
    """Answer until the client closes standard input."""
    try:
        from synapse.mcp_server.server import serve
        from synapse.mcp_server.tools import Archive
    except ImportError as error:
        if (error.name or "").startswith("synapse"):
            raise
        raise ConfigError(
            f"this command needs the library {_LIBRARY}, which is not installed",
            install_hint(_LIBRARY),
        ) from error
    try:
        context.open_to_read().close()
    except DatabaseMissing as missing:
        context.warn(f"{missing.message} yet; it is read once it is there")
    if context.streams.stdin_is_terminal:
        context.hint("A program is expected here that speaks the protocol; Ctrl-C ends it.")
    serve(
        Archive(context.open_to_read, snippet),
        _location(context),
        context.warn,
        lambda error: report(error, context),
    )
    return 0


def _location(context: Context) -> str:
    """Where the database is; empty if its engine does not tell."""
    try:
        return context.inspection.location
    except SynapseError:
        return ""
