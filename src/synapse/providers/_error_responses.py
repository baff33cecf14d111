"""What a provider says when it fails, as one of Synapse's errors. Pure.

Names and words were taken from the vendors' documentation and SDKs and from issues about
compatible servers; where a body says nothing known, the HTTP status decides.
"""

from __future__ import annotations

import re

from synapse import errors
from synapse.advice import ASK, RETRY, SET_VARIABLE, Advice
from synapse.domain import plausible_count
from synapse.masking import masked
from synapse.providers._wire import Malformed, decode, string, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.advice import Hint
    from synapse.errors import SynapseError
    from synapse.providers._endpoint import Endpoint

LONGEST_QUOTE = 300
"""Characters of a provider's words that are shown."""

_LABELS: dict[type[SynapseError], str] = {
    errors.CredentialsError: "the key was rejected",
    errors.PermissionDenied: "the key may not do this",
    errors.BalanceExhausted: "no credit left",
    errors.UnknownModel: "no such model",
    errors.ContextTooLong: "the conversation is too long for the model",
    errors.RequestTooLarge: "the request is too large",
    errors.BadRequest: "bad request",
    errors.EndpointNotFound: "nothing at this address",
    errors.ImageRefused: "an image can't be seen",
    errors.RateLimited: "rate limit",
    errors.Overloaded: "overloaded",
    errors.ModelLoading: "it is loading its model",
    errors.ServerError: "server error",
    errors.AnswerRefused: "refused by a content filter",
    errors.NotAnApi: "not an LLM API",
}

_BY_NAME: dict[str, type[SynapseError]] = {
    "invalid_api_key": errors.CredentialsError,
    "authentication_error": errors.CredentialsError,
    "unauthenticated": errors.CredentialsError,
    "permission_error": errors.PermissionDenied,
    "permission_denied": errors.PermissionDenied,
    "insufficient_quota": errors.BalanceExhausted,
    "billing_error": errors.BalanceExhausted,
    "billing_not_active": errors.BalanceExhausted,
    "insufficient_balance": errors.BalanceExhausted,
    "model_not_found": errors.UnknownModel,
    "invalid_model": errors.UnknownModel,
    "context_length_exceeded": errors.ContextTooLong,
    "exceed_context_size_error": errors.ContextTooLong,
    "request_too_large": errors.RequestTooLarge,
    "rate_limit_error": errors.RateLimited,
    "rate_limit_exceeded": errors.RateLimited,
    "resource_exhausted": errors.RateLimited,
    "overloaded_error": errors.Overloaded,
    "engine_overloaded": errors.Overloaded,
    "unavailable": errors.Overloaded,
    "api_error": errors.ServerError,
    "server_error": errors.ServerError,
    "internal_error": errors.ServerError,
    "internal_server_error": errors.ServerError,
    "gateway_timeout_error": errors.ServerError,
    "timeout_error": errors.ServerError,
    "content_filter": errors.AnswerRefused,
    "data_inspection_failed": errors.AnswerRefused,
    "responsibleaipolicyviolation": errors.AnswerRefused,
    "content_policy_violation": errors.AnswerRefused,
}

_BAD_REQUESTS = {"invalid_request_error", "invalid_argument", "invalid_prompt", "bad_request"}
"""What a server says, in a stream, that has no status any more, of what it was asked."""

_OF_ADDRESSES = frozenset((404, 405, 410))
"""What a server says of an address, whatever is asked there."""

_BY_STATUS: dict[int, type[SynapseError]] = {
    401: errors.CredentialsError,
    402: errors.BalanceExhausted,
    403: errors.PermissionDenied,
    408: errors.ServerError,
    413: errors.RequestTooLarge,
    429: errors.RateLimited,
    503: errors.Overloaded,
    529: errors.Overloaded,
}

_ABOUT_THE_KEY = (401, 403)
_ABOUT_THE_QUESTION = (400, 413, 422)
_OF_IMAGES = (None, 400, 404, 413, 415, 422, 500, 501)
"""Statuses with which servers refuse images; the words tell."""

