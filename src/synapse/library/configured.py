"""The store, the provider and the answers that `synapse` itself would use, for programs."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from synapse import paths
from synapse.app.references import resolve
from synapse.config import load
from synapse.config.choosing import for_new_session, for_session
from synapse.config.providers import open_provider
from synapse.library.answer_thread import Answer, AsyncAnswer
from synapse.library.conversations import Conversation
from synapse.ports import ProviderOptions
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synapse.config import Settings
    from synapse.config.choosing import Choice
    from synapse.domain import Attachment, StoredMessage
    from synapse.library.answer_thread import Receive, Show
    from synapse.ports import Cancellation, LlmProvider, SessionStore


def create_storage(
    url: str | os.PathLike[str] | None = None, *, environ: Mapping[str, str] = os.environ
) -> SessionStore:
    """The store that `synapse` itself uses, or the one behind `url`.

    `url` is what `--db` takes: `sqlite:PATH`, or the path of a file, `~` included. Without one,
    `$DATABASE_URL`, then `session.database_url` of the configuration, then `sessions.db` in the
    configuration's folder. Creates the database, its folder too, if it isn't there, and brings
    its schema up to date. Raises ConfigError, StorageError.
    """
    named = None if url is None else os.fspath(url)
    settings = load({"session.database_url": named}, environ)
    return open_store(settings.database_url, busy_timeout=settings.busy_timeout)


def create_provider(
    name: str | None = None,
    *,
    model: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> LlmProvider:
    """The provider that `synapse` itself would ask, or the one called `name`, with its address,
    its limits and its key as they are configured; nothing is sent.

    `model` is what `-m` takes: a model, `PROVIDER/MODEL` or an alias. A `Conversation` asks it, or
    else the configured model, unless told otherwise. Raises ConfigError, CredentialsError if there
    is no provider with a key, UsageError for a name that no provider has.
    """
    setup = _Setup(environ)
    return setup.provider(for_new_session(setup, name, model))


def ask(
    prompt: str,
    *,
    session: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    system_prompt: str | None = None,
    attachments: Iterable[Attachment] = (),
    save: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> Answer:
    """As `synapse "…"`: ask with the configured provider, key, model and parameters, in a new
    session of the configured store; the answer, which begins to arrive now.

    `session` is a REF to one that goes on (a name, the end of an id, `@1` for the last one).
    `provider`, `model` and `system_prompt` (of a new session) win over the configuration. With
    `save=False` nothing is stored. The answer raises what is raised by `create_provider`,
    `create_storage`, `Conversation` and `reply`. No session is cleaned up.
    """
    return Answer(
        _turn(prompt, session, provider, model, system_prompt, attachments, save, environ)
    )


def aask(
    prompt: str,
    *,
    session: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    system_prompt: str | None = None,
    attachments: Iterable[Attachment] = (),
    save: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> AsyncAnswer:
    """Like `ask`, in a running asyncio loop: await the answer, or iterate it with `async for`."""
    return AsyncAnswer(
        _turn(prompt, session, provider, model, system_prompt, attachments, save, environ)
    )


def _turn(
    prompt: str,
    session: str | None,
    provider: str | None,
    model: str | None,
    system_prompt: str | None,
    attachments: Iterable[Attachment],
    save: bool,
    environ: Mapping[str, str],
) -> Receive:
    """Everything that takes time is done by whoever receives: the caller may be an event loop."""
    attached = tuple(attachments)

    def receive(show: Show, cancellation: Cancellation) -> StoredMessage:
        setup = _Setup(environ)
        with setup.store(save) as store:
            earlier = None if session is None else resolve(store, session).session
            if earlier is None:
                choice = for_new_session(setup, provider, model)
            else:
                choice = for_session(setup, earlier, provider, model)
            settings = setup.settings
            conversation = Conversation(
                store,
                setup.provider(choice),
                earlier,
                model=choice.model,
                system_prompt=settings.system_prompt if system_prompt is None else system_prompt,
                max_tokens=settings.max_tokens,
                parameters=settings.parameters,
                max_bytes=settings.output_max_bytes,
                spill_folder=paths.state_dir(environ),
                prices=settings.prices,
            )
            return conversation.receive(prompt, attached, show, cancellation)

    return receive


class _Setup:
    """What is configured, read at its first use."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    @cached_property
    def settings(self) -> Settings:
        return load({}, self.environ)

    def store(self, save: bool) -> SessionStore:
        url = self.settings.database_url if save else ":memory:"
        return open_store(url, busy_timeout=self.settings.busy_timeout)

    def provider(self, choice: Choice) -> LlmProvider:
        options = self.settings.providers.get(choice.provider, ProviderOptions())
        return open_provider(choice.provider, options.replace(model=choice.model), self.environ)
