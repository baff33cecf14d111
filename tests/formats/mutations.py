"""Files of every format that somebody or something has broken, the same ones for the same seed."""

from __future__ import annotations

import io
import json
import random
import zipfile
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from imported import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_AT = 1_700_000_000.5
_ISO = "2025-06-01T10:11:12.345678Z"


def _chatgpt_node(id: str, parent: str | None, children: list[str], role: str, text: str) -> Any:
    message = {
        "id": f"m-{id}",
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": _AT,
        "content": {"content_type": "text", "parts": [text]},
        "status": "finished_successfully",
        "weight": 1.0,
        "metadata": {"model_slug": "gpt-4o"},
        "recipient": "all",
    }
    return {"id": id, "message": message, "parent": parent, "children": children}


def chatgpt_export() -> Any:
    nodes = {
        "root": {"id": "root", "message": None, "parent": None, "children": ["a"]},
        "a": _chatgpt_node("a", "root", ["b", "c"], "user", "What is a monad?"),
        "b": _chatgpt_node("b", "a", [], "assistant", "A burrito."),
        "c": _chatgpt_node("c", "a", ["d"], "assistant", "A monoid."),
        "d": _chatgpt_node("d", "c", [], "user", "In what?"),
    }
    return [
        {
            "id": f"c-{number}",
            "conversation_id": f"c-{number}",
            "title": f"Monads {number}",
            "create_time": _AT,
            "update_time": _AT + 9,
            "mapping": nodes,
            "current_node": "d",
        }
        for number in range(3)
    ]


def claude_export() -> Any:
    def message(number: int, sender: str, text: str) -> Any:
        return {
            "uuid": f"00000000-0000-4000-8000-00000000000{number}",
            "text": text,
            "content": [{"type": "text", "text": text}],
            "sender": sender,
            "created_at": _ISO,
            "updated_at": _ISO,
            "attachments": [{"file_name": "x.txt", "extracted_content": "x"}],
            "files": [],
            "parent_message_uuid": f"00000000-0000-4000-8000-00000000000{number - 1}",
        }

    return [
        {
            "uuid": f"10000000-0000-4000-8000-00000000000{number}",
            "name": "Monads",
            "created_at": _ISO,
            "updated_at": _ISO,
            "account": {"uuid": "x"},
            "chat_messages": [message(1, "human", "What?"), message(2, "assistant", "That.")],
        }
        for number in range(3)
    ]


def _open_webui() -> Any:
    messages = {
        "a": {"id": "a", "parentId": None, "childrenIds": ["b"], "role": "user", "content": "Hi",
              "timestamp": int(_AT), "models": ["qwen3"]},
        "b": {"id": "b", "parentId": "a", "childrenIds": [], "role": "assistant",
              "content": "Hello", "model": "qwen3", "timestamp": int(_AT), "done": True},
    }  # fmt: skip
    chat = {
        "id": "", "title": "Hi", "models": ["qwen3"], "timestamp": int(_AT * 1000), "tags": [],
        "history": {"messages": messages, "currentId": "b"},
        "messages": [messages["a"], messages["b"]],
    }  # fmt: skip
    return [
        {"id": "w-1", "user_id": "u", "title": "Hi", "chat": chat, "updated_at": int(_AT),
         "created_at": int(_AT), "archived": False, "pinned": True, "meta": {"tags": ["x"]}}
    ]  # fmt: skip


def _librechat() -> Any:
    def message(id: str, parent: str, text: str, *, user: bool) -> Any:
        return {"messageId": id, "parentMessageId": parent, "text": text, "isCreatedByUser": user,
                "sender": "User" if user else "GPT", "createdAt": _ISO}  # fmt: skip

    return {
        "conversationId": "l-1", "endpoint": "openAI", "title": "Hi", "exportAt": _ISO,
        "branches": True, "recursive": False, "options": {"model": "gpt-4o"},
        "messages": [message("a", "00000000-0000-0000-0000-000000000000", "Hi", user=True),
                     message("b", "a", "Hello", user=False)],
    }  # fmt: skip


def _sharegpt() -> Any:
    turns = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
    return [{"id": "s-1", "conversations": turns}, {"id": "s-2", "conversations": turns}]


def _lmstudio() -> Any:
    return {
        "name": "Hi", "pinned": False, "createdAt": int(_AT * 1000), "systemPrompt": "Be brief.",
        "messages": [
            {"versions": [{"type": "singleStep", "role": "user",
                           "content": [{"type": "text", "text": "Hi"}]}],
             "currentlySelected": 0},
            {"versions": [{"type": "multiStep", "role": "assistant",
                           "senderInfo": {"senderName": "qwen3"},
                           "steps": [{"type": "contentBlock",
                                      "content": [{"type": "text", "text": "Hello"}]}]}],
             "currentlySelected": 0},
        ],
    }  # fmt: skip