_BAD_KEY = re.compile(
    r"(incorrect|invalid|wrong|missing|malformed) api.?key|api key not valid", re.I
)
_NO_CREDIT = re.compile(
    r"insufficient (balance|credits?|quota|funds)|credit balance is too low", re.I
)
_NO_MODEL = re.compile(
    r"models?\b.{0,200}?\b(not found|not exist|unknown)|invalid model|no such model"
    r"|not a valid model|^model: \S+$",
    re.I | re.S,
)
_RETIRED = re.compile(
    r"\bmodels?\b.{0,200}?\b(retired|deprecated|decommissioned|discontinued|sunset|shut ?down"
    r"|no longer (available|supported|offered)|reached (its|the) end.of.life|been removed)",
    re.I | re.S,
)
_LONG_RETIRED = (
    "deepseek-chat", "deepseek-reasoner", "deepseek-v", "gpt-3", "gpt-4-", "o1-", "claude-1",
    "claude-2", "claude-3", "claude-instant", "gemini-1", "gemini-pro", "grok-2", "grok-beta",
)  # fmt: skip
"""Models that their vendors no longer serve (November 2026), by how their names begin."""
_OTHER_FORMAT = re.compile(
    r"\bonly (?:be )?(?:supported|available|used|work\w*) (?:in|with|via|through) (?:the )?"
    r"(?:/?v1/)?responses|not (?:a chat model|supported in the v1/chat/completions)"
    r"|use (?:the )?(?:/?v1/)?responses (?:api|endpoint)",
    re.I,
)
_SUCCESSOR = re.compile(
    r"(?:use|try|migrate to|switch to|upgrade to|replaced by|recommend(?:ed)?)(?: the| model)*"
    r" [`'\"]?(?!https?:)([a-z][a-z0-9.:/]*-[a-z0-9.:/-]*[a-z0-9])",
    re.I,
)
_LOADING = re.compile(r"\bloading (the |its |a )?model|\bmodel\b.{0,100}?\bloading\b", re.I | re.S)
_FILTERED = re.compile(
    r"content (?:management )?polic|content.filter|\bflagged\b|\bmoderation\b"
    r"|considered high risk|data.?inspection|usage (?:guidelines|policies)|safety (?:check|system)"
    r"|(?:inappropriate|sensitive|unsafe) (?:content|information|words?)",
    re.I,
)
_TOO_LARGE = re.compile(r"\b(request|payload|request entity|request body) (is )?too large", re.I)
_TOO_LONG = re.compile(
    r"context (length|window|size|limit)|prompt is too long|input token count|too many tokens"
    r"|reduce the length of the messages|maximum context|input (is )?too long"
    r"|(prompt|input|messages?|tokens)\b.{0,60}? exceeds? .{0,40}?"
    r"(context|maximum input|token limit)",
    re.I,
)
_NO_IMAGE = re.compile(
    r"\bimages?(?:[ _]inputs?|[ _]urls?)?\b.{0,60}?(?:\bnot |n't |\bun|\bonly )(?:be )?"
    r"(?:support|enabl|allow|process|accept|process|decode|read|load)"
    r"|(?:\bnot |n't |\bunable to |\bfailed to |\bcannot |\bno endpoints found that )"
    r"(?:support|process|load|parse|decode|read|accept|handle|see|view)\w*(?: \w+){0,4}? images?\b"
    r"|\b(?:unsupported|invalid|corrupt\w*) images?\b|\bimage exceeds\b|\bimage dimensions\b"
    r"|\bat most 0 images?\b|\bnot a (?:multimodal|vision) model\b|\bunknown variant `image_url`"
    r"|\bmissing data required for image input|\binvalid_(?:base64_)?image"
    r"|\bimage_(?:parse_error|too_|file_|content_policy)|\b(?:unsupported|empty|download)_image_"
    r"|\bdownload_image\b|_download_image\b",
    re.I | re.S,
)
_LIMIT = re.compile(
    r"maximum context length (?:is|of) (\d[\d,]*)|> (\d[\d,]*) maximum|allowed \((\d[\d,]*)\)"
    r"|with (\d[\d,]*) maximum|context limit: [\d,+ ]*> (\d[\d,]*)"
    r"|context (?:size|window|length) (?:of )?\(?(\d[\d,]*)",
    re.I,
)
_STATUS = re.compile(r"[0-9]{3}")
_NUMBER = re.compile(r"\d[\d,]*")
# What looks like a key, also one that is not ours: bodies echo headers.
_KEY = re.compile(r"\b(?:sk|gsk|xai|key|pk|AIza)[-_]?[A-Za-z0-9_\-]{16,}|(?<=Bearer )\S+")


