"""Synapse: conversations with language models that are never lost and always found again.

What this module names is the public interface, under semantic versioning. Each name is imported
from its module at the first use, so that `import synapse` costs nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.app.conversation import reply
    from synapse.config.storage import create_storage
    from synapse.domain import (
        Attachment,
        CleanupResult,
        ModelInfo,
        Retention,
        Role,
        Session,
        SessionSummary,
        Status,
        StoredMessage,
        Usage,
    )
    from synapse.errors import StorageError, SynapseError
    from synapse.ports import Cancellation, ChatMessage, ChatRequest, LlmProvider, SessionStore
    from synapse.providers import open_provider
    from synapse.stores import open_store
    from synapse.stores.sqlite.store import SqliteStore

_HOMES = {
    "app.conversation": ("reply",),
    "config.storage": ("create_storage",),
    "domain": (
        "Attachment",
        "CleanupResult",
        "ModelInfo",
        "Retention",
        "Role",
        "Session",
        "SessionSummary",
        "Status",
        "StoredMessage",
        "Usage",
    ),
    "errors": ("StorageError", "SynapseError"),
    "ports": ("Cancellation", "ChatMessage", "ChatRequest", "LlmProvider", "SessionStore"),
    "providers": ("open_provider",),
    "stores": ("open_store",),
    "stores.sqlite.store": ("SqliteStore",),
}

__all__ = [
    "Attachment",
    "Cancellation",
    "ChatMessage",
    "ChatRequest",
    "CleanupResult",
    "LlmProvider",
    "ModelInfo",
    "Retention",
    "Role",
    "Session",
    "SessionStore",
    "SessionSummary",
    "SqliteStore",
    "Status",
    "StorageError",
    "StoredMessage",
    "SynapseError",
    "Usage",
    "__version__",
    "create_storage",
    "open_provider",
    "open_store",
    "reply",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"synapse.{home}"), name)
    raise AttributeError(f"module 'synapse' has no attribute {name!r}")
