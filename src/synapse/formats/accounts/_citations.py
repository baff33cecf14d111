"""References to sources in answers of ChatGPT, as links that can be read."""

from __future__ import annotations

import json
import re

from synapse.formats._fields import fields, first_text, objects, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PRIVATE = re.compile("\ue200([^\ue200\ue201]*)\ue201")
"""Marks in private-use characters: `cite`, `turn0search3`, …, with U+E202 between them."""
_OLD = re.compile("【[^【】]{0,200}】")
_QUIET = frozenset(("sources_footnote", "hidden", "attribution", "nav_list"))


def with_links(words: str, metadata: dict[str, Any]) -> str:
    """The text with a link in the place of each reference whose source is told, and without the
    marks of the others.
    """
    words = _referenced(words, list(objects(metadata.get("content_references"))))
    words = _cited(words, list(objects(metadata.get("citations"))))
    return _PRIVATE.sub(_readable, words)


def link(title: object, url: object) -> str:
    """A source in Markdown; empty without a URL."""
    address = "".join(text(url).split())
    if not address.startswith(("http://", "https://")):
        return ""
    words = " ".join(text(title).split()).replace("[", "(").replace("]", ")") or address
    return f"[{words}](<{address.replace('<', '%3C').replace('>', '%3E')}>)"


def _referenced(words: str, references: list[dict[str, Any]]) -> str:
    found: list[tuple[int, int, str]] = []
    sought = 0
    for reference in references:
        matched = text(reference.get("matched_text"))
        if not matched.strip():
            continue
        start = reference.get("start_idx")
        if type(start) is not int or words[start : start + len(matched)] != matched:
            # They count in other units where emoji come before them.
            start = words.find(matched, sought)
            if start < 0:
                continue
        sought = start + len(matched)
        found.append((start, start + len(matched), _replacement(reference)))
    return _replaced(words, found)


def _replacement(reference: dict[str, Any]) -> str:
    if text(reference.get("type")) in _QUIET:
        return ""
    links = [link(each.get("title"), each.get("url")) for each in objects(reference.get("items"))]
    links = [each for each in links if each] or [link(reference.get("title"), reference.get("url"))]
    if any(links):
        return f" ({', '.join(links)})"
    return first_text(reference.get("alt"), reference.get("prompt_text"))


def _cited(words: str, citations: list[dict[str, Any]]) -> str:
    found: list[tuple[int, int, str]] = []
    for citation in citations:
        source = fields(citation.get("metadata"))
        start, end = citation.get("start_ix"), citation.get("end_ix")
        shown = link(source.get("title"), source.get("url"))
        if type(start) is int and type(end) is int and shown and 0 <= start < end:
            mark = _OLD.search(words, max(0, start - 2), end + 2)
            if mark:
                found.append((mark.start(), mark.end(), f" ({shown})"))
    return _replaced(words, found)


def _replaced(words: str, found: list[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    place = 0
    for start, end, replacement in sorted(found):
        if start >= place:
            pieces += (
                words[place:start].rstrip(" ") if replacement[:2] == " (" else words[place:start],
                replacement,
            )
            place = end
    return "".join((*pieces, words[place:]))


def _readable(mark: re.Match[str]) -> str:
    """Of a mark whose source is not told, what it names, if anything."""
    kind, _, rest = mark[1].partition("\ue202")
    if kind != "entity":
        return ""
    try:
        named = json.loads(rest)
    except (ValueError, RecursionError):
        return ""
    return text(named[1]) if isinstance(named, list) and len(named) > 1 else ""
