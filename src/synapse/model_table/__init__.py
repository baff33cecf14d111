"""Windows and prices of the vendors' models: a table that comes with Synapse.

A file a vendor, `openai.txt`, written by `scripts/model_table.py`; what its lines mean stands
there, too. A turn reads one of them and looks at a few of its lines. This module is what it needs
for that, and no more: a turn unpacks every byte of it. `known` and `patterns` have the rest.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from synapse.domain import StoredMessage, Usage
    from synapse.model_table.known import Prices

MAGIC = "synapse-models 1 "
"""What the first line of a file begins with; its date follows."""
FREE = ("ollama", "llamacpp", "vllm", "lmstudio", "local", "echo")
"""Programs that run models on a machine of the user's own: no token of theirs has a price."""
ELSEWHERE = "cloud"
"""How the names of models end that Ollama has run elsewhere, for a fee of its own kind."""


def row(vendor: str, model: str) -> tuple[str, str] | None:
    """What the table says of a model, by its name as the vendor's API knows it, and the table's
    date: `WINDOW OUTPUT PRICES`, as in the file; None if nothing.

    Capital letters don't count. A name that is written out comes before the patterns, of which the
    first one that fits counts, and before the vendors whose models this one serves as well.
    """
    name = model.removeprefix("models/").lower()  # as Gemini's own API calls them
    text = read(vendor) if name.isprintable() and " " not in name else ""
    if not text:
        return None
    number = after(text, f"\n={name} ")
    if not number:
        from synapse.model_table.patterns import fitting  # for names that are not written out

        number = fitting(text, name)
        others = () if number else after(text, "\nthen ").split()
        for text in map(read, others):
            number = after(text, f"\n={name} ") or fitting(text, name)
            if number:
                break
    return numbered(text, number) if number else None


def read(vendor: str) -> str:
    """A vendor's file; "" if there is none that can be read."""
    if not vendor.isalnum():  # no name of a file of ours
        return ""
    try:
        with open(f"{os.path.dirname(__file__)}/{vendor}.txt", "rb") as file:
            return file.read().decode("ascii")
    except (OSError, ValueError):
        return ""


def after(text: str, start: str) -> str:
    """The rest of the line that begins so; "" if there is none."""
    place = text.find(start)
    if place < 0:
        return ""
    place += len(start)
    return text[place : text.find("\n", place)]


def numbered(text: str, number: str) -> tuple[str, str]:
    """The row with this number, and the date of the file."""
    return after(text, f"\n@{number} "), text[len(MAGIC) : text.find("\n")]


def in_force(prices: str, moment: datetime) -> str:
    """Of a row's prices those at this moment, which is in UTC; "" if none are known."""
    found = ""
    for entry in prices.split(" | "):
        condition, _, rates = entry.partition(" ")
        if "/" in condition:
            found = entry
            continue
        now = moment.isoformat()
        if ":" not in condition:
            holds = now[:10] >= condition  # from that day on
        else:
            start, _, end = condition.partition("-")
            time = now[11:16]
            holds = start <= time < end if start <= end else time >= start or time < end
        if holds:  # the last one counts
            found = rates
    return found


def rates_of(prices: str, sent: int) -> list[int | None]:
    """Pico-dollars per token: input, cached, cache-write, output, and, where it has a price, of the
    request itself; of prices in force, for so many tokens sent.
    """
    base, *tiers = prices.split(" ")
    for tier in tiers:
        start, _, rates = tier[1:].partition(":")
        if sent > int(start):
            base = rates
    return [None if rate == "-" else int(rate) for rate in base.split("/")]


def cost(rates: Sequence[int | None], usage: Usage) -> int | None:
    """Nano-dollars, rounded to the nearest; None if a count or a price that is needed is not known,
    or if the counts contradict each other.
    """
    sent, received = usage.input_tokens, usage.output_tokens
    if sent is None or received is None:
        return None
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    counts = (sent - cached - written, cached, written, received, 1)
    total = 0
    for count, rate in zip(counts, rates, strict=False):
        if count < 0 or (count and rate is None):
            return None
        total += count * (rate or 0)
    return (total + 500) // 1000


def with_cost(
    answer: StoredMessage, asked: str, vendor: str | None, configured: Mapping[str, Prices]
) -> Usage:
    """The usage of an answer, priced at the moment when it was begun; `asked` is the model that was
    asked for.
    """
    models = [asked] if answer.model in (asked, None) else [answer.model or "", asked]
    return priced(answer.usage, answer.provider or "", models, answer.timestamp, vendor, configured)


def priced(
    usage: Usage,
    provider: str,
    models: Sequence[str],
    moment: datetime,
    vendor: str | None,
    configured: Mapping[str, Prices],
) -> Usage:
    """The usage of a request with what it cost at the prices of this moment, in UTC, and whose
    prices these are; as it is, if that is known already or can't be known.

    `models` are the names of the model, the most exact one first. What is `configured`, by
    PROVIDER/MODEL, comes before the table of the `vendor` (Capabilities.vendor); a model on a
    machine of the user's own is free.
    """
    amount, source = usage.cost, usage.cost_source
    if amount is not None:
        return usage
    own = [configured[name] for m in models if (name := f"{provider}/{m}") in configured]
    if own:
        amount, source = own[0].cost(usage), "config"
    elif provider in FREE:
        if usage.output_tokens is not None and not any(m.endswith(ELSEWHERE) for m in models):
            amount, source = 0, "free"
    else:
        for model in models:
            found = row(vendor or provider, model)
            listed = found[0].split(" ", 2)[2] if found and "/" in found[0] else ""
            prices = in_force(listed, moment) if listed else ""
            if found and prices:
                amount = cost(rates_of(prices, usage.input_tokens or 0), usage)
                source = found[1]
                break
    return usage if amount is None else usage.replace(cost=amount, cost_source=source)
