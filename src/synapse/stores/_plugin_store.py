"""Stores of other packages: what goes wrong in one is said to be its fault, not ours."""

from __future__ import annotations

from synapse.errors import ConfigError, DatabaseError, SynapseError
from synapse.registry import FOREIGN_HINTS, exception_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from synapse.registry import Entry


def open_plugin(scheme: str, row: Entry, url: str, busy_timeout: float) -> Any:
    """The store that the other package's row names, a SessionStore.

    Raises ConfigError if it can't be loaded or made, and what it raises of ours.
    """
    who = f'the store "{scheme}", {row.summary},'
    try:
        return PluginStore(who, url, row.load()(url, busy_timeout=busy_timeout))
    except SynapseError:
        raise
    except Exception as error:
        said = exception_text(error, _password_of(url))
        raise ConfigError(f"{who} can't be opened: {said}", *FOREIGN_HINTS) from error


class PluginStore:
    """A SessionStore around another: passes everything on, and turns exceptions that are not ours
    into DatabaseErrors.
    """

    def __init__(self, who: str, url: str, inner: Any) -> None:
        self._who = who
        self._url = url
        self._inner = inner

    def __enter__(self) -> Self:
        self._call(self._inner.__enter__)
        return self

    def __exit__(self, *failure: Any) -> None:
        self._call(self._inner.__exit__, *failure)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)  # none of the port's: copying and pickling ask for such
        found = self._call(getattr, self._inner, name)
        if not callable(found):
            return found
        return lambda *values, **named: self._call(found, *values, **named)

    def _call(self, act: Any, *values: Any, **named: Any) -> Any:
        try:
            return act(*values, **named)
        except SynapseError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> DatabaseError:
        said = exception_text(error, _password_of(self._url))
        return DatabaseError(f"{self._who} failed: {said}", *FOREIGN_HINTS)


def _password_of(url: str) -> str | None:
    """What stands between `:` and `@` before the host, if anything does."""
    authority = url.partition("://")[2].rpartition("@")[0]
    return authority.partition(":")[2] or None
