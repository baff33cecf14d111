"""Which file remembers the models of a provider, as it is configured now."""

from __future__ import annotations

from synapse.app.model_list import ModelCache
from synapse.errors import SynapseError
from synapse.paths import cache_dir
from synapse.providers import find
from synapse.providers._provider_rows import ProviderRow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import ModelInfo


def cache_of(context: Context, provider: str) -> ModelCache | None:
    """The cache; None for a provider that is asked without a network. Raises ConfigError."""
    options = context.provider_options(provider)
    row = find(provider, options)
    if not isinstance(row, ProviderRow) or not row.kind:
        return None
    return ModelCache(cache_dir(context.environ), provider, options.base_url or row.base_url)


def remembered(context: Context, provider: str) -> tuple[ModelInfo, ...]:
    """The models that the provider offered when it was last asked; none if it never was, or is
    not configured as it must be.
    """
    try:
        cache = cache_of(context, provider)
    except SynapseError:
        return ()
    listing = cache.read() if cache is not None else None
    return listing.models if listing is not None else ()


def near_models(context: Context, provider: str, model: str) -> list[str]:
    """Up to three remembered models of the provider whose names are like `model`."""
    from synapse.suggestions import near  # only after a typing error

    return near(model, [info.id for info in remembered(context, provider)])
