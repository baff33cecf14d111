"""A conversation as an object: asked again and again, with everything said before."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from synapse import paths
from synapse.app.conversation import reply, start_session
from synapse.app.receiving import LARGEST_ANSWER
from synapse.app.references import resolve
from synapse.errors import UsageError
from synapse.library.answer_thread import Answer, AsyncAnswer
from synapse.ports import capabilities_of
from synapse.providers import default_model
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synapse.domain import Attachment, Session, StoredMessage
    from synapse.library.answer_thread import Receive, Show
    from synapse.model_table.known import Prices
    from synapse.ports import Cancellation, LlmProvider, SessionStore


class Conversation:
    """One session of a store, and who answers in it.

    Turns are taken one after the other: a question that is asked while an answer arrives waits
    for its end. The store and the provider stay the caller's: closing them is, too.
    """

    def __init__(
        self,
        store: SessionStore | None,
        provider: LlmProvider,
        session: Session | str | None = None,
        *,
        model: str | None = None,
        system_prompt: str | None = None,
        max_tokens: int | None = None,
        parameters: Mapping[str, object] | None = None,
        max_bytes: int = LARGEST_ANSWER,
        spill_folder: str | None = None,
        prices: Mapping[str, Prices] | None = None,
    ) -> None:
        """`session` is one of the store's, or a REF to one (a name, the end of an id, `@1`), or a
        new one; None begins one. Without a `store` the conversation is forgotten at the end.

        `model` defaults to the session's, where this provider has answered in it, else to the
        provider's own. `system_prompt` is a new session's. `max_tokens`, `parameters` and
        `max_bytes` hold for every turn; an answer that the store can't take goes into a file of
        `spill_folder` (by default the one that `synapse` empties). `prices`, by PROVIDER/MODEL,
        stand above those that Synapse knows: `Usage.cost` goes by them. Raises NoSuchSession,
        SeveralSessions, UsageError if there is no model to ask, StorageError.
        """
        self._store = open_store(":memory:") if store is None else store
        self._provider = provider
        if isinstance(session, str):
            session = resolve(self._store, session).session
        if model is None and session is not None and session.provider == provider.name:
            model = session.model
        self._model = model or model_of(provider)
        if session is None:
            session = start_session(self._store, provider.name, self._model)
            session = session.with_system_prompt(system_prompt)
        self._session = session
        self._is_stored = False
        self._max_tokens = max_tokens
        self._parameters = dict(parameters or {})
        self._max_bytes = max_bytes
        self._prices = prices
        self._spill_folder = spill_folder or paths.state_dir(os.environ)
        self._lock = threading.Lock()
        self._before: threading.Event | None = None
        """The end of the turn that was asked for last."""

    def __repr__(self) -> str:
        return f"Conversation({self._session.handle!r}, {self._provider.name!r}, {self._model!r})"

    @property
    def session(self) -> Session:
        """The session as it is stored now; before the first turn, as it was given."""
        return self._store.get_session(self._session.id) or self._session

    @property
    def messages(self) -> list[StoredMessage]:
        """All messages so far, in order. An answer that is still arriving has the text that is
        saved.
        """
        return self._store.get_messages(self._session.id)

    def ask(self, prompt: str, *, attachments: Iterable[Attachment] = ()) -> Answer:
        """Ask a question. Returns its answer, which begins to arrive at once."""
        return Answer(self._turn_of(prompt, attachments))

    def aask(self, prompt: str, *, attachments: Iterable[Attachment] = ()) -> AsyncAnswer:
        """Like `ask`, in a running asyncio loop: await the answer, or iterate with `async for`."""
        return AsyncAnswer(self._turn_of(prompt, attachments))

    def retry(self) -> Answer:
        """Ask the last question again. Its earlier answer is kept, but no longer sent."""
        return Answer(self._turn_of(None, ()))

    def aretry(self) -> AsyncAnswer:
        """Like `retry`, in a running asyncio loop."""
        return AsyncAnswer(self._turn_of(None, ()))

    def _turn_of(self, prompt: str | None, attachments: Iterable[Attachment]) -> Receive:
        attached = tuple(attachments)
        ended = threading.Event()
        with self._lock:
            before, self._before = self._before, ended

        def receive(show: Show, cancellation: Cancellation) -> StoredMessage:
            try:
                if before is not None:
                    before.wait()
                return self.receive(prompt, attached, show, cancellation)
            finally:
                ended.set()

        return receive

    def receive(
        self,
        prompt: str | None,
        attachments: tuple[Attachment, ...],
        show: Show,
        cancellation: Cancellation,
    ) -> StoredMessage:
        """Take one turn in the caller's thread, like `synapse.reply`. A `prompt` of None asks the
        last question again.
        """
        try:
            answer = reply(
                self._store,
                self._provider,
                self._session,
                prompt,
                create=False if self._is_stored else None,
                show=show,
                cancellation=cancellation,
                model=self._model,
                max_tokens=self._max_tokens,
                parameters=tuple(self._parameters.items()),
                spill_folder=self._spill_folder,
                attachments=attachments,
                max_bytes=self._max_bytes,
                prices=self._prices,
            )
        except BaseException as error:
            # Once it has been stored, it is not stored anew: somebody may have destroyed it.
            self._is_stored = self._is_stored or getattr(error, "answer", None) is not None
            raise
        self._is_stored = True
        return answer


def model_of(provider: LlmProvider) -> str:
    """The model that answers where none is named. Raises UsageError if only the user can know."""
    chosen = capabilities_of(provider).default_model or default_model(provider.name)
    if chosen is None:
        raise UsageError(
            f'provider "{provider.name}" has no default model',
            "Name one: model=…",
        )
    return chosen
