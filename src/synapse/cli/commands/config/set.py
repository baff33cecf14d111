"""`synapse config set KEY VALUE`: change one option in the file."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.commands.config.shared import as_text, key_path, layers_of, unread_layers
from synapse.cli.listing.json_result import add_json
from synapse.config import kinds
from synapse.config.edits import set_value
from synapse.config.keypath import dotted
from synapse.config.reader import find_option
from synapse.errors import ConfigError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("key", metavar="KEY", help="an option, such as session.max_sessions")
    parser.add_argument("value", metavar="VALUE", nargs="+", help="several make a list")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Write the value into the file, whose comments and order stay."""
    path = key_path(args.key)
    value = _value(path, args.value)
    layers = unread_layers(context)
    set_value(layers, path, value)
    context.record(path=layers.path, key=dotted(path), value=value)
    context.say(f"Set {dotted(path)} to {as_text(value)} in {layers.path}")
    try:
        in_force = layers_of(context)
    except ConfigError:
        return 0  # not what was asked; the next command says so
    origin = in_force.origins.get(dotted(path), "")
    if not origin.startswith(layers.path):
        context.warn(f"{origin or 'something else'} is set as well, and wins")
    return 0


def _value(path: tuple[str, ...], texts: list[str]) -> object:
    option = find_option(path)
    assert option is not None
    kind = option.kind
    kind_name, *_ = kind
    if kind_name == "secret":
        raise UsageError(
            "a key in an argument could be seen by other users, and stays in the shell's history",
            Advice("Store it:  ", "keys set", path[1] if len(path) > 1 else "PROVIDER"),
        )
    try:
        if kind_name == "texts" or (kind_name == "redaction" and len(texts) > 1):
            return kinds.check(kind, texts)
        if len(texts) > 1:
            raise UsageError(f"{dotted(path)} takes one value; put it into quotes")
        return kinds.parse(kind, texts[0])
    except ValueError as error:
        raise UsageError(f"{dotted(path)} {error}") from None
