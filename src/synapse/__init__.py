"""Synapse: conversations with language models that are never lost and always found again.

What this module names is the public interface, under semantic versioning. Each name is imported
from its module at the first use, so that `import synapse` costs nothing. docs/library.md shows
how it is used.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.advice import Advice
    from synapse.app.context import ContextPolicy, Summariser
    from synapse.app.conversation import reply
    from synapse.app.references import NoSuchSession, SeveralSessions
    from synapse.archived import (
        ArchivedMessage,
        ArchivedSession,
        Merged,
        Origin,
        Remark,
        Unreadable,
    )
    from synapse.config.providers import open_provider
    from synapse.domain import (
        Attachment,
        CleanupPlan,
        CleanupResult,
        ClockJump,
        ModelInfo,
        Retention,
        Role,
        Session,
        SessionFilter,
        SessionOrder,
        SessionSummary,
        SessionTotals,
        StatisticsRow,
        Status,
        StoredMessage,
        Summary,
        Usage,
    )
    from synapse.errors import (
        AmbiguousReference,
        AnswerCutShort,
        AnswerRefused,
        AnswerSpilled,
        AnswerTooLong,
        BadRequest,
        BalanceExhausted,
        ConfigError,
        ContextTooLong,
        CredentialsError,
        DatabaseDamaged,
        DatabaseError,
        DatabaseFull,
        DatabaseLocked,
        DatabaseMissing,
        DatabaseReadOnly,
        DatabaseReplaced,
        EndpointNotFound,
        ImageRefused,
        ImportFailed,
        InvalidDataError,
        MigrationError,
        ModelLoading,
        NameTaken,
        NetworkError,
        NotAnApi,
        NotFoundError,
        Overloaded,
        PartlyDone,
        PermissionDenied,
        ProviderError,
        RateLimited,
        ReferenceNotFound,
        RequestTooLarge,
        ServerError,
        SessionBusy,
        StorageError,
        StoreUnreachable,
        SynapseError,
        ToolCalled,
        UnknownModel,
        UsageError,
    )
    from synapse.formats import exporter, importer
    from synapse.library.agents import AgentsSession
    from synapse.library.answer_thread import Answer, AsyncAnswer
    from synapse.library.configured import aask, ask, create_provider, create_storage
    from synapse.library.conversations import Conversation
    from synapse.model_table.known import Prices
    from synapse.ports import (
        Adapted,
        ArchiveWriter,
        Cancellation,
        Capabilities,
        ChatMessage,
        ChatRequest,
        Compacted,
        Compacting,
        CopiesTogether,
        Exporter,
        FileCare,
        Finding,
        Finished,
        Grant,
        ImageSupport,
        Importer,
        ImportSource,
        Inspection,
        LeftOut,
        LlmProvider,
        Member,
        MergesTogether,
        ModelReport,
        NotCompacted,
        ProviderOptions,
        Retrying,
        Salvage,
        SessionStore,
        SharedSession,
        Sharing,
        StoreInfo,
        StreamEvent,
        SummaryStore,
        TextDelta,
        Upgrading,
        UsageReport,
    )
    from synapse.stores import open_file_care, open_inspection, open_store
    from synapse.stores.sqlite.store import SqliteStore

_HOMES = {
    "app.conversation": "reply",
    "app.context": "ContextPolicy Summariser",
    "app.references": "NoSuchSession SeveralSessions",
    "advice": "Advice",
    "archived": "ArchivedMessage ArchivedSession Merged Origin Remark Unreadable",
    "config.providers": "open_provider",
    "domain": """
        Attachment CleanupPlan CleanupResult ClockJump ModelInfo Retention Role Session
        SessionFilter SessionOrder SessionSummary SessionTotals StatisticsRow Status
        StoredMessage Summary Usage
    """,
    "errors": """
        AmbiguousReference AnswerCutShort AnswerRefused AnswerSpilled AnswerTooLong
        BadRequest BalanceExhausted ConfigError ContextTooLong CredentialsError
        DatabaseDamaged DatabaseError DatabaseFull DatabaseLocked DatabaseMissing
        DatabaseReadOnly DatabaseReplaced EndpointNotFound ImageRefused ImportFailed
        InvalidDataError MigrationError ModelLoading NameTaken NetworkError NotAnApi
        NotFoundError Overloaded
        PartlyDone PermissionDenied ProviderError RateLimited ReferenceNotFound RequestTooLarge
        ServerError SessionBusy StorageError SynapseError StoreUnreachable ToolCalled UnknownModel
        UsageError
    """,
    "formats": "exporter importer",
    "library.agents": "AgentsSession",
    "library.answer_thread": "Answer AsyncAnswer",
    "library.configured": "aask ask create_provider create_storage",
    "library.conversations": "Conversation",
    "model_table.known": "Prices",
    "ports": """
        Adapted ArchiveWriter Cancellation Capabilities ChatMessage ChatRequest Compacted
        Compacting Exporter FileCare Finding Finished ImageSupport Importer ImportSource
        Inspection LeftOut LlmProvider ModelReport NotCompacted ProviderOptions Retrying Salvage
        CopiesTogether Grant Member MergesTogether SharedSession Sharing
        SessionStore StoreInfo StreamEvent SummaryStore TextDelta Upgrading UsageReport
    """,
    "stores": "open_file_care open_inspection open_store",
    "stores.sqlite.store": "SqliteStore",
}
"""Module → the names that it is the home of."""

__all__ = [
    "Adapted",
    "Advice",
    "AgentsSession",
    "AmbiguousReference",
    "Answer",
    "AnswerCutShort",
    "AnswerRefused",
    "AnswerSpilled",
    "AnswerTooLong",
    "ArchiveWriter",
    "ArchivedMessage",
    "ArchivedSession",
    "AsyncAnswer",
    "Attachment",
    "BadRequest",
    "BalanceExhausted",
    "Cancellation",
    "Capabilities",
    "ChatMessage",
    "ChatRequest",
    "Compacted",
    "Compacting",
    "CleanupPlan",
    "CleanupResult",
    "ClockJump",
    "ConfigError",
    "ContextTooLong",
    "ContextPolicy",
    "Conversation",
    "CredentialsError",
    "DatabaseDamaged",
    "DatabaseError",
    "DatabaseFull",
    "DatabaseLocked",
    "DatabaseMissing",
    "DatabaseReadOnly",
    "DatabaseReplaced",
    "EndpointNotFound",
    "Exporter",
    "FileCare",
    "Finding",
    "Finished",
    "ImageRefused",
    "ImageSupport",
    "ImportFailed",
    "ImportSource",
    "Importer",
    "Inspection",
    "InvalidDataError",
    "LeftOut",
    "LlmProvider",
    "Merged",
    "MigrationError",
    "ModelInfo",
    "ModelLoading",
    "ModelReport",
    "NotCompacted",
    "NameTaken",
    "NetworkError",
    "NoSuchSession",
    "NotAnApi",
    "NotFoundError",
    "Origin",
    "Overloaded",
    "PartlyDone",
    "PermissionDenied",
    "Prices",
    "ProviderError",
    "ProviderOptions",
    "RateLimited",
    "ReferenceNotFound",
    "Remark",
    "RequestTooLarge",
    "Retention",
    "Retrying",
    "Role",
    "Salvage",
    "ServerError",
    "Session",
    "SessionBusy",
    "SessionFilter",
    "SessionOrder",
    "SessionStore",
    "SharedSession",
    "Sharing",
    "Grant",
    "Member",
    "CopiesTogether",
    "MergesTogether",
    "SessionSummary",
    "SessionTotals",
    "SeveralSessions",
    "SqliteStore",
    "StatisticsRow",
    "Status",
    "StorageError",
    "StoreInfo",
    "StoreUnreachable",
    "StoredMessage",
    "StreamEvent",
    "Summariser",
    "Summary",
    "SummaryStore",
    "SynapseError",
    "TextDelta",
    "ToolCalled",
    "UnknownModel",
    "Unreadable",
    "Upgrading",
    "Usage",
    "UsageError",
    "UsageReport",
    "__version__",
    "aask",
    "ask",
    "create_provider",
    "create_storage",
    "exporter",
    "importer",
    "open_file_care",
    "open_inspection",
    "open_provider",
    "open_store",
    "reply",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names.split():
            from importlib import import_module  # heavy

            return getattr(import_module(f"synapse.{home}"), name)
    raise AttributeError(f"module 'synapse' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
