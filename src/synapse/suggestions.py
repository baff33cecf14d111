"""Which known words a mistyped one is near: the one measure for commands, options, models, REFs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def near(word: str, known: Iterable[str], *, most: int = 3, likeness: float = 0.5) -> list[str]:
    """Up to `most` known words similar to this one, the most similar first. `likeness` is the share
    of letters in common, in the same order, that a word needs: 0.5 for lists of several, more where
    one is proposed.
    """
    from difflib import get_close_matches  # only for errors: 9 million instructions

    return get_close_matches(word, list(known), n=most, cutoff=likeness)


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant by a mistyped one, or None."""
    return next(iter(near(word, known, most=1, likeness=0.7)), None)
