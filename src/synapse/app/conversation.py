"""The turn: the one place where a conversation goes on and is saved.

One-shot, REPL and library all call `reply`. It begins the turn in the store; how its answer is
received, shown and saved is in `receiving`.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.app.receiving import LARGEST_ANSWER, Receiver
from synapse.app.saving import begin_turn_in_thread
from synapse.app.selection import select, system_prompt_to_send
from synapse.domain import Role, Session, Status, StoredMessage
from synapse.errors import InvalidDataError, StorageError
from synapse.ids import handle
from synapse.ports import (
    Cancellation,
    ChatMessage,
    ChatRequest,
    LeftOut,
    capabilities_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synapse.domain import Attachment, Usage
    from synapse.model_table.known import Prices
    from synapse.ports import LlmProvider, SessionStore, StreamEvent


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
    if store is None:
        history = [asked] if asked else []
    else:
        asked, answer = begin_turn_in_thread(
            store, lambda: _begun(store, session, asked, answer, create, new_system), cancellation
        )
        history = _history(store, answer)
    selection = select(history, provider.name, capabilities_of(provider).images)
    request = request.replace(
        messages=selection.messages,
        system_prompt=system_prompt_to_send(session, history),
        conversation=None if store is None else session.id,
        continues=store is not None and (goes_on or len(selection.messages) > 1),
    )

    def with_cost(closed: StoredMessage) -> Usage:
        from synapse import model_table  # where tokens were counted

        return model_table.with_cost(closed, model, capabilities_of(provider).vendor, prices or {})

    receiver = Receiver(store, answer, show, tick, cancellation, spill_folder, max_bytes, with_cost)
    if selection.images_left_out:
        receiver.show_first(LeftOut(names=selection.images_left_out))
    return receiver.run(provider, request)


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
        _hold_system_prompt(store, session.id, new_system)
    return store.begin_turn(session, asked, answer, create=bool(create))


def _hold_system_prompt(store: SessionStore, session_id: str, text: str) -> None:
    """Have this one sent from now on: it is kept as a message, unless it is what is sent already.
    While an answer of a living owner comes in, nothing is changed: no question can be asked then,
    either.
    """
    from synapse.app.sessions import close_abandoned_answers  # few turns bring a system prompt

    summary = store.get_summary(session_id)
    for found in close_abandoned_answers(store, [summary] if summary is not None else []):
        now = system_prompt_to_send(found.session, store.get_messages(session_id))
        if found.last_status is not Status.STREAMING and text != (now or ""):
            store.add_message(StoredMessage.new(session_id, Role.SYSTEM, text))


def _history(store: SessionStore, answer: StoredMessage) -> list[StoredMessage]:
    """What comes before the answer; if that can't be read, the answer is closed as FAILED."""
    try:
        return store.get_messages(answer.session_id, last=answer.index - 1)
    except StorageError as error:
        failed = answer.replace(status=Status.FAILED, error=f"{error.code()}: {error.message}")
        try:
            store.finish_turn(failed)
        except StorageError:
            pass  # the first error says more
        raise
