"""What can go wrong at a provider, or on the way to it: the part of `synapse.errors` that is made
when somebody asks for it. There they are named, and from there they are imported.
"""

from __future__ import annotations

from synapse.synapse_error import SynapseError


class ProviderError(SynapseError):
    """The provider, or the way to it, failed."""

    exit_status = 5
    body = ""
    """Of an answer that refused the form of the request: what the server sent."""


class PermissionDenied(ProviderError):
    """The key may not do this."""

    exit_status = 4


class BalanceExhausted(ProviderError):
    """The account has no credit left."""


class UnknownModel(ProviderError):
    """The provider has no such model."""


class ContextTooLong(ProviderError):
    """The conversation does not fit the model's context window."""


class RequestTooLarge(ProviderError):
    """The request has more bytes than the provider takes."""


class BadRequest(ProviderError):
    """The provider refused the form of the request."""


class EndpointNotFound(BadRequest):
    """The server has nothing at the address that was asked, or takes no questions there."""


class ImageRefused(BadRequest):
    """The model can't see images, or can't read one of those that were sent."""


class RateLimited(ProviderError):
    """Too many requests in too short a time."""


class Overloaded(ProviderError):
    """The provider has no capacity at the moment."""


class ModelLoading(Overloaded):
    """The server has not loaded its model yet; it was waited for."""


class ServerError(ProviderError):
    """The provider failed inside."""


class NetworkError(ProviderError):
    """The provider could not be reached, or the connection broke."""


class NotAnApi(ProviderError):
    """What answered is no LLM API (a web page, a proxy's log-in form)."""


class AnswerCutShort(ProviderError):
    """The stream ended before the answer was complete."""


class AnswerTooLong(AnswerCutShort):
    """The answer has more bytes than are taken of one; what came up to there is kept."""


class ToolCalled(ProviderError):
    """The model called a tool, though it was offered none; the message says which."""


class AnswerRefused(ProviderError):
    """A content filter or the model refused to answer."""
