"""`synapse keys remove PROVIDER`: forget a stored key."""

from __future__ import annotations

from synapse.cli.listing.json_result import add_json
from synapse.config import key_store
from synapse.paths import keys_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("provider", metavar="PROVIDER", help="whose key it is")
    parser.add_argument(
        "--keychain", action="store_true", help="the one in the system's keychain, not the file's"
    )
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Remove the key; 1 if there is none."""
    if args.keychain:
        removed, where = key_store.keychain_set(args.provider, None), "the system's keychain"
    else:
        removed = key_store.forget_key(args.provider, context.environ)
        where = keys_file(context.environ)
    context.record(provider=args.provider, place=where, removed=bool(removed))
    if not removed:
        context.say(f"There is no key for {args.provider} in {where}")
        return 1
    context.say(f"Removed the key for {args.provider} from {where}")
    return 0
