"""Long pastes at the prompt: `[pasted 200 lines]` stands for the text until it is sent."""

from __future__ import annotations

import re

from synapse.cli.listing.tables import count

_LINES, _CHARACTERS = 10, 2_000
"""A paste of more than that is folded: it would push what is being written off the screen."""


class Pastes:
    """Texts that were pasted at the prompt, by the marks that stand for them."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def fold(self, text: str) -> str:
        """What to insert for a paste: the text itself, or a mark for it."""
        lines = text.removesuffix("\n").count("\n") + 1
        if lines <= _LINES and len(text) <= _CHARACTERS:
            return text
        what = count(lines, "line") if lines > _LINES else count(len(text), "character")
        number, mark = 1, f"[pasted {what}]"
        while self._texts.get(mark, text) != text:
            number += 1
            mark = f"[pasted {what} #{number}]"
        self._texts[mark] = text
        return mark

    def unfold(self, text: str) -> str:
        """The text with every mark replaced by what was pasted."""
        if not self._texts or "[pasted " not in text:
            return text

        marks = "|".join(map(re.escape, self._texts))
        return re.sub(marks, lambda found: self._texts[found[0]], text)

    def holds(self, text: str) -> bool:
        """Whether the text has such a mark."""
        return any(mark in text for mark in self._texts)

    def mark_before(self, text: str) -> str:
        """The mark that the text ends with, which goes as a whole; "" if there is none."""
        return next((mark for mark in self._texts if text.endswith(mark)), "")

    def forget(self) -> None:
        """Begin another text."""
        self._texts.clear()
