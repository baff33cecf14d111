"""Draws up src/synapse/model_table: windows and prices of our providers' models.

    python scripts/model_table.py [--from FOLDER] [--date 2026-11-27]

The figures are those of two packages, genai-prices and litellm (both MIT, see NOTICE.txt there),
which pip installs into a folder that is thrown away, unless --from names one that has them both.
Nothing is asked but the package index that pip is configured for. Run it before a release, and
read the difference: what stands in the table is what users are told that they have paid.

A file a vendor:

    synapse-models 1 2026-11-27            the format, and the day on which it was drawn up
    # …                                    where the figures are from
    then openai anthropic                  whose models it serves as well, if it does
    =gpt-6-luna 7                          a name, in small letters, and the number of its row
    ~gpt-6-luna-####-##-## 7               the same for many names (model_table.patterns)
    @7 1050000 128000 PRICES               tokens of the window and of an answer, `-` if unknown

PRICES is `INPUT/CACHED/CACHE-WRITE/OUTPUT[/REQUEST]` in pico-dollars per token (millionths of a
dollar per million tokens) and per request, `-` if unknown. ` >N:…` are the prices of all tokens
of a request with more than N tokens sent. Further entries follow after ` | `, with the day from
which they hold, `2027-01-01 …`, or the time of the day in UTC, `01:00-04:00 …`; the last one that
holds counts. What no longer can hold on the day of the table is left out.

How the sources are joined: a name that litellm writes out has its window, unless that is only the
part for the input, and the sum of both parts is what genai-prices says. Prices are those of
genai-prices, which knows their days and hours; where it has none, those of litellm, but for prices
of 0 there, which stand for unknown ones, and for those with parts that Synapse can't count
(reasoning at a price of its own, hours of the day by weekday).
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "synapse" / "model_table"
sys.path.insert(0, str(ROOT / "src"))

from synapse.model_table import MAGIC  # noqa: E402
from synapse.model_table.patterns import fits  # noqa: E402
from synapse.providers import PROVIDERS  # noqa: E402

PACKAGES = ("genai-prices", "litellm")
GENAI = {
    "deepseek": "deepseek",
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "mistral": "mistral",
    "groq": "groq",
    "xai": "x-ai",
    "openrouter": "openrouter",
    "azure": "azure",
    "perplexity": "perplexity",
    "together": "together",
    "fireworks": "fireworks",
    "moonshot": "moonshotai",
    "zhipu": "zai",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "cloudflare": "cloudflare",
}
"""Our name of a vendor, and that of genai-prices."""
LITELLM = {
    "together": "together_ai",
    "fireworks": "fireworks_ai",
    "zhipu": "zai",
    "cohere": "cohere_chat",
}
"""Our name of a vendor, and that of litellm, where it is another."""
_CHATTING = ("chat", "completion", "responses")
_SMALLEST_WINDOW, _LARGEST_WINDOW = 256, 1_000_000_000
_DATE = (r"-\d{8}", "-########"), (r"-\d{4}-\d{2}-\d{2}", "-####-##-##")
_NOT_TTS = r"^(?!.*-[tT][tT][sS](?:$|-))"
_PARTS = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "output_mtok")
_UNCOUNTED = ("output_reasoning_mtok", "output_citation_mtok")
_UNKNOWN = "-"


class Row(NamedTuple):
    """What is known of a model: as it stands in the file."""

    window: int | None
    max_output: int | None
    prices: str


class Oddity(Exception):
    """Something of the sources that the table can't hold."""


# ----------------------------------------------------------------------------- genai-prices


def patterns(clause: Any) -> list[str]:
    """The patterns that a clause of genai-prices stands for, in small letters; those without `*`
    and `#` are names. Raises Oddity for one that none can stand for.
    """
    if hasattr(clause, "or_"):
        return [pattern for inner in clause.or_ for pattern in patterns(inner)]
    if hasattr(clause, "and_"):
        return _joined(clause.and_)
    for attribute, shape in (
        ("equals", "{}"),
        ("starts_with", "{}*"),
        ("ends_with", "*{}"),
        ("contains", "*{}*"),
    ):
        if hasattr(clause, attribute):
            return [shape.format(_plain(getattr(clause, attribute)))]
    return _of_expression(clause.regex)


def _joined(clauses: list[Any]) -> list[str]:
    first, *others = clauses
    if [getattr(other, "regex", "") for other in others] != [_NOT_TTS]:
        raise Oddity(f"clauses that are joined: {clauses}")
    return [f"{pattern}!-tts" for pattern in patterns(first)]


