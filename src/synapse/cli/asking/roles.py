"""The role that `--role` names, its variables, and what it says of who answers and how."""

from __future__ import annotations

from synapse.config.choosing import Choice, for_session
from synapse.config.roles.finding import all_roles, find_role
from synapse.config.roles.layer import laid_over
from synapse.config.roles.role import RoleInUse, template_fault
from synapse.errors import ConfigError, UsageError
from synapse.providers import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping

    from synapse.cli.context import Context
    from synapse.config.roles.role import Role
    from synapse.domain import Session

AT_PROMPT = "{}=VALUE"
"""How a variable is given behind `/role NAME`."""


def role_of(args: Namespace, context: Context) -> RoleInUse:
    """The role that the options name, which holds from now on. Raises UsageError, ConfigError."""
    if args.role is None:
        raise UsageError("--var gives a variable of a role: it goes with --role NAME")
    given = pairs(args.var, "--var ")
    role = RoleInUse(checked(context, args.role), given, context.environ)
    take_values(context, role.role.option_values)
    return role


def take_values(context: Context, values: Mapping[str, object]) -> None:
    """Have these values of a role in force instead of those of another one. At the beginning, the
    configuration is not read again: it may have come through a pipe.
    """
    if context.role_values:
        context.forget_settings()
        context.role_values = {}
    settings = context.settings
    context.role_values = values
    context.forget_settings(laid_over(settings, values, context.flags) if values else settings)


def pairs(words: Iterable[str], said: str = "") -> dict[str, str]:
    """The values of `NAME=VALUE`, by name; of several for one name, the last. Raises UsageError;
    `said` is what stands before each.
    """
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{said}{word}: write it as NAME=VALUE")
        found[name] = value
    return found


def checked(context: Context, name: str) -> Role:
    """The role of this name, of which a provider that it names is there. Raises UsageError if there
    is no such role, ConfigError for one that can't be used.
    """
    role = find_role(context.settings, name, context.environ)
    if role.provider is not None:
        try:
            find(role.provider, context.provider_options(role.provider))
        except ConfigError as error:
            raise ConfigError(
                f'role "{name}": {error.message}', *error.hints, f"See:  {role.source}"
            ) from error
    return role


def under_role(context: Context, session: Session, role: Role) -> Session:
    """The session as if it had been begun with the role's provider and model: what the options
    say of them is laid over that.
    """
    if role.provider is None and role.model is None:
        return session
    choice: Choice = for_session(context, session, role.provider, role.model)
    return session.replace(provider=choice.provider, model=choice.model)


def role_candidates(context: Context, words: list[str]) -> list[tuple[str, str]]:
    """What the last of these words may become, and what is said of it: the first is a role, what
    follows are its variables. Raises SynapseError.
    """
    if not words[1:]:
        roles = all_roles(context.settings, context.environ)
        known = [(role.name, role.fault or role.description or "") for role in roles]
        return [row for row in known if row[0].startswith(words[0])]
    role = find_role(context.settings, words[0], context.environ)
    if role.fault is not None or template_fault(role) is not None:
        return []
    given = {word.partition("=")[0] for word in words[1:-1]}
    return [
        (f"{name}=", role.defaults.get(name, ""))
        for name in role.variables
        if name not in given and name.startswith(words[-1])
    ]