_AICHAT = b"""model: openai:gpt-4o
messages:
- role: system
  content: Be brief.
- role: user
  content: |-
    Hi
    there
- role: assistant
  content: 'Hello'
"""
_AICHAT_LOG = b"""# CHAT: Hi there [2025-06-01T10:11:12+02:00]
Hi there
--------
Hello
--------

# CHAT: again [2025-06-01T10:12:12+02:00] (coder)
again
--------
yes
--------

"""
_GPTME = (
    b'{"role": "system", "content": "Be brief.", "timestamp": "2025-06-01T10:11:12"}\n'
    b'{"role": "user", "content": "Hi", "timestamp": "2025-06-01T10:11:13"}\n'
    b'{"role": "assistant", "content": "Hello", "timestamp": "2025-06-01T10:11:14"}\n'
)
_OPENAI = (
    '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'
    * 3
).encode()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def zipped(**members: bytes) -> bytes:
    """A zip of these files, deflated."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return file.getvalue()


def samples() -> dict[str, bytes]:
    """By file name: a whole file of each format that is a file of bytes."""
    found = {
        "conversations.json": _json(chatgpt_export()),
        "chatgpt.zip": zipped(conversations__json=_json(chatgpt_export()), user__json=b"{}"),
        "claude.json": _json(claude_export()),
        "claude.zip": zipped(conversations__json=_json(claude_export()), users__json=b"[]"),
        "open-webui.json": _json(_open_webui()),
        "librechat.json": _json(_librechat()),
        "sharegpt.json": _json(_sharegpt()),
        "x.conversation.json": _json(_lmstudio()),
        "aichat.yaml": _AICHAT,
        "messages.md": _AICHAT_LOG,
        "conversation.jsonl": _GPTME,
        "openai.jsonl": _OPENAI,
    }
    for path in sorted(SAMPLES.rglob("*")):
        if path.suffix in (".json", ".jsonl", ".yaml", ".md", ".gob"):
            found[f"{path.parent.name}-{path.name}"] = path.read_bytes()
    return found


# -------------------------------------------------------------------------------- mutations

_JUNK = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\\ud800", b"\\u0000", b"9" * 5000, b"[" * 2000,
    b'{"a":' * 1200, b"\r\n", b"\r", b"\x1b]0;x\x07", b"null", b'"', b"}", b"]", b"-", b"1e999",
    b"NaN", b"../../../etc/passwd", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\\", b"\xc2\x85", b",,",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, 10**25, "", "x", "\x00", "\ud800", "-1", [], {}, [[]], [None],
    {"": None}, "9999-99-99", -(10**14), "a" * 5000, "../x", "\u202e", ["a", {"b": "c"}],
)  # fmt: skip


def flipped(draw: random.Random, content: bytes) -> bytes:
    """With some bits the other way round."""
    broken = bytearray(content)
    for _ in range(draw.choice((1, 1, 3, 20))):
        broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
    return bytes(broken)


def cut(draw: random.Random, content: bytes) -> bytes:
    """Without its end, its beginning, or a piece."""
    first, last = sorted((draw.randrange(len(content)), draw.randrange(len(content))))
    return draw.choice((content[:first], content[last:], content[:first] + content[last:]))


def repeated(draw: random.Random, content: bytes) -> bytes:
    """With a piece of it twice, or many times."""
    first = draw.randrange(len(content))
    piece = content[first : first + draw.choice((1, 10, 300))]
    return content[:first] + piece * draw.choice((2, 3, 50)) + content[first:]


def littered(draw: random.Random, content: bytes) -> bytes:
    """With something in it that does not belong there."""
    for _ in range(draw.choice((1, 1, 4))):
        at = draw.randrange(len(content) + 1)
        content = content[:at] + draw.choice(_JUNK) + content[at:]
    return content


def recoded(draw: random.Random, content: bytes) -> bytes:
    """As another system or program would have written it."""
    text = content.decode("utf-8", "replace")
    return draw.choice(
        (
            lambda: text.encode("utf-16"),
            lambda: text.encode("utf-16-be"),
            lambda: text.encode("utf-8-sig"),
            lambda: text.encode("utf-32"),
            lambda: text.encode("latin-1", "replace"),
            lambda: text.replace("\n", "\r\n").encode(),
            lambda: text.replace("\n", "\r").encode(),
            lambda: content[::-1],
        )
    )()


def restructured(draw: random.Random, content: bytes) -> bytes:
    """JSON in which something is of another type, gone, elsewhere, or its own ancestor."""
    lines = content.splitlines() if content[:1] == b"{" and b"\n{" in content else [content]
    number = draw.randrange(len(lines))
    try:
        value = json.loads(lines[number])
    except (ValueError, RecursionError):
        return littered(draw, content)
    try:
        for _ in range(draw.choice((1, 1, 2, 5))):
            _change(draw, value)
        lines[number] = json.dumps(value).encode()
    except RecursionError:  # it was deep already
        return cut(draw, content)
    return b"\n".join(lines)


def _change(draw: random.Random, value: Any) -> None:
    containers = list(_containers(value))
    inside = draw.choice(containers)
    keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
    if not keys:
        return
    key = draw.choice(keys)
    change = draw.randrange(6)
    if change == 0:
        del inside[key]
    elif change == 1:  # so that a node may be its own parent, or a child of two
        texts = [each for one in containers for each in _texts_of(one)]
        inside[key] = draw.choice(texts or ["x"])
    elif change == 2:
        inside[key] = json.loads(json.dumps(draw.choice(containers)))
    elif change == 3 and isinstance(inside, dict):
        inside[draw.choice(("id", "parent", "role", "content", "type", "é"))] = inside.pop(key)
    else:
        inside[key] = deepcopy(draw.choice(_VALUES))


def _containers(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _containers(inner)


def _texts_of(value: Any) -> list[str]:
    inner = value.values() if isinstance(value, dict) else value
    return [each for each in inner if isinstance(each, str)]


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    flipped, cut, repeated, littered, recoded, restructured, restructured, restructured,
)  # fmt: skip


def mutated(number: int, files: dict[str, bytes]) -> tuple[str, bytes, str]:
    """The name, the bytes, and what was done to them, of the file of this number."""
    draw = random.Random(number)
    name = draw.choice(sorted(files))
    mutation = draw.choice(MUTATIONS)
    content = mutation(draw, files[name])
    if draw.random() < 0.2:  # of what may be empty by now
        content = draw.choice(MUTATIONS)(draw, content or b"x")
    if draw.random() < 0.1:
        content = zipped(conversations__json=content, other__jsonl=content[:1000])
        name += ".zip"
    return name, content, f"{mutation.__name__} {number}"
