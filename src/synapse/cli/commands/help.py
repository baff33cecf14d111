"""`synapse help`: the commands from the table, and a page for each topic."""

from __future__ import annotations

from synapse.cli.commands import ALIASES, COMMANDS, Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The words of the command."""
    parser.add_argument("topic", nargs="*", metavar="TOPIC", help="a command, or a topic")


def run(args: Namespace, context: Context) -> int:
    """Explain what was asked for."""
    from synapse.cli.pager import page

    page(context, explain(args.topic, context.stdout.width(context.environ)))
    return 0


def explain(topic: list[str], width: int) -> str:
    """The text about a topic or a command. Raises UsageError if there is none."""
    from synapse.cli.topics import TOPICS
    from synapse.errors import UsageError
    from synapse.registry import suggestion

    if not topic:
        return overview()
    word = " ".join(topic)
    if word in TOPICS:
        return TOPICS[word]
    names = [ALIASES.get(part, part) for part in topic]
    if names[0] in COMMANDS:
        return _command_help(names, width)
    near = suggestion(word, [*COMMANDS, *TOPICS])
    raise UsageError(
        f'no help on "{word}"' + (f"; did you mean {near}?" if near else ""),
        f"Commands:  {', '.join(COMMANDS)}",
        f"Topics:    {', '.join(TOPICS)}",
    )


def overview() -> str:
    """What `synapse --help` prints."""
    return (
        "Synapse talks to language models and never loses a conversation.\n\n"
        "  synapse [OPTIONS] PROMPT…      ask; what is piped in becomes part of the question\n"
        "  synapse -c PROMPT…             go on with the last conversation\n"
        "  synapse -s REF PROMPT…         go on with any other\n"
        "  synapse COMMAND …\n\n"
        f"Commands:\n{_rows(COMMANDS)}\n"
        "  synapse COMMAND -h             the options of a command (synapse ask -h)\n"
        "  synapse help TOPIC             refs, formats, exit-codes, environment, keys, privacy\n"
    )


def of_group(path: tuple[str, ...], command: Command) -> str:
    """What `synapse sessions --help` prints."""
    group = f"synapse {' '.join(path)}"
    summary = command.summary
    return (
        f"{group}: {summary}.\n\n{_rows(command.subcommands)}\n"
        f"  {group} COMMAND -h    the options of a command\n"
        f"  {group}               the same as: {group} {command.default}\n"
    )


def _rows(commands: dict[str, Command] | object) -> str:
    assert isinstance(commands, dict)
    rows = [
        (f"{name} {command.words}".strip(), command.summary) for name, command in commands.items()
    ]
    width = max(len(name) for name, _ in rows) + 3
    return "".join(f"  {name:<{width}}{summary}\n" for name, summary in rows)


def _command_help(names: list[str], width: int) -> str:
    from synapse.cli import parsing
    from synapse.cli.routing import find_command

    route = find_command(names)
    if route.command.subcommands:
        return of_group(route.path, route.command)
    if len(names) == 1 and COMMANDS[names[0]].subcommands:
        return of_group((names[0],), COMMANDS[names[0]])
    return parsing.build_parser(route, parsing.load_module(route), width).format_help()
