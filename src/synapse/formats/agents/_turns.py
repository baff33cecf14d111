"""Questions and answers of Claude Code, from their lines to messages."""

from __future__ import annotations

from synapse.domain import Role, Status, Usage, plausible_count
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._attachments import from_base64, without_data
from synapse.formats._fields import fields, first_text, items, key, objects, others, text
from synapse.formats.agents._injected import typed
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from synapse.domain import Attachment
    from synapse.formats._building import SessionBuilder

_TAKEN = frozenset(
    "type message uuid parentUuid logicalParentUuid sessionId timestamp isSidechain agentId cwd"
    " version gitBranch userType entrypoint slug".split()
)
_TAKEN_OF_MESSAGE = frozenset("id type role model content stop_reason".split())
INTERRUPTED = "[Request interrupted by user"
"""How the line begins that stands behind an answer which was stopped."""


def add_answer(
    session: SessionBuilder,
    lines: Sequence[dict[str, Any]],
    context: list[Any],
    *,
    is_interrupted: bool = False,
) -> None:
    """Append an answer and the results of its tools."""
    first = lines[0]
    message = fields(first.get("message"))
    model = text(message.get("model"))
    told = [fields(line.get("message")) for line in lines if text(line.get("type")) == "assistant"]
    answer = Answer(
        session,
        key(message.get("id")) or key(first.get("uuid")),
        at=moment(first.get("timestamp")),
        provider="anthropic",
        model=model if model != "<synthetic>" else None,
    )
    answer.usage = _usage(told)
    answer.finish_reason = next(
        (reason for each in reversed(told) if (reason := text(each.get("stop_reason")))), None
    )
    answer.extra = _extra(first, context)
    tools: dict[str, str] = {}
    for line in lines:
        if text(line.get("type")) == "assistant":
            answer.go_on(moment(line.get("timestamp")))
            for block in _blocks(line):
                _add_block(answer, block, tools)
        else:
            for block in _blocks(line):
                _add_result(answer, block, line, tools)
    if first.get("isApiErrorMessage") is True:
        answer.finish(Status.FAILED, first_text(first.get("error"), "error"))
    else:
        answer.finish(Status.INTERRUPTED if is_interrupted else Status.COMPLETE)


def _add_block(answer: Answer, block: dict[str, Any], tools: dict[str, str]) -> None:
    kind = text(block.get("type"))
    if kind == "text":
        answer.say(text(block.get("text")))
    elif kind.endswith("thinking"):
        answer.think(text(block.get("thinking")))
    elif kind.endswith("tool_use"):
        id, name = key(block.get("id")), text(block.get("name"))
        tools[id] = name
        source_id = f"call {id}" if id else None
        answer.tool(call_text(name, block.get("input")), extra=block, source_id=source_id)
    elif kind.endswith("tool_result"):
        _add_result(answer, block, {}, tools)
    elif block:
        answer.extra.setdefault("other_blocks", []).append(without_data(block))


def _add_result(
    answer: Answer, block: dict[str, Any], line: dict[str, Any], tools: dict[str, str]
) -> None:
    id = key(block.get("tool_use_id"))
    output, pictures = _output(block.get("content"))
    failed = block.get("is_error") is True
    answer.tool(
        result_text(tools.get(id, ""), output, failed=failed),
        at=moment(line.get("timestamp")),
        extra={**_extra(line, []), **others(without_data(block), ("content",))},
        source_id=f"result {id}" if id else None,
        attachments=pictures,
    )


def add_prompt(session: SessionBuilder, line: dict[str, Any], context: list[Any]) -> None:
    """Append what a person asked, and results of tools whose call is missing; what the program said
    instead of the person goes into the context of what follows.
    """
    blocks = list(_blocks(line))
    at, id = moment(line.get("timestamp")), key(line.get("uuid")) or None
    results = [each for each in blocks if text(each.get("type")) == "tool_result"]
    if results:
        answer = Answer(session, id or "", at=at)
        for block in results:
            _add_result(answer, block, line, {})
        answer.finish()
    words = [said for each in blocks if (said := text(each.get("text")))]
    if line.get("isCompactSummary") is True:
        summary = result_text("compaction", "\n\n".join(words))
        session.add(Role.TOOL, summary, source_id=id, at=at, extra=_extra(line, context))
        return
    if line.get("isMeta") is True:
        context += words
        return
    parts = [typed(each) for each in words]
    asked = "\n\n".join(own for own, _ in parts if own)
    context += [around for _, around in parts if around]
    pictures = [one for block in blocks for one in _picture(block)]
    if asked or pictures:
        extra = _extra(line, context)
        session.add(Role.USER, asked, source_id=id, at=at, attachments=pictures, extra=extra)


def _blocks(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    content = fields(line.get("message")).get("content")
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    for block in items(content):
        if isinstance(block, str):
            yield {"type": "text", "text": block}
        elif isinstance(block, dict):
            yield block


def _output(content: object) -> tuple[object, list[Attachment]]:
    if isinstance(content, list):
        pictures = [one for block in objects(content) for one in _picture(block)]
        words = [text(block.get("text")) for block in objects(content)]
        if all(text(block.get("type")) in ("text", "image") for block in objects(content)):
            return "\n\n".join(filter(None, words)), pictures
        return without_data(content), pictures
    return content, []


def _picture(block: dict[str, Any]) -> Iterator[Attachment]:
    source = fields(block.get("source"))
    if text(block.get("type")) in ("image", "document"):
        name = first_text(block.get("title"))
        yield from from_base64(source.get("data"), source.get("media_type"), name)


def _usage(told: Sequence[dict[str, Any]]) -> Usage | None:
    """The tokens that the last line of the answer tells: each repeats them."""
    for message in reversed(told):
        usage = fields(message.get("usage"))
        if usage:
            read = plausible_count(usage.get("cache_read_input_tokens"))
            written = plausible_count(usage.get("cache_creation_input_tokens"))
            rest = plausible_count(usage.get("input_tokens"))
            details = fields(usage.get("output_tokens_details"))
            return Usage(
                input_tokens=sum(filter(None, (rest, written, read))) or None,
                output_tokens=plausible_count(usage.get("output_tokens")),
                cached_tokens=read,
                cache_write_tokens=written,
                reasoning_tokens=plausible_count(details.get("thinking_tokens")),
            )
    return None


def _extra(line: dict[str, Any], context: list[Any]) -> dict[str, Any]:
    """What nothing else holds; the context is used up."""
    extra = others(line, _TAKEN)
    message = others(line.get("message"), _TAKEN_OF_MESSAGE)
    if message:
        extra["message"] = message
    if context:
        extra["context"] = list(context)
        context.clear()
    return extra
