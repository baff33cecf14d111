"""Output that is longer than the screen goes through the user's pager."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context


def page(context: Context, text: str) -> None:
    """Write text that is ready for standard output; on a terminal that it would overrun,
    through `SYNAPSE_PAGER`, `ui.pager`, `PAGER` or `less`.
    """
    command = _pager(context) if _overruns(context, text) else ""
    if not command or not _through(context, command, text):
        context.stdout.write(text)


def _overruns(context: Context, text: str) -> bool:
    return (
        context.stdout.is_terminal
        and not context.no_pager
        and context.environ.get("TERM") != "dumb"
        and text.count("\n") >= context.stdout.height(context.environ)
    )


def _pager(context: Context) -> str:
    from synapse.errors import ConfigError

    environ = context.environ
    try:
        configured = context.settings.ui.pager  # holds SYNAPSE_PAGER, too
    except ConfigError:  # help must work all the same
        configured = environ.get("SYNAPSE_PAGER")
    if configured is not None:
        return "" if configured == "cat" else configured
    if "PAGER" in environ:
        return "" if environ["PAGER"] == "cat" else environ["PAGER"]
    from shutil import which

    return "less" if which("less", path=environ.get("PATH")) else ""


def _through(context: Context, command: str, text: str) -> bool:
    """Whether the pager could be started. That it was quit early is no error."""
    import subprocess

    environ = {"LESS": "FRX", "LV": "-c", **context.environ}
    try:
        process = subprocess.Popen(
            command,
            shell=True,
            stdin=subprocess.PIPE,
            stdout=context.stdout.descriptor,
            env=environ,
        )
    except OSError:
        return False
    assert process.stdin is not None
    try:
        process.stdin.write(text.encode("utf-8", "replace"))
        process.stdin.close()
    except BrokenPipeError:
        pass
    while True:
        try:
            return process.wait() != _NOT_FOUND
        except KeyboardInterrupt:  # the pager's business
            continue


_NOT_FOUND = 127
"""The shell's status when there is no such command."""
