"""What the wire formats have in common: JSON that may be hostile, text that comes in halves.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.domain import Usage, plausible_count
from synapse.light import json
from synapse.ports import Finished, TextDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.ports import StreamEvent
    from synapse.providers._thoughts import ThoughtSplitter

CACHED = {"type": "ephemeral"}
"""What marks the end of something that a provider shall put into its cache, for five minutes."""
_MOST_DIGITS = 40
"""Of an integer that is read as one; Python refuses those of some thousands."""


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


_scan = json.scanner(parse_int=_integer)
_encode = json.encoder()


class Malformed(ValueError):
    """Bytes that are no JSON, or JSON that no reader should follow (nested to death, …)."""


def decode(data: bytes) -> object:
    """The JSON value in `data`. Raises Malformed.

    Bytes that are no UTF-8 become U+FFFD: a damaged character is better than a lost answer.
    """
    text = data.decode("utf-8", "replace").strip()
    try:
        value, end = _scan(text, 0)
    except (*json.INVALID, StopIteration, RecursionError) as error:
        raise Malformed(type(error).__name__) from None
    if end != len(text):
        raise Malformed("more than one value")
    return value


def encode(value: object) -> bytes:
    """`value` as JSON in UTF-8; lone surrogates, which UTF-8 can't hold, become `?`."""
    return _encode(value).encode("utf-8", "replace")


def base64(data: bytes) -> str:
    """`data` in base64, on one line."""
    from binascii import b2a_base64  # only for images

    return b2a_base64(data, newline=False).decode("ascii")


