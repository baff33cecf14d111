"""The models whose names are known without asking anybody."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context


def known_models(context: Context) -> list[tuple[str, str]]:
    """Names that `/model` takes, each with a note: aliases, what is configured, the providers'
    defaults, and what the providers said when they were last asked.
    """
    from synapse.cli.model_cache import remembered
    from synapse.providers import PROVIDERS

    settings = context.settings
    found = {alias: f"alias of {meant}" for alias, meant in settings.aliases.items()}
    for name in {**settings.providers, **PROVIDERS}:
        options = context.provider_options(name)
        row = PROVIDERS.get(name)
        default = options.model or (row.default_model if row is not None else None)
        if default is not None:
            found.setdefault(f"{name}/{default}", "default")
        for info in remembered(context, name):
            found.setdefault(f"{name}/{info.id}", "")
    return list(found.items())
