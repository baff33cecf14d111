"""Lays the sources of a configuration over each other and remembers which one gave a value."""

from __future__ import annotations

import os

from synapse import paths
from synapse.config.options import TABLE
from synapse.config.settings import Settings, assemble
from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from synapse.config.reader import Document


class Layers:
    """Every option's value and origin, and all that is wrong; not yet judged.

    `synapse config` works on this, so that it can mend what `load` refuses.
    """

    __slots__ = ("_document", "environ", "explicit", "origins", "path", "problems", "values")

    def __init__(self, environ: Mapping[str, str], config_path: str | None) -> None:
        self.environ = environ
        named = config_path or environ.get("SYNAPSE_CONFIG")
        self.explicit = bool(named)
        """Whether the user named the file."""
        self.path = paths.expand(named, environ) if named else paths.config_file(environ)
        self.values: dict[str, Any] = {
            key: default for key, _, default, *_ in TABLE if "*" not in key
        }
        """By dotted key; those with a name of the user's choice only if they are set."""
        self.origins: dict[str, str] = {}
        """By dotted key; absent for a default."""
        self.problems: list[str] = []
        """One line each, with the place where it stands."""
        self._document: Document | None = None

    @property
    def has_file(self) -> bool:
        """Whether there is a configuration file."""
        return self._document is not None

    def absolute(self, key: str, path: str) -> str:
        """A path that is the value of `key`, with `~` expanded.

        One in the configuration file starts at that file's folder; it must not name another file
        in every working directory.
        """
        path = paths.expand(path, self.environ)
        if self.origins[key].startswith(self.path + ":"):
            return os.path.join(os.path.dirname(os.path.abspath(self.path)), path)
        return path

    @property
    def name(self) -> str:
        """The file's name for messages."""
        return self.path if self.explicit else os.path.basename(self.path)

    def read_file(self) -> None:
        """Take the file's values. Raises ConfigError if it can't be read."""
        try:
            os.stat(self.path)
        except FileNotFoundError:
            if self.explicit:
                raise ConfigError(
                    f"the configuration {self.path} does not exist",
                    f"Make it:  {self.command('init')}",
                ) from None
            return
        except OSError:
            pass  # the reader says what is wrong
        from synapse.config import reader  # tomllib alone costs 35 million instructions

        document = self._document = reader.read(self.path)
        if document.open_to_others is not None:
            raise ConfigError(
                f"{self.path} holds a secret, and others can get at it"
                f" (mode {document.open_to_others:04o})",
                f"Fix it:  chmod 600 {self.path}",
            )
        for key, value in document.values.items():
            self.values[key] = value
            self.origins[key] = f"{self.path}:{document.lines.get(key, 1)}"
        for line, text in document.problems:
            place = f"{self.name} line {line}" if line else self.name
            self.problems.append(f"{place}: {text}")

    def read_environment(self) -> None:
        """Take the values of environment variables; an empty one does not count."""
        variables = [name for name in self.environ if name.startswith("SYNAPSE_")]
        if "DATABASE_URL" in self.environ:
            variables.append("DATABASE_URL")
        for variable in variables:
            row = next((row for row in TABLE if row[3] == variable), None)
            text = self.environ[variable]
            if row is not None and text:
                self.read_text(row[0], row[1], text, variable)

    def read_text(self, key: str, kind: tuple[Any, ...], text: str, origin: str) -> None:
        """Take a value that was given as a text."""
        from synapse.config import kinds

        try:
            self.values[key] = kinds.parse(kind, text)
            self.origins[key] = origin
        except ValueError as error:
            self.problems.append(f"{origin} {error}")

    def read_flags(self, flags: Mapping[str, object]) -> None:
        """Take what the command line said, by the option's key; None does not count."""
        for key, value in flags.items():
            if value is not None:
                self.values[key] = value
                self.origins[key] = "flag"

    def check(self) -> None:
        """Raise a ConfigError that lists all problems, if there are any."""
        if not self.problems:
            return
        count = f"{len(self.problems)} problem{'s' if len(self.problems) > 1 else ''}"
        raise ConfigError(
            self.problems[0],
            *self.problems[1:],
            f"Fix it:  {self.command('edit')}      ({count}; nothing was sent)",
        )

    def command(self, name: str) -> str:
        """The `synapse config` command that works on this very file."""
        if not self.explicit or self.environ.get("SYNAPSE_CONFIG") == self.path:
            return f"synapse config {name}"
        return f"synapse --config {self.path} config {name}"

    def settings(self) -> Settings:
        """The values as the program uses them. Raises ConfigError."""
        self.check()
        return assemble(self)
