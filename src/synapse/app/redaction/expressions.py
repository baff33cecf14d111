"""The regular expressions of `[export] redact`: matched in bounded time."""

from __future__ import annotations

import regex

from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 5.0
"""That one expression may take for one text. Few need a thousandth of it; one that needs more
would make an export of a large archive never end."""


class Expression:
    """One regular expression, as Python's `re` reads it. Raises ConfigError if it is none."""

    def __init__(self, source: str) -> None:
        self._source = source
        try:
            self._pattern = regex.compile(source)
        except regex.error as error:
            raise ConfigError(
                f"export.redact holds no regular expression: /{source}/ ({error})"
            ) from None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it matches, but nothing empty. Raises ConfigError if that takes too long."""
        try:
            for match in self._pattern.finditer(text, timeout=_SECONDS):
                if match.end() > match.start():
                    yield match.span()
        except TimeoutError:
            raise ConfigError(
                f"export.redact holds an expression that takes too long: /{self._source}/",
                "It can match in too many ways; nothing was exported.",
            ) from None
