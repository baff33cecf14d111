"""What a model's tokeniser makes of texts, remembered from one session to the next.

A file in the cache folder, which can be deleted at any time. It is read and written only when a
conversation comes near its model's window, or when somebody asks what would be sent.
"""

from __future__ import annotations

import os

from synapse import private_files
from synapse.app.context.measuring import TRUSTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.app.context.measuring import Asked, Measurement

NAME = "token-factors.json"
_FORMAT = {"format": "synapse-token-factors", "version": 1}
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
_MOST_BYTES = 100_000
_MOST_MODELS = 200
_PLAUSIBLE = (0.2, 8.0)
_WORTH_KEEPING = 4 * TRUSTED
"""Tokens with which a factor must have been calibrated."""
_WORTH_WRITING = 0.02
"""The share by which it must differ from the one that is there."""


class Calibrations:
    """The factors of `measuring`, by provider and model."""

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, NAME)

    def factor(self, provider: str, model: str) -> float | None:
        """As it was calibrated last; None if it never was, or if nobody can read that."""
        return self._read().get(_key(provider, model))

    def learn(self, asked: Asked, measured: Measurement) -> None:
        """Keep the factor that a measurement came to, if it rests on enough text. Does nothing if
        that can't be written.
        """
        if measured.weight < _WORTH_KEEPING:
            return
        known = self._read()
        key = _key(asked.provider, asked.model)
        before = known.pop(key, None)
        if before is not None and abs(measured.factor / before - 1) < _WORTH_WRITING:
            return
        known[key] = round(measured.factor, 4)
        self._write(dict([*known.items()][-_MOST_MODELS:]))

    def _read(self) -> dict[str, float]:
        """What the file says that can be: it may be damaged, or anybody's."""
        import json  # heavy, and most runs never get here

        try:
            with open(self._path, "rb") as file:
                stored = json.loads(file.read(_MOST_BYTES))
            if {name: stored[name] for name in _FORMAT} != _FORMAT:
                return {}
            least, most = _PLAUSIBLE
            return {
                str(key): float(factor)
                for key, factor in stored["factors"].items()
                if type(factor) in (int, float) and least <= factor <= most
            }
        except _UNREADABLE:
            return {}

    def _write(self, factors: dict[str, float]) -> None:
        import json  # heavy, and most runs never get here

        text = json.dumps({**_FORMAT, "factors": factors}, indent=1)
        try:
            private_files.make_folder(os.path.dirname(self._path))
            private_files.write(self._path, text.encode("utf-8", "replace"))
        except OSError:
            pass


def _key(provider: str, model: str) -> str:
    return f"{provider}/{model}"
