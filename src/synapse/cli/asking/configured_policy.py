"""What is done when a conversation outgrows the window of the model that answers: as configured."""

from __future__ import annotations

from synapse.app.context import ContextPolicy, Summariser
from synapse.paths import cache_dir
from synapse.ports import capabilities_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.cli.context import Context
    from synapse.config.choosing import Choice
    from synapse.ports import LlmProvider


def policy_of(context: Context, choice: Choice, provider: LlmProvider) -> ContextPolicy:
    """The policy for what this provider and model are asked."""
    settings = context.settings
    known = settings.context_window or capabilities_of(provider).context_window
    return ContextPolicy(
        known_window=known,
        window=lambda: settings.context_window or _window(context, provider, choice.model),
        strategy=settings.context_strategy,
        compact_at=settings.compact_at,
        summariser=_summariser(context, settings.context_model),
        prices=settings.prices,
        cache_folder=cache_dir(context.environ),
    )


def _window(context: Context, provider: LlmProvider, model: str) -> int | None:
    from synapse.app.context.window import window_of  # of a long conversation only
    from synapse.cli.asking.remembered_models import remembered  # of a long conversation only

    found = window_of(
        provider,
        model,
        configured=None,
        listed=lambda: remembered(context, provider.name),
    )
    return None if found is None else found.tokens


def _summariser(context: Context, named: str | None) -> Callable[[], Summariser] | None:
    """Who writes summaries, if it is not the model that answers."""
    return None if named is None else lambda: summariser_named(context, named)


def summariser_named(context: Context, named: str, provider: str | None = None) -> Summariser:
    """The summariser that `MODEL`, `PROVIDER/MODEL` or an alias names. Raises ConfigError,
    CredentialsError, UsageError.
    """
    from synapse.config.choosing import for_new_session  # where one is named

    choice = for_new_session(context, provider, named)
    opened = context.provider(choice.provider, {"model": choice.model})
    return Summariser(
        provider=opened,
        model=choice.model,
        window=_window(context, opened, choice.model),
        prices=context.settings.prices,
    )