def _of_expression(expression: str) -> list[str]:
    body = expression.removeprefix("^")
    if body == expression:
        raise Oddity(f"an expression without a beginning: {expression}")
    if body.endswith(r"\d"):
        return [f"{_literal(body.removesuffix(chr(92) + 'd'))}#*"]
    for dated, pattern in _DATE:
        if body.endswith(f"{dated}$"):
            return [f"{_literal(body.removesuffix(f'{dated}$'))}{pattern}"]
    either = r"[-@]\d{8}$"
    if body.endswith(either):
        start = _literal(body.removesuffix(either))
        return [f"{start}-########", f"{start}@########"]
    raise Oddity(f"an expression: {expression}")


def _literal(escaped: str) -> str:
    text = re.sub(r"\\(\W)", r"\1", escaped)
    if re.escape(text).replace(r"\-", "-").replace("/", "/") != escaped.replace(r"\-", "-"):
        raise Oddity(f"an expression: {escaped}")
    return _plain(text)


def _plain(text: str) -> str:
    if set(text) & set(" #*!~=@\n") - {"@", "~"} or not text.isascii():
        raise Oddity(f"a name: {text!r}")
    return text.lower()


def genai_prices(prices: Any, day: datetime.date) -> str:
    """The entries of a model, as they stand in the file; "" if none can be reckoned with."""
    listed = prices if isinstance(prices, list) else [_Always(prices)]
    kept: list[tuple[str, str]] = []
    for place, entry in reversed([*enumerate(listed)]):
        condition = _condition(entry.constraint, day)
        if condition is None and place:
            continue
        kept.append((condition or "", _rates(vars(entry.prices))))
        if not condition:
            break  # what stands before it never holds
    texts = [f"{condition} {rates}".strip() for condition, rates in reversed(kept)]
    return "" if any(not rates for _, rates in kept) else " | ".join(texts)


class _Always(NamedTuple):
    prices: Any
    constraint: None = None


def _condition(constraint: Any, day: datetime.date) -> str | None:
    """ "" for one that holds from this day on."""
    if constraint is None:
        return ""
    if hasattr(constraint, "start_date"):
        return "" if constraint.start_date <= day else str(constraint.start_date)
    start, end = (_utc(constraint.start_time), _utc(constraint.end_time))
    return f"{start}-{end}"


def _utc(time: datetime.time) -> str:
    if time.utcoffset():
        moment = datetime.datetime.combine(datetime.date(2026, 1, 1), time)
        time = moment.astimezone(datetime.UTC).time()
    if time.second:
        raise Oddity(f"a time with seconds: {time}")
    return f"{time:%H:%M}"


def _rates(prices: dict[str, Any]) -> str:
    """ "" if a part is priced that Synapse does not count, or if there is no price of tokens."""
    if any(prices.get(part) is not None for part in _UNCOUNTED):
        return ""
    found = [prices.get(part) for part in _PARTS]
    if found[0] is None or found[3] is None:
        return ""
    request = prices.get("requests_kcount")
    fee = "" if request is None else f"/{_exactly(request * 10**9)}"
    starts = sorted({tier.start for price in found for tier in getattr(price, "tiers", ())})
    texts = ["/".join(_pico(_at(price, 0)) for price in found) + fee]
    for start in starts:
        rates = "/".join(_pico(_at(price, start + 1)) for price in found)
        texts.append(f">{start}:{rates}{fee}")
    return " ".join(texts)


def _at(price: Any, sent: int) -> Decimal | None:
    if price is None or isinstance(price, Decimal):
        return price
    value: Decimal = price.base
    for tier in price.tiers:
        if sent > tier.start:
            value = tier.price
    return value


def _pico(dollars_per_million: Decimal | None) -> str:
    return _UNKNOWN if dollars_per_million is None else _exactly(dollars_per_million * 10**6)


def _exactly(number: Decimal) -> str:
    """Whole; what is finer than a pico-dollar is rounded: a ten-millionth part of any price."""
    if not number.is_finite() or number < 0:
        raise Oddity(f"a price: {number}")
    return str(int(number.to_integral_value()))


# ---------------------------------------------------------------------------------- litellm


