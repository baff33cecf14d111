"""A real small model on this machine: no key, no server, no network.

The weights of the demo model are fetched once; any other GGUF file is used by its path. The
library is xllamacpp (llama.cpp); see `local_model.engine` for where it runs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from synapse import paths
from synapse.advice import ASK, Advice
from synapse.domain import ModelInfo
from synapse.errors import UnknownModel
from synapse.ports import Capabilities, ModelReport
from synapse.providers.local_model import gguf, weights
from synapse.providers.local_model.engine_messages import (
    GgufFile,
    error_of,
    events_of,
    question_for,
)
from synapse.providers.local_model.process import Engine, EngineFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.ports import Cancellation, ChatRequest, ProviderOptions, StreamEvent

LARGEST_CONTEXT = 8192
"""Tokens. A model that could take more gets no more: its memory grows with the window."""


class LocalProvider:
    """Runs a GGUF model. `options.model` and a request's model name the file: `MODEL` of
    `weights` or nothing for the demo model, a path, or the name of a file in `weights.folder`.

    Raises ConfigError at once if the engine is not installed, UnknownModel if `options.model`
    is not there or is no model.
    """

    def __init__(self, options: ProviderOptions) -> None:
        if not weights.engine_installed():
            raise weights.engine_missing()
        self._chosen = options.model or weights.MODEL
        self._idle: Engine | None = None
        self._window = find_model(self._chosen).context

    @property
    def name(self) -> str:
        """`local`."""
        return "local"

    @property
    def capabilities(self) -> Capabilities:
        """See LlmProvider: of the model that was chosen."""
        demo = f"{weights.MODEL} is a small demo model; much of what it says is wrong"
        return Capabilities(
            context_window=self._window,
            notice=demo if self._chosen == weights.MODEL else None,
            default_model=self._chosen,
        )

    def check(self, request: ChatRequest) -> None:
        """See LlmProvider."""
        question_for(request, find_model(request.model or self._chosen))

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """The answer, token by token. Loading the model takes a second before the first one.

        Raises UsageError for a parameter that the engine does not take, UnknownModel,
        ContextTooLong, BadRequest, ServerError, ProviderError.
        """
        model = find_model(request.model or self._chosen)
        question = question_for(request, model)
        engine = self._take(model)
        cancellation.on_cancel(engine.stop)
        answered = False
        try:
            if model.is_demo and not engine.ready:  # while the engine loads them
                weights.check(model.path, lambda: not cancellation)
            if not cancellation:
                yield ModelReport(model=model.name)
                for chunk in engine.ask(question):
                    yield from events_of(chunk, model)
            answered = True
        except EngineFailed as failure:
            if not cancellation:
                raise error_of(failure, model) from failure
        finally:
            if answered and not engine.stopped:
                self._idle = engine
            else:
                engine.close()

    def list_models(self) -> list[ModelInfo]:
        """The demo model, then the other GGUF files in `weights.folder`, by name."""
        models = [ModelInfo(id=weights.MODEL, context_window=LARGEST_CONTEXT)]
        folder = weights.folder(os.environ)
        try:
            files = sorted(os.listdir(folder))
        except OSError:
            files = []
        for file in files:
            if file.endswith(".gguf") and file != weights.FILE_NAME:
                name = file.removesuffix(".gguf")
                try:
                    models.append(ModelInfo(id=name, context_window=find_model(name).context))
                except UnknownModel:
                    continue
        return models

    def _take(self, model: GgufFile) -> Engine:
        """The engine that answered last, if it holds this model, else a new one."""
        engine, self._idle = self._idle, None
        if engine is not None and not engine.stopped:
            if engine.model == model.path:
                return engine
            engine.close()
        threads = max(1, (os.cpu_count() or 1) // 2)  # more are slower: they wait for each other
        return Engine(model.path, context=model.context, threads=threads)


def find_model(name: str) -> GgufFile:
    """The file that a model's name stands for. Reads its header, not its weights.

    Raises UnknownModel.
    """
    if name == weights.MODEL:
        path = weights.path(os.environ)
        if not os.path.exists(path):
            weights.check(path)
        return GgufFile(path=path, name=name, context=LARGEST_CONTEXT, is_demo=True)
    path = _path_of(name)
    try:
        with open(path, "rb") as file:
            header = gguf.read_header(file)
    except OSError as error:
        raise UnknownModel(
            f"can't read the model {path}: {error.strerror}",
            Advice("Name a GGUF file:  ", ASK, **_local("/path/to/model.gguf")),
            Advice("or the demo model:  ", ASK, **_local(weights.MODEL)),
        ) from error
    except gguf.NotGguf as error:
        raise UnknownModel(
            f"{path} is no model: {error}", "Download the file again, or name another one."
        ) from error
    context = min(header.context_length or LARGEST_CONTEXT, LARGEST_CONTEXT)
    short = os.path.basename(path).removesuffix(".gguf")
    return GgufFile(path=path, name=short, context=context)


def _local(model: str) -> dict[str, str]:
    """The options of an advice to ask this model."""
    return {"provider": "local", "model": model, "after": " …"}


def _path_of(name: str) -> str:
    if os.sep in name or name.startswith("~") or os.path.exists(name):
        return os.path.abspath(paths.expand(name, os.environ))
    file = name if name.endswith(".gguf") else f"{name}.gguf"
    return os.path.join(weights.folder(os.environ), file)
