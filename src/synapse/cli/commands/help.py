"""`synapse help`: the commands from the table, and a page for each topic.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.cli.commands import ALIASES, COMMANDS, Command
from synapse.cli.listing.json_result import add_json
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from synapse.cli.command_line.routing import Route
    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("topic", nargs="*", metavar="TOPIC", help="a command, or a topic")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Explain what was asked for."""
    from synapse.cli.showing.pager import page

    text = explain(args.topic, context)
    context.record(topic=" ".join(args.topic), text=text)
    if not context.as_json:
        page(context, [text])
    return 0


def explain(topic: list[str], context: Context) -> str:
    """The text about a topic or a command as `wrapped`. Raises UsageError if there is none."""
    return wrapped(_page(topic, context.stdout.width(context.environ)), context)


def wrapped(page: str, context: Context) -> str:
    """A page of help as wide as the terminal or COLUMNS; as it is where there is neither."""
    if not context.stdout.is_terminal and not context.environ.get("COLUMNS"):
        return page
    from synapse.terminal.fold import fold_page

    return fold_page(page, context.stdout.width(context.environ))


def _page(topic: list[str], width: int) -> str:
    from synapse.cli.help.topics import TOPICS

    if not topic:
        return overview()
    word = " ".join(topic)
    if word in TOPICS:
        return TOPICS[word]
    found = _find(topic)
    if found is not None:
        return _of_command(found, width)
    from synapse.suggestions import suggestion  # only after a typing error

    near = suggestion(word, [*COMMANDS, *TOPICS])
    raise UsageError(
        f'no help on "{word}"' + (f"; did you mean {near}?" if near else ""),
        f"Commands:  {', '.join(COMMANDS)}",
        f"Topics:    {', '.join(TOPICS)}",
    )


def overview() -> str:
    """What `synapse --help` prints."""
    return (
        "Synapse talks to language models and keeps the conversations.\n\n"
        "  synapse                        talk at a prompt; /help lists its commands\n"
        "  synapse [OPTIONS] PROMPT…      ask; what is piped in becomes part of the question\n"
        "  synapse -c PROMPT…             go on with the last conversation\n"
        "  synapse -s REF PROMPT…         go on with any other\n"
        "  synapse COMMAND …\n"
        "  synapse --version              which Synapse this is\n\n"
        f"Commands:\n{_rows(COMMANDS)}\n"
        "  synapse COMMAND -h             the options of a command (synapse ask -h)\n"
        f"  synapse help TOPIC             {_topics()}\n"
    )


def _topics() -> str:
    from synapse.cli.help.topics import TOPICS

    names = [*TOPICS]
    return f"{', '.join(names[:5])},\n{'':33}{', '.join(names[5:])}"


def of_group(path: tuple[str, ...], command: Command) -> str:
    """What `synapse sessions --help` prints."""
    group = f"synapse {' '.join(path)}"
    summary = command.summary
    return (
        f"{group}: {summary}.\n\n{_rows(command.subcommands)}\n"
        f"  {group} COMMAND -h    the options of a command\n"
        f"  {group}               the same as: {group} {command.default}\n"
    )


def _rows(commands: Mapping[str, Command]) -> str:
    rows = [(f"{name} {row.words}".strip(), row.summary) for name, row in commands.items()]
    width = max(len(name) for name, _ in rows) + 3
    return "".join(f"  {name:<{width}}{summary}\n" for name, summary in rows)


def _find(words: list[str]) -> Route | None:
    """The command that these words name, and nothing but name."""
    from synapse.cli.command_line.routing import Route

    path = tuple(ALIASES.get(word, word) for word in words)
    level: Mapping[str, Command] = COMMANDS
    for name in path:
        if name not in level:
            return None
        command = level[name]
        level = command.subcommands
    return Route(path, command, [])


def _of_command(route: Route, width: int) -> str:
    if route.command.subcommands:
        return of_group(route.path, route.command)
    from synapse.cli.command_line import parsing

    return parsing.build_parser(route, width).format_help()
