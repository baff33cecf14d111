"""How many tokens a session takes, message by message, by what its providers reported.

A prompt is a provider's own count of everything that was sent before an answer. The difference
between two of the same model is what came between: the first one's answer, whose tokens are told,
too, and the question after it. So every message that was answered since is known exactly, and only
what has not been sent yet is estimated, with a factor that these differences calibrate.

Where a count says nothing about what is sent now it is not used: another model's, one from before
the system prompt or the notes changed, one that no such text can have.
"""

from __future__ import annotations

from synapse.app.context.estimate import MESSAGE, Family, family_of, image_tokens, text_tokens
from synapse.app.selection import ACKNOWLEDGEMENT, BEFORE_THE_FIRST_QUESTION
from synapse.domain import Role, Status
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.app.selection import Selection
    from synapse.domain import StoredMessage, Summary

TRUSTED = 400
"""Tokens of a text that an uncalibrated factor is worth: differences of more outweigh it."""
_SMALLEST_FACTOR, _LARGEST_FACTOR = 0.2, 8.0
_AROUND = 64
"""Tokens that a server may put around a message, at the most."""


class Tokens(Record):
    """A number of tokens."""

    count: int
    exact: bool
    """Whether it follows from what a provider reported, or is estimated."""


class Asked(Record):
    """The model for which is measured."""

    provider: str
    model: str
    is_sessions: bool = True
    """Whether it is the session's own model, so that an answer under another name may be its, too:
    providers resolve aliases.
    """
    resends_reasoning: bool = False
    """Whether the provider gets the reasoning of its answers back."""
    factor: float | None = None
    """As earlier sessions calibrated it; None: that of its family."""


class Measurement(Record):
    """What is sent of a session, in tokens."""

    system_prompt: Tokens
    notes: Tokens
    messages: tuple[Tokens, ...]
    """Of each message of the history; 0 for one that is not sent."""
    total: Tokens
    counted: bool
    """Whether the total begins with a provider's count of all that was sent before the last answer,
    and is not the sum of its parts.
    """
    factor: float
    """Tokens that the model makes of a text for one of `estimate.text_tokens`."""
    weight: float
    """How much text the factor was calibrated with; 0: it was not."""
    cached: int | None
    """Of the last prompt: tokens that the provider had in its cache; None if it did not say."""


def measure(
    history: Sequence[StoredMessage],
    selection: Selection,
    asked: Asked,
    *,
    system_prompt: str | None = None,
    summaries: Sequence[Summary] = (),
    whole: bool = True,
) -> Measurement:
    """Measure what `selection` sends of `history`, to which the session's `summaries` belong; the
    last one stands. Without `whole`, more is sent before it, and the total is what a count of the
    provider and the rest come to.
    """
    return _Measuring(history, selection, asked, system_prompt, summaries, whole).result()


def asked_names(history: Sequence[StoredMessage], asked: Asked) -> frozenset[str]:
    """The names under which the model has answered in these messages."""
    names = {
        message.model: None
        for message in reversed(history)
        if message.role is Role.ASSISTANT and message.model and message.provider == asked.provider
    }
    same = frozenset(name for name in names if is_same_model(asked.model, name))
    if same or not names or not asked.is_sessions:
        return same
    return frozenset([*names][:1])  # the newest


def is_same_model(asked: str, answered: str) -> bool:
    """Whether an answer under the name `answered` can be one of the model `asked`: vendors add a
    date or a version, and some servers the vendor's name.
    """
    shorter, longer = sorted((_plain(asked), _plain(answered)), key=len)
    rest = longer.removeprefix(shorter)
    if len(rest) + len(shorter) != len(longer):
        return False
    version = rest[1:].replace("-", "")
    # fewer digits are another model: claude-opus-4-5 is no claude-opus-4
    dated = version.isdigit() and len(version) >= 3
    return not rest or (rest[0] in "-@:" and (dated or version == "latest"))


def _plain(model: str) -> str:
    return model.rpartition("/")[2].lower()


