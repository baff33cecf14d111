"""Providers of other packages: what goes wrong in one is said to be its fault, not ours."""

from __future__ import annotations

from synapse.errors import ConfigError, ProviderError, SynapseError
from synapse.ports import Capabilities, capabilities_of
from synapse.registry import FOREIGN_HINTS, exception_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.domain import ModelInfo
    from synapse.ports import (
        Cancellation,
        ChatRequest,
        LlmProvider,
        ProviderOptions,
        StreamEvent,
    )
    from synapse.registry import Entry


def open_plugin(name: str, row: Entry, options: ProviderOptions) -> LlmProvider:
    """The provider that the other package's row names.

    Raises ConfigError if it can't be loaded or made, and what it raises of ours.
    """
    try:
        return PluginProvider(name, row, options, row.load()(options))
    except SynapseError:
        raise
    except Exception as error:
        said = exception_text(error, options.api_key)
        raise ConfigError(
            f'the provider "{name}", {row.summary}, can\'t be loaded: {said}', *FOREIGN_HINTS
        ) from error


class PluginProvider:
    """An LlmProvider around another: passes everything on, and turns exceptions that are not
    ours into ProviderErrors.
    """

    def __init__(self, name: str, row: Entry, options: ProviderOptions, inner: LlmProvider) -> None:
        self._who = f'the provider "{name}", {row.summary},'
        self._options = options
        self._inner = inner

    def __getattr__(self, attribute: str) -> Any:
        # What a provider may have beyond the methods.
        try:
            return getattr(self._inner, attribute)
        except (AttributeError, SynapseError):
            raise
        except Exception as error:
            raise self._failed(error) from error

    @property
    def name(self) -> str:
        """See LlmProvider."""
        return self._inner.name

    @property
    def capabilities(self) -> Capabilities:
        """See LlmProvider."""
        try:
            found = capabilities_of(self._inner)
        except SynapseError:
            raise
        except Exception as error:
            raise self._failed(error) from error
        if not isinstance(found, Capabilities):
            raise self._failed(TypeError("its capabilities are none"))
        return found.replace(default_model=self._options.model or found.default_model)

    def check(self, request: ChatRequest) -> None:
        """See LlmProvider."""
        try:
            self._inner.check(request)
        except SynapseError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """See LlmProvider."""
        try:
            yield from self._inner.stream(request, cancellation)
        except SynapseError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def list_models(self) -> list[ModelInfo]:
        """See LlmProvider."""
        try:
            return self._inner.list_models()
        except SynapseError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> ProviderError:
        return ProviderError(
            f"{self._who} failed: {exception_text(error, self._options.api_key)}", *FOREIGN_HINTS
        )


def default_model(row: Entry) -> str | None:
    """The model that the other package's class names; None without one, or if it can't be loaded
    or knows only once it is open, which opening it will tell.
    """
    try:
        provider = row.load()
        found = capabilities_of(provider)
        if isinstance(found, Capabilities):
            return found.default_model
        model = getattr(provider, "default_model", None)  # its capabilities are a property
    except Exception:
        return None
    return model if isinstance(model, str) else None
