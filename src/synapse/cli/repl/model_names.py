"""The models whose names are known without asking anybody, and what is wrong with a name."""

from __future__ import annotations

import os

from synapse.cli.asking.remembered_models import remembered
from synapse.config.choosing import serves_others
from synapse.config.key_store import stored_keys
from synapse.errors import SynapseError, UnknownModel
from synapse.providers import PROVIDERS
from synapse.providers.local_model.weights import local_ready
from synapse.suggestions import near

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.cli.context import Context
    from synapse.config.choosing import Choice

_FEW = 5
_HAS_KEY, _NEEDS_NO_NETWORK, _MAY_RUN, _NOT_INSTALLED, _NO_KEY = range(5)
_NOTES = {_NOT_INSTALLED: "not installed yet", _NO_KEY: "no key yet"}


def shown(choice: Choice) -> str:
    """`PROVIDER/MODEL`; for a provider that is its own model, its name alone."""
    same = choice.provider == choice.model
    return choice.model if same else f"{choice.provider}/{choice.model}"


def known_models(context: Context, in_force: Choice | None = None) -> list[tuple[str, str]]:
    """Names that `/model` takes, each with a note: aliases, what is configured, the providers'
    defaults, and what the providers said when they were last asked. Those that can answer come
    first, and of them the one that does.
    """
    settings = context.settings
    found = {alias: f"alias of {meant}" for alias, meant in settings.aliases.items()}
    if in_force is not None:
        found.setdefault(shown(in_force), "answers now")
    for name, note in _by_use(context, {**settings.providers, **PROVIDERS}):
        options = context.provider_options(name)
        row = PROVIDERS.get(name)
        default = options.model or (row.default_model if row is not None else None)
        apart = " " if in_force is not None and is_apart(in_force, name) else "/"
        if default is not None:
            found.setdefault(
                name if name == default else f"{name}{apart}{default}", note or "default"
            )
        for info in remembered(context, name):
            found.setdefault(f"{name}{apart}{info.id}", note)
    return list(found.items())


def is_apart(in_force: Choice, name: str) -> bool:
    """Whether `name/MODEL` would be a model of whoever answers: a blank has to stand there."""
    if name == in_force.provider or not serves_others(in_force.provider):
        return False
    row = PROVIDERS.get(name)
    return row is not None and row.needs_key


def is_provider(context: Context, name: str, *, beside: Choice) -> bool:
    """Whether `/model NAME` means a provider; not beside a server of one's own, where models are
    called as providers are.
    """
    row = PROVIDERS.get(beside.provider)
    if name in context.settings.aliases or row is None or (row.kind and not row.needs_key):
        return False
    return name in context.settings.providers or name in PROVIDERS


def refuse_missing(context: Context, choice: Choice) -> None:
    """Raise UnknownModel, which names what is near, if the provider is one of ours that needs no
    network, and does not have the model; ConfigError if it is not installed.
    """
    row = PROVIDERS.get(choice.provider)
    if row is None or row.kind:
        return
    try:
        context.provider(choice.provider, {"model": choice.model})
    except UnknownModel as error:
        if choice.model == row.default_model:
            raise
        raise _not_there(context, choice, error) from error


def remark(context: Context, choice: Choice) -> str | None:
    """A note about a model that was not in the provider's last list, though the provider may have
    it now. None if it was in the list, or if there is no list.
    """
    known = [info.id for info in remembered(context, choice.provider)]
    if not known or choice.model in known:
        return None
    if choice.model == context.provider_options(choice.provider).model:
        return None
    names = near(choice.model, known)
    return f"{choice.provider} did not list {choice.model} when it was last asked" + (
        f"; near it:  {', '.join(names)}" if names else ""
    )


def _not_there(context: Context, choice: Choice, error: UnknownModel) -> UnknownModel:
    if os.sep in choice.model:
        return error  # a file, and what is wrong with it
    try:
        there = [info.id for info in context.provider(choice.provider).list_models()]
    except SynapseError:
        return error
    names = near(choice.model, there) or there[:_FEW]
    hints = [f"It has:  {', '.join(names)}"]
    elsewhere = [name for name, _ in known_models(context) if name.endswith(f"/{choice.model}")]
    hints += [f"Of another provider:  /model {name}" for name in elsewhere[:1]]
    return UnknownModel(f'{choice.provider} has no model "{choice.model}"', *hints)


def _by_use(context: Context, names: Iterable[str]) -> list[tuple[str, str]]:
    """The providers with a note: those that have a key or are the user's own, those that need
    no network, those that may be there, those without a key.
    """
    try:
        stored = stored_keys(context.environ)
    except SynapseError:  # Tab is no place for it
        stored = {}

    def rank(name: str) -> int:
        row, options = PROVIDERS.get(name), context.provider_options(name)
        if row is None or options.base_url or options.api_key or options.api_key_cmd:
            return _HAS_KEY
        if not row.kind:
            ready = name != "local" or local_ready(context.environ)
            return _NEEDS_NO_NETWORK if ready else _NOT_INSTALLED
        variable = options.api_key_env or row.api_key_env
        if name in stored or context.environ.get(variable, "").strip():
            return _HAS_KEY
        return _NO_KEY if row.needs_key else _MAY_RUN

    ranked = sorted((rank(name), place, name) for place, name in enumerate(names))
    return [(name, _NOTES.get(at, "")) for at, _, name in ranked]
