"""Which provider and model answer: flags, the session, the configuration, what has a key.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.advice import ASK, SET_VARIABLE, Advice
from synapse.errors import ConfigError, CredentialsError, UsageError
from synapse.ports import ProviderOptions
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from synapse.config import Settings
    from synapse.domain import Session

    class Configured(Protocol):
        """Whoever knows the configuration: a run of the program, a call of the library."""

        @property
        def settings(self) -> Settings:
            """The configuration in force, read at the first use. Raises ConfigError."""

        @property
        def environ(self) -> Mapping[str, str]:
            """Where keys and addresses may be."""


class Choice(Record):
    """Who answers."""

    provider: str
    model: str
    unasked: bool = False
    """True if neither the user nor the configuration named the provider."""
    also: tuple[str, str] | None = None
    """A provider that is not asked, and its model, though the user may have meant them: its name
    begins the model's, and it has a key.
    """


def for_new_session(who: Configured, provider: str | None, model: str | None) -> Choice:
    """What a new session is answered by; `provider` and `model` are the flags.

    Raises CredentialsError if no provider is named and none has a key, UsageError if the
    provider has no default model, if the flag names none that there is, or if the model is
    another provider's.
    """
    settings = who.settings
    check_named(who, provider)
    configured, configured_model, also = settings.provider, settings.model, None
    if configured_model is not None:
        configured, configured_model, also = _split(
            who, configured, configured_model, lambda: _found_provider(who)
        )
    if model is not None:
        active = configured
        provider, model, also = _split(who, provider, model, lambda: active or _found_provider(who))
    unasked = provider is None and configured is None
    provider = provider or configured or _default_provider(who)
    if model is None and provider == (configured or provider):
        model = configured_model
    if model is not None:
        _refuse_foreign_model(who, provider, model, is_named=not unasked)
    model = model or _default_model(who, provider)
    return Choice(provider=provider, model=model, unasked=unasked, also=also)


def for_session(
    who: Configured, session: Session, provider: str | None, model: str | None
) -> Choice:
    """What a session goes on with: its own provider and model, unless the flags say otherwise.

    Raises UsageError as `for_new_session` does.
    """
    check_named(who, provider)
    also = None
    if model is not None:
        provider, model, also = _split(who, provider, model, lambda: session.provider)
    provider = provider or session.provider
    if model is None:
        same = provider == session.provider
        model = session.model if same else _default_model(who, provider)
    else:
        _refuse_foreign_model(who, provider, model, is_named=True)
    return Choice(provider=provider, model=model, also=also)


def check_named(who: Configured, provider: str | None) -> None:
    """Raise UsageError if a flag or an argument names a provider that there is not. One that the
    configuration names is the configuration's fault.
    """
    if provider is not None and provider not in who.settings.providers:
        refuse_unknown(provider)


def refuse_unknown(provider: str) -> None:
    """Raise UsageError if no provider of Synapse or of a plug-in has this name."""
    from synapse.providers import find

    try:
        find(provider)
    except ConfigError as error:
        raise UsageError(error.message, *error.hints) from error


def _split(
    who: Configured, provider: str | None, model: str, active: Callable[[], str | None]
) -> tuple[str | None, str | None, tuple[str, str] | None]:
    """The provider and the model that a `MODEL`, `PROVIDER/MODEL` or alias names; and what it could
    have meant, too.

    Model names hold slashes, too: only a known provider's name before the first one counts,
    and only where no provider is named beside it. Where a server of many vendors' models is
    `active`, a vendor's name is a part of the model's: a conversation never goes to another company
    because of how a model is spelt.
    """
    model = who.settings.aliases.get(model, model)
    if provider is not None:
        return provider, model, None
    head, slash, rest = model.partition("/")
    if slash and rest and _is_known(who, head):
        asked = active() if _is_vendor(head) else None
        if asked is not None and asked != head and _serves_others(asked, head):
            return asked, model, (head, rest) if _has_key(who, head) else None
        return head, model if _begins_its_names(head, rest) else rest, None
    if _needs_no_model(model):
        return model, None, None
    return None, model, None


def serves_others(provider: str) -> bool:
    """Whether the provider serves models of many vendors, whose names may begin with theirs: a
    gateway, and any server of the user's own or of another package.
    """
    from synapse.providers import PROVIDERS

    row = PROVIDERS.get(provider)
    return row is None or (bool(row.kind) and not row.own_models)


def _serves_others(provider: str, head: str) -> bool:
    """As `serves_others`; of servers that are no company, only LiteLLM names its models so."""
    from synapse.providers import PROVIDERS

    return serves_others(provider) and (PROVIDERS[head].needs_key or provider == "litellm")


def _is_vendor(name: str) -> bool:
    from synapse.providers import PROVIDERS

    row = PROVIDERS.get(name)
    return row is not None and bool(row.kind)


def _begins_its_names(provider: str, rest: str) -> bool:
    """Whether the provider's name is a part of the model's: `openrouter/auto`."""
    from synapse.providers import PROVIDERS

    row = PROVIDERS.get(provider)
    own = (row.default_model if row is not None else None) or ""
    return "/" not in rest and own.startswith(f"{provider}/")


def _has_key(who: Configured, name: str) -> bool:
    from synapse.config.providers import has_key

    return has_key(name, who.settings.providers, who.environ)


def _found_provider(who: Configured) -> str | None:
    from synapse.config.providers import default_provider

    return default_provider(who.settings.providers, who.environ)


def _refuse_foreign_model(who: Configured, provider: str, model: str, *, is_named: bool) -> None:
    """Raise UsageError if the vendor that would be asked serves its own models only, and this one
    is another provider's. `is_named`: the user said who is to be asked; a server that takes the
    vendor's place may have any model then.
    """
    owner = _owner(who, provider, model, is_named=is_named)
    if owner is not None:
        raise UsageError(
            f'the model "{model}" is one of {owner}, not of {provider}; nothing was sent',
            Advice("Ask it there:  ", ASK, provider=owner, model=model, after=" …"),
        )


def _owner(who: Configured, provider: str, model: str, *, is_named: bool) -> str | None:
    """Whose the model is, if it is not the provider's."""
    from synapse.providers import PROVIDERS

    row = PROVIDERS.get(provider)
    options = who.settings.providers.get(provider, ProviderOptions())
    if row is None or not row.own_models or (is_named and options.base_url is not None):
        return None
    if model in (row.default_model, options.model) or model.startswith(row.own_models):
        return None
    for name, others in who.settings.providers.items():
        if name != provider and others.model == model:
            return name
    return own_provider(model)


