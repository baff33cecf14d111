"""The page of one session, written message by message: memory does not grow with their number."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from synapse import ids
from synapse.domain import Role
from synapse.formats.html import assets, markup, message, prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO

    from synapse.archived import ArchivedSession
    from synapse.domain import StoredMessage

BRANCHES = b"<!--branches-->"
"""Stands where an archive says what the session branched off, and what branched off it. No text
of a conversation can hold it: there, `<` is written `&lt;`.
"""

_LONGEST_ENTRY = 120
"""Characters of a question in the table of contents."""
_LONGEST_TITLE = 80
_AT_ONCE = 64 * 1024
"""Characters that are written at once."""


class HtmlExporter:
    """Writes a session as one self-contained page."""

    def write(self, sessions: Iterable[ArchivedSession], file: BinaryIO) -> None:
        """Write the page of the one session that `sessions` has."""
        for archived in sessions:
            write_page(archived, file.write)


def write_page(
    archived: ArchivedSession, write: Callable[[bytes], object], *, index: str = ""
) -> Contents:
    """Write the page of a session, and return what it is about. `index` is the address of the page
    that lists it, if any.
    """
    contents = Contents()
    waiting: list[str] = []
    size = 0
    for piece in _pieces(archived, contents, index):
        waiting.append(piece)
        size += len(piece)
        if size >= _AT_ONCE:
            write("".join(waiting).encode())
            waiting, size = [], 0
    write("".join(waiting).encode())
    return contents


class Contents:
    """The table of contents, which grows with the page: a line for each question."""

    def __init__(self) -> None:
        self.title = ""
        """What the page is called."""
        self.messages = 0
        self._entries: list[str] = []

    def add(self, stored: StoredMessage) -> None:
        """Count a message, and take it up if it is a question."""
        self.messages += 1
        if stored.role is Role.USER and not stored.superseded:
            words = _first_line(stored.content, _LONGEST_ENTRY)
            if not words:
                words = ", ".join(file.name for file in stored.attachments) or "(no text)"
            self._entries.append(
                f'<li><a href="#m{stored.index}" dir="auto" lang="">{markup.line(words)}</a></li>\n'
            )

    def pieces(self) -> Iterable[str]:
        """The HTML of the table."""
        yield '<nav id="contents" aria-label="Contents"><details><summary>Contents</summary>'
        yield "<ol>\n"
        yield from self._entries
        yield "</ol></details></nav>\n"


def title_of(archived: ArchivedSession, first: StoredMessage | None = None) -> str:
    """What the session is about, as one line."""
    session = archived.session
    words = session.title or session.name or ""
    if not words and first is not None:
        words = _first_line(first.content, _LONGEST_TITLE)
    return words or f"Conversation {session.handle}"


def _first_line(content: str, most: int) -> str:
    """The first line of a question that has words, clipped."""
    first = next((line for line in content[:2_000].split("\n") if line.strip(" \t`~#")), "")
    words = " ".join(first.split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _pieces(archived: ArchivedSession, contents: Contents, index: str) -> Iterable[str]:
    before, messages = _until_first_question(archived)
    title = title_of(archived, next((m for m in before if m.role is Role.USER), None))
    contents.title = title
    style, script = assets.page_style(), assets.page_script()
    yield head(title, style, markup.policy(style, script))
    yield '<body>\n<a class="skip" href="#conversation">To the conversation</a>\n'
    yield from _top(archived, title, index)
    yield '<main id="conversation" tabindex="-1">\n'
    if archived.session.system_prompt:
        yield '<details class="system"><summary>System prompt</summary><div lang="">\n'
        yield prose.question(archived.session.system_prompt)
        yield "</div></details>\n"
    standing = archived.summaries[-1] if archived.summaries else None
    for stored in chain(before, messages):
        contents.add(stored)
        yield from message.pieces(stored)
        if standing is not None and stored.index == standing.last_index:
            yield from message.summary_pieces(standing)
    yield "</main>\n"
    yield from contents.pieces()
    count = f"{contents.messages:,} message{'' if contents.messages == 1 else 's'}"
    yield f"<footer>{count} · written by Synapse, asks nothing of any server</footer>\n"
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _until_first_question(
    archived: ArchivedSession,
) -> tuple[list[StoredMessage], Iterable[StoredMessage]]:
    """The first messages, up to the one that a page without a title is named for; the others."""
    messages = (each.message for each in archived.messages)
    before: list[StoredMessage] = []
    for stored in messages:
        before.append(stored)
        if stored.role is Role.USER or len(before) == 4:
            break
    return before, messages


def head(title: str, style: str, policy: str) -> str:
    """The head of a page. The policy comes first: it holds for what stands below it."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="format-detection" content="telephone=no">\n'
        '<meta name="robots" content="noindex">\n'
        '<meta name="generator" content="Synapse">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{markup.line(title)}</title>\n<style>{style}</style>\n</head>\n"
    )


def _top(archived: ArchivedSession, title: str, index: str) -> Iterable[str]:
    session = archived.session
    yield '<header class="top">\n'
    if index:
        yield f'<p class="up"><a href="{markup.line(index)}">All conversations</a></p>\n'
    yield f'<h1 dir="auto" lang="">{markup.line(title)}</h1>\n<p class="facts">'
    yield f"{message.moment(session.created_at)}"
    yield f' <span class="fact" dir="auto">{markup.line(session.model)}</span>'
    if session.name and session.name != title:
        yield f' <span class="fact" dir="auto">{markup.line(session.name)}</span>'
    for tag in archived.tags:
        yield f' <span class="tag" dir="auto">{markup.line(tag)}</span>'
    if session.pinned:
        yield ' <span class="mark">pinned</span>'
    if session.deleted_at is not None:
        yield ' <span class="mark">in the trash</span>'
    yield "</p>\n"
    if index:
        yield BRANCHES.decode()
    elif session.forked_from:
        origin = f"Branched off another conversation, {ids.handle(session.forked_from)}"
        yield f'<ul class="branches"><li>{markup.line(origin)}</li></ul>\n'
    yield "</header>\n"
    yield tools("Search in this page")


def tools(search: str) -> str:
    """What a page's script does: hidden without it. `search` says what is searched."""
    return _TOOLS.replace("SEARCH", search)


_TOOLS = """
<div class="tools js" role="search">
<label class="hidden" for="find">SEARCH</label>
<input id="find" type="search" placeholder="SEARCH" autocomplete="off"
 spellcheck="false" enterkeyhint="search">
<button type="button" id="previous" aria-label="Previous match" hidden>↑</button>
<button type="button" id="next" aria-label="Next match" hidden>↓</button>
<output id="found" for="find" aria-live="polite"></output>
<button type="button" id="theme" aria-label="Dark or light">◐</button>
</div>
"""
