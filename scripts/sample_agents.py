"""Has coding agents write conversations, for samples in tests/formats/samples.

    python scripts/sample_agents.py codex    /path/to/codex    FOLDER
    python scripts/sample_agents.py claude   /path/to/claude   FOLDER
    python scripts/sample_agents.py gemini   /path/to/gemini   FOLDER
    python scripts/sample_agents.py opencode /path/to/opencode FOLDER

Each program runs in a home of its own that is thrown away, and speaks to a server on loopback that
plays its vendor: asked something, the model first thinks and calls a tool, then answers. What the
program has written is copied into FOLDER, its paths those of a person who does not exist; of a
database, the statements that make it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from loopback import Loopback, responses, scripts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loopback.server import Exchange

SECONDS = 120
"""How long a program may take for a turn."""
LONGEST = 200
"""Characters of a text that was written here."""
QUESTIONS = ("Which files are here?", "And how many are they?", "Which is the largest?")
THOUGHT = "The user wants a list. I look first."
SAID = "I see one file: `notes.txt`."

# ------------------------------------------------------------------------------- the model's side


def vendor(exchange: Exchange) -> None:
    """Answers as the vendor of the format in which it is asked."""
    path = exchange.request.path.partition("?")[0]
    if exchange.request.method != "POST":
        exchange.respond(404, "{}")
    elif path.endswith("/responses"):
        _responses(exchange)
    elif path.endswith("/messages"):
        _messages(exchange)
    elif path.endswith("/chat/completions"):
        _completions(exchange)
    elif "GenerateContent" in path or "generateContent" in path:
        _gemini(exchange)
    else:
        exchange.respond(404, "{}")


def _tool(body: dict[str, Any], *names: str) -> str:
    """The first of these tools that the program offers; "" if it offers none."""
    offered = json.dumps(body.get("tools") or [])
    return next((name for name in names if f'"{name}"' in offered), "")


def _responses(exchange: Exchange) -> None:
    body = exchange.request.json()
    inputs = body["input"]
    answered = "call_output" in str(inputs[-1].get("type"))
    name = _tool(body, "exec_command", "shell", "shell_command")
    number = sum("call_output" in str(each.get("type")) for each in inputs)
    thought = {**responses.thought(THOUGHT), "id": f"rs_{len(inputs)}"}
    if name and not answered:
        command = {"cmd": "ls"} if name == "exec_command" else {"command": ["ls"]}
        if name == "shell_command":
            command = {"command": "ls"}
        item = {
            "type": "function_call",
            "id": f"fc_{number}",
            "call_id": f"call_{number}",
            "name": name,
            "arguments": json.dumps(command),
        }
    else:
        item = {**responses.said(SAID), "id": f"msg_{len(inputs)}"}
    events = responses.numbered(
        *responses.begun(),
        responses.event("response.output_item.done", output_index=0, item=thought),
        responses.event("response.output_item.done", output_index=1, item=item),
        responses.ended("completed", thought, item),
    )
    scripts.stream(*events)(exchange)


def _messages(exchange: Exchange) -> None:
    body = exchange.request.json()
    last = body["messages"][-1]["content"]
    answered = isinstance(last, list) and any(each["type"] == "tool_result" for each in last)
    name = _tool(body, "Bash", "bash")
    number = len(body["messages"])
    blocks: list[dict[str, Any]] = [{"type": "text", "text": SAID}]
    if name and not answered:
        call = {"type": "tool_use", "id": f"toolu_{number}", "name": name}
        said = {"type": "text", "text": "Let me look."}
        thought = {"type": "thinking", "thinking": THOUGHT, "signature": "c2lnbmVk"}
        blocks = [thought, said, {**call, "input": {"command": "ls", "description": "List"}}]
    usage = {"input_tokens": 7, "output_tokens": 3, "cache_read_input_tokens": 2}
    message = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": blocks,
        "stop_reason": "tool_use" if len(blocks) > 1 else "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }
    if not body.get("stream"):
        exchange.respond(200, json.dumps(message))
        return
    begun = {**message, "content": [], "stop_reason": None}
    events = [("message_start", {"message": begun})]
    for index, block in enumerate(blocks):
        field = {"text": "text", "thinking": "thinking", "tool_use": "input"}[block["type"]]
        empty = {**block, field: {} if field == "input" else ""}
        deltas: list[dict[str, Any]] = [{"type": f"{field}_delta", field: block[field]}]
        if field == "input":
            text = json.dumps(block["input"])
            deltas = [{"type": "input_json_delta", "partial_json": text}]
        elif field == "thinking":
            empty["signature"] = ""
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        events.append(("content_block_start", {"index": index, "content_block": empty}))
        events += [("content_block_delta", {"index": index, "delta": each}) for each in deltas]
        events.append(("content_block_stop", {"index": index}))
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events += [("message_delta", {"delta": delta, "usage": usage}), ("message_stop", {})]
    lines = [
        f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
        for name, data in events
    ]
    scripts.stream(*lines)(exchange)


def _completions(exchange: Exchange) -> None:
    body = exchange.request.json()
    answered = body["messages"][-1]["role"] == "tool"
    name = _tool(body, "bash", "list")
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1794900000}
    base["model"] = body["model"]

    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return f"data: {json.dumps({**base, 'choices': [choice]})}\n\n".encode()

    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    counted = f"data: {json.dumps({**base, 'choices': [], 'usage': usage})}\n\n".encode()
    if name and not answered:
        number = len(body["messages"])
        arguments = json.dumps({"command": "ls", "description": "List"})
        function = {"name": name, "arguments": arguments}
        call = {"index": 0, "id": f"call_{number}", "type": "function", "function": function}
        parts = [
            chunk({"role": "assistant", "reasoning_content": THOUGHT}),
            chunk({"content": "Let me look."}),
            chunk({"tool_calls": [call]}),
            chunk({}, "tool_calls"),
        ]
    else:
        said = SAID if body.get("tools") else "Files in a folder"
        parts = [chunk({"role": "assistant", "content": said}), chunk({}, "stop")]
    scripts.stream(*parts, counted, b"data: [DONE]\n\n")(exchange)


def _gemini(exchange: Exchange) -> None:
    body = exchange.request.json()
    contents = body.get("contents") or [{}]
    answered = "functionResponse" in json.dumps(contents[-1])
    parts: list[dict[str, Any]] = [{"text": SAID}]
    if _tool(body, "list_directory") and not answered:
        arguments = {"dir_path": "."}
        parts = [
            {"text": f"**Looking**\n{THOUGHT}", "thought": True},
            {"text": "Let me look."},
            {"functionCall": {"name": "list_directory", "args": arguments}},
        ]
    if "responseSchema" in json.dumps(body) or "responseJsonSchema" in json.dumps(body):
        parts = [{"text": json.dumps({"reasoning": "x", "model_choice": "flash"})}]
    content = {"role": "model", "parts": parts}
    usage = {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10}
    answer = {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": usage,
        "modelVersion": "gemini-loopback",
    }
    if "stream" in exchange.request.path:
        scripts.stream(f"data: {json.dumps(answer)}\n\n".encode())(exchange)
    else:
        exchange.respond(200, json.dumps(answer))


# ----------------------------------------------------------------------------- the programs' side


class Place:
    """A home and a project in it, both thrown away, and what is run there."""

    def __init__(self, program: str, folder: Path, url: str) -> None:
        self.program = program
        self.url = url
        self.home = folder / "home"
        self.project = folder / "home" / "project"
        self.project.mkdir(parents=True)
        (self.project / "notes.txt").write_text("One.\n")
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environment = {**kept, "HOME": str(self.home), "NO_PROXY": "127.0.0.1"}

    def run(self, *arguments: str, **variables: str) -> str:
        """Run the program in the project; what it printed."""
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.project,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        print(f"{Path(self.program).name} {arguments[:3]}: {done.returncode}", file=sys.stderr)
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n", file=sys.stderr)
        return done.stdout

    def anonymous(self, text: str) -> str:
        """The text with paths and addresses of nobody."""
        for path in (self.project, self.project.resolve()):
            text = text.replace(str(path), "/home/ada/project")
            text = text.replace(str(path).lstrip("/"), "home/ada/project")
            text = text.replace(re.sub(r"[^A-Za-z0-9]", "-", str(path)), "-home-ada-project")
        for path in (self.home, self.home.resolve()):
            text = text.replace(str(path), "/home/ada")
        return text.replace(self.url, "http://127.0.0.1:8000")

    def keep(self, files: Sequence[Path], target: Path) -> None:
        """Copy these files, or a database as statements, into the folder."""
        target.mkdir(parents=True, exist_ok=True)
        for file in files:
            name = file.name
            if file.read_bytes().startswith(b"SQLite format 3"):
                statements = sqlite3.connect(file).iterdump()
                text = "".join(f"{each}\n" for each in statements if _WANTED.match(each))
                name += ".sql"
            elif file.suffix == ".jsonl":
                values = [json.loads(line) for line in file.read_text().splitlines() if line]
                text = "".join(f"{json.dumps(own(each))}\n" for each in values)
            else:
                text = json.dumps(own(json.loads(file.read_text())), indent=1) + "\n"
            (target / name).write_text(self.anonymous(text))


_WANTED = re.compile(r"(CREATE TABLE|INSERT INTO) [`\"]?(session|message|part|files)[`\" (]")


def own(value: Any) -> Any:
    """The value without the long texts that its program's makers wrote."""
    if isinstance(value, dict):
        return {name: own(each) for name, each in value.items() if name != "addedLines"}
    if isinstance(value, list):
        return [own(each) for each in value]
    if isinstance(value, str) and len(value) > LONGEST:
        tag = re.match(r"\s*<[\w -]+>", value)
        return f"{tag[0] if tag else ''}({len(value):,} characters of the program's own)"
    return value


