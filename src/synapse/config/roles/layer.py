"""What a role says of options, laid over the configuration."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from synapse.config import Settings

_PARAMETERS = "parameters."


def laid_over(
    settings: Settings, values: Mapping[str, Any], flags: Mapping[str, object]
) -> Settings:
    """The settings with these values, by the options' keys, in the place of what they were; but
    not of what the command line said.
    """
    values = {key: value for key, value in values.items() if flags.get(key) is None}
    parameters = {
        key.removeprefix(_PARAMETERS): value
        for key, value in values.items()
        if key.startswith(_PARAMETERS)
    }
    provider = values.get("provider", settings.provider)
    # the model of another provider is none of this one's
    model = settings.model if provider == settings.provider else None
    return settings.replace(
        provider=provider,
        model=values.get("model", model),
        max_tokens=values.get("max_tokens", settings.max_tokens) or None,
        parameters={**settings.parameters, **parameters},
    )
