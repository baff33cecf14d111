"""Whether what a model answered is a title. Pure: by rules, as models answer the question instead,
excuse themselves, or think aloud.
"""

from __future__ import annotations

import unicodedata

from synapse.app.names import check_title
from synapse.errors import UsageError

MOST_WORDS = 6
MOST_CHARACTERS = 60

_QUOTES = ('""', "''", "“”", "„“", "‘’", "«»", "»«", "「」", "『』")
_LABELS = ("title:", "titel:", "titre:", "título:", "titolo:", "标题：", "标题:", "タイトル：")
_MARKUP = frozenset("`<>[]{}|*\\")
_LIST_MARKS = ("#", "-", "•", "+", ">")
_NO_TITLES = ("i ", "i'", "i’", "sorry", "sure,", "certainly", "unfortunately", "as an ai", "here ")
_ENDS = (":", "：", ",", ";", "…", "...")
_SCRIPTS = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "IDEOGRAPHIC": "CJK"}


def accepted_title(text: str, finish_reason: str | None, prompt: str) -> str | None:
    """The title in what a model answered to `prompt`; None if there is none.

    It was not cut short, stands on one line, has at most six words and sixty characters, a letter
    of a script of the prompt, neither quotes nor markup, and does not speak of who wrote it.
    """
    reason = (finish_reason or "").lower()
    if not reason or any(word in reason for word in ("length", "max", "filter", "refus", "tool")):
        return None
    title = _bare(text.strip())
    if "\n" in title or "\r" in title or not _is_short(title) or _is_talk(title):
        return None
    if not _scripts(title) & (_scripts(prompt) or _scripts(title)):
        return None
    try:
        return check_title(title)
    except UsageError:
        return None


def _bare(title: str) -> str:
    """Without a label in front, one pair of quotes or stars around it, a full stop behind it."""
    for label in _LABELS:
        if title.casefold().startswith(label):
            title = title[len(label) :].strip()
    for stars in ("**", "__"):
        if len(title) > 4 and title.startswith(stars) and title.endswith(stars):
            title = title[2:-2].strip()
    if len(title) > 2 and title[0] + title[-1] in _QUOTES:
        title = title[1:-1].strip()
    if title.endswith((".", "。")) and not title.endswith("..."):
        title = title[:-1].rstrip()
    return title


def _is_short(title: str) -> bool:
    return 0 < len(title) <= MOST_CHARACTERS and len(title.split()) <= MOST_WORDS


def _is_talk(title: str) -> bool:
    """Whether it is something else than a title: markup, an item of a list, an answer."""
    return (
        not title.isprintable()  # direction marks, too
        or bool(_MARKUP.intersection(title))
        or title.startswith(_LIST_MARKS)
        or title.casefold().startswith(_NO_TITLES)
        or title.endswith(_ENDS)
        or title.casefold() in ("title", "untitled", "none", "n/a")
    )


def _scripts(text: str) -> set[str]:
    """The scripts of its letters, by the first word of their names in Unicode."""
    found = set()
    for character in set(text):
        if character.isalpha():
            word = unicodedata.name(character, "").split(" ")[0].split("-")[0]
            found.add(_SCRIPTS.get(word, word))
    return found - {""}
