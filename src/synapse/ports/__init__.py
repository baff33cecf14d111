"""The interfaces between the core and the outside: a store for sessions, a provider of answers.

Nothing here knows an engine, a wire format or a library. An adapter need not inherit from these
classes; it is enough to have their methods. Each name is imported from its file at its first use.
"""

from __future__ import annotations

from synapse.light.modules import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.ports.care import (
        FileCare,
        Finding,
        Inspection,
        Salvage,
        StoreInfo,
        Upgrading,
    )
    from synapse.ports.formats import ArchiveWriter, Exporter, Importer, ImportSource
    from synapse.ports.merging import CopiesTogether, MergesTogether
    from synapse.ports.provider import (
        Adapted,
        Cancellation,
        Capabilities,
        ChatMessage,
        ChatRequest,
        Compacted,
        Compacting,
        Finished,
        ImageSupport,
        LeftOut,
        LlmProvider,
        ModelReport,
        NotCompacted,
        ProviderOptions,
        Retrying,
        StreamEvent,
        TextDelta,
        UsageReport,
        capabilities_of,
    )
    from synapse.ports.sharing import Grant, Member, SharedSession, Sharing
    from synapse.ports.store import (
        Erasure,
        SearchProgress,
        SessionStore,
    )
    from synapse.ports.summaries import SummaryStore

__all__ = [
    "Adapted",
    "ArchiveWriter",
    "Cancellation",
    "Capabilities",
    "ChatMessage",
    "ChatRequest",
    "Compacted",
    "Compacting",
    "Erasure",
    "Exporter",
    "FileCare",
    "Finding",
    "Finished",
    "Grant",
    "ImageSupport",
    "ImportSource",
    "Importer",
    "Inspection",
    "LeftOut",
    "LlmProvider",
    "Member",
    "CopiesTogether",
    "MergesTogether",
    "ModelReport",
    "NotCompacted",
    "ProviderOptions",
    "Retrying",
    "Salvage",
    "SearchProgress",
    "SessionStore",
    "SharedSession",
    "Sharing",
    "StoreInfo",
    "StreamEvent",
    "SummaryStore",
    "TextDelta",
    "Upgrading",
    "UsageReport",
    "capabilities_of",
]

_FILES = {
    "care": (
        "FileCare",
        "Finding",
        "Inspection",
        "Salvage",
        "StoreInfo",
        "Upgrading",
    ),
    "formats": ("ArchiveWriter", "Exporter", "ImportSource", "Importer"),
    "sharing": ("Grant", "Member", "SharedSession", "Sharing"),
    "merging": ("CopiesTogether", "MergesTogether"),
    "store": ("SessionStore",),
    "summaries": ("SummaryStore",),
}
"""Where the names are; all others are in `provider`."""
_HOMES = {name: file for file, names in _FILES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'provider')}"), name)
    globals()[name] = value
    return value
