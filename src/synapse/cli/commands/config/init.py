"""`synapse config init`: a configuration file to start from."""

from __future__ import annotations

import os

from synapse.cli.commands.config.shared import unread_layers
from synapse.cli.commands.keys.set import ask_for_key, key_from_stdin, store
from synapse.cli.listing.json_result import add_json
from synapse.config.choosing import refuse_unknown
from synapse.config.documents import example
from synapse.config.problems import advice
from synapse.config.writer import write_private
from synapse.errors import UsageError
from synapse.providers import PROVIDERS, default_model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context

EXAMPLES = """examples:
  synapse config init
  synapse config init --provider openai --model gpt-6-luna --no-input
  pass show openai | synapse config init --provider openai --key-stdin
"""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("-p", "--provider", metavar="PROVIDER", help="who answers")
    add("-m", "--model", metavar="MODEL", help="the model of new sessions")
    add("--key-stdin", action="store_true", help="store the key that comes from standard input")
    add("--force", action="store_true", help="write over the file that is there")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Ask what no option said, then write the file with every option in it."""
    layers = unread_layers(context)
    if os.path.lexists(layers.path) and not args.force:
        raise UsageError(
            f"{layers.path} is there already",
            advice("Change it:      ", layers, "config edit"),
            advice("Write it anew:  ", layers, "config init", force=True),
        )
    if os.path.isdir(layers.path):
        raise UsageError(f"{layers.path} is a folder, not a file")
    answers = _answers(args, context)
    if answers is None:
        context.record(path=None, **_chosen({}))
        context.say("\nNothing was written.")
        return 1
    write_private(layers.path, example(answers))
    context.record(path=layers.path, **_chosen(answers))
    context.say(f"Wrote {layers.path}.", advice("Look at it:  ", layers, "config edit"))
    return 0


def _chosen(answers: dict[str, str]) -> dict[str, str | None]:
    return {name: answers.get(name) for name in ("provider", "model")}


def _answers(args: Namespace, context: Context) -> dict[str, str] | None:
    """The values for the file; None if the user would rather not."""
    asks = context.can_ask() and not args.key_stdin
    try:
        provider = args.provider
        if provider is None and asks:
            context.say(f"Providers: {', '.join(PROVIDERS)}")
            provider = _ask(context, "Who shall answer?", "whoever has a key")
        if provider and provider not in PROVIDERS:
            refuse_unknown(provider)
        row = PROVIDERS.get(provider or "")
        if args.key_stdin:
            if not provider:
                raise UsageError("--key-stdin needs --provider: whose key is it?")
            store(context, provider, key_from_stdin(context))
        elif asks and row is not None and row.needs_key:
            key = ask_for_key(context, f"Key for {provider} (Enter: none now): ")
            if key:
                store(context, provider, key)
        model = args.model
        if model is None and asks and provider:
            model = _ask(context, "Which model?", default_model(provider) or "the provider's")
    except (EOFError, KeyboardInterrupt):
        return None
    return {key: value for key, value in (("provider", provider), ("model", model)) if value}


def _ask(context: Context, question: str, otherwise: str) -> str | None:
    """A line of the user's; None for an empty one. Raises EOFError at Ctrl-D."""
    context.stderr.write(context.wrapped(f"{question} [{otherwise}]") + " ")
    with open(context.streams.stdin, encoding="utf-8", errors="replace", closefd=False) as terminal:
        answer = terminal.readline()
    if not answer:
        raise EOFError
    return answer.strip() or None
