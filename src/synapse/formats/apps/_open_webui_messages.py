"""Messages of Open WebUI: text with blocks of HTML for thoughts and tools, or a list of items."""

from __future__ import annotations

import re
from html import unescape

from synapse.domain import Role, Status, Usage, plausible_count
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._attachments import from_data_url, without_data
from synapse.formats._fields import fields, first_text, items, key, objects, others, text
from synapse.formats._providers import provider_of_model
from synapse.formats.apps._kept import kept
from synapse.formats.reading.json_values import parsed
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.domain import Attachment
    from synapse.formats._building import SessionBuilder

_TAKEN = frozenset(
    "id parentId childrenIds role content timestamp model info usage error output done".split()
)
_DETAILS = re.compile(
    r'<details\s+type="(reasoning|tool_calls|code_interpreter)"([^>]*)>(.*?)</details>', re.DOTALL
)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_SUMMARY = re.compile(r"\s*<summary>.*?</summary>", re.DOTALL)
_SENT = ("prompt_tokens", "input_tokens", "prompt_eval_count")
_RECEIVED = ("completion_tokens", "output_tokens", "eval_count")


def add_message(session: SessionBuilder, node: str, message: dict[str, Any]) -> None:
    """Append a message; of an answer, its thoughts and tools, too."""
    role = text(message.get("role"))
    extra = kept(message, _TAKEN)
    files = list(_files(message))
    at = moment(message.get("timestamp"))
    words = _words(message.get("content"))
    if role in ("user", "system"):
        if words or files:
            named = Role.USER if role == "user" else Role.SYSTEM
            session.add(named, words, source_id=node, at=at, attachments=files, extra=extra)
        return
    model = first_text(message.get("model")) or None
    answer = Answer(session, node, at=at, provider=provider_of_model(model), model=model)
    answer.usage = _usage(fields(message.get("usage")) or fields(message.get("info")))
    answer.extra = extra
    items_of_output = list(objects(message.get("output")))
    if items_of_output:
        _add_items(answer, items_of_output)
    else:
        _add_text(answer, words)
    answer.attach(files)
    error = message.get("error")
    if error:
        told = first_text(fields(error).get("content"), fields(error).get("message"), error)
        answer.finish(Status.FAILED, told or "error")
    else:
        answer.finish(Status.INCOMPLETE if message.get("done") is False else Status.COMPLETE)


def _words(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = (part if isinstance(part, str) else fields(part).get("text") for part in items(content))
    return "\n\n".join(filter(None, map(text, parts)))


def _files(message: dict[str, Any]) -> Iterator[Attachment]:
    for file in objects(message.get("files")):
        yield from from_data_url(file.get("url"), text(file.get("name")))
    for part in objects(message.get("content")):
        url = part.get("image_url")
        yield from from_data_url(fields(url).get("url") or url)


def _usage(usage: dict[str, Any]) -> Usage:
    usage = fields(usage.get("usage")) or usage
    sent = (plausible_count(usage.get(name)) for name in _SENT)
    received = (plausible_count(usage.get(name)) for name in _RECEIVED)
    return Usage(
        input_tokens=next((each for each in sent if each is not None), None),
        output_tokens=next((each for each in received if each is not None), None),
    )


def _add_text(answer: Answer, words: str) -> None:
    """Text in which thoughts and calls are blocks of HTML."""
    position = 0
    for block in _DETAILS.finditer(words):
        answer.say(words[position : block.start()].strip())
        position = block.end()
        about = {name: unescape(value) for name, value in _ATTRIBUTE.findall(block[2])}
        inner = unescape(_SUMMARY.sub("", block[3], count=1)).strip("\n")
        if block[1] == "reasoning":
            lines = (re.sub(r"^\s*> ?", "", line) for line in inner.strip().splitlines())
            answer.think("\n".join(lines).strip())
        else:
            name = about.get("name") or block[1].removesuffix("s")
            content = call_text(name, _plain(about.get("arguments") or "") or inner)
            if about.get("result") or about.get("output"):
                output = _plain(about.get("result") or about["output"])
                content += "\n\n" + result_text("", output)
            answer.tool(content, extra={"details": about})
    answer.say(words[position:].strip() if position else words)


def _plain(value: str) -> str:
    """A text that stands as JSON in an attribute."""
    try:
        inner = parsed(value.encode())
    except ValueError:
        return value
    return inner if isinstance(inner, str) else value


def _add_items(answer: Answer, output: list[dict[str, Any]]) -> None:
    """A list of items like those of OpenAI's Responses."""
    names: dict[str, str] = {}
    for item in output:
        kind, call = text(item.get("type")), key(item.get("call_id"))
        if kind == "reasoning":
            parts = [*objects(item.get("summary")), *objects(item.get("content"))]
            answer.think("\n\n".join(filter(None, (text(part.get("text")) for part in parts))))
        elif kind == "message":
            answer.say(_words(item.get("content")))
        elif kind == "function_call":
            names[call] = text(item.get("name"))
            content = call_text(names[call], item.get("arguments"))
            answer.tool(content, extra=item, source_id=_named("call", call))
        elif kind == "function_call_output":
            told = item.get("output")
            words = _words(told)
            content = result_text(names.get(call, ""), words or without_data(told))
            extra = others(item, ("output",) if words else ())
            answer.tool(content, extra=extra, source_id=_named("result", call))
        else:
            answer.extra.setdefault("items", []).append(without_data(item))


def _named(what: str, call: str) -> str | None:
    return f"{what} {call}" if call else None
