"""Generation parameters: from their common names to what a dialect calls them. Pure."""

from __future__ import annotations

from synapse.advice import TAKE_BACK_PARAMETER, Advice
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.ports import ChatRequest
    from synapse.providers._dialects import Dialect

_INTEGERS = frozenset(("seed", "top_k"))


def apply(
    body: dict[str, object], request: ChatRequest, dialect: Dialect, provider: str
) -> dict[str, object]:
    """Add the request's parameters to `body`, which is given back.

    Raises UsageError for a parameter that the provider does not take, or a value that can't be:
    dropping it silently would be a lie about the answer.
    """
    known = dict(dialect.parameters)
    for name, value in request.parameters:
        if name not in known:
            _refuse(name, [*known], dialect, provider)
        if name == "reasoning":
            _reason(body, _effort(value, dialect, provider), known[name], dialect)
        else:
            body[known[name]] = _checked(name, value)
    return body


def _refuse(name: str, known: list[str], dialect: Dialect, provider: str) -> None:
    from synapse.suggestions import suggestion  # only after a typing error

    near = suggestion(name, known)
    raise UsageError(
        f'{provider} takes no parameter "{name}"' + (f'; did you mean "{near}"?' if near else ""),
        f"It takes: {', '.join(known)}" if known else "It takes none.",
        *(
            [f'It is taken in chat completions: kind = "openai" in [providers.{provider}].']
            if name in dialect.only_in_chat
            else []
        ),
        Advice("Take it back:  ", TAKE_BACK_PARAMETER, name),
    )


def _checked(name: str, value: object) -> object:
    if name == "stop":
        texts = [value] if isinstance(value, str) else value
        if isinstance(texts, (list, tuple)) and all(isinstance(t, str) and t for t in texts):
            return list(texts)
        raise UsageError('parameter "stop" must be a text, or a list of texts, none of them empty')
    try:
        number = float(value) if isinstance(value, (int, float, str)) else None
    except ValueError:
        number = None
    if number is None or isinstance(value, bool) or number != number or abs(number) > 2**63:
        raise UsageError(f'parameter "{name}" must be a number, not {value!r}')
    if name not in _INTEGERS:
        return number
    if number != int(number):
        raise UsageError(f'parameter "{name}" must be a whole number, not {value!r}')
    return int(value) if isinstance(value, (int, str)) and str(value).isdigit() else int(number)


def _effort(value: object, dialect: Dialect, provider: str) -> str:
    if isinstance(value, str) and value.lower() in dialect.efforts:
        return value.lower()
    raise UsageError(
        f'parameter "reasoning" can\'t be {value!r} at {provider}',
        f"It can be: {', '.join(dialect.efforts)}",
    )


def _reason(body: dict[str, object], effort: str, field: str, dialect: Dialect) -> None:
    if dialect.thinking:
        off = effort == "none"
        body["thinking"] = {"type": "disabled" if off else dialect.thinking}
        if off:
            return
    outer, dot, inner = field.partition(".")
    body[outer] = {inner: effort} if dot else effort