def clean(words: str, key: str | None = None) -> str:
    """A provider's words on one line, without control characters and keys, cut to fit."""
    # A cut before the search for keys could leave half of one; ten lengths bound the work.
    words = words[: 10 * LONGEST_QUOTE]
    if key:
        words = masked(words, key)
    words = _KEY.sub("***", words)
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…"


def of_response(
    endpoint: Endpoint, model: str, status: int, headers: Mapping[str, str], body: bytes
) -> SynapseError:
    """The error for an answer whose status is not 200."""
    if 300 <= status < 400:
        return _redirect(endpoint, headers.get("location", ""))
    if status == 407:
        return proxy_refused(status)
    try:
        error = _error_of(decode(body))
    except Malformed:
        return _of_text(endpoint, model, status, headers, body)
    return of_error(endpoint, model, error, status)


def of_error(
    endpoint: Endpoint, model: str, error: Mapping[str, object], status: int | None = None
) -> SynapseError:
    """The error for an error object, of a body or (without `status`) of a stream."""
    words = _words(error)
    code = string(error.get("code"))
    if status is None and code is not None and _STATUS.fullmatch(code):
        kind = _classify(int(code), error, words)
    else:
        kind = _classify(status, error, words)
    label, advice = _LABELS[kind], hints(kind, endpoint, model)
    if kind is errors.UnknownModel:
        label, advice = _of_model(endpoint, model, words, advice)
    what = _what(endpoint, status, label)
    if kind is errors.ContextTooLong:
        what += _figures(error, words)
    quote = f': "{clean(words, endpoint.key)}"' if words else ""
    return kind(what + quote, *advice)


def _of_model(
    endpoint: Endpoint, model: str, words: str, advice: list[Hint]
) -> tuple[str, list[Hint]]:
    """What is wrong with a model that is there no more, or not in this format; which to take."""
    named = _SUCCESSOR.search(words)
    successor = named[1] if named is not None and named[1] != model else endpoint.default_model
    take = (
        [Advice("Take another:  ", RETRY, model=successor)] if successor not in ("", model) else []
    )
    if _OTHER_FORMAT.search(words):
        if "responses" not in words.lower():
            return "no model to talk to", [*take, *advice]
        where = f"[providers.{endpoint.provider}]"
        return "that model speaks only Responses", [
            f'Ask it so:  kind = "responses" in {where}',
            *take,
        ]
    if _RETIRED.search(words) or model.startswith(_LONG_RETIRED):
        return "that model was retired", [*take, *advice]
    return _LABELS[errors.UnknownModel], advice


def not_an_api(endpoint: Endpoint, what: str) -> SynapseError:
    """The error for an answer that is none of an LLM API."""
    return errors.NotAnApi(
        f"{endpoint.provider} is not an LLM API: {what}", *hints(errors.NotAnApi, endpoint, "")
    )


def unreadable(endpoint: Endpoint, seen: bytes) -> SynapseError:
    """The error for an answer with something in it, but no text that can be found."""
    words = clean(seen.decode("utf-8", "replace"), endpoint.key)
    return not_an_api(endpoint, f'no text can be found in what it sent: "{words}"')


def proxy_refused(status: int) -> SynapseError:
    """The error for a proxy that did not let the request through."""
    if status == 407:
        return errors.NetworkError(
            "the proxy asks for a user name and a password (407)",
            Advice("Set them:  ", SET_VARIABLE, "https_proxy", "http://USER:PASSWORD@HOST:PORT"),
        )
    return errors.NetworkError(
        f"the proxy refused to connect to the provider ({status})",
        Advice("Leave it out for this host:  ", SET_VARIABLE, "no_proxy", "HOST"),
    )


