"""Everything that can go wrong in a foreseeable way.

SynapseError                 exit status
├── UsageError               2   a flag or an argument can't be used as given
├── ReferenceNotFound        3   no session answers to a REF
├── AmbiguousReference       3   several sessions answer to a REF
├── CredentialsError         4   no key, or the provider rejected it
├── ProviderError            5   the provider or the way to it failed
│   ├── PermissionDenied         the key may not do this
│   ├── BalanceExhausted         the account has no credit left
│   ├── UnknownModel             the provider has no such model
│   ├── ContextTooLong           the conversation does not fit the model's window
│   ├── RequestTooLarge          the request has too many bytes
│   ├── BadRequest               the provider refused the request's form
│   │   ├── EndpointNotFound     the server has nothing at the address that was asked
│   │   └── ImageRefused         the model can't see images, or not this one
│   ├── RateLimited              too many requests
│   ├── Overloaded               the provider has no capacity at the moment
│   │   └── ModelLoading         the server has not loaded its model yet
│   ├── ServerError              the provider failed inside
│   ├── NetworkError             the provider could not be reached, or the connection broke
│   ├── NotAnApi                 what answered is no LLM API
│   ├── AnswerCutShort           the stream ended without its end marker
│   │   └── AnswerTooLong        the answer has more bytes than are taken of one
│   ├── ToolCalled               the model called a tool, though it was offered none
│   └── AnswerRefused            a content filter or the model refused to answer
├── StorageError             6   the store can't do what was asked
│   ├── StoreUnreachable         the way to the engine is broken; it may be whole again soon
│   ├── DatabaseError            the engine reported a fault
│   │   ├── DatabaseLocked       another process kept it busy for too long
│   │   ├── DatabaseMissing      there is no database, and none is to be created
│   │   ├── DatabaseFull         no room on the disk, or a quota is used up
│   │   ├── DatabaseReadOnly     the file or its folder can't be written
│   │   ├── DatabaseReplaced     the file was moved, removed or replaced while it was open
│   │   └── DatabaseDamaged      the file is malformed, or another program's
│   ├── NotFoundError        3   no session has this id
│   ├── MigrationError           the schema can't be brought up to date
│   ├── InvalidDataError         it contradicts what is stored already
│   ├── AnswerSpilled            an answer could not be stored; it is kept in a file
│   ├── NameTaken            2   another live session has this name
│   └── SessionBusy              another process is answering in this session
├── ConfigError              7   the configuration is invalid
└── PartlyDone               8   some of several things failed
    └── ImportFailed             a file could not be imported, or not to its end

What is below ProviderError is made when it is first asked for, in `provider_errors`.
"""

from __future__ import annotations

from synapse.synapse_error import SynapseError as SynapseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.advice import Hint
    from synapse.provider_errors import *  # noqa: F403
else:

    def __getattr__(name):
        if name.startswith("_"):
            raise AttributeError(name)
        from synapse import provider_errors  # 1.5 million, which a list of sessions never needs

        return getattr(provider_errors, name)


class UsageError(SynapseError):
    """A flag or an argument can't be used as given."""

    exit_status = 2


class ReferenceNotFound(SynapseError):
    """No session answers to a REF."""

    exit_status = 3


class AmbiguousReference(SynapseError):
    """Several sessions answer to a REF."""

    exit_status = 3


class CredentialsError(SynapseError):
    """There is no key, or the provider rejected it."""

    exit_status = 4


class StorageError(SynapseError):
    """The store can't do what was asked."""

    exit_status = 6


class StoreUnreachable(StorageError):
    """The engine does not answer, or the connection to it broke: another try may do."""


class DatabaseError(StorageError):
    """The database engine reported a fault."""


class DatabaseLocked(DatabaseError):
    """Another process kept the database busy for longer than the wait."""


class DatabaseMissing(DatabaseError):
    """There is no database yet, and it was to be read only."""


class DatabaseFull(DatabaseError):
    """There is no room on the disk, or a quota is used up."""


class DatabaseReadOnly(DatabaseError):
    """The database file or its folder can't be written."""


class DatabaseReplaced(DatabaseError):
    """The database file was moved, removed or replaced by another while it was open."""


class DatabaseDamaged(DatabaseError):
    """The database file is malformed, or belongs to another program."""


class NotFoundError(StorageError):
    """No session, or no message, has this id."""

    exit_status = 3


class MigrationError(StorageError):
    """The schema can't be brought to the version that this program needs."""


class InvalidDataError(StorageError):
    """What is to be stored contradicts what is there, such as an id that exists already."""


class AnswerSpilled(StorageError):
    """The store failed after text of an answer was shown; the answer is kept in a file."""

    def __init__(self, message: str, *hints: Hint, path: str | None) -> None:
        super().__init__(message, *hints)
        self.path = path
        """The file, or None if none could be written either."""


class NameTaken(StorageError):
    """Another live session has this name."""

    exit_status = 2


class SessionBusy(StorageError):
    """Another process is answering in this session."""


class ConfigError(SynapseError):
    """The configuration is invalid."""

    exit_status = 7


class PartlyDone(SynapseError):
    """Some of several things failed; the others are done."""

    exit_status = 8


class ImportFailed(PartlyDone):
    """A file can't be imported, or not any further; what came in before stays."""
