"""What `config check` says of roles."""

from __future__ import annotations

from synapse.config.roles.circumstances import CHANGING, KNOWN
from synapse.config.roles.finding import all_roles
from synapse.config.roles.template import INPUT
from synapse.errors import ConfigError
from synapse.ports import ProviderOptions
from synapse.providers import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synapse.config import Settings
    from synapse.config.roles.role import Role


def faults(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """What keeps a role from being used, a line each."""
    found = []
    for role in all_roles(settings, environ):
        if role.fault is not None:
            found.append(f'{role.source}: role "{role.name}": {role.fault}')
        elif role.provider is not None:
            try:
                find(role.provider, settings.providers.get(role.provider, ProviderOptions()))
            except ConfigError as error:
                found.append(f'{role.source}: role "{role.name}": {error.message}')
    return found


def notes(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """What is right, but worth a word."""
    return [
        f'{role.source}: role "{role.name}": {note}'
        for role in all_roles(settings, environ)
        if role.fault is None
        for note in _notes(settings, role)
    ]


def _notes(settings: Settings, role: Role) -> Iterator[str]:
    if role.prompt and INPUT not in role.prompt_variables:
        yield f"prompt has no {{{INPUT}}}: what is asked stands below it"
    if role.hides is not None:
        yield f"it hides {role.hides}"
    if {"system", "system_file"} <= settings.roles.get(role.name, {}).keys():
        yield "system_file is set as well, and system wins"
    for name in role.defaults:
        if name not in role.variables:
            yield f'defaults: it has no variable "{name}"'
    for name in CHANGING:
        if name in role.system_variables and name in KNOWN and name not in role.defaults:
            yield (
                f"{{{name}}} is another one in every conversation: what is sent can't be found in"
                " the provider's cache"
            )
