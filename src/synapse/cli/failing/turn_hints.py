"""What can be done after a turn that failed: the lines below its error."""

from __future__ import annotations

from synapse.advice import ASK, CONTINUE, RETRY, Advice
from synapse.app.branches import has_earlier_turn
from synapse.cli.asking.remembered_models import near_models
from synapse.domain import IMAGE_REFUSED, refusal_of
from synapse.errors import (
    AnswerRefused,
    BadRequest,
    ContextTooLong,
    CredentialsError,
    NotAnApi,
    PermissionDenied,
    ProviderError,
    RequestTooLarge,
    SessionBusy,
    SynapseError,
    UnknownModel,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.advice import Hint
    from synapse.cli.asking.turn import Turn
    from synapse.domain import StoredMessage

_FAIL_AGAIN = (
    AnswerRefused,
    BadRequest,
    ContextTooLong,
    NotAnApi,
    PermissionDenied,
    RequestTooLarge,
    UnknownModel,
)
"""Faults that the same request meets again."""
_FOR_ANOTHER_MODEL = (ContextTooLong, UnknownModel)


def hints_after(turn: Turn, error: SynapseError, answer: StoredMessage | None) -> tuple[Hint, ...]:
    """The error's own hints, and those for this turn. `answer` is what was kept of the answer."""
    hints = list(error.hints)
    if isinstance(error, UnknownModel):
        hints = [*_near_models(turn, error), *hints]
    elif isinstance(error, SessionBusy):
        hints += _ways_past_the_other(turn)
    if not isinstance(error, (ProviderError, CredentialsError)):
        return tuple(hints)
    if any(map(_goes_back, hints)) and not _has_earlier(turn, answer):
        hints = [hint for hint in hints if not _goes_back(hint)]
    if turn.options.saved and answer is not None:
        return tuple(_of_what_is_kept(turn, error, answer, hints))
    if not turn.options.saved and not turn.context.at_prompt:
        hints = [hint for hint in hints if not _needs_a_session(hint)]
        return (*hints, "Nothing was saved (--no-save).")
    return tuple(hints)


def _near_models(turn: Turn, error: UnknownModel) -> list[str]:
    """From the list that is remembered, where the provider's own says nothing."""
    if any(isinstance(hint, str) and hint.startswith("Near it:") for hint in error.hints):
        return []
    near = near_models(turn.context, turn.provider.name, turn.choice.model)
    return [f"Near it:  {', '.join(near)}"] if near else []


def _ways_past_the_other(turn: Turn) -> list[Hint]:
    """What can be done while another terminal is answering in the session."""
    handle = turn.session.handle
    branch = Advice("Branch off:  ", ASK, "…", session=handle, fork=True)
    if turn.context.at_prompt:
        return [branch]
    return [branch, Advice("Or wait:     ", ASK, "…", session=handle, wait=True)]


def _has_earlier(turn: Turn, answer: StoredMessage | None) -> bool:
    """Whether something stands before the question."""
    if turn.earlier is None or answer is None:
        return False
    return has_earlier_turn(turn.context.store, answer)


def _goes_back(hint: Hint) -> bool:
    return isinstance(hint, Advice) and "fork" in hint.options


def _needs_a_session(hint: Hint) -> bool:
    """Whether it would go on with some other conversation where nothing is stored."""
    return isinstance(hint, Advice) and (hint.verb == RETRY or "go_on" in hint.options)


def _of_what_is_kept(
    turn: Turn, error: SynapseError, answer: StoredMessage, hints: list[Hint]
) -> list[Hint]:
    """The hints, with one advice to go on, and no more, for this very session."""
    handle, at_prompt = turn.session.handle, turn.context.at_prompt
    refused = refusal_of(answer)
    if answer.content and refused is not None:
        both = f"The partial answer ({len(answer.content):,} characters) is saved in {handle}"
        return [*hints, f"{both}; neither it nor its question is sent again."]
    if answer.content:
        kept = f"The partial answer ({len(answer.content):,} characters) is saved in {handle}."
        go_on = (
            Advice("Go on:  ", CONTINUE)
            if at_prompt
            else Advice(f"{kept} Go on:  ", ASK, "go on", session=handle)
        )
        return [*(hint for hint in hints if not _retries(hint)), go_on]
    kept = f"Your question is saved in {handle}."
    if refused is not None:
        by_image = refused == IMAGE_REFUSED
        rest = "later ones go without its images" if by_image else "it is not sent with later ones"
        kept = f"{kept[:-1]}; {rest}."
    told = [
        hint.of_session(handle) if isinstance(hint, Advice) and _retries(hint) else hint
        for hint in hints
    ]
    unsaid = at_prompt and refused is None
    if any(_retries(hint) for hint in hints):
        return told if unsaid else [*told, kept]
    lead = "" if unsaid else f"{kept} "
    if isinstance(error, _FOR_ANOTHER_MODEL):
        model = "MODEL" if isinstance(error, UnknownModel) else "PROVIDER/MODEL"
        return [*told, Advice(f"{lead}Ask another:  ", RETRY, session=handle, model=model)]
    if isinstance(error, _FAIL_AGAIN):
        return told if unsaid else [*told, kept]
    return [*told, Advice(f"{lead}Again:  ", RETRY, session=handle)]


def _retries(hint: Hint) -> bool:
    return isinstance(hint, Advice) and hint.verb == RETRY