def table(value: object) -> dict[str, object]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[dict[str, object]]:
    """The objects in `value` if it is an array, else none."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def string(value: object) -> str | None:
    """`value` as text if it is text or a number; some servers send 0 where text belongs."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def count(value: object) -> int | None:
    """`value` as a count if it is a whole number, or reads like one, that can be one."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return plausible_count(int(value))
    if isinstance(value, float) and value.is_integer():
        return plausible_count(int(value))
    return plausible_count(value)


def first_count(value: dict[str, object], *fields: str) -> int | None:
    """The first of these fields that holds a count, be it 0."""
    for field in fields:
        number = count(value.get(field))
        if number is not None:
            return number
    return None


def nano_dollars(amount: object, power: int = 0) -> int | None:
    """`amount` times ten to the `power` dollars in nano-dollars, of which a half counts as a whole;
    None for what is no amount of money that an answer can cost.

    The shortest decimal that reads as the same number is what the server wrote: no digit is lost.
    """
    if type(amount) not in (int, float):
        return None
    number, _, exponent = repr(amount).partition("e")
    whole, _, part = number.partition(".")
    digits = whole + part
    if not digits.isdigit():  # negative, endless, or not a number
        return None
    power += int(exponent or 0) - len(part) + 9
    if power >= 0:
        return plausible_count(int(digits) * 10**power)
    unit: int = 10**-power
    return plausible_count((int(digits) + unit // 2) // unit)


def cost_of(usage: dict[str, object]) -> int | None:
    """What the provider charges for the answer, in nano-dollars; None if it does not say.

    OpenRouter's dollars, with what the user's own account at the vendor is charged beside them;
    Perplexity's sum, DeepInfra's estimate, xAI's ticks.
    """
    cost = usage.get("cost")
    charged = nano_dollars(cost.get("total_cost") if isinstance(cost, dict) else cost)
    if charged is None:
        charged = nano_dollars(usage.get("estimated_cost"))
    if charged is None:
        return nano_dollars(usage.get("cost_in_usd_ticks"), -10)
    if usage.get("is_byok") is True:
        upstream = table(usage.get("cost_details")).get("upstream_inference_cost")
        return plausible_count(charged + (nano_dollars(upstream) or 0))
    return charged


def usage_of(usage: dict[str, object], sent: str, received: str, model: str) -> Usage:
    """The counts of OpenAI's formats, of which chat completions say `prompt` and `completion` where
    Responses say `input` and `output`; with the names that other vendors have for the same.

    xAI counts thoughts beside the answer, and Gemini does without naming them; what came from the
    cache stands beside the rest where a server passes on what Anthropic counted. The total tells.
    """
    read = table(usage.get(f"{sent}_tokens_details"))
    written = table(usage.get(f"{received}_tokens_details"))
    input_tokens = count(usage.get(f"{sent}_tokens"))
    output_tokens = count(usage.get(f"{received}_tokens"))
    cached = first_count(read, "cached_tokens")
    if cached is None:
        cached = first_count(
            usage, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"
        )
    cache_write = first_count(
        read, "cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens"
    )
    if cache_write is None:
        cache_write = first_count(usage, "cache_creation_input_tokens")
    reasoning = first_count(written, "reasoning_tokens")
    if reasoning is None:
        reasoning = first_count(usage, "reasoning_tokens")
    total = count(usage.get("total_tokens"))
    if total and input_tokens is not None and output_tokens is not None:
        beside = total - input_tokens - output_tokens
        if beside > 0 and reasoning is None and "gemini" in model:
            reasoning = beside
        if beside > 0 and beside == reasoning:
            output_tokens += beside
        elif beside > 0 and beside == (cached or 0) + (cache_write or 0) > input_tokens:
            input_tokens += beside
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=cached,
        cache_write_tokens=cache_write,
        reasoning_tokens=reasoning,
        cost=cost_of(usage),
    )


def day(value: object) -> str | None:
    """The day in a date, or in a date and time, as ISO 8601 writes them."""
    text = value[:10] if isinstance(value, str) else ""
    year, month, rest = text[:4], text[5:7], text[8:]
    is_day = len(text) == 10 and text[4] == text[7] == "-" and text.isascii()
    return text if is_day and (year + month + rest).isdigit() else None


class Collector:
    """Gathers what one read of the network brought; neighbouring text becomes one delta.

    Also joins surrogate pairs that a server escaped and split over two deltas, and tells thoughts
    that begin an answer from it.
    """

    __slots__ = (
        "_begins", "_events", "_half", "_reasoning", "_texts", "_thoughts", "has_text",
        "has_thought",
    )  # fmt: skip

    def __init__(self) -> None:
        self.has_text = self.has_thought = False
        """Whether anything came of the answer, and of the reasoning."""
        self._begins = True
        self._thoughts: ThoughtSplitter | None = None
        self._events: list[StreamEvent] = []
        self._texts: list[str] = []
        self._reasoning = False
        self._half = ""

    def say(self, text: str, *, reasoning: bool, escaped: bool = True) -> None:
        """Add text; `escaped` is whether it may hold surrogates (its JSON had a `\\u`)."""
        if self._begins and text:
            self._begins = False
            if not reasoning and text.lstrip()[:1] in ("", "<"):  # it may become a mark
                from synapse.providers._thoughts import ThoughtSplitter

                self._thoughts = ThoughtSplitter()
        if self._thoughts is not None and text:
            if reasoning:  # they come in a field of their own
                self._end_thoughts()
            else:
                self._split(self._thoughts, text)
                return
        self._say(text, reasoning=reasoning, escaped=escaped)

    def _split(self, thoughts: ThoughtSplitter, text: str) -> None:
        for piece, is_thought in thoughts.feed(text):
            self._say(piece, reasoning=is_thought, escaped=True)
        if thoughts.is_over:
            self._thoughts = None

    def _end_thoughts(self) -> None:
        if self._thoughts is not None:
            for piece, is_thought in self._thoughts.close():
                self._say(piece, reasoning=is_thought, escaped=True)
            self._thoughts = None

    def _say(self, text: str, *, reasoning: bool, escaped: bool) -> None:
        if reasoning is not self._reasoning:
            self._flush()
            self._reasoning = reasoning
        if escaped or self._half:
            text = self._whole(text)
        if text:
            self._texts.append(text)
            if reasoning:
                self.has_thought = True
            else:
                self.has_text = True

    def add(self, event: StreamEvent) -> None:
        """Add an event that is no text."""
        if isinstance(event, Finished):
            self._end_thoughts()
        self._flush()
        self._events.append(event)

    def take(self) -> list[StreamEvent]:
        """Everything so far; the collector is empty then, but for half a character."""
        if self._texts:
            self._join()
        events, self._events = self._events, []
        return events

    def end(self) -> None:
        """Say that nothing more will come: half a character becomes U+FFFD."""
        self._end_thoughts()
        self._flush()

    def _whole(self, text: str) -> str:
        text = self._half + text
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        if text.isascii():  # an escaped `<` or quotation mark: no codec is loaded for it
            return text
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _join(self) -> None:
        self._events.append(TextDelta("".join(self._texts), reasoning=self._reasoning))
        self._texts.clear()

    def _flush(self) -> None:
        if self._half:
            self._half = ""
            self._texts.append("\ufffd")
        if self._texts:
            self._join()
