"""Models that a provider offers, cached in a file.

The file holds names and figures, never a key. It can be deleted at any time.
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
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Any

_FORMAT = "synapse-models"
_PREFIX, _SUFFIX = "models-", ".json"
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, RecursionError)
_FRESH = timedelta(days=1)
_PASSING = (NetworkError, Overloaded, RateLimited, ServerError)
"""Faults that say nothing of the list: the one that is remembered is as good as before."""


class Listing(Record):
    """The models of a provider, and where the list comes from."""

    models: tuple[ModelInfo, ...]
    """In the provider's order."""
    fetched_at: datetime
    """When the provider named them; aware, UTC."""
    fault: ProviderError | None = None
    """Why the provider could not be asked now; the models are those remembered then."""


class ModelCache:
    """The file that caches the models of one provider."""

    def __init__(self, folder: str, provider: str, source: str = "") -> None:
        self.path = os.path.join(folder, file_name(provider))
        self._source = source
        """Where the models come from: the list of another server is none of this one's."""

    def read(self) -> Listing | None:
        """The cached list; None if there is none, or if it can't be understood."""
        try:
            stored = _stored(self.path)
            if (stored["format"], stored["version"]) != (_FORMAT, 1):
                return None
            if stored["source"] != _fingerprint(self._source):
                return None
            return Listing(
                models=tuple(ModelInfo(**row) for row in stored["models"]),
                fetched_at=timestamps.from_text(stored["fetched_at"]),
            )
        except _UNREADABLE:
            return None

    def write(self, listing: Listing) -> None:
        """Cache the models in a private file. Does nothing if it can't be written."""
        import json  # heavy, and most runs write none

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


def remembered(folder: str, provider: str | None = None) -> Iterator[tuple[str, ModelInfo]]:
    """The cached models of one provider, or of all, each with its provider's name. Does not check
    how old the list is, or which server it came from.
    """
    try:
        files = [name for name in sorted(os.listdir(folder)) if name.startswith(_PREFIX)]
    except OSError:
        return
    for name in files:
        if provider is not None and name != file_name(provider):
            continue
        owner = name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
        try:
            models = [ModelInfo(**row) for row in _stored(os.path.join(folder, name))["models"]]
        except _UNREADABLE:
            continue
        for model in models:
            yield owner, model


def _stored(path: str) -> dict[str, Any]:
    """What a file holds. Raises one of _UNREADABLE."""
    import json  # heavy, and most runs write none

    with open(path, encoding="utf-8") as file:
        stored: dict[str, Any] = json.load(file)
    return stored


def file_name(provider: str) -> str:
    """`models-openai.json`; what is no plain character of the name is written as `%2f`."""
    plain = (
        c if c.isascii() and (c.isalnum() or c in "-_.") else f"%{ord(c):02x}" for c in provider
    )
    return f"{_PREFIX}{''.join(plain)}{_SUFFIX}"


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


def _fingerprint(source: str) -> str:
    """Tells one address from another without writing it down: it may hold a password."""
    from hashlib import sha256  # heavy

    return sha256(source.encode("utf-8", "replace")).hexdigest()[:16]
