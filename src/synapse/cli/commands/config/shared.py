"""What the `config` and `keys` commands share."""

from __future__ import annotations

from synapse import config
from synapse.advice import Advice
from synapse.config import shared_with_rust
from synapse.config.documents import literal
from synapse.config.keypath import dotted, split_key
from synapse.config.keys import masked
from synapse.config.reader import find_option, nearest
from synapse.config.roles.judging import faults as role_faults
from synapse.config.roles.judging import notes as role_notes
from synapse.errors import ConfigError, UsageError
from synapse.ports import ProviderOptions
from synapse.providers import find
from synapse.stores import without_password

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.cli.context import Context
    from synapse.config import Layers


def layers_of(context: Context) -> Layers:
    """The configuration with all that is wrong with it, which the commands here can mend.

    Raises ConfigError if the file can't be read at all.
    """
    return config.resolve(context.flags, context.environ, context.config_path)


def unread_layers(context: Context) -> Layers:
    """The configuration's place, whatever is there."""
    return config.Layers(context.environ, context.config_path)


def key_path(key: str, *, known: bool = True) -> tuple[str, ...]:
    """The path of a key that the user typed. Raises UsageError."""
    try:
        path = split_key(key)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if known and find_option(path) is None:
        near = nearest(path)
        if near is not None and "." not in near:
            near = dotted((*path[:-1], near))
        raise UsageError(
            f'unknown option "{key}"' + (f'; did you mean "{near}"?' if near else ""),
            Advice("All of them:  ", "config show"),
        )
    return path


def in_force(layers: Layers) -> dict[str, Any]:
    """Every option's value by its key, the database's with its whole path. Raises ConfigError."""
    return {**layers.values, "session.database_url": layers.settings().database_url}


def public(key: str, value: Any) -> Any:
    """The value as it may be shown: keys and passwords are masked."""
    option = find_option(split_key(key))
    kind, *_ = option.kind if option is not None else ("",)
    if kind == "secret" and value:
        return masked(value)
    if kind in ("headers", "query") and value:
        return {name: masked(text) for name, text in value.items()}
    return without_password(value) if kind in ("database", "url") and value else value


def as_text(value: object) -> str:
    """The value in the form that `config set` takes; empty for none."""
    if value is None or isinstance(value, str):
        return value or ""
    return literal(value)


def all_notes(context: Context, layers: Layers) -> list[str]:
    """What is right, but worth a word where another program reads the same files."""
    found = shared_with_rust.notes(layers)
    if shared_with_rust.shares_the_file(layers) or context.is_shared_with(shared_with_rust.NAME):
        found += shared_with_rust.other_meanings(layers)
    try:
        return found + role_notes(layers.settings(), layers.environ)
    except ConfigError:  # a problem, and told as one
        return found


def all_problems(layers: Layers) -> list[str]:
    """Everything that is wrong, what shows only when the values are put to use included."""
    if layers.problems:
        return layers.problems
    try:
        settings = layers.settings()
    except ConfigError as error:
        return [error.message]
    found = role_faults(settings, layers.environ)
    names = [settings.provider] if settings.provider else []
    for name in dict.fromkeys([*names, *settings.providers]):
        try:
            find(name, settings.providers.get(name, ProviderOptions()))
        except ConfigError as error:
            found.append(error.message)
    return found
