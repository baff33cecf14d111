"""`synapse keys set PROVIDER`: store an API key, for the user's eyes only."""

from __future__ import annotations

import os
from getpass import getpass

from synapse.advice import Advice
from synapse.cli.listing.json_result import add_json
from synapse.config import key_store, keys
from synapse.config.choosing import check_named
from synapse.errors import UsageError
from synapse.providers import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.ports import ProviderOptions
    from synapse.registry import Entry

EXAMPLES = """examples:
  synapse keys set openai
  pass show openai | synapse keys set openai
"""

_LONGEST_KEY = 1 << 16


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("provider", metavar="PROVIDER", help="whose key it is")
    parser.add_argument(
        "--keychain", action="store_true", help="store it in the system's keychain, not in a file"
    )
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Take the key from standard input, or ask for it without showing it."""
    variable = variable_of(context, args.provider)
    if args.keychain:
        _check_keychain(context, args.provider)
    if context.can_ask():
        try:
            key = ask_for_key(context, f"Key for {args.provider}: ")
        except (EOFError, KeyboardInterrupt):
            context.record(provider=args.provider, place=None, key=None)
            context.say("\nNothing was stored.")
            return 1
    elif context.streams.stdin_is_terminal:
        raise UsageError(
            "the key can't be asked for here",
            f"Pipe it:  pass show {args.provider} | synapse keys set {args.provider}",
        )
    else:
        key = key_from_stdin(context)
    store(context, args.provider, key, keychain=args.keychain)
    if variable and context.environ.get(variable, "").strip():
        context.warn(f"the variable {variable} is set as well, and wins")
    return 0


def store(context: Context, provider: str, key: str, *, keychain: bool = False) -> None:
    """Check and store a key, and say where it is now."""
    key = keys.checked(key)
    if keychain:
        key_store.keychain_set(provider, key)
        where = "the system's keychain"
    else:
        where = key_store.store_key(provider, key, context.environ)
    context.record(provider=provider, place=where, key=keys.masked(key))
    context.say(f"Stored the key {keys.masked(key)} for {provider} in {where}")


def ask_for_key(context: Context, question: str) -> str:
    """What the user types, which is not shown. Raises EOFError at Ctrl-D."""
    return getpass(question)


def key_from_stdin(context: Context) -> str:
    """The first line of standard input."""
    data = b""
    while b"\n" not in data and len(data) < _LONGEST_KEY:
        piece = os.read(context.streams.stdin, _LONGEST_KEY)
        if not piece:
            break
        data += piece
    return data.partition(b"\n")[0].decode(errors="replace")


def variable_of(context: Context, provider: str) -> str:
    """The variable that may hold the provider's key, too. Raises UsageError if none has this
    name: a key stored for a mistyped one would never be found.
    """
    row, options = _row_of(context, provider)
    return keys.key_variable(row, options)


def _row_of(context: Context, provider: str) -> tuple[Entry, ProviderOptions]:
    check_named(context, provider)
    options = context.provider_options(provider)
    return find(provider, options), options


def _check_keychain(context: Context, provider: str) -> None:
    if not keys.asks_keychain(*_row_of(context, provider)):
        raise UsageError(
            f"{provider} needs no key, so that the keychain is not asked for one",
            Advice("Store it in a file:  ", "keys set", provider),
        )
