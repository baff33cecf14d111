"""Windows and prices of the vendors' models: a table that comes with Synapse.

A file a vendor, `openai.txt`, written by `scripts/model_table.py`; what its lines mean stands
there, too. A turn reads one of them and looks at a few of its lines: that costs 0.2 million
instructions, where the same table as Python costs 1.4 (OpenRouter's: 0.4 and 13).
"""

from __future__ import annotations

import os

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from synapse.domain import Usage

MAGIC = "synapse-models 1"
"""What the first line of a file begins with; its date follows."""
FREE = frozenset(("ollama", "llamacpp", "vllm", "lmstudio", "local", "echo"))
"""Programs that run models on a machine of the user's own: no token of theirs has a price."""
_DIGITS = "#"
_ANYTHING = "*"
_WITHOUT = "!"
_PICO_IN_NANO = 1000


class Prices(Record):
    """What a model costs: pico-dollars (10⁻¹² dollars) per token, that is, millionths of a dollar
    per million tokens. None where it is not known.
    """

    input: int | None = None
    """Of a token that is sent, if it was in no cache."""
    cached: int | None = None
    """Of one that the provider has read from its cache."""
    cache_write: int | None = None
    """Of one that it has put into its cache."""
    output: int | None = None
    """Of one that is received."""
    request: int = 0
    """Of the request itself, beside its tokens."""
    tiers: tuple[tuple[int, Prices], ...] = ()
    """Ascending: above so many tokens sent, all tokens of the request have these prices."""

    def of_request(self, sent: int) -> Prices:
        """The prices of a request with so many tokens sent, those in a cache among them."""
        found = self
        for start, prices in self.tiers:
            if sent > start:
                found = prices
        return found

    def cost(self, usage: Usage) -> int | None:
        """Nano-dollars, rounded to the nearest; None if a count or a price that is needed is not
        known, or if the counts contradict each other.
        """
        sent, received = usage.input_tokens, usage.output_tokens
        if sent is None or received is None:
            return None
        cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
        prices = self.of_request(sent)
        total = prices.request
        for count, price in (
            (sent - cached - written, prices.input),
            (cached, prices.cached),
            (written, prices.cache_write),
            (received, prices.output),
        ):
            if count < 0 or (count and price is None):
                return None
            total += count * (price or 0)
        return (total + _PICO_IN_NANO // 2) // _PICO_IN_NANO


class KnownModel(Record):
    """What the table says of a model."""

    window: int | None
    """Tokens that a request and its answer may have together."""
    max_output: int | None
    """Tokens that an answer may have."""
    listed: str
    """Its prices, as they stand in the file."""
    date: str
    """When the table was drawn up: `2026-11-27`."""

    def prices(self, moment: datetime) -> Prices | None:
        """Those in force at that moment, which is in UTC; None if none are known."""
        found = None
        for entry in self.listed.split(" | ") if self.listed else ():
            condition, _, rates = entry.partition(" ")
            if "/" in condition:
                condition, rates = "", entry
            if _holds(condition, moment):
                found = rates  # the last one counts
        try:
            return None if found is None else _prices(found)
        except ValueError:
            return None


def find(vendor: str, model: str) -> KnownModel | None:
    """What the table says of the model, by its name as the vendor's API knows it; None if nothing.

    Capital letters don't count. A name that is written out comes before the patterns, of which the
    first one that fits counts, and before the vendors whose models this one serves as well.
    """
    name = model.removeprefix("models/").lower()  # as Gemini's own API calls them
    if not name.isprintable() or " " in name:
        return None
    try:
        return next(_found(vendor, name, follow=True), None)
    except (ValueError, LookupError):  # a file that somebody has changed: better no price
        return None


def date(vendor: str) -> str | None:
    """When the vendor's table was drawn up; None if it has none."""
    text = _read(vendor)
    return None if text is None else _date(text)


def _found(vendor: str, name: str, *, follow: bool) -> Iterator[KnownModel]:
    text = _read(vendor)
    if text is None:
        return
    number = _after(text, f"\n={name} ") or _by_pattern(text, name)
    if number:
        window, max_output, *rest = _after(text, f"\n@{number} ").split(" ", 2)
        yield KnownModel(
            window=_number(window),
            max_output=_number(max_output),
            listed=" ".join(rest),
            date=_date(text),
        )
    if follow:
        for other in _after(text, "\nthen ").split():
            yield from _found(other, name, follow=False)


def _read(vendor: str) -> str | None:
    if not vendor.isalnum() or not vendor.isascii():  # no name of a file of ours
        return None
    try:
        with open(f"{os.path.dirname(__file__)}/{vendor}.txt", "rb") as file:
            return file.read().decode("ascii")
    except OSError:
        return None


def _date(text: str) -> str:
    return text[len(MAGIC) : text.index("\n")].strip()


def _after(text: str, start: str) -> str:
    """The rest of the line that begins so; "" if there is none."""
    place = text.find(start)
    if place < 0:
        return ""
    place += len(start)
    return text[place : text.index("\n", place)]


def _by_pattern(text: str, name: str) -> str:
    place = text.find("\n~")
    while place >= 0:
        pattern, _, number = text[place + 2 : text.index("\n", place + 2)].rpartition(" ")
        if fits(pattern, name):
            return number
        place = text.find("\n~", place + 1)
    return ""


def fits(pattern: str, name: str) -> bool:
    """Whether a name is one of those that a pattern stands for: `gpt-6-####*!-tts`, where `#` is a
    digit, `*` anything, and what comes after `!` must not be part of the name. There is a `*` at
    the pattern's beginning or at its end, at both or at neither.
    """
    pattern, _, without = pattern.partition(_WITHOUT)
    if without and without in name:
        return False
    core = pattern.strip(_ANYTHING)
    from_start, to_end = pattern[:1] != _ANYTHING, pattern[-1:] != _ANYTHING
    last = len(name) - len(core)
    if last < 0 or (from_start and to_end and last):
        return False
    places = (0,) if from_start else (last,) if to_end else range(last + 1)
    return any(_same(core, name[place : place + len(core)]) for place in places)


def _same(core: str, part: str) -> bool:
    if _DIGITS not in core:
        return core == part
    return all(
        c.isdigit() if mark == _DIGITS else c == mark for mark, c in zip(core, part, strict=True)
    )


def _holds(condition: str, moment: datetime) -> bool:
    """Whether it is that day or later, `2027-01-01`, or that time of the day, `22:00-04:00`."""
    if not condition:
        return True
    text = moment.isoformat()
    if ":" not in condition:
        return text[:10] >= condition
    start, _, end = condition.partition("-")
    now = text[11:16]
    return start <= now < end if start <= end else now >= start or now < end


def _prices(rates: str) -> Prices:
    base, *tiers = rates.split(" ")
    prices = _row(base)
    if not tiers:
        return prices
    above = (tier[1:].split(":") for tier in tiers)
    return prices.replace(tiers=tuple((int(start), _row(row)) for start, row in above))


def _row(text: str) -> Prices:
    first, cached, write, output, *request = text.split("/")
    return Prices(
        input=_number(first),
        cached=_number(cached),
        cache_write=_number(write),
        output=_number(output),
        request=int(request[0]) if request else 0,
    )


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)