def codex(place: Place) -> list[Path]:
    """`codex exec`, then the same conversation resumed."""
    home = place.home / ".codex"
    home.mkdir()
    (home / "config.toml").write_text(
        'model = "loopback-1"\nmodel_provider = "loopback"\n'
        f'[model_providers.loopback]\nname = "Loopback"\nbase_url = "{place.url}/v1"\n'
        'wire_api = "responses"\n'
    )
    options = ("--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
    place.run("exec", *options, QUESTIONS[0])
    place.run("exec", *options, "resume", "--last", QUESTIONS[1])
    return sorted(home.rglob("rollout-*.jsonl"))


def claude(place: Place) -> list[Path]:
    """`claude -p`, then the same conversation continued, and a fork of it."""
    variables = {"ANTHROPIC_BASE_URL": place.url, "ANTHROPIC_API_KEY": "loopback"}
    variables |= {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "IS_SANDBOX": "1"}
    options = ("--model", "claude-loopback-1", "--dangerously-skip-permissions", "-p")
    place.run(*options, QUESTIONS[0], **variables)
    place.run("--continue", *options, QUESTIONS[1], **variables)
    place.run("--continue", "--fork-session", *options, QUESTIONS[2], **variables)
    return sorted((place.home / ".claude" / "projects").rglob("*.jsonl"))


def gemini(place: Place) -> list[Path]:
    """`gemini -p`, then the same conversation resumed."""
    variables = {"GOOGLE_GEMINI_BASE_URL": place.url, "GEMINI_API_KEY": "loopback"}
    variables |= {"GEMINI_TELEMETRY_ENABLED": "false", "GEMINI_CLI_TRUST_WORKSPACE": "true"}
    settings = place.home / ".gemini" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(
        json.dumps(
            {
                "security": {"auth": {"selectedType": "gemini-api-key"}},
                "privacy": {"usageStatisticsEnabled": False},
                "general": {"disableAutoUpdate": True},
            }
        )
    )
    options = ("-y", "-m", "gemini-2.5-flash")
    place.run(*options, "-p", QUESTIONS[0], **variables)
    place.run(*options, "--resume", "latest", "-p", QUESTIONS[1], **variables)
    return sorted((place.home / ".gemini" / "tmp").rglob("session-*.json*"))


def opencode(place: Place) -> list[Path]:
    """`opencode run`, the same conversation continued, and `opencode export` of it."""
    model = {"name": "Loopback", "limit": {"context": 32000, "output": 4000}}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Loopback",
        "options": {"baseURL": f"{place.url}/v1", "apiKey": "loopback"},
        "models": {"loopback-1": model},
    }
    configuration = {
        "$schema": "https://opencode.ai/config.json",
        "model": "loopback/loopback-1",
        "small_model": "loopback/loopback-1",
        "provider": {"loopback": provider},
        "autoupdate": False,
        "share": "disabled",
        "permission": "allow",
    }
    (place.project / "opencode.json").write_text(json.dumps(configuration))
    variables = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
    place.run("run", QUESTIONS[0], **variables)
    place.run("run", "--continue", QUESTIONS[1], **variables)
    share = place.home / ".local" / "share" / "opencode"
    found = sorted(share.glob("opencode*.db"))
    if found:
        rows = sqlite3.connect(found[0]).execute("SELECT id FROM session").fetchall()
        exported = place.home / "export.json"
        exported.write_text(place.run("export", rows[0][0], **variables))
        found.append(exported)
    return found


PROGRAMS: dict[str, Callable[[Place], list[Path]]] = {
    "codex": codex,
    "claude": claude,
    "gemini": gemini,
    "opencode": opencode,
}


def main(name: str, program: str, target: str) -> int:
    """Run one program; 1 if it has written nothing."""
    folder = Path(tempfile.mkdtemp())
    try:
        with Loopback(vendor) as server:
            place = Place(str(Path(program).resolve()), folder, server.url)
            files = PROGRAMS[name](place)
            print(f"asked {len(server.requests)} times", file=sys.stderr)
            place.keep(files, Path(target))
    finally:
        shutil.rmtree(folder)
    return 0 if files else 1


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in PROGRAMS:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
