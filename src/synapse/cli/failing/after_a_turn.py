"""What can be done after a turn that failed: the lines below its error."""

from __future__ import annotations

from synapse.errors import (
    CredentialsError,
    ProviderError,
    SessionBusy,
    SynapseError,
    UnknownModel,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.asking.turn import Turn
    from synapse.domain import StoredMessage


def hints_after(turn: Turn, error: SynapseError, answer: StoredMessage | None) -> tuple[str, ...]:
    """The error's own hints, and what there is to say of this turn; `answer` is what is kept."""
    hints = error.hints
    if isinstance(error, UnknownModel):
        hints = (*_near_models(turn, error), *hints)
    elif isinstance(error, SessionBusy):
        hints = (*hints, *_ways_past_the_other(turn))
    if not isinstance(error, (ProviderError, CredentialsError)):
        return hints
    if turn.options.saved and answer is not None:
        return (*hints, *_kept(turn, answer))
    if not turn.options.saved and not turn.options.at_prompt:
        return (*_without_a_session(hints), "Nothing was saved (--no-save).")
    return hints


def _near_models(turn: Turn, error: UnknownModel) -> list[str]:
    """From the list that is remembered, where the provider's own says nothing."""
    if any(hint.startswith("Near it:") for hint in error.hints):
        return []
    from synapse.cli.asking.remembered_models import near_models

    near = near_models(turn.context, turn.provider.name, turn.choice.model)
    return [f"Near it:  {', '.join(near)}"] if near else []


def _ways_past_the_other(turn: Turn) -> list[str]:
    """What can be done while another terminal is answering in the session."""
    if turn.options.at_prompt:
        return ["Branch off:  /fork"]
    named = f"synapse -s {turn.session.handle}"
    return [f'Branch off:  {named} --fork "…"', f'Or wait:     {named} --wait "…"']


def _kept(turn: Turn, answer: StoredMessage) -> list[str]:
    handle = turn.session.handle
    if turn.options.at_prompt:
        return ["Go on:  /continue" if answer.content else "Again:  /retry"]
    if answer.content:
        return [
            f"The partial answer ({len(answer.content):,} characters) is saved in {handle}."
            f' Go on:  synapse -s {handle} "go on"'
        ]
    return [f"Your question is saved in {handle}. Again:  synapse retry -s {handle}"]


def _without_a_session(hints: tuple[str, ...]) -> list[str]:
    """The hints that make sense where nothing is stored: `retry` and `-c` would go on with some
    other conversation.
    """
    return [hint for hint in hints if "synapse retry" not in hint and "synapse -c" not in hint]
