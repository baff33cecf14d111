"""The roles that there are: tables of the configuration, and files beside it.

A table hides a file of the same name. Nothing is read before a role is asked for.
"""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.config.derived import prompt_in
from synapse.config.keypath import dotted
from synapse.config.roles import files
from synapse.config.roles.role import Role, name_fault, template_fault
from synapse.errors import UsageError
from synapse.paths import expand
from synapse.suggestions import suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from synapse.config import Settings


def role_names(settings: Settings) -> list[str]:
    """The names of all roles, sorted, those that can't be used included."""
    return sorted({*settings.roles, *files.names_in(files.folder_of(settings.config_file))})


def find_role(settings: Settings, name: str, environ: Mapping[str, str]) -> Role:
    """The role of this name; what is wrong with it is its `fault`. Raises UsageError if there is
    none.
    """
    table = settings.roles.get(name)
    folder = files.folder_of(settings.config_file)
    if table is not None:
        return _role_of_table(settings, name, table, environ)
    if name_fault(name) is None or name in files.names_in(folder):
        try:
            return files.read(folder, name)
        except FileNotFoundError:
            pass
    near = suggestion(name, role_names(settings))
    meant = f'; did you mean "{near}"?' if near else ""
    raise UsageError(f'there is no role "{name}"{meant}', Advice("All of them:  ", "roles"))


def all_roles(settings: Settings, environ: Mapping[str, str]) -> list[Role]:
    """Every role, by name, with what is wrong with it."""
    found = []
    for name in role_names(settings):
        try:
            role = find_role(settings, name, environ)
        except UsageError:  # its file was removed this moment
            continue
        if role.fault is None:
            role = role.replace(fault=template_fault(role))
        found.append(role)
    return found


def _role_of_table(
    settings: Settings, name: str, table: Mapping[str, Any], environ: Mapping[str, str]
) -> Role:
    values = {**table}
    path = values.pop("system_file", None)
    fault = name_fault(name)
    if path is not None and "system" not in values and fault is None:
        folder = os.path.dirname(os.path.abspath(settings.config_file))
        path = os.path.join(folder, expand(path, environ))
        try:
            values["system"] = prompt_in(path)
        except ValueError as error:
            fault = f"system_file {path} can't be read: {error}"
    hidden = os.path.join(files.folder_of(settings.config_file), name + files.SUFFIX)
    return Role(
        name=name,
        source=_place(settings, name, table),
        hides=hidden if name_fault(name) is None and os.path.exists(hidden) else None,
        fault=fault,
        **values,
    )


def _place(settings: Settings, name: str, table: Mapping[str, Any]) -> str:
    """Where the first of its options stands."""
    places = [settings.origins.get(dotted(("roles", name, key)), "") for key in table]
    lines = [int(line) for _, _, line in (place.rpartition(":") for place in places) if line]
    return f"{settings.config_file}:{min(lines)}" if lines else settings.config_file
