"""The log of aichat, `messages.md`: a question and its answer under a heading with the time.

Nothing is escaped in it, so that a question may hold what looks like a rule. A record begins with a
heading at the start of the file, or behind a rule and an empty line.
"""

from __future__ import annotations

import json
import re

from synapse.archived import Unreadable
from synapse.domain import Role
from synapse.errors import ImportFailed
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, objects, text
from synapse.formats.reading.limits import LARGEST_ITEM
from synapse.formats.reading.texts import clean, lines
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.ports import ImportSource

PROGRAM = "aichat"
HEADING = re.compile(
    r"^# CHAT: (?P<summary>.*) "
    r"\[(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))\](?: \((?P<scope>.*)\))?$"
)
_RULE = "--------"
_TOOLS, _END_OF_TOOLS = "<tool_calls>", "</tool_calls>"


def log_records(source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
    """A session for each record. Raises ImportFailed if the file can't be read any further."""
    seen: dict[str, int] = {}
    for number, heading, body in _records(source):
        if heading is None or body is None:
            yield Unreadable(place=f"line {number:,}", reason="no record of aichat's log")
            continue
        yield _session(heading, body, seen)


def _records(
    source: ImportSource,
) -> Iterator[tuple[int, re.Match[str] | None, list[str] | None]]:
    """The line, the heading and the body of each; no body where it is too long, no heading for
    what stands before the first one.
    """
    start, size = 1, 0
    heading: re.Match[str] | None = None
    body: list[str] = []
    try:
        with source.open() as file:
            for line in lines(file):
                words = clean(line.content.decode("utf-8", "replace"))
                found = HEADING.match(words) if _ends(body) or line.number == 1 else None
                if found is None:
                    size += len(words) + 1
                    if size <= LARGEST_ITEM and not line.is_too_long:
                        body.append(words)
                    continue
                if heading is not None or any(body):
                    yield start, heading, body if size <= LARGEST_ITEM else None
                start, heading, body, size = line.number, found, [], 0
    except OSError as error:
        raise ImportFailed(f"{source.name}: can't be read: {error.strerror or error}") from error
    if heading is not None or any(body):
        yield start, heading, body if size <= LARGEST_ITEM else None


def _ends(body: list[str]) -> bool:
    """Whether a record can begin after these lines."""
    return len(body) >= 2 and body[-1] == "" and body[-2] == _RULE


def _session(heading: re.Match[str], body: list[str], seen: dict[str, int]) -> ArchivedSession:
    question, answer = _halves(body)
    at = moment(heading["time"])
    id = f"log:{heading['time']}:{heading['summary']}"
    seen[id] = seen.get(id, 0) + 1
    if seen[id] > 1:  # asked again in the same second, by a script
        id = f"{id}:{seen[id]}"
    extra = {"scope": heading["scope"]} if heading["scope"] else {}
    session = SessionBuilder(PROGRAM, id, started=at, title=heading["summary"], extra=extra)
    session.add(Role.USER, question, source_id="question", at=at)
    told = Answer(session, "answer", at=at)
    told.say(_tools(told, answer))
    told.finish()
    return session.finished()


def _halves(body: list[str]) -> tuple[str, str]:
    """The question, up to the first rule, and the answer, up to the last one."""
    rules = [place for place, words in enumerate(body) if words == _RULE]
    if not rules:
        return "\n".join(body).strip("\n"), ""
    end = rules[-1] if len(rules) > 1 else len(body)
    question = "\n".join(body[: rules[0]])
    return question, "\n".join(body[rules[0] + 1 : end]).strip("\n")


def _tools(answer: Answer, words: str) -> str:
    """Take the tools that were called before the answer out of it."""
    if not words.startswith(_TOOLS + "\n") or _END_OF_TOOLS not in words:
        return words
    block, _, rest = words[len(_TOOLS) + 1 :].partition(_END_OF_TOOLS)
    before, _, last = block.strip("\n").rpartition("\n")
    try:
        results: Any = json.loads(last)
    except (ValueError, RecursionError):
        return words
    answer.say(before)
    for result in objects(results):
        call = fields(result.get("call"))
        name = text(call.get("name"))
        answer.tool(call_text(name, call.get("arguments")), extra={"tool_call": call})
        answer.tool(result_text(name, result.get("output")), extra={"tool_result": result})
    return rest.strip("\n")
