"""The options of every command that asks a model, and how their values are read."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_FILE_HELP = "attach a text or an image (png, jpeg, webp, gif); repeatable; - is standard input"


def add_output_options(parser: ArgumentParser) -> None:
    """Declare the options for output: form, file, extraction."""
    add = parser.add_argument
    code, last = "only its first fenced code block; -x N: the Nth", "only its last one"
    add("-x", "--extract", action="store_const", const="code", dest="format", help=code)
    add("--extract-nth", type=_nth_block, metavar="N", dest="format", help="only its Nth one")
    add("--extract-last", action="store_const", const="last-code", dest="format", help=last)
    add("-o", "--output", metavar="FILE", help="the answer goes into a new file, once complete")
    add("--force", action="store_true", help="with -o: overwrite the file if it exists")


def with_numbered_extract(arguments: list[str]) -> list[str]:
    """The arguments with `-x N` as `--extract-nth N`. Without a number `-x` stands alone, and
    what follows is the question; a question that is a number needs `--` in front of it.
    """
    found: list[str] = []
    for argument in arguments:
        option, _, number = argument.partition("=")
        if _is_number(argument) and found and found[-1] in ("-x", "--extract"):
            found[-1:] = ["--extract-nth", argument]
        elif option == "--extract" and number:
            found += ["--extract-nth", number]
        elif argument.startswith("-x") and _is_number(argument[2:]):
            found += ["--extract-nth", argument[2:]]
        else:
            found.append(argument)
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _nth_block(text: str) -> str:
    from synapse.cli.showing.extract import nth  # only with the option, not for its help

    number = int(text)
    if number < 1:
        raise ValueError
    return nth(number)


_nth_block.__name__ = "number of a code block, from 1,"


def add_session_options(parser: ArgumentParser) -> None:
    """Declare the options that choose a session, or describe a new one."""
    add = parser.add_argument
    add("-s", "--session", metavar="REF", help="go on with that session (help refs)")
    add("-c", "--continue", dest="go_on", action="store_true", help="go on with the last one used")
    add("--pick", action="store_true", help="choose the session to go on with from a list")
    add("--fork", action="store_true", help="with -s or -c: branch first, leave the original")
    add("--at", type=int, metavar="N", help="with --fork: branch after message N")
    add("--name", help="name of the new session, or of the branch")
    add("-S", "--system", metavar="TEXT|@FILE", help="system prompt of the new session")
    add("--role", metavar="ROLE", help="a system prompt, a model and more by one name (help roles)")
    add("--var", action="append", default=[], metavar="NAME=VALUE", help="a variable of the role")
    add("-f", "--file", action="append", default=[], metavar="FILE", help=_FILE_HELP)
    add("--no-save", action="store_true", help="store nothing at all")


def add_answer_options(parser: ArgumentParser) -> None:
    """Declare the options of every command that asks a model: who answers, and how the answer is
    shown.
    """
    add = parser.add_argument
    add("-m", "--model", metavar="MODEL", help="a model, PROVIDER/MODEL, or an alias")
    add("-p", "--provider", metavar="PROVIDER", help="who answers; echo repeats, offline")
    add("-F", "--format", choices=("text", "md", "json", "jsonl"), help="of the answer")
    add("--render", choices=("auto", "live", "blocks", "raw"), help="how Markdown is shown (live)")
    add("--show-thinking", action="store_true", help="show what the model thinks, too")
    add("--json", action="store_const", const="json", dest="format", help="= --format json")
    add("--wait", action="store_true", help="wait while another terminal is in the session")
    add("--no-stream", action="store_true", help="have the answer sent in one piece")
    add("--param", action="append", default=[], metavar="K=V", help="temperature=0.2, seed=7, …")
    add("--timeout", type=_seconds, metavar="S", help="give up after S seconds of silence")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise ValueError
    return seconds


_seconds.__name__ = "number of seconds"
