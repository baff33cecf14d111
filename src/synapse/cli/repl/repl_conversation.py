"""The conversation at the prompt: its session, its model, and its turns."""

from __future__ import annotations

from synapse.app.conversation import start_session
from synapse.app.selection import system_prompt_to_send
from synapse.cli.asking.turn import Turn
from synapse.cli.repl.model_names import is_provider, refuse_missing, remark, shown
from synapse.cli.repl.other_terminals import refresh_before_turn
from synapse.cli.repl.role_in_use import ConversationRole
from synapse.config.choosing import Choice, for_new_session, for_session
from synapse.domain import Role, StoredMessage
from synapse.errors import CredentialsError, SynapseError, UsageError
from synapse.ports import ChatRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synapse.cli.asking.turn import TurnOptions
    from synapse.cli.context import Context
    from synapse.domain import Attachment, Session, SessionSummary
    from synapse.ports import LlmProvider
    from synapse.terminal.typed_ahead import TypedAhead


_PAGE = 50
"""Messages that are read at once."""


class ReplConversation:
    """A stored session, or one that the first question will create."""

    def __init__(self, context: Context, options: TurnOptions, *, saved: bool = True) -> None:
        self.context = context
        self.options = options
        self.saved = saved
        """False if the store is one that forgets everything at the end."""
        self.summary: SessionSummary | None = None
        """The session as the store has it; None for one that is not there yet."""
        self.attachments: tuple[Attachment, ...] = ()
        """What goes with the next question."""
        self.turns = 0
        """Questions that were asked at this prompt, in all sessions."""
        self.typed_ahead: TypedAhead | None = None
        """Keeps what is typed while an answer comes in."""
        self.role = ConversationRole(self)
        self.next_system: str | None = None
        """A system prompt that a stored session gets with the next question; None: as it is."""
        self._session: Session | None = None
        self.chosen: Choice | None = None
        """Who answers, if that has been found out."""
        self.preferred: tuple[str | None, str | None] = (None, None)
        """Provider and model of new sessions, where the user has said."""
        self._providers: dict[Choice, LlmProvider] = {}
        self._new_name: str | None = None
        self._new_title: str | None = None
        self._new_system: str | None = None
        self._messages_before = 0

    # which session, and who answers

    def set_default_model(self, provider: str | None, model: str | None) -> None:
        """Use this provider and model in new sessions; None for what the configuration says."""
        self.preferred = (provider, model)

    def begin(
        self, *, name: str | None = None, system: str | None = None, choice: Choice | None = None
    ) -> None:
        """Switch to a new session, which the next question will create."""
        self._new_name, self._new_title = name, None
        if system is None:
            system = self.role.begins_with(self.context.settings.system_prompt)
        self._new_system, self.next_system = system, None
        self.summary = self._session = None
        self.chosen = choice
        self._messages_before = 0

    def open(
        self, summary: SessionSummary, *, provider: str | None = None, model: str | None = None
    ) -> None:
        """Switch to a stored session."""
        self.chosen = for_session(self.context, summary.session, provider, model)
        self.summary, self._session = summary, summary.session
        self._messages_before = summary.message_count

    def refresh(self) -> None:
        """Read the session from the store again."""
        if self._session is not None:
            self.summary = self.context.store.get_summary(self._session.id)
            if self.summary is not None:
                self._session = self.summary.session

    @property
    def choice(self) -> Choice:
        """Who answers. Raises CredentialsError if nobody can."""
        if self.chosen is None:
            self.chosen = for_new_session(self.context, *self.preferred)
        return self.chosen

    def current_choice(self) -> Choice | None:
        """Who answers; None if nobody can."""
        try:
            return self.choice
        except CredentialsError:
            return None

    @property
    def can_answer(self) -> bool:
        """Whether there is somebody to ask."""
        return self.current_choice() is not None

    def choose(self, model: str) -> None:
        """Have another model answer from now on, in new sessions, too: MODEL of whoever answers,
        PROVIDER/MODEL, PROVIDER MODEL, PROVIDER, or an alias. Raises UnknownModel, ConfigError,
        CredentialsError, UsageError for what can't answer; what merely may not is warned of.
        """
        choice = self._named(model)
        if choice.also is not None:
            self.context.say(
                f"{choice.model} is asked of {choice.provider}."
                f" Of {choice.also[0]} itself:  /model {' '.join(choice.also)}"
            )
        refuse_missing(self.context, choice)
        doubt = remark(self.context, choice)
        if doubt is not None:
            self.context.warn(doubt)
        self.chosen = choice
        self.preferred = (choice.provider, choice.model)
        if self.summary is None:
            self._session = None

    def _named(self, model: str) -> Choice:
        provider, _, name = model.partition(" ")
        apart = provider if name and provider not in self.context.settings.aliases else None
        model = name.strip() if apart else model
        if not self.can_answer:
            return for_new_session(self.context, apart, model)
        now = self.session.replace(provider=self.choice.provider, model=self.choice.model)
        if apart is None and is_provider(self.context, model, beside=self.choice):
            return for_session(self.context, now, model, None)
        return for_session(self.context, now, apart, model)

    @property
    def session(self) -> Session:
        """The session, stored or not. Raises CredentialsError."""
        if self._session is None:
            session = start_session(self.context.store, self.choice.provider, self.choice.model)
            self._session = session.replace(
                name=self._new_name,
                title=self._new_title,
                system_prompt=self._new_system or None,
            )
        return self._session

    @property
    def name(self) -> str | None:
        """What the session is called, or will be."""
        return self._session.name if self._session is not None else self._new_name

    @name.setter
    def name(self, name: str | None) -> None:
        """Of a session that is not stored yet."""
        self._new_name = name
        if self._session is not None:
            self._session = self._session.with_name(name)

    @property
    def title(self) -> str | None:
        """What the user says that the session is about, or will be."""
        return self._session.title if self._session is not None else self._new_title

    @title.setter
    def title(self, title: str | None) -> None:
        """Of a session that is not stored yet."""
        self._new_title = title
        if self._session is not None:
            self._session = self._session.replace(title=title)

    @property
    def system_prompt(self) -> str | None:
        """What the session begins with, or will."""
        return self._session.system_prompt if self._session is not None else self._new_system

    @system_prompt.setter
    def system_prompt(self, text: str | None) -> None:
        """Of a session that is not stored yet."""
        self._new_system = text
        if self._session is not None:
            self._session = self._session.with_system_prompt(text)

    def system_prompt_now(self) -> str | None:
        """What is sent before the messages: what `/system` said last, or what it began with."""
        if self.summary is None:
            return self.system_prompt
        if self.next_system is not None:
            return self.next_system or None
        return system_prompt_to_send(self.session, self.messages())

    def set_system_prompt(self, text: str) -> None:
        """Send another system prompt from the next question on; "" for none."""
        if self.summary is None:
            self.system_prompt = text
        else:
            self.next_system = text

    def take_choice(self, choice: Choice | None, preferred: tuple[str | None, str | None]) -> None:
        """Have this one answer from now on, and in new sessions whom `preferred` names; None for
        whoever is configured.
        """
        self.chosen, self.preferred = choice, preferred
        if self.summary is None:
            self._session = None

    def change_system_prompt(self, text: str) -> None:
        """Send another system prompt from now on. It is stored as a message of the session."""
        self.next_system = None
        session_id = self.stored().session.id
        self.context.store.add_message(StoredMessage.new(session_id, Role.SYSTEM, text))
        self.refresh()

    def stored(self) -> SessionSummary:
        """The session as the store has it now. Raises UsageError if it is not there yet."""
        self.refresh()
        if self.summary is None:
            raise UsageError("nothing has been asked here yet")
        return self.summary

    def messages(self, **which: int) -> list[StoredMessage]:
        """The messages of the session, from `first` to `last`. Raises UsageError if there are
        none yet.
        """
        return self.context.store.get_messages(self.stored().session.id, **which)

    def last_answer(self) -> StoredMessage:
        """The last answer that has a text. Raises UsageError if there is none."""
        for message in self.messages_backwards():
            if message.role is Role.ASSISTANT and message.content:
                return message
        raise UsageError("there is no answer yet")

    def last_question(self) -> StoredMessage:
        """The last question that has not been taken back. Raises UsageError if there is none."""
        for message in self.messages_backwards():
            if message.role is Role.USER:
                return message
        raise UsageError("nothing has been asked here yet")

    def messages_backwards(self) -> Iterator[StoredMessage]:
        """What holds of the session, the last message first, read as far as it is looked at:
        there may be tens of thousands. Raises UsageError if there are none yet.
        """
        last = self.stored().message_count
        while last > 0:
            first = max(1, last - _PAGE + 1)
            for message in reversed(self.messages(first=first, last=last)):
                if not message.superseded:
                    yield message
            last = first - 1

    def catch_up(self) -> None:
        """Take note of what other terminals have added, and is no longer news."""
        known = self.message_count
        self.refresh()
        self._messages_before += max(0, self.message_count - known)

    @property
    def message_count(self) -> int:
        """How many messages the session has."""
        return self.summary.message_count if self.summary else 0

    @property
    def new_messages(self) -> int:
        """How many the session has gained since it was opened."""
        return self.message_count - self._messages_before if self.summary else 0

    # turns

    def ask(self, prompt: str, mentioned: Sequence[Attachment] = ()) -> int:
        """Ask, show the answer, say what became of it; an exit status as of `ask`. What the
        prompt mentions goes with it, beside what was attached.
        """
        attachments, self.attachments = self.attachments, ()
        try:
            return self._take(prompt, (*attachments, *mentioned))
        except CredentialsError:
            self.attachments = attachments
            raise

    def phrased(self, question: str) -> str:
        """What is asked where the user typed this: a role may have a template for it."""
        return self.role.in_use.phrased(question) if self.role.in_use is not None else question

    def ask_again(self) -> int:
        """The last question once more; the old answer is kept, but no longer sent."""
        self.last_question()
        return self._take(None, ())

    def _take(self, prompt: str | None, attachments: Sequence[Attachment]) -> int:
        self._messages_before += refresh_before_turn(self)
        turn = Turn(
            self.context,
            self.choice,
            self._provider(),
            self.session,
            self.options,
            self.summary,
        )
        turn.typed_ahead = self.typed_ahead
        turn.new_system = self.next_system
        turn.check(tuple(attachments))
        self.turns += 1
        try:
            status = turn.run(prompt, tuple(attachments))
            self.next_system = None
            return status
        finally:
            self.refresh()

    def check_parameters(self) -> None:
        """Raise UsageError if a parameter is set that the current provider does not take."""
        try:
            provider = self._provider()
        except SynapseError:  # nobody answers yet
            return
        parameters = tuple(self.context.settings.parameters.items())
        provider.check(ChatRequest(model=self.choice.model, messages=(), parameters=parameters))

    def _provider(self) -> LlmProvider:
        """One for each choice, kept: a local model need not be loaded again."""
        found = self._providers.get(self.choice)
        if found is None:
            changes = self.options.changes(self.choice)
            found = self.context.provider(self.choice.provider, changes)
            self._providers[self.choice] = found
        return found

    def forget_providers(self) -> None:
        """Open them anew at the next question: a key has been stored."""
        self._providers.clear()
        if self.summary is None:
            self.chosen = None

    # what is said of it

    def heading(self) -> str:
        """What stands above the prompt: `4c3834c9 "docker-volumes" · openai/gpt-5-mini`."""
        who = shown(self.choice) if self.can_answer else "nobody answers yet"
        role = f" · role {self.role.name}" if self.role.name else ""
        return f"{self._where()} · {who}{role}"

    def _where(self) -> str:
        if not self.saved:
            return "not saved"
        if self.summary is None:
            return f'new session "{self.name}"' if self.name else "new session"
        name = self.summary.session.name
        return self.summary.session.handle + (f' "{name}"' if name else "")
