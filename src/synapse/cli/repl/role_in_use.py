"""The role of a conversation at the prompt: put on, and taken off without a trace."""

from __future__ import annotations

from synapse.cli.asking.roles import AT_PROMPT, checked, take_values, under_role
from synapse.config.choosing import for_new_session, for_session
from synapse.config.roles.role import RoleInUse
from synapse.errors import CredentialsError
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.cli.repl.repl_conversation import ReplConversation
    from synapse.config.choosing import Choice
    from synapse.config.roles.role import Role


class _Before(Record):
    """What a role has changed, as it was."""

    choice: Choice | None
    preferred: tuple[str | None, str | None]
    system: str | None
    chosen: Choice | None
    """Whom the role has chosen: if the user has chosen another since, that one stays."""


class ConversationRole:
    """Which role is on, if any."""

    def __init__(self, conversation: ReplConversation) -> None:
        self._conversation = conversation
        self.in_use: RoleInUse | None = None
        self._before: _Before | None = None

    @property
    def name(self) -> str | None:
        """What it is called."""
        return self.in_use.role.name if self.in_use is not None else None

    def begin_with(
        self, role: RoleInUse, named: tuple[str | None, str | None], *, with_system: bool
    ) -> None:
        """Take up a role whose values are in force already, as the command line named it. What that
        `named`, provider and model, wins; its system prompt holds `with_system`.
        """
        talk = self._conversation
        before = self._now()
        if talk.summary is not None:
            under = under_role(talk.context, talk.session, role.role)
            talk.take_choice(for_session(talk.context, under, *named), talk.preferred)
        self.in_use, self._before = role, before.replace(chosen=talk.current_choice())
        if with_system and role.system is not None:
            talk.set_system_prompt(role.system)

    def begins_with(self, configured: str | None) -> str | None:
        """The system prompt of a new session, where this one is configured."""
        if self.in_use is None or self._before is None:
            return configured
        self._before = self._before.replace(system=configured)
        return configured if self.in_use.system is None else self.in_use.system

    def put_on(self, name: str, given: Mapping[str, str]) -> None:
        """Have the role in force from the next question on, in the place of another one. Raises
        UsageError, ConfigError, CredentialsError, and changes nothing, if it can't be.
        """
        talk = self._conversation
        role = RoleInUse(checked(talk.context, name), given, talk.context.environ, AT_PROMPT)
        self.take_off()
        before = self._now()
        take_values(talk.context, role.role.option_values)
        try:
            chosen = self._choose(role.role)
            talk.check_parameters()
        except Exception:
            take_values(talk.context, {})
            talk.take_choice(before.choice, before.preferred)
            raise
        self.in_use, self._before = role, before.replace(chosen=chosen)
        if role.system is not None:
            talk.set_system_prompt(role.system)

    def take_off(self) -> str | None:
        """End the role; its name, None if none was on. What it has changed is as it was, but for
        what the user has changed since.
        """
        if self.in_use is None or self._before is None:
            return None
        talk, role, before = self._conversation, self.in_use, self._before
        self.in_use = self._before = None
        take_values(talk.context, {})
        if before.chosen is not None and talk.chosen == before.chosen:
            talk.take_choice(before.choice, before.preferred)
        if role.system is not None and _system_now(talk) == (role.system or None):
            talk.set_system_prompt(before.system or "")
        return role.role.name

    def _now(self) -> _Before:
        talk = self._conversation
        return _Before(
            choice=talk.chosen, preferred=talk.preferred, system=_system_now(talk), chosen=None
        )

    def _choose(self, role: Role) -> Choice | None:
        """Have the role's provider and model answer; None if it names none."""
        talk = self._conversation
        if role.provider is None and role.model is None:
            return None
        if talk.can_answer:
            session = talk.session.replace(provider=talk.choice.provider, model=talk.choice.model)
            under = under_role(talk.context, session, role)
            choice = for_session(talk.context, under, None, None)
        else:
            choice = for_new_session(talk.context, role.provider, role.model)
        talk.take_choice(choice, (choice.provider, choice.model))
        return choice


def _system_now(talk: ReplConversation) -> str | None:
    try:
        return talk.system_prompt_now()
    except CredentialsError:  # nobody answers yet
        return talk.system_prompt