def litellm_names(entries: dict[str, Any], vendor: str) -> dict[str, dict[str, Any]]:
    """What litellm has of a vendor's models that chat, by the name at the vendor."""
    theirs = LITELLM.get(vendor, vendor)
    found: dict[str, dict[str, Any]] = {}
    for key, entry in entries.items():
        if entry.get("litellm_provider") != theirs or entry.get("mode") not in _CHATTING:
            continue
        name = key.removeprefix(f"{theirs}/").lower()
        if vendor == "azure" and "/" in name:  # a region with prices of its own, no name
            continue
        try:
            found.setdefault(_plain(name), entry)
        except Oddity:
            continue  # a name with a space, of which there is no such model
    return found


def litellm_prices(entry: dict[str, Any]) -> str:
    """The prices as they stand in the file; "" if none are known."""
    if entry.get("off_peak_pricing") or _reasoning_differs(entry):
        return ""
    if tiered := entry.get("tiered_pricing"):
        return _ranges(tiered)
    base = [entry.get(name) for name in _LITELLM_PARTS]
    if not base[0] or not base[3]:
        return ""
    texts = [_row(base)]
    ends = sorted(
        int(match[1])
        for key in entry
        if (match := re.fullmatch(r"input_cost_per_token_above_(\d+)k_tokens", key))
    )
    for thousands in ends:
        above = [entry.get(f"{name}_above_{thousands}k_tokens") for name in _LITELLM_PARTS]
        output = above[3] if above[3] else base[3]
        texts.append(f">{thousands * 1000}:{_row([*above[:3], output])}")
    return " ".join(texts)


_LITELLM_PARTS = (
    "input_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
    "output_cost_per_token",
)


def _reasoning_differs(entry: dict[str, Any]) -> bool:
    reasoning = entry.get("output_cost_per_reasoning_token")
    return reasoning is not None and reasoning != entry.get("output_cost_per_token")


def _ranges(tiered: list[dict[str, Any]]) -> str:
    texts: list[str] = []
    for part in sorted(tiered, key=lambda part: part["range"][0]):
        if _reasoning_differs(part):
            return ""
        rates = [part.get(name) for name in _LITELLM_PARTS]
        if not rates[0] or not rates[3]:
            return ""
        start = int(part["range"][0])
        texts.append(f">{start}:{_row(rates)}" if texts else _row(rates))
    return " ".join(texts)


def _row(dollars_per_token: list[Any]) -> str:
    return "/".join(
        _UNKNOWN if not price else _exactly(Decimal(repr(price)) * 10**12)
        for price in dollars_per_token
    )


def _tokens(value: object) -> int | None:
    fitting = type(value) is int and _SMALLEST_WINDOW <= value <= _LARGEST_WINDOW
    return value if fitting else None  # type: ignore[return-value]


# ------------------------------------------------------------------------------------- both


def joined(model: Any | None, entry: dict[str, Any] | None, day: datetime.date) -> Row:
    """What both say of one name."""
    window = None if model is None else _tokens(model.context_window)
    prices = "" if model is None else genai_prices(model.prices, day)
    max_output = None
    if entry is not None:
        sent, max_output = (
            _tokens(entry.get(f"max_{part}_tokens")) for part in ("input", "output")
        )
        if sent is not None and (window is None or sent + (max_output or 0) != window):
            window = sent
        prices = _with_cache_prices(prices, litellm_prices(entry))
    if max_output is not None and window is not None and max_output > window:
        max_output = None
    return Row(window, max_output, prices)


def _with_cache_prices(prices: str, others: str) -> str:
    """`prices`, with the prices of the cache from `others` where only they have them, and the rest
    of both agrees; `others` where there are none.
    """
    if not prices:
        return others
    if " " in prices or " " in others or prices.count("/") != 3 or not others:
        return prices
    mine, theirs = prices.split("/"), others.split("/")
    if (mine[0], mine[3]) != (theirs[0], theirs[3]):
        return prices
    return "/".join(b if a == _UNKNOWN else a for a, b in zip(mine, theirs, strict=True))


