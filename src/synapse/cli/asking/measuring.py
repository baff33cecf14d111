"""Who is asked, as far as it matters for measuring a conversation: window, images, tokeniser."""

from __future__ import annotations

from synapse.app.context.calibrations import Calibrations
from synapse.app.context.measuring import Asked
from synapse.app.context.window import window_of
from synapse.cli.asking.remembered_models import remembered
from synapse.errors import SynapseError
from synapse.paths import cache_dir
from synapse.ports import Capabilities, capabilities_of
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.app.context.measuring import Measurement
    from synapse.app.context.window import Window
    from synapse.cli.context import Context
    from synapse.config.choosing import Choice
    from synapse.domain import Session
    from synapse.ports import LlmProvider

_NO_KEY = {"api_key": "unused"}
"""Nothing is sent: a provider whose key is not there can be measured for."""


class Measured(Record):
    """A model for which is measured."""

    asked: Asked
    capabilities: Capabilities
    window: Window | None


def measured_for(
    context: Context, choice: Choice, session: Session, answered: str | None = None
) -> Measured:
    """What is known of the model that `choice` names, without asking anybody. A provider that is
    not configured, such as one of an imported session, is measured for all the same.
    """
    provider = _opened(context, choice)
    capabilities = Capabilities() if provider is None else capabilities_of(provider)
    window = None
    if provider is not None:
        window = window_of(
            provider,
            choice.model,
            configured=context.settings.context_window,
            listed=lambda: remembered(context, choice.provider),
            answered=answered,
        )
    asked = Asked(
        provider=choice.provider,
        model=choice.model,
        is_sessions=(choice.provider, choice.model) == (session.provider, session.model),
        resends_reasoning=capabilities.resends_reasoning,
        factor=_calibrations(context).factor(choice.provider, choice.model),
    )
    return Measured(asked=asked, capabilities=capabilities, window=window)


def remember(context: Context, asked: Asked, measured: Measurement) -> None:
    """Keep what a measurement taught of the model's tokeniser."""
    _calibrations(context).learn(asked, measured)


def _calibrations(context: Context) -> Calibrations:
    return Calibrations(cache_dir(context.environ))


def _opened(context: Context, choice: Choice) -> LlmProvider | None:
    try:
        return context.provider(choice.provider, {"model": choice.model, **_NO_KEY})
    except SynapseError:
        return None
