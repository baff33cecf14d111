"""What was asked before, in any session, for the arrow keys and Ctrl-R: read as it is needed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prompt_toolkit.history import History

from synapse.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from synapse.ports import SessionStore

_PAGE = 50
"""Prompts that are read at once: about 4 ms, less than a key may take to show."""
_AT_FIRST = 100
_SEARCHED = 1_000
"""Prompts that Ctrl-R looks through at the most."""
_SLICE = 500
"""Prompts that are looked through at once for what was typed: about 1 ms."""


class StoredHistory(History):
    """The prompts in the store, newest first, and what was typed since."""

    def __init__(self, store: SessionStore | None) -> None:
        """Without a store there is only what is typed."""
        super().__init__()
        self._store = store
        self._before: str | None = None
        self._wanted = _AT_FIRST
        self._more = asyncio.Event()
        self._exhausted = store is None
        self._sought = ""
        """The beginning of a prompt that is waited for; "" if none is."""
        self._on_found: Callable[[], object] = lambda: None
        self._seeker: _Seeker | None = None

    def want(self, further: int) -> None:
        """Load this many more prompts."""
        self._wanted = max(self._wanted, len(self._loaded_strings) + further)
        self._more.set()

    def load_for_search(self) -> None:
        """Load as many prompts as a search reads."""
        self._wanted = max(self._wanted, _SEARCHED)
        self._more.set()

    def seek(self, beginning: str, on_found: Callable[[], object]) -> None:
        """Load prompts until one begins like this, however old, then call `on_found`. Ends without
        a call if there is none, or after `stop_seeking`.
        """
        self._sought, self._on_found = beginning, on_found
        self._more.set()

    def stop_seeking(self) -> None:
        """Stop what `seek` began."""
        self._sought = ""

    async def load(self) -> AsyncGenerator[str, None]:
        """What is there, newest first, then more whenever it is wanted."""
        self._more = asyncio.Event()  # each prompt has an event loop of its own
        self._seeker = None
        shown = 0
        while True:
            while shown < len(self._loaded_strings):
                shown += 1
                yield self._loaded_strings[shown - 1]
                self._tell_if_sought(self._loaded_strings[shown - 1])
            if self._exhausted:
                return
            if shown < self._wanted:
                if shown:
                    await _let_keys_come_first()  # the first page is there before them
                self._load_page()
            elif self._sought:
                await _let_keys_come_first()
                found = self._seek_further()
                if found is not None:
                    yield found
                    self._tell_if_sought(found)
            else:
                self._more.clear()
                await self._more.wait()

    def _load_page(self) -> None:
        page = self._page(_PAGE, self._before)
        self._exhausted = len(page) < _PAGE
        if page:
            self._before = page[-1][0]
        known = set(self._loaded_strings)
        for _, text in page:
            if text not in known:  # the same question again, or its copy in a branch
                known.add(text)
                self._loaded_strings.append(text)

    def _seek_further(self) -> str | None:
        """A prompt of the next slice that begins as what is sought. Those in between are passed
        by: a hundred thousand of them would make every later search slow.
        """
        seeker = self._seeker
        if seeker is None or seeker.beginning != self._sought:
            seeker = self._seeker = _Seeker(self._sought, self._before, self._loaded_strings)
        page = [] if seeker.is_done else self._page(_SLICE, seeker.before)
        found = seeker.look_through(page)
        if found is None and seeker.is_done:
            self._sought = ""
        return found

    def _tell_if_sought(self, text: str) -> None:
        if self._sought and text.startswith(self._sought):
            self._sought = ""
            self._on_found()

    def _page(self, limit: int, before: str | None) -> list[tuple[str, str]]:
        assert self._store is not None
        try:
            return self._store.recent_prompts(limit, before=before)
        except StorageError:  # whoever sends the next question will hear of it
            return []

    def load_history_strings(self) -> Iterable[str]:
        """Not used: `load` is."""
        return ()

    def store_string(self, string: str) -> None:
        """Nothing to do: what is sent is stored with its session."""


class _Seeker:
    """Finds prompts that begin in one way, each once, among older and older ones."""

    def __init__(self, beginning: str, before: str | None, known: list[str]) -> None:
        self.beginning = beginning
        self.before = before
        """The position down to which has been looked."""
        self.is_done = False
        """Whether there is nothing older."""
        self._known = set(known)

    def look_through(self, page: list[tuple[str, str]]) -> str | None:
        """The first one in this slice; what comes behind it is looked at again."""
        for position, text in page:
            self.before = position
            if text.startswith(self.beginning) and text not in self._known:
                self._known.add(text)
                return text
        self.is_done = len(page) < _SLICE
        return None


async def _let_keys_come_first() -> None:
    await asyncio.sleep(0.002)
