"""The models that are known without asking anybody: configured ones, defaults, remembered ones."""

from __future__ import annotations

from synapse.app.model_list import remembered
from synapse.paths import cache_dir
from synapse.providers import PROVIDERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.cli.completion.candidates import Candidate
    from synapse.cli.context import Context


def models(provider: str | None, context: Context) -> list[Candidate]:
    """Those of a provider by their names, else those of all as `PROVIDER/MODEL`, each once;
    aliases first.
    """
    found: dict[str, str] = {}
    if provider is None:
        found |= {alias: f"= {meant}" for alias, meant in context.settings.aliases.items()}
    for owner, model, description in _known(provider, context):
        name = model if provider is not None else f"{owner}/{model}"
        found[name] = found.get(name) or description
    return [*found.items()]


def _known(wanted: str | None, context: Context) -> Iterator[tuple[str, str, str]]:
    configured = context.settings.providers
    for name in (wanted,) if wanted is not None else dict.fromkeys((*configured, *PROVIDERS)):
        options, row = configured.get(name), PROVIDERS.get(name)
        if options is not None and options.model is not None:
            yield name, options.model, "configured"
        if row is not None and row.default_model is not None:
            yield name, row.default_model, f"the default of {row.summary}"
    for name, info in remembered(cache_dir(context.environ), wanted):
        yield name, info.id, f"{info.context_window:,} tokens" if info.context_window else ""
