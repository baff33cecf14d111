"""A session of aichat. The file holds neither times nor ids."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePath

from synapse.domain import Role
from synapse.errors import ImportFailed
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._attachments import from_data_url, without_data
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, items, objects, text
from synapse.formats._providers import provider_name
from synapse.formats.apps._kept import kept
from synapse.formats.reading.times import moment
from synapse.formats.reading.yaml_values import yaml_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.domain import Attachment
    from synapse.ports import ImportSource

PROGRAM = "aichat"
_TAKEN = ("model", "messages", "compressed_messages", "data_urls")
_DATED = re.compile(r"^(\d{8}T\d{6})-(.*)$")


def session_of(source: ImportSource) -> ArchivedSession:
    """The conversation. Raises ImportFailed for a file that is none."""
    value = yaml_value(source)
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        raise ImportFailed(f'{source.name}: no session of aichat: no "messages"')
    said = [*objects(value.get("compressed_messages")), *objects(value["messages"])]
    dated = _DATED.match(_stem(source))
    name = dated[2] if dated else _stem(source)
    vendor, colon, model = text(value.get("model")).partition(":")
    builder = SessionBuilder(
        PROGRAM,
        f"{_stem(source)}:{_digest(said)}",
        started=moment(dated[1], is_local=True) if dated else None,
        fallback=source.modified_at,
        title="" if name == "temp" else name.replace("-", " ") if dated else name,
        provider=provider_name(vendor) if colon else None,
        model=model if colon else vendor or None,
        extra=kept(value, _TAKEN),
    )
    urls = fields(value.get("data_urls"))
    for message in said:
        _add(builder, message, urls)
    return builder.finished()


def _stem(source: ImportSource) -> str:
    return PurePath(source.name.rpartition(": ")[2].replace("\\", "/")).stem


def _digest(said: list[dict[str, Any]]) -> str:
    """What tells sessions of one name apart, for good: how they begin."""
    first = next((each for each in said if each.get("role") == "user"), {})
    return hashlib.sha256(repr(first.get("content")).encode("utf-8", "replace")).hexdigest()[:16]


def _add(builder: SessionBuilder, message: dict[str, Any], urls: Mapping[str, Any]) -> None:
    content, role = message.get("content"), message.get("role")
    extra = kept(message, ("role", "content"))
    place = f"{len(builder) + 1}"
    if isinstance(content, dict) and "tool_results" in content:
        answer = Answer(builder, place)
        answer.extra = extra
        answer.say(text(content.get("text")))
        for result in objects(content["tool_results"]):
            _add_tool(answer, result)
        answer.finish()
        return
    words, held = _words(content, urls)
    if isinstance(content, list):
        extra["content"] = without_data(content)
    if role == "system" and not len(builder) and not builder.system_prompt:
        builder.system_prompt = words
    elif role == "assistant":
        builder.add(
            Role.ASSISTANT,
            words,
            provider=builder.provider,
            model=builder.model,
            attachments=held,
            extra=extra,
        )
    else:
        # A system message behind others is the summary that took the place of what is compressed.
        own = Role.TOOL if role in ("system", "tool") else Role.USER
        builder.add(own, words, attachments=held, extra=extra)


def _add_tool(answer: Answer, result: dict[str, Any]) -> None:
    call = fields(result.get("call"))
    name = text(call.get("name"))
    answer.tool(call_text(name, call.get("arguments")), extra={"tool_call": call})
    output = result.get("output")
    answer.tool(result_text(name, output), extra={"tool_result": result})


def _words(content: object, urls: Mapping[str, Any]) -> tuple[str, list[Attachment]]:
    if not isinstance(content, list):
        return ("" if content is None else str(content)), []
    words: list[str] = []
    held: list[Attachment] = []
    for part in items(content):
        url = text(fields(fields(part).get("image_url")).get("url"))
        if not url:
            words.append(text(fields(part).get("text")))
            continue
        known = text(urls.get(hashlib.sha256(url.encode()).hexdigest())) or text(urls.get(url))
        found = list(from_data_url(url, known))
        held += found
        if not found:
            words.append(f"[Image: {known or url}]")
    return "\n\n".join(word for word in words if word), held