class _Part:
    """Something that is sent: a message, the system prompt, the notes."""

    __slots__ = ("around", "count", "exact", "size", "text")

    def __init__(self, text: float = 0.0, size: int = 0, around: int = 0) -> None:
        self.text = text
        """Tokens of its texts, before any factor."""
        self.size = size
        """Bytes of its texts, and so more tokens than they can have."""
        self.around = around
        """Tokens that no factor changes: of images, and around the message."""
        self.count = 0
        self.exact = False

    def estimate(self, factor: float) -> float:
        return self.text * factor + self.around

    def tokens(self) -> Tokens:
        return Tokens(count=self.count, exact=self.exact or not self.around)


class _Measuring:
    """One measurement: parts, the counts that hold, what they say of the parts."""

    def __init__(
        self,
        history: Sequence[StoredMessage],
        selection: Selection,
        asked: Asked,
        system_prompt: str | None,
        summaries: Sequence[Summary],
        whole: bool,
    ) -> None:
        self._history = history
        self._fates = selection.fates
        self._asked = asked
        self._whole = whole
        self._family = family_of(asked.provider, asked.model)
        self._starts = [summary.session_length for summary in summaries]
        self._system = _text_part(self._family, system_prompt or "")
        self._notes = _text_part(self._family, *_notes_of(selection))
        self._parts = [
            self._part(message, selection, place)
            for message, place in zip(history, selection.places, strict=True)
        ]
        self._names = asked_names(history, asked)
        self._prompts = self._counted_prompts()
        self._observed = self._estimated = 0.0

    def result(self) -> Measurement:
        first = self._asked.factor or self._family.factor
        segments = self._segments(first)
        factor = (self._observed + TRUSTED * first) / (self._estimated + TRUSTED)
        factor = min(max(factor, _SMALLEST_FACTOR), _LARGEST_FACTOR)
        for part in self._everything():
            if not part.exact:
                part.count = round(part.estimate(factor))
        for tokens, parts in segments:
            _distribute(tokens, parts)
        last = self._prompts[-1] if self._prompts else None
        total, counted = self._total(first)
        return Measurement(
            system_prompt=self._system.tokens(),
            notes=self._notes.tokens(),
            messages=tuple(part.tokens() for part in self._parts),
            total=total,
            counted=counted,
            factor=factor,
            weight=self._estimated,
            cached=None if last is None else self._history[last[0]].usage.cached_tokens,
        )

    def _everything(self) -> list[_Part]:
        return [self._system, self._notes, *self._parts]

    def _part(self, message: StoredMessage, selection: Selection, place: int) -> _Part:
        if place < 0:
            return _Part()
        sent = selection.messages[place]
        texts = [message.content]
        texts += [
            each.data.decode("utf-8", "replace")
            for each in message.attachments
            if each.is_sent and each.is_text
        ]
        if sent.reasoning and self._asked.resends_reasoning:
            texts.append(message.reasoning)
        part = _text_part(self._family, *texts)
        part.around = MESSAGE
        for image in message.attachments:
            if image in sent.images:
                part.around += image_tokens(image, self._asked.provider, self._asked.model)
        return part

    def _counted_prompts(self) -> list[tuple[int, int, int]]:
        """Answers that tell what their prompt took: place, tokens, and which base it had: the
        notes and the system prompt that held then.
        """
        found = []
        changes, is_asked = 0, False
        for place, message in enumerate(self._history):
            is_asked = is_asked or message.role is Role.USER
            if message.role is Role.SYSTEM and self._fates[place] != "superseded" and is_asked:
                changes += 1
            elif self._tells(place):
                tokens = message.usage.input_tokens or 0
                found.append((place, tokens, self._base(message.index, changes)))
        self._base_now = self._base(1 << 62, changes)
        return found

    def _base(self, index: int, changes: int) -> int:
        return changes * (len(self._starts) + 1) + sum(start < index for start in self._starts)

    def _tells(self, place: int) -> bool:
        message = self._history[place]
        return (
            message.role is Role.ASSISTANT
            and bool(message.usage.input_tokens)
            and message.provider == self._asked.provider
            and message.model in self._names
            and self._fates[place] in ("sent", "empty")
        )

    def _segments(self, factor: float) -> list[tuple[int, list[_Part]]]:
        """What stands between prompts of the same base, and before the first one of the present
        base, with the tokens that it takes; the factor's evidence is added up on the way.
        """
        segments = []
        before: tuple[int, int, int] | None = None
        for prompt in self._prompts:
            place, tokens, base = prompt
            self._know_answer(place)
            if before is not None and before[2] == base:
                parts = self._parts[before[0] : place]
                total = tokens - before[1]
            elif self._whole and base == self._base_now:
                parts = [self._system, self._notes, *self._parts[:place]]
                total = tokens
            else:
                parts = []
                total = 0
            before = prompt
            if _is_plausible(total, parts, factor):
                segments.append((total, parts))
                self._observed += total - sum(part.around for part in parts)
                self._estimated += sum(part.text for part in parts)
        return segments

    def _know_answer(self, place: int) -> None:
        """The tokens of an answer are told with it, unless it was cut off, or what it thought is
        counted with it, and nobody knows how much that was.
        """
        message, part = self._history[place], self._parts[place]
        told = message.usage.output_tokens
        thought = message.usage.reasoning_tokens
        if told is None or message.status is not Status.COMPLETE or not part.around:
            return
        if not self._asked.resends_reasoning:
            if thought is None and message.reasoning:
                return
            told -= thought or 0
        if 0 < told <= part.size + _AROUND:
            part.count, part.exact = told, True

    def _total(self, factor: float) -> tuple[Tokens, bool]:
        """The last prompt that still holds, and what came since; else the sum."""
        if self._prompts and self._prompts[-1][2] == self._base_now:
            place, tokens, _ = self._prompts[-1]
            before = [self._system, self._notes, *self._parts[:place]]
            holds = not self._whole or _is_plausible(tokens, before, factor)
            if holds and "truncated" not in self._fates:
                since = [part.tokens() for part in self._parts[place:]]
                return _sum([Tokens(count=tokens, exact=True), *since]), True
        return _sum([part.tokens() for part in self._everything()]), False