def cut_short() -> SynapseError:
    """The error for a stream that ended before its answer did."""
    return errors.AnswerCutShort(
        "the connection closed before the answer was complete",
        Advice("What arrived is kept. Again:  ", RETRY),
    )


def hints(kind: type[SynapseError], endpoint: Endpoint, model: str) -> list[Hint]:
    """What to do next."""
    name = endpoint.provider
    if kind is errors.CredentialsError:
        where = f" (or change {endpoint.key_env})" if endpoint.key_env else ""
        return [Advice("Store another key:  ", "keys set", name, after=where)]
    if kind is errors.BalanceExhausted:
        other = f"Add credit at {name}, or ask another provider:  "
        return [Advice(other, RETRY, model="PROVIDER/MODEL")]
    if kind is errors.UnknownModel:
        return [Advice("See which there are:  ", "models", provider=name)]
    if kind is errors.ContextTooLong:
        earlier = "Go on from an earlier message:  "
        return [Advice(earlier, ASK, "…", go_on=True, fork=True, at="N")]
    if kind in (errors.NotAnApi, errors.EndpointNotFound):
        return [f"Check the base_url of provider {name}: {endpoint.address}"]
    if kind in (errors.RateLimited, errors.Overloaded, errors.ModelLoading, errors.ServerError):
        return [Advice("Try again later:  ", RETRY)]
    return []


def _what(endpoint: Endpoint, status: int | None, label: str) -> str:
    if status is None:
        return f"{endpoint.provider} broke off its answer ({label})"
    return f"{endpoint.provider} answered {status} ({label})"


def _error_of(body: object) -> dict[str, object]:
    """The error object of a body, wherever it is."""
    if isinstance(body, list):  # Gemini wraps it in an array
        body = body[0] if body else {}
    outer = table(body)
    inner = outer.get("error")
    if isinstance(inner, dict):
        return inner
    if isinstance(inner, str):
        return {**outer, "message": inner}
    several = outer.get("errors")  # Cloudflare's, and web frameworks'
    if isinstance(several, dict):
        several = [*several.values()]
    if isinstance(several, list) and several:
        first = several[0][0] if isinstance(several[0], list) and several[0] else several[0]
        return first if isinstance(first, dict) else {**outer, "message": first}
    return outer


def _words(error: Mapping[str, object]) -> str:
    """The message in an error object, or the one of another provider that it passes on."""
    metadata = table(error.get("metadata"))  # OpenRouter's
    own, raw = _own_words(error), metadata.get("raw")
    if isinstance(raw, str) and raw.strip():
        try:
            raw = decode(raw.encode("utf-8", "replace"))
        except Malformed:
            pass
    passed_on = _own_words(_error_of(raw)) if isinstance(raw, (dict, list)) else string(raw)
    if passed_on:
        who = string(metadata.get("provider_name"))
        return f"{who}: {passed_on}" if who else passed_on
    reasons = metadata.get("reasons")
    if isinstance(reasons, list) and reasons:
        return f"{own} ({', '.join(string(reason) or '' for reason in reasons)})"
    return own


def _own_words(error: Mapping[str, object]) -> str:
    """The message in an error object; FastAPI calls it `detail`, Mistral nests one in it."""
    for field in ("message", "detail", "msg", "error"):
        value = error.get(field)
        if isinstance(value, list):
            value = value[0] if value else ""
        if isinstance(value, dict):
            value = _own_words(value)
        text = string(value)
        if text:
            return text[: 10 * LONGEST_QUOTE]
    return ""


