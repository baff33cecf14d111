"""Words that sessions are filed under, and where they are named in what is typed."""

from __future__ import annotations

import unicodedata

from synapse.domain import SessionFilter
from synapse.errors import UsageError

LONGEST_TAG = 64
"""Characters."""
_JOINERS = str.maketrans("", "", "\u200c\u200d")
"""Without width, but part of words in Persian, of others in India, and of emoji."""
_SYNTAX = frozenset('"()*,\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02')
"""What would end a tag, or say more of it, in a query."""


def check_tag(tag: str) -> str:
    """The tag in the form in which it is stored: NFC, without a `#` in front.

    Raises UsageError for what is not one word, could be taken for an option, has characters that
    mean something in a query, or is too long.
    """
    tag = unicodedata.normalize("NFC", tag.strip()).removeprefix("#")
    fault = _fault_of(tag)
    if fault is not None:
        shown = "".join(c if _is_seen(c) else "\ufffd" for c in tag)[: 2 * LONGEST_TAG]
        raise UsageError(f'the tag "{shown}" {fault}')
    return tag


def _fault_of(tag: str) -> str | None:
    if not tag.translate(_JOINERS):
        return "is empty"
    if len(tag.split()) > 1:
        return "is more than one word"
    if not _is_seen(tag):
        return "has characters that can't be seen"
    if tag[0] in "-#":
        return f'begins with "{tag[0]}" and could be taken for something else'
    if not _SYNTAX.isdisjoint(tag):
        return "has a quote, a parenthesis, a comma or a star, which mean something in a query"
    if len(tag) > LONGEST_TAG:
        return f"has {len(tag):,} characters; {LONGEST_TAG} are the most"
    return None


def _is_seen(text: str) -> bool:
    return text.translate(_JOINERS).isprintable()


def split_tags(text: str) -> tuple[str, tuple[str, ...]]:
    """What is typed to choose sessions, without its `tag:WORD`; and these words."""
    words = text.split(" ")
    tags = [word[4:] for word in words if _is_tag(word)]
    if not tags:
        return text, ()
    return " ".join(word for word in words if not _is_tag(word)).strip(), tuple(tags)


def typed_filter(text: str | None, tag: str | None = None) -> SessionFilter:
    """From what is typed to choose sessions, with `tag:WORD` in it, and a tag named beside it."""
    words, tags = (None, ()) if text is None else split_tags(text)
    return SessionFilter(text=words or None, tags=tags if tag is None else (*tags, tag))


def _is_tag(word: str) -> bool:
    return len(word) > 4 and word[:4].lower() == "tag:"
