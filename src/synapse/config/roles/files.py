"""Role files: Markdown with what else a role says between two `---` lines at its beginning.

The Markdown is the system prompt; in front stand, as YAML, the options of a table `[roles.NAME]`
but for those of the system prompt itself.
"""

from __future__ import annotations

import os

from synapse.config import kinds
from synapse.config.options import NAMED_OPTIONS
from synapse.config.roles.role import Role, name_fault
from synapse.errors import ImportFailed
from synapse.formats.reading.small_texts import LARGEST, small_text
from synapse.suggestions import suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["LARGEST", "SUFFIX", "folder_of", "names_in", "read", "role_of", "written"]

SUFFIX = ".md"
_OF_TABLES = ("system", "system_file")
"""Options that a file does not take: its text is the system prompt."""
_PREFIX = "roles.*."
_OPTIONS = {
    option.key.removeprefix(_PREFIX): option
    for option in NAMED_OPTIONS
    if option.key.startswith(_PREFIX) and option.key.removeprefix(_PREFIX) not in _OF_TABLES
}


def folder_of(config_file: str) -> str:
    """The folder of the role files that go with a configuration."""
    return os.path.join(os.path.dirname(os.path.abspath(config_file)), "roles")


def names_in(folder: str) -> list[str]:
    """The names of its role files, sorted; none if it is not there."""
    try:
        found = os.listdir(folder)
    except OSError:
        return []
    return sorted(
        name.removesuffix(SUFFIX)
        for name in found
        if name.endswith(SUFFIX) and not name.startswith(".")
    )


def read(folder: str, name: str) -> Role:
    """The role of this name. Raises FileNotFoundError if there is no such file; whatever else is
    wrong is the role's fault.
    """
    path = os.path.join(folder, name + SUFFIX)
    fault = name_fault(name)
    if fault is not None:
        return Role(name=name, source=path, fault=fault)
    try:
        return role_of(name, path, small_text(path))
    except ValueError as error:
        return Role(name=name, source=path, fault=str(error))


def role_of(name: str, source: str, text: str) -> Role:
    """The role that a file with this text is. Raises ValueError."""
    front, body = _divided(text)
    return Role(name=name, source=source, system=body.strip("\n") or None, **_checked(front))


def written(front: dict[str, Any], body: str, as_yaml: Callable[[dict[str, Any]], str]) -> str:
    """The text of a role file."""
    if not front and not body.startswith("---"):
        return f"{body}\n"
    return f"---\n{as_yaml(front) if front else ''}---\n{body}" + ("\n" if body else "")


def _divided(text: str) -> tuple[str, str]:
    """What stands in front, and the Markdown."""
    first, _, rest = text.partition("\n")
    if first.rstrip() != "---":
        return "", text
    lines = rest.split("\n")
    for number, line in enumerate(lines):
        if line.rstrip() == "---":
            return "\n".join(lines[:number]), "\n".join(lines[number + 1 :])
    raise ValueError('line 1 is "---", and no other such line ends what stands in front')


def _checked(front: str) -> dict[str, Any]:
    if not front.strip():
        return {}
    from synapse.formats.reading.yaml_values import value_of  # few role files have any

    try:
        # as many lines down as in the file, so that a fault is told where it stands
        values = value_of(f"\n{front}\n", "what stands in front")
    except ImportFailed as error:
        raise ValueError(error.message) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ValueError("what stands in front is no list of names and values, `model: MODEL`")
    found: dict[str, Any] = {}
    for key, value in values.items():
        option = _OPTIONS.get(key)
        if option is None:
            raise ValueError(_unknown(str(key)))
        try:
            found[key] = kinds.check(option.kind, value)
        except kinds.ValueWithin as error:
            raise ValueError(f"{key}.{error.name} {error}") from error
        except ValueError as error:
            raise ValueError(f"{key} {error}") from error
    return found


def _unknown(key: str) -> str:
    from synapse.config.options import parameters  # only after a typing error

    if key in _OF_TABLES:
        return f'"{key}" has no place in front: the system prompt is the Markdown below'
    near = f"parameters.{key}" if key in parameters() else suggestion(key, _OPTIONS)
    return f'unknown key "{key}"' + (f'; did you mean "{near}"?' if near else "")