def _notes_of(selection: Selection) -> list[str]:
    """What stands before all that was said, if notes do: they and what acknowledges them."""
    if not selection.messages or 0 in selection.places:
        return []
    first = selection.messages[0].content
    return [first] if first == BEFORE_THE_FIRST_QUESTION else [first, ACKNOWLEDGEMENT]


def _text_part(family: Family, *texts: str) -> _Part:
    present = [text for text in texts if text]
    return _Part(
        text=sum(text_tokens(text, family) for text in present),
        size=sum(len(text.encode("utf-8", "surrogatepass")) for text in present),
        around=MESSAGE * len(present),
    )


def _sum(counts: Sequence[Tokens]) -> Tokens:
    return Tokens(
        count=sum(each.count for each in counts),
        exact=all(each.exact for each in counts),
    )


def _is_plausible(total: int, parts: Sequence[_Part], factor: float) -> bool:
    """Whether these parts can take so many tokens: at least a byte makes one, and no tokeniser
    that is known makes five times fewer than is estimated.
    """
    sent = [part for part in parts if part.around]
    if not sent:
        return False
    most = sum(part.size + max(part.around * 4, _AROUND) for part in sent)
    return sum(part.estimate(factor) for part in sent) / 5 - _AROUND <= total <= most


def _distribute(total: int, parts: Sequence[_Part]) -> None:
    """Let the parts have `total` tokens together: a single unknown one gets the rest, which is
    exact; several share it as they were estimated.
    """
    unknown = [part for part in parts if part.around and not part.exact]
    rest = total - sum(part.count for part in parts if part.exact)
    if not unknown or rest < len(unknown):
        return
    estimated = sum(part.count for part in unknown) or 1
    shared = 0
    for part in unknown[:-1]:
        part.count = min(rest - shared, max(1, part.count * rest // estimated))
        shared += part.count
    unknown[-1].count = rest - shared
    unknown[-1].exact = len(unknown) == 1
