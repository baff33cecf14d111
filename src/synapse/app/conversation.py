"""The turn: the one place where a conversation goes on and is saved.

One-shot, REPL and library all call `reply`. It begins the turn in the store; how its answer is
received, shown and saved is in `receiving`.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.app.context import default_policy, most_tokens
from synapse.app.receiving import LARGEST_ANSWER, Receiver
from synapse.app.saving import begin_turn_in_thread
from synapse.app.selection import select, system_prompt_to_send
from synapse.domain import Role, Session, Status, StoredMessage
from synapse.errors import InvalidDataError, StorageError, SynapseError
from synapse.ids import handle
from synapse.ports import (
    Cancellation,
    ChatMessage,
    ChatRequest,
    LeftOut,
    TextDelta,
    capabilities_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from synapse.app.context import ContextPolicy
    from synapse.app.context.fitting import Fitting
    from synapse.domain import Attachment, Summary, Usage
    from synapse.model_table.known import Prices
    from synapse.ports import LlmProvider, SessionStore, StreamEvent

_SURELY_SHORT = 2_000
"""Tokens below which a conversation fits every window that its provider does not name itself."""


def start_session(store: SessionStore | None, provider: str, model: str) -> Session:
    """A new session that is not stored yet, with a handle that no stored session has."""
    while True:
        session = Session.new(provider, model)
        if store is None or not store.find_by_prefix(handle(session.id), limit=1):
            return session


def reply(
    store: SessionStore | None,
    provider: LlmProvider,
    session: Session,
    prompt: str | None,
    *,
    create: bool | None = None,
    show: Callable[[StreamEvent], object] = lambda event: None,
    tick: Callable[[], float | None] | None = None,
    cancellation: Cancellation | None = None,
    model: str | None = None,
    max_tokens: int | None = None,
    parameters: tuple[tuple[str, object], ...] = (),
    stream: bool = True,
    spill_folder: str | None = None,
    attachments: tuple[Attachment, ...] = (),
    max_bytes: int = LARGEST_ANSWER,
    goes_on: bool = False,
    new_system: str | None = None,
    prices: Mapping[str, Prices] | None = None,
    policy: ContextPolicy | None = None,
) -> StoredMessage:
    """Ask `prompt` in `session`; returns the answer as it was stored.

    Before the request leaves, the session (if it is new), the prompt and an empty answer are
    durably stored, as one. A session that the store does not have is new, unless it has been used
    before: then it was purged (NotFoundError). A caller who knows says so: `create` True for a
    session that must not be there yet (InvalidDataError), False for one that must.

    `show` gets every event, in the caller's thread; text is in the store at most a quarter of a
    second after it was shown. Without a `prompt` the last one is asked again; without a `store`
    nothing is kept. `model` defaults to the session's. An answer of more than `max_bytes` bytes,
    what the model thinks included, is broken off (AnswerTooLong). `new_system` is a system prompt
    that holds in a stored session from this question on, kept as a message before it; "" for none.

    A provider is told the session's id where its documents ask for it, and from the second turn on
    that this goes on, so that it caches what it has read; with `goes_on`, from the first.

    The answer's cost is what the provider says, else what its tokens cost by `prices`, which are by
    PROVIDER/MODEL, or by the table that comes with Synapse; None if nobody knows.

    A conversation that has outgrown the model's window, or that the provider refuses for its
    length, is made shorter as `policy` says: older messages are sent no longer, but a summary of
    them, which is stored beside them. Nothing of it is silent: Compacting, Compacted and
    NotCompacted are shown. ContextTooLong is raised, and nothing sent, if that is not enough.
    Without a `policy` the window is the one that the provider names itself, if it does.

    `tick` is called in the caller's thread once the request is under way, after each event, and
    when the seconds that it returned last are over (None: not before the next event): a clock
    for whoever paints.

    The answer is closed COMPLETE; or INTERRUPTED, if `cancellation` was set; or INTERRUPTED
    before whatever `show` raised goes on; or FAILED before a ProviderError or CredentialsError
    goes on. The errors carry the closed answer as `error.answer`. Raises StorageError if the
    turn can't be stored, in which case nothing was sent; AnswerSpilled if the answer, shown
    already, could only be saved in a file of `spill_folder`; UsageError, before anything is
    stored, if the provider can't be sent one of the `attachments` or `parameters`.
    """
    if attachments:
        from synapse.app.attachments import check

        check(attachments, provider)
    cancellation = Cancellation() if cancellation is None else cancellation
    model = model or session.model
    request = ChatRequest(
        model=model,
        messages=(ChatMessage(role=Role.USER, content=prompt or ""),),
        max_tokens=max_tokens,
        parameters=parameters,
        stream=stream,
    )
    provider.check(request)
    asked = None if prompt is None else StoredMessage.new(session.id, Role.USER, prompt)
    if asked is not None and attachments:
        asked = asked.replace(attachments=attachments)
    answer = StoredMessage.new(session.id, Role.ASSISTANT, "").replace(
        status=Status.STREAMING, provider=provider.name, model=model
    )
    standing: Summary | None = None
    if store is None:
        history = [asked] if asked else []
    else:
        asked, answer = begin_turn_in_thread(
            store, lambda: _begun(store, session, asked, answer, create, new_system), cancellation
        )
        standing, history = _history(store, answer)
    sender = _Sender(store, provider, request, policy or default_policy(provider))
    request = sender.take_up(session, history, standing, goes_on=goes_on)

    def with_cost(closed: StoredMessage) -> Usage:
        from synapse import model_table  # where tokens were counted

        return model_table.with_cost(closed, model, capabilities_of(provider).vendor, prices or {})

    receiver = Receiver(store, answer, show, tick, cancellation, spill_folder, max_bytes, with_cost)
    if sender.images_left_out:
        receiver.show_first(LeftOut(names=sender.images_left_out))
    return receiver.run(sender, request)


class _Sender:
    """The provider, asked with what fits its window. A conversation that is far from it costs a
    look at the last answer's figures.
    """

    def __init__(
        self,
        store: SessionStore | None,
        provider: LlmProvider,
        request: ChatRequest,
        policy: ContextPolicy,
    ) -> None:
        self._store = store
        self._provider = provider
        self._request = request
        self._policy = policy
        self._fitting: Fitting | None = None
        self.images_left_out: tuple[str, ...] = ()

    def take_up(
        self,
        session: Session,
        history: list[StoredMessage],
        standing: Summary | None,
        *,
        goes_on: bool,
    ) -> ChatRequest:
        """The request for what was said in a session, if all of it fits."""
        self._session, self._history, self._standing = session, history, standing
        images = capabilities_of(self._provider).images
        selection = select(history, self._provider.name, images, summary=standing)
        self.images_left_out = selection.images_left_out
        self._request = self._request.replace(
            messages=selection.messages,
            system_prompt=system_prompt_to_send(session, history, whole=standing is None),
            conversation=None if self._store is None else session.id,
            continues=self._store is not None and (goes_on or len(selection.messages) > 1),
        )
        return self._request

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """The events of the answer, and before them those of what is done to have it fit."""
        if not self._is_far_from_full():
            yield from self._fit(cancellation).before()
            request = self._fit(cancellation).request
        if cancellation:
            return
        arrived = False
        try:
            for event in self._provider.stream(request, cancellation):
                arrived = arrived or isinstance(event, TextDelta)
                yield event
            return
        except SynapseError as error:
            if arrived or self._store is None or error.code() != "context_too_long":
                raise
            yield from self._fit(cancellation).after_refusal(error)
        if not cancellation:
            yield from self._provider.stream(self._fit(cancellation).request, cancellation)

    def _is_far_from_full(self) -> bool:
        """Whether a look is enough to know that everything fits."""
        standing = self._standing
        if standing is not None and standing.model is None and standing.content:
            return False  # old turns are recalled by what is asked
        most = most_tokens(self._history, self._request.system_prompt, self._provider.name)
        known = self._policy.known_window
        if known is None and most < _SURELY_SHORT:
            return True
        window = known or self._policy.window()
        if window is None:
            return True
        share = self._policy.compact_at
        return most < min(share if share > 1 else share * window, window // 2)

    def _fit(self, cancellation: Cancellation) -> Fitting:
        from synapse.app.context.fitting import Fitting, Known  # of long conversations only

        if self._fitting is None:
            known = Known(session=self._session, history=self._history, standing=self._standing)
            self._fitting = Fitting(
                self._store, known, self._provider, self._request, self._policy, cancellation
            )
        return self._fitting


def _begun(
    store: SessionStore,
    session: Session,
    asked: StoredMessage | None,
    answer: StoredMessage,
    create: bool | None,
    new_system: str | None,
) -> tuple[StoredMessage | None, StoredMessage]:
    """Begin the turn, in a new session or in a stored one. Nobody looks first which it is: between
    a look and the turn, another process may store it.
    """
    unused = session.updated_at == session.created_at
    if create is None and asked is not None and unused:
        try:
            return store.begin_turn(session, asked, answer, create=True)
        except InvalidDataError:
            pass  # it is there already
    if new_system is not None and not create:
        from synapse.app.context.system_prompts import hold_system_prompt  # few turns bring one

        hold_system_prompt(store, session.id, new_system)
    return store.begin_turn(session, asked, answer, create=bool(create))


def _history(
    store: SessionStore, answer: StoredMessage
) -> tuple[Summary | None, list[StoredMessage]]:
    """What comes before the answer: the summary that stands for its beginning, and the messages of
    which none does. If that can't be read, the answer is closed as FAILED.
    """
    try:
        standing = store.standing_summary(answer.session_id)
        last = answer.index - 1
        if standing is None:
            return None, store.get_messages(answer.session_id, last=last)
        from synapse.app.context.reading import read_after  # of long conversations only

        return standing, read_after(store, standing, last)
    except StorageError as error:
        failed = answer.replace(status=Status.FAILED, error=f"{error.code()}: {error.message}")
        try:
            store.finish_turn(failed)
        except StorageError:
            pass  # the first error says more
        raise
