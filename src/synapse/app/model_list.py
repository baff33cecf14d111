"""The models that a provider offers, remembered in a file beside the other downloads.

The file holds names and figures, never a key. It can be thrown away at any time.
"""

from __future__ import annotations

import os

from synapse import private_files, timestamps
from synapse.domain import ModelInfo
from synapse.errors import NetworkError, Overloaded, ProviderError, RateLimited, ServerError
from synapse.light.dates import timedelta
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_FORMAT = "synapse-models"
_FRESH = timedelta(days=1)
_PASSING = (NetworkError, Overloaded, RateLimited, ServerError)
"""Faults that say nothing of the list: the one that is remembered is as good as before."""


class Listing(Record):
    """A provider's models, and how they became known."""

    models: tuple[ModelInfo, ...]
    """In the provider's order."""
    fetched_at: datetime
    """When the provider named them; aware, UTC."""
    fault: ProviderError | None = None
    """Why the provider could not be asked now; the models are those remembered then."""


class ModelCache:
    """The file in which one provider's models are remembered."""

    def __init__(self, folder: str, provider: str, source: str = "") -> None:
        self.path = os.path.join(folder, file_name(provider))
        self._source = source
        """Where the models come from: the list of another server is none of this one's."""

    def read(self) -> Listing | None:
        """What is remembered; None if nothing is, or nothing that can be understood."""
        import json

        try:
            with open(self.path, encoding="utf-8") as file:
                stored = json.load(file)
            if (stored["format"], stored["version"]) != (_FORMAT, 1):
                return None
            if stored["source"] != _fingerprint(self._source):
                return None
            return Listing(
                models=tuple(ModelInfo(**row) for row in stored["models"]),
                fetched_at=timestamps.from_text(stored["fetched_at"]),
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def write(self, listing: Listing) -> None:
        """Remember the models, for the user alone. A cache that can't be written is none."""
        import json

        text = json.dumps(
            {
                "format": _FORMAT,
                "version": 1,
                "source": _fingerprint(self._source),
                "fetched_at": timestamps.to_text(listing.fetched_at),
                "models": [info.__dict__ for info in listing.models],
            },
            indent=1,
        )
        try:
            private_files.make_folder(os.path.dirname(self.path))
            private_files.write(self.path, text.encode())
        except OSError:
            pass


def file_name(provider: str) -> str:
    """`models-openai.json`; what is no plain character of the name is written as `%2f`."""
    plain = (
        c if c.isascii() and (c.isalnum() or c in "-_.") else f"%{ord(c):02x}" for c in provider
    )
    return f"models-{''.join(plain)}.json"


def listing(
    cache: ModelCache,
    ask: Callable[[], list[ModelInfo]],
    *,
    refresh: bool = False,
    always_ask: bool = False,
) -> Listing:
    """The provider's models: those remembered for less than a day, else what `ask` says.

    With `always_ask`, or if what is remembered is old, the provider is asked; if it can't be
    reached, what is remembered is given together with the fault. With `refresh` it must answer.
    Raises what `ask` raises.
    """
    known = None if refresh else cache.read()
    now = timestamps.now()
    if known is not None and not always_ask and timedelta(0) <= now - known.fetched_at < _FRESH:
        return known
    try:
        fresh = Listing(models=tuple(ask()), fetched_at=now)
    except _PASSING as fault:
        if known is None:
            raise
        return known.replace(fault=fault)
    cache.write(fresh)
    return fresh


def near_names(model: str, known: list[str]) -> list[str]:
    """Up to three known models whose names are like `model`."""
    from difflib import get_close_matches

    return get_close_matches(model, known, n=3, cutoff=0.5)


def _fingerprint(source: str) -> str:
    """Tells one address from another without writing it down: it may hold a password."""
    from hashlib import sha256

    return sha256(source.encode("utf-8", "replace")).hexdigest()[:16]
