"""`synapse keys list`: which providers have a key, and from where."""

from __future__ import annotations

from synapse import keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="one object")


def run(args: Namespace, context: Context) -> int:
    """Print provider, origin and the last characters of each key; never a key."""
    from synapse.cli.listing.output import SCHEMA, listing, tsv_row, write_json

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
        context.hint("There are no keys yet. Store one:  synapse keys set PROVIDER")
    return 0


def _rows(context: Context) -> list[tuple[str, str, str]]:
    from synapse.ports import ProviderOptions
    from synapse.providers import PROVIDERS

    configured = context.settings.providers
    stored = keys.stored_keys(context.environ)
    rows = []
    for name in dict.fromkeys([*PROVIDERS, *configured, *stored]):
        options = configured.get(name, ProviderOptions())
        variable = getattr(PROVIDERS.get(name), "api_key_env", "")
        if options.api_key_cmd is not None and not _comes_first(context, name, variable, stored):
            # Listing must not run commands, which may ask for a passphrase.
            rows.append((name, "api_key_cmd", "-"))
            continue
        found = keys.resolve_key(name, variable, options, context.environ)
        if found is not None:
            rows.append((name, found[1], keys.masked(found[0])))
    return rows


def _comes_first(context: Context, name: str, variable: str, stored: dict[str, str]) -> bool:
    from synapse.ports import ProviderOptions

    options = context.settings.providers.get(name, ProviderOptions())
    held = context.environ.get(keys.key_variable(variable, options), "").strip()
    return bool(held) or name in stored
