"""The static archive: a folder with a page for each session, an index, and a search without server.

    index.html                          all sessions, the last used first
    sessions/2026-11-23-0a1b2c3d4e5f.html   a page each, named by the day it began and its id
    search/N.js                         what the index's search looks up

The name of a page says nothing of its title: it stays the same when the session is renamed, and
when the archive is written again.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from synapse import ids, private_files
from synapse.formats.html import index, markup
from synapse.formats.html.page import BRANCHES, write_page
from synapse.formats.html.words import WordFiles, words_of
from synapse.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synapse.archived import ArchivedMessage, ArchivedSession

INDEX = "index.html"
_PAGES, _SEARCH = "sessions", "search"
_DIGITS_OF_ID = 12
_SAFE_ID = re.compile(r"[0-9a-f-]{12,64}")
_PIECE = 1 << 20
_MOST_WORDS = 50_000
"""Words of one session that are held before they are added to the search."""


class _Branch(Record):
    """A session that branched off another one."""

    id: str
    origin: str
    at: int | None


class HtmlArchive:
    """Writes sessions into a folder that is a browsable archive. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made if it is not there. What is in it is replaced page by page."""
        self._folder = Path(folder)
        self._words = WordFiles()
        self._rows: list[index.Row] = []
        self._pages: dict[str, index.Row] = {}
        """By the id of the session."""
        self._names: set[str] = set()
        self._branches: list[_Branch] = []
        for each in (self._folder, self._folder / _PAGES, self._folder / _SEARCH):
            private_files.make_folder(os.path.abspath(each))

    def add(self, archived: ArchivedSession) -> Path:
        """Write the page of a session; returns it, relative to the folder."""
        session = archived.session
        path = Path(_PAGES, self._name(session.id, f"{session.created_at:%Y-%m-%d}"))
        number = len(self._rows)
        heard = _Heard(archived.messages, number, self._words)
        told = archived.replace(messages=heard)
        with private_files.NewFile(str(self._folder / path), durable=False) as file:
            contents = write_page(told, file.write, index=f"../{INDEX}")
            file.commit()
        about = (contents.title, session.name or "", session.model, *archived.tags)
        heard.add(" ".join((*about, session.system_prompt or "")))
        heard.flush()
        row = index.Row(
            number=number,
            address=path.as_posix(),
            title=contents.title,
            model=session.model,
            tags=archived.tags,
            updated_at=session.updated_at,
            messages=contents.messages,
            is_in_trash=session.deleted_at is not None,
        )
        self._rows.append(row)
        self._pages[session.id] = row
        if session.forked_from:
            self._branches.append(
                _Branch(id=session.id, origin=session.forked_from, at=session.forked_at)
            )
        return path

    def finish(self) -> Path:
        """Write the links between branches, the search, and the index; returns the index, relative
        to the folder.
        """
        self._tie_branches()
        shards = self._words.write(
            lambda name, content: private_files.write(str(self._folder / _SEARCH / name), content)
        )
        with private_files.NewFile(str(self._folder / INDEX)) as file:
            for piece in index.pieces(self._rows, shards):
                file.write(piece.encode())
            file.commit()
        return Path(INDEX)

    def _name(self, id: str, day: str) -> str:
        # Ids of other programs' databases may be anything.
        safe = id if _SAFE_ID.fullmatch(id) else hashlib.sha256(id.encode()).hexdigest()
        name = f"{day}-{safe[-_DIGITS_OF_ID:]}.html"
        if name in self._names:
            name = f"{day}-{safe}.html"
        self._names.add(name)
        return name

    def _tie_branches(self) -> None:
        """Tell each page what it branched off, and what branched off it."""
        told: dict[str, list[str]] = {id: [] for id in self._pages}
        for branch in self._branches:
            told[branch.id].append(self._origin(branch))
        for branch in self._branches:
            if branch.origin in told:
                told[branch.origin].append(f"Branch: {_link(self._pages[branch.id])}")
        for id, lines in told.items():
            items = "".join(f"<li>{line}</li>\n" for line in lines)
            if lines:
                text = f'<ul class="branches" lang="">{items}</ul>\n'
                _replace(self._folder / self._pages[id].address, BRANCHES, text.encode())

    def _origin(self, branch: _Branch) -> str:
        origin = self._pages.get(branch.origin)
        if origin is None:
            handle = markup.line(ids.handle(branch.origin))
            return f"Branched off {handle}, which is not in this archive"
        if branch.at is None:
            return f"Branched off {_link(origin)}"
        return f"Branched off {_link(origin, f'#m{branch.at}')} after message {branch.at}"


class _Heard:
    """The messages of a session, whose words go into the search as the page is written."""

    def __init__(self, messages: Iterable[ArchivedMessage], number: int, words: WordFiles) -> None:
        self._messages = messages
        self._number = number
        self._words = words
        self._held: set[str] = set()

    def __iter__(self) -> Iterator[ArchivedMessage]:
        for each in self._messages:
            message = each.message
            self.add(message.content)
            self.add(message.reasoning)
            for file in message.attachments:
                if file.is_sent:
                    self.add(file.name)
                    if file.is_text:
                        self.add(file.data.decode(errors="replace"))
            yield each

    def add(self, text: str) -> None:
        """Take up the words of a text."""
        self._held |= words_of(text)
        if len(self._held) > _MOST_WORDS:
            self.flush()

    def flush(self) -> None:
        """Hand over the words that are held."""
        self._words.add(self._number, self._held)
        self._held = set()


def _link(row: index.Row, anchor: str = "") -> str:
    """A link from one page to another, which is beside it."""
    address = row.address.rpartition("/")[2]
    return f'<a href="{address}{anchor}" dir="auto">{markup.line(row.title)}</a>'


def _replace(path: Path, old: bytes, new: bytes) -> None:
    """Put `new` in the place of `old` in the beginning of a file, which may be large."""
    with path.open("rb") as source, private_files.NewFile(str(path), durable=False) as file:
        file.write(source.read(_PIECE).replace(old, new, 1))
        while piece := source.read(_PIECE):
            file.write(piece)
        file.commit()
