"""A table of named, lazily loaded things: providers, stores, commands.

A row is data; what it names is imported when it is asked for. Names that are not built in are
looked up among the entry points of installed packages (`synapse.providers`, …), and only then.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.errors import ConfigError
from synapse.light.modules import import_module
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Entry(Record):
    """One row: what to load, what to say of it, what it needs."""

    target: str
    """`package.module:Name`, imported at the first use."""
    summary: str
    """One line for help and listings."""
    library: str = ""
    """What the target imports that is not installed with Synapse, by its name for pip."""

    def load(self) -> Any:
        """The object that `target` names.

        Raises ConfigError with the install command when the library is missing.
        """
        module, _, name = self.target.partition(":")
        try:
            return getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            if not self.library or (error.name or "").startswith("synapse"):
                raise
            from synapse.installing import install_hint  # only after a fault

            raise ConfigError(
                f"{self.summary}: the library {error.name!r} is not installed",
                install_hint(self.library),
            ) from error


def choose(table: Mapping[str, Entry], name: str, *, kind: str, group: str = "") -> Entry:
    """The row called `name`, from the table or from the entry points of `group`.

    Raises ConfigError that suggests near names and lists the others.
    """
    if name in table:
        return table[name]
    found = plugin(group, name) if group else None
    if found is not None:
        return found
    from synapse.suggestions import suggestion  # only after a typing error

    near = suggestion(name, table)
    raise ConfigError(
        f"unknown {kind} {name!r}" + (f"; did you mean {near!r}?" if near else ""),
        f"Known: {', '.join(table)}",
    )


FOREIGN_HINTS = (
    "That package is no part of Synapse: its authors can mend it.",
    "Where it failed is told with SYNAPSE_DEBUG=1 in the environment.",
)
"""What to do about an exception that another package's provider or store raised."""
_LONGEST = 300


def exception_text(error: Exception, secret: str | None) -> str:
    """The class and the words of another package's exception, on one line and without the secret
    that the package was given.
    """
    words = " ".join(f"{type(error).__name__}: {error}".rstrip(": ").split())
    if secret:
        from synapse.masking import masked

        words = masked(words, secret)
    return words[:_LONGEST]


def plugin(group: str, name: str) -> Entry | None:
    """The row that an installed package brings under this name; None if none does."""
    from importlib.metadata import entry_points  # 125 million instructions: only for foreign names

    for point in entry_points(group=group, name=name):
        return Entry(
            target=point.value,
            summary=f"from the package {point.dist.name!r}" if point.dist else name,
        )
    return None
