"""The program: find the command, read its words, run it, turn errors into an exit status.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import gc
import os
import sys

from synapse import __version__
from synapse.cli.context import Context
from synapse.terminal.streams import Streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn


def main() -> NoReturn:
    """The console script. Never returns: the process ends here."""
    # By default the collector runs a dozen times while modules are imported, and finds nothing:
    # five million instructions.
    gc.set_threshold(50_000)
    status = run(sys.argv[1:], Streams.standard(), os.environ)
    _leave(status)


def run(argv: list[str], streams: Streams, environ: Mapping[str, str]) -> int:
    """Run the program on these words; the exit status, or minus the signal to die of."""
    context = Context(streams, environ)
    context.words = argv
    try:
        try:
            return _dispatch(argv, context)
        finally:
            context.close()
    except BaseException as error:
        from synapse.cli.failing.report import report

        return report(error, context)


def _dispatch(argv: list[str], context: Context) -> int:
    if argv[:1] == ["--version"]:
        context.stdout.write(f"synapse {__version__}\n")
        return 0
    if argv[:1] in (["-h"], ["--help"]):
        from synapse.cli.commands.help import explain

        context.stdout.write(explain([], context))
        return 0
    if argv[:1] == ["__complete"]:
        from synapse.cli.completion import answer

        return answer(argv[1:], context)
    if argv[:1] == ["__title"] and len(argv) == 2:
        from synapse.cli.asking.titles import make

        return make(argv[1], context)
    from synapse.cli.command_line.routing import find_command

    route = find_command(argv)
    context.command_name = " ".join(route.path)
    if route.command.subcommands:
        from synapse.cli.commands.help import explain

        context.stdout.write(explain([*route.path], context))
        return 0
    from synapse.cli.command_line import command_arguments, fast_parser

    try:
        args = command_arguments.read(route, context.stdout.width(context.environ))
    except fast_parser.HelpRequested as help:
        from synapse.cli.commands.help import wrapped

        context.stdout.write(wrapped(help.text, context))
        return 0
    context.take_global_options(args)
    status: int = command_arguments.load_module(route).run(args, context)
    if context.as_json:
        from synapse.cli.listing.json_result import write_result

        write_result(context, status)
    return status


def _leave(status: int) -> NoReturn:
    """End the process. `os._exit` skips the interpreter's finalisation (7 million instructions)
    and threads that wait for a server. Nothing is lost: our own output is not buffered, the
    store is closed.
    """
    for stream in (sys.stdout, sys.stderr):  # what a library printed
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass
    if status < 0:
        import signal  # few runs end so

        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
        status = 128 - status
    os._exit(status)
