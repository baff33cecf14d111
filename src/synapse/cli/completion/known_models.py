"""The models that are known without asking anybody: configured ones, defaults, remembered ones."""

from __future__ import annotations

import os

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
    from synapse.providers import PROVIDERS

    configured = context.settings.providers
    for name in (wanted,) if wanted is not None else dict.fromkeys((*configured, *PROVIDERS)):
        options, row = configured.get(name), PROVIDERS.get(name)
        if options is not None and options.model is not None:
            yield name, options.model, "configured"
        if row is not None and row.default_model is not None:
            yield name, row.default_model, f"the default of {row.summary}"
    yield from _remembered(wanted, context)


def _remembered(wanted: str | None, context: Context) -> Iterator[tuple[str, str, str]]:
    """From the files of `synapse models`, without a look at their age or their server."""
    from synapse.app.model_list import file_name
    from synapse.paths import cache_dir

    folder = cache_dir(context.environ)
    try:
        files = [name for name in sorted(os.listdir(folder)) if name.startswith("models-")]
    except OSError:
        return
    if wanted is not None:
        files = [name for name in files if name == file_name(wanted)]
    if not files:
        return
    import json

    for name in files:
        provider = name.removeprefix("models-").removesuffix(".json")
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                rows = json.load(file)["models"]
            for row in rows:
                window = row.get("context_window")
                yield provider, row["id"], f"{window:,} tokens" if window else ""
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
