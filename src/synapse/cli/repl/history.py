"""What was asked before, in any session, for the arrow keys and Ctrl-R: read as it is needed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prompt_toolkit.history import History

from synapse.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from synapse.ports import SessionStore

_PAGE = 50
"""Prompts that are read at once: about 4 ms, less than a key may take to show."""
_AT_FIRST = 100
_SEARCHED = 1_000
"""Prompts that Ctrl-R looks through at the most."""


class StoredHistory(History):
    """The prompts in the store, newest first, and what was typed since."""

    def __init__(self, store: SessionStore | None) -> None:
        """Without a store there is only what is typed."""
        super().__init__()
        self._store = store
        self._before: int | None = None
        self._wanted = _AT_FIRST
        self._more = asyncio.Event()
        self._exhausted = store is None

    def want(self, further: int) -> None:
        """Load so many prompts beyond those that are there."""
        self._wanted = max(self._wanted, len(self._loaded_strings) + further)
        self._more.set()

    def want_for_search(self) -> None:
        """Load what a search looks through."""
        self._wanted = max(self._wanted, _SEARCHED)
        self._more.set()

    async def load(self) -> AsyncGenerator[str, None]:
        """What is there, newest first, then more whenever it is wanted."""
        self._more = asyncio.Event()  # each prompt has an event loop of its own
        shown = 0
        while True:
            while shown < len(self._loaded_strings):
                shown += 1
                yield self._loaded_strings[shown - 1]
            if self._exhausted:
                return
            if shown >= self._wanted:
                self._more.clear()
                await self._more.wait()
            if shown:
                await asyncio.sleep(0.002)  # keys come first; the first page is there before them
            self._load_page()

    def _load_page(self) -> None:
        assert self._store is not None
        try:
            page = self._store.recent_prompts(_PAGE, before=self._before)
        except StorageError:  # whoever sends the next question will hear of it
            page = []
        self._exhausted = len(page) < _PAGE
        if page:
            self._before = page[-1][0]
        known = set(self._loaded_strings)
        for _, text in page:
            if text not in known:  # the same question again, or its copy in a branch
                known.add(text)
                self._loaded_strings.append(text)

    def load_history_strings(self) -> Iterable[str]:
        """Not used: `load` is."""
        return ()

    def store_string(self, string: str) -> None:
        """Nothing to do: what is sent is stored with its session."""