def _classify(status: int | None, error: Mapping[str, object], words: str) -> type[SynapseError]:
    names = [string(error.get(field)) or "" for field in ("code", "type", "status")]
    named = [_BY_NAME[name.lower()] for name in names if name.lower() in _BY_NAME]
    if _TOO_LONG.search(words) and status in (None, 400, 413, 422, 500):
        return errors.ContextTooLong
    if status in _OF_IMAGES and _NO_IMAGE.search(" ".join((words, *names))):
        return errors.ImageRefused
    if _BAD_KEY.search(words) and status in (400, 401, 403):
        return errors.CredentialsError
    if _NO_CREDIT.search(words):
        return errors.BalanceExhausted
    if status in (None, 413, 429) and _TOO_LARGE.search(words):
        return errors.RequestTooLarge
    if status in (None, 400, 403, 422, 451) and _FILTERED.search(words):
        return errors.AnswerRefused
    if status in (None, 400, 404, 405, 410, 422) and any(
        pattern.search(words) for pattern in (_NO_MODEL, _RETIRED, _OTHER_FORMAT)
    ):
        return errors.UnknownModel
    if status in (None, 503) and _LOADING.search(words):
        return errors.ModelLoading
    if status in _OF_ADDRESSES and (
        not named or named[0] in (errors.BadRequest, errors.ServerError)
    ):
        return errors.EndpointNotFound
    # `api_error` is what Ollama puts beside every status: the status knows better.
    if named and not (named[0] is errors.ServerError and status is not None and status < 500):
        return named[0]
    if status is None:
        is_bad = any(name.lower() in _BAD_REQUESTS for name in names)
        return errors.BadRequest if is_bad else errors.ServerError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return errors.ServerError if status >= 500 else errors.BadRequest


def _figures(error: Mapping[str, object], words: str) -> str:
    """`, 210,000 tokens where 200,000 are allowed`, as far as the provider told."""
    numbers = [n for n in map(_number, _NUMBER.findall(words)) if n is not None]
    sent, limit = plausible_count(error.get("n_prompt_tokens")), plausible_count(error.get("n_ctx"))
    found = _LIMIT.search(words)
    if limit is None and found is not None:  # the others are llama.cpp's
        limit = _number(next(group for group in found.groups() if group))
    if limit is None:
        return ""
    if sent is None:
        sent = max(numbers, default=0)
    if sent > limit:
        return f": {sent:,} tokens where {limit:,} are allowed"
    return f": {limit:,} tokens are allowed"


def _number(digits: str) -> int | None:
    """The number of tokens in a message; None if it can't be one."""
    digits = digits.replace(",", "")
    return plausible_count(int(digits)) if 0 < len(digits) < 16 else None


def _redirect(endpoint: Endpoint, location: str) -> SynapseError:
    target = clean(location.partition("?")[0], endpoint.key)
    return errors.NotAnApi(
        f"{endpoint.provider} redirected the request to {target or 'nowhere'}; refused, because"
        " the key and the conversation would go there",
        f"If that is right, set it as base_url of provider {endpoint.provider}"
        f" (now {endpoint.address}).",
    )


def _of_text(
    endpoint: Endpoint, model: str, status: int, headers: Mapping[str, str], body: bytes
) -> SynapseError:
    """The error for a body that is no JSON: a gateway's page, a proxy's, a web server's; a text."""
    text = body.decode("utf-8", "replace")
    is_page = "html" in headers.get("content-type", "") or text.lstrip()[:1] == "<"
    if not is_page and (status in _ABOUT_THE_QUESTION or status >= 500):
        return of_error(endpoint, model, {"message": text}, status)
    if is_page:
        title = re.search(r"<title[^>]*>(.{0,300}?)</title>", text, re.I | re.S)
        text = title.group(1) if title else ""
    quote = f': "{clean(text, endpoint.key)}"' if text.strip() else ""
    # A page where the key should be judged comes from a firewall or a proxy's log-in.
    if (status in _BY_STATUS or status >= 500) and not (is_page and status in _ABOUT_THE_KEY):
        kind = _BY_STATUS.get(status, errors.ServerError)
        return kind(_what(endpoint, status, _LABELS[kind]) + quote, *hints(kind, endpoint, ""))
    what = "a web page" if is_page else "no JSON"
    error = not_an_api(endpoint, f"it answered {status} with {what}{quote}")
    if is_page and status in _ABOUT_THE_KEY:
        error.hints = (
            *error.hints,
            "If that is right, a firewall, a proxy or its log-in is in the way.",
        )
    return error
