"""What a role is, and one that is in use: its variables have values.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.config.roles.template import INPUT, filled, variables
from synapse.errors import ConfigError, UsageError
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

OFF = "off"
"""What `/role` takes to end one: no role can be called so."""
_LONGEST_NAME = 64


def name_fault(name: str) -> str | None:
    """Why no role can have this name; None if it can. Names become names of files."""
    if not name or name != name.strip():
        return "a name must not be empty, or begin or end with a blank"
    if len(name) > _LONGEST_NAME:
        return f"a name has at most {_LONGEST_NAME} characters"
    if name[0] in ".-" or any(c in '/\\:*?"<>|' or not c.isprintable() for c in name):
        return r"""a name must not begin with "." or "-", or hold / \ : * ? " < > | or controls"""
    if name.casefold() == OFF:
        return f'"{OFF}" ends a role'
    return None


class Role(Record):
    """A role as it is written down."""

    name: str
    source: str
    """Where it stands: `PATH:LINE` of a table, the path of a file."""
    description: str | None = None
    system: str | None = None
    """The system prompt; "": none; None: whatever it is without the role."""
    system_template: bool = False
    """Whether the system prompt has variables, too."""
    prompt: str | None = None
    """The template of questions; None: they are asked as they are typed."""
    provider: str | None = None
    model: str | None = None
    parameters: Mapping[str, object] = {}
    """By the name that `--param` takes, `max_tokens` included."""
    defaults: Mapping[str, str] = {}
    """Of the variables that need not be given."""
    hides: str | None = None
    """The file of the same name, which a table of the configuration hides."""
    fault: str | None = None
    """Why it can't be used, in a line; what else is here may be missing then."""

    @property
    def system_variables(self) -> list[str]:
        """The variables of the system prompt. Raises ValueError for a lone brace."""
        return variables(self.system) if self.system and self.system_template else []

    @property
    def prompt_variables(self) -> list[str]:
        """The variables of the template, `input` included. Raises ValueError for a lone brace."""
        return variables(self.prompt) if self.prompt else []

    @property
    def variables(self) -> list[str]:
        """All that can be given, without `input`. Raises ValueError for a lone brace."""
        names = dict.fromkeys([*self.prompt_variables, *self.system_variables])
        return [name for name in names if name != INPUT]

    @property
    def asks_for_input(self) -> bool:
        """Whether a question has to be typed: the template, if any, has a place for it."""
        return not self.prompt or INPUT in self.prompt_variables

    @property
    def option_values(self) -> dict[str, Any]:
        """What it says of options, by their key."""
        found: dict[str, Any] = {
            name if name == "max_tokens" else f"parameters.{name}": value
            for name, value in self.parameters.items()
        }
        for key, value in (("provider", self.provider), ("model", self.model)):
            if value is not None:
                found[key] = value
        return found


def template_fault(role: Role) -> str | None:
    """What is wrong with its texts; None if nothing is."""
    for key, names in (("prompt", "prompt_variables"), ("system", "system_variables")):
        try:
            found = getattr(role, names)
        except ValueError as error:
            return f"{key}: {error}"
        if key == "system" and INPUT in found:
            return f"system: {{{INPUT}}} is the question, which only prompt has a place for"
    return None


class RoleInUse:
    """A role and the values of its variables."""

    def __init__(
        self,
        role: Role,
        given: Mapping[str, str],
        environ: Mapping[str, str],
        give: str = "--var {}=VALUE",
    ) -> None:
        """`give` says how a variable is given, where this is read.

        Raises ConfigError for a role that can't be used, UsageError for a variable that has no
        value, or that the role does not have.
        """
        fault = role.fault or template_fault(role)
        if fault is not None:
            raise ConfigError(f'role "{role.name}" can\'t be used: {fault}', f"See:  {role.source}")
        self.role = role
        for name in given:
            if name not in role.variables:
                raise UsageError(_unknown(role, name), *_known(role))
        values = {**role.defaults, **given}
        missing = [name for name in role.variables if name not in values]
        if missing:
            from synapse.config.roles.circumstances import circumstances  # few roles name any

            values = {**circumstances(missing, environ), **values}
            missing = [name for name in missing if name not in values]
        if missing:
            named = ", ".join(f'"{name}"' for name in missing)
            raise UsageError(
                f'role "{role.name}" needs a value for {named}',
                f"Give it:  {' '.join(give.format(name) for name in missing)}",
            )
        self._values = values

    @property
    def system(self) -> str | None:
        """The system prompt with its variables replaced; None if the role says nothing of it."""
        system = self.role.system
        return filled(system, self._values) if system and self.role.system_template else system

    def phrased(self, question: str) -> str:
        """What is asked. Where the template has no place for the question, it stands below."""
        template = self.role.prompt
        if not template:
            return question
        text = filled(template, {**self._values, INPUT: question})
        if INPUT in self.role.prompt_variables or not question.strip():
            return text
        return f"{text.rstrip()}\n\n{question}"


def _unknown(role: Role, name: str) -> str:
    from synapse.suggestions import suggestion  # only after a typing error

    if name == INPUT:
        return f'"{INPUT}" is the question itself: write it as the prompt'
    near = suggestion(name, role.variables)
    meant = f'; did you mean "{near}"?' if near else ""
    return f'role "{role.name}" has no variable "{name}"{meant}'


def _known(role: Role) -> list[str]:
    hints = [f"It has:  {', '.join(role.variables)}"] if role.variables else []
    if role.system and "{" in role.system and not role.system_template:
        hints.append("Its system prompt is no template; system_template = true makes it one")
    return hints
