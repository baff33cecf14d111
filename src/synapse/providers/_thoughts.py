"""Thoughts that a model writes at the beginning of its answer, between `<think>` and `</think>`.

Servers that know the model put them into a field of their own; others pass on what it writes. Only
what begins the answer counts, in these very letters: later in it, and in any other spelling, the
words are text. The first end mark ends them, even where they quote one. Pure.
"""

from __future__ import annotations

_MARKS = {"<think>": "</think>", "<thought>": "</thought>"}
_LONGEST = max(map(len, _MARKS))


class ThoughtSplitter:
    """Takes the text of an answer as it comes, gives `(text, is it thought)` pairs.

    Holds back what may still become a mark, and blanks around thoughts, which are no part of them.
    """

    __slots__ = ("_end", "_has_thought", "_held", "_trims", "is_over")

    def __init__(self) -> None:
        self._held = ""
        self._end = ""  # the mark that ends the thoughts; "" before they have begun, and after
        self._has_thought = False  # something of them has been given
        self._trims = False  # they are over, and nothing of the answer has come
        self.is_over = False
        """Whether all further text is the answer's, and need not pass here."""

    def feed(self, text: str) -> list[tuple[str, bool]]:
        """What is known of the text with this piece."""
        text, self._held = self._held + text, ""
        found: list[tuple[str, bool]] = []
        if not self._end and not self._trims:
            text = self._begin(text, found)
        if self._end:
            text = self._think(text, found)
        if self._trims:
            text = text.lstrip()
            if text:
                found.append((text, False))
                self.is_over = True
        return found

    def close(self) -> list[tuple[str, bool]]:
        """What was held back: the answer is over, or its thoughts come in a field of their own."""
        text, self._held, self.is_over = self._held, "", True
        held = text.rstrip() if self._end else text
        return [(held, bool(self._end))] if held else []

    def _begin(self, text: str, found: list[tuple[str, bool]]) -> str:
        """Look whether thoughts begin; what comes behind their mark."""
        start = text.lstrip()
        for mark, end in _MARKS.items():
            if start.startswith(mark):
                self._end = end
                return start[len(mark) :]
        if any(mark.startswith(start) for mark in _MARKS):
            self._held = text
        else:
            found.append((text, False))
            self.is_over = True
        return ""

    def _think(self, text: str, found: list[tuple[str, bool]]) -> str:
        """Take thoughts up to their end; what comes behind it."""
        thought, ended, rest = text.partition(self._end)
        if not self._has_thought:
            thought = thought.lstrip()
        if ended:
            self._end, self._trims = "", True
            thought = thought.rstrip()
        else:
            kept = len(_without_half(thought, self._end).rstrip())
            thought, self._held = thought[:kept], thought[kept:]
        if thought:
            found.append((thought, True))
            self._has_thought = True
        return rest


def _without_half(text: str, mark: str) -> str:
    """`text` without a beginning of `mark` at its end."""
    for size in range(min(len(mark) - 1, len(text)), 0, -1):
        if text.endswith(mark[:size]):
            return text[:-size]
    return text