def table(
    vendor: str,
    providers: list[Any],
    entries: dict[str, Any],
    day: datetime.date,
    sources: str,
    odd: list[str],
) -> str:
    """A vendor's file. What can't be taken in is told in `odd`."""
    theirs = next((p for p in providers if p.id == GENAI.get(vendor)), None)
    exact = litellm_names(entries, vendor)
    listed: list[tuple[str, Any]] = []
    for model in theirs.models if theirs is not None else ():
        try:
            listed += ((pattern, model) for pattern in patterns(model.match))
            genai_prices(model.prices, day)
        except Oddity as oddity:
            odd.append(f"{vendor}/{model.id}: {oddity}")
            listed = [pair for pair in listed if pair[1] is not model]
    names = {pattern for pattern, _ in listed if not set(pattern) & set("*#!")} | exact.keys()
    rows: dict[Row, int] = {}
    lines = []
    lent = _lent(theirs, providers)
    for name in sorted(names):
        model = next((m for pattern, m in [*listed, *lent] if fits(pattern, name)), None)
        lines += _line("=", name, joined(model, exact.get(name), day), rows)
    for pattern, model in listed:
        if pattern not in names:
            lines += _line("~", pattern, joined(model, None, day), rows)
    ours = {other: name for name, other in GENAI.items()}
    others = [ours[o] for o in getattr(theirs, "fallback_model_providers", None) or () if o in ours]
    head = [f"{MAGIC}{day}", f"# {sources}"]
    head += [f"then {' '.join(others)}"] if others and vendor != "gemini" else []
    numbered = [
        " ".join(
            (f"@{number}", str(row.window or "-"), str(row.max_output or "-"), row.prices)
        ).rstrip()
        for row, number in rows.items()
    ]
    return "\n".join((*head, *lines, *numbered, ""))


def _lent(theirs: Any | None, providers: list[Any]) -> list[tuple[str, Any]]:
    """The patterns of the models that a vendor serves of others."""
    found: list[tuple[str, Any]] = []
    for other in getattr(theirs, "fallback_model_providers", None) or ():
        for model in next((p.models for p in providers if p.id == other), ()):
            try:
                found += ((pattern, model) for pattern in patterns(model.match))
                genai_prices(model.prices, datetime.date.max)
            except Oddity:
                found = [pair for pair in found if pair[1] is not model]  # told with its own vendor
    return found


def _line(mark: str, name: str, row: Row, rows: dict[Row, int]) -> list[str]:
    if row.window is None and not row.prices:
        return []
    return [f"{mark}{name} {rows.setdefault(row, len(rows))}"]


def tables(
    providers: list[Any], entries: dict[str, Any], day: datetime.date, sources: str
) -> tuple[dict[str, str], list[str]]:
    """The files of all our vendors by their names, and what could not be taken in."""
    odd: list[str] = []
    vendors = [name for name, row in PROVIDERS.items() if row.needs_key]
    files = {
        f"{vendor}.txt": table(vendor, providers, entries, day, sources, odd) for vendor in vendors
    }
    return files, odd


# ---------------------------------------------------------------------------------- running


def installed_into(folder: str) -> None:
    """Have pip install both packages; litellm, whose data alone is read, without what it needs."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", folder]
    subprocess.run([*pip, PACKAGES[0]], check=True)
    subprocess.run([*pip, "--no-deps", PACKAGES[1]], check=True)


def drawn_from(folder: str, day: datetime.date) -> tuple[dict[str, str], list[str]]:
    """The files, from the packages in a folder."""
    sys.path.insert(0, folder)
    from genai_prices import data  # type: ignore[import-not-found]  # installed for this run

    backup = Path(folder) / "litellm" / "model_prices_and_context_window_backup.json"
    versions = {each.name: each.version for each in importlib.metadata.distributions(path=[folder])}
    sources = " and ".join(f"{name} {versions[name]}" for name in PACKAGES)
    words = f"Figures of {sources}; see NOTICE.txt. Written by scripts/model_table.py."
    return tables(data.providers, json.loads(backup.read_text()), day, words)


def main() -> None:
    """Write the files, and say what they lack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--from", dest="folder", help="a folder that has both packages")
    today = datetime.datetime.now(datetime.UTC).date()
    parser.add_argument("--date", type=datetime.date.fromisoformat, default=today)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if args.folder is None:
            installed_into(temporary)
        files, odd = drawn_from(args.folder or temporary, args.date)
    for name, text in files.items():
        (FOLDER / name).write_text(text)
    for line in odd:
        print(f"left out: {line}", file=sys.stderr)
    for name, row in PROVIDERS.items():
        text = files.get(f"{name}.txt", "")
        if text and f"\n={(row.default_model or '').lower()} " not in text:
            print(f"unknown: {name}/{row.default_model}, a default", file=sys.stderr)


if __name__ == "__main__":
    main()