def own_provider(model: str) -> str | None:
    """The provider of Synapse whose own model this is by its name; None if that can't be told."""
    from synapse.providers import PROVIDERS

    for name, other in PROVIDERS.items():
        if model == other.default_model or model.startswith(other.own_models or ("\0",)):
            return name
    return None


def _is_known(who: Configured, name: str) -> bool:
    if name in who.settings.providers:
        return True
    from synapse.providers import PROVIDERS

    return name in PROVIDERS


def _needs_no_model(name: str) -> bool:
    """Whether this is a provider without a network, which is its own model: `-m echo`."""
    from synapse.providers import PROVIDERS

    row = PROVIDERS.get(name)
    return row is not None and not row.kind


def _default_provider(who: Configured) -> str:
    provider = _found_provider(who)
    if provider is not None:
        return provider
    from synapse.providers.local_model.weights import engine_installed, pull

    weights = [pull("or without one: ")] if engine_installed() else []
    raise CredentialsError(
        "no provider is configured, and no API key was found",
        Advice("Store a key:    ", "keys set", "openai"),
        Advice("or for now:     ", SET_VARIABLE, "OPENAI_API_KEY", "…"),
        *weights,
        Advice("Try it without: ", ASK, "hello", provider="echo"),
    )


def _default_model(who: Configured, provider: str) -> str:
    from synapse.providers import default_model, find

    options = who.settings.providers.get(provider, ProviderOptions())
    model = default_model(provider, options)
    if model is not None:
        return model
    find(provider, options)  # an unknown provider is the greater fault
    raise UsageError(
        f'provider "{provider}" has no default model',
        Advice("Name one:   ", ASK, provider=provider, model="MODEL", after=" …"),
        Advice("See which:  ", "models", provider=provider),
    )
