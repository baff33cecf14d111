"""`synapse keys list`: which providers have a key, and from where."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.listing.json_output import SCHEMA, write_json
from synapse.cli.listing.tables import listing, tsv_row
from synapse.config import keys
from synapse.config.key_store import stored_keys
from synapse.providers import PROVIDERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="one object")


def run(args: Namespace, context: Context) -> int:
    """Print provider, origin and the last characters of each key; never a key."""
    rows = _rows(context)
    if args.json:
        names = ("provider", "origin", "key")
        listed = [dict(zip(names, row, strict=True)) for row in rows]
        write_json(context, {"schema": SCHEMA, "keys": listed})
    elif not context.stdout.is_terminal:
        context.stdout.write("".join(map(tsv_row, rows)))
    elif rows:
        lines = listing(context, [("PROVIDER", "ORIGIN", "KEY"), *rows])
        context.stdout.show("".join(f"{line}\n" for line in lines))
    if not rows:
        context.hint("There are no keys yet.", Advice("Store one:  ", "keys set", "PROVIDER"))
    return 0


def _rows(context: Context) -> list[tuple[str, str, str]]:
    rows = []
    stored = stored_keys(context.environ)
    for name in dict.fromkeys([*PROVIDERS, *context.settings.providers, *stored]):
        options = context.provider_options(name)
        source = keys.source_of(name, PROVIDERS.get(name), options, context.environ)
        if source is not None:
            # Listing must not run commands, which may ask for a passphrase.
            shown = "-" if source.text is None else keys.masked(source.text)
            rows.append((name, source.origin, shown))
    return rows
