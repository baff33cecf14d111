"""Other programs of this kind, those that are in PATH, beside this one and in the same run.

    python benchmarks/peers.py [SESSIONS]        the largest of three sizes (100,000)

llm, aichat, crush, term-llm, mods, and the Rust program that Synapse began as (a compiled
`synapse`). Each asks a server on loopback, in a home of its own, lists, shows and goes on. What
is not there, or can't do a thing, is said in a line. Prints processor time as a ratio to ours,
and what is on the disk of an answer that Ctrl-C ended: a table of docs/benchmarks.md.
"""

from __future__ import annotations

import command_line

# isort: split
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import archive
import measure
from loopback import Loopback, openai, scripts
from scale import FILL_LLM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TOKENS = 200
QUESTION = "what-was-asked-of-all-of-them"
RUNS = 3
Command = list[object]


class Peer:
    """One program: how it is told of the server, and its four commands; None where it has none."""

    name = ""
    turn: Command | None = None
    follow: Command | None = None
    listing: Command | None = None
    show: Command | None = None

    def __init__(self, program: Path, home: Path, url: str) -> None:
        self.program = program
        self.home = home
        self.environ = {
            "HOME": str(home),
            "PATH": f"{program.parent}:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "OPENAI_API_KEY": "k",
        }
        home.mkdir(parents=True)
        self.configure(url)

    def configure(self, url: str) -> None:
        """Write what it needs to ask the server at this address."""

    def fill(self, sessions: int) -> bool:
        """Make so many sessions of 20 messages; False where nobody has written how."""
        return False

    def write(self, name: str, text: str) -> None:
        """A file below its home."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class Synapse(Peer):
    """This one."""

    name = "synapse"

    def configure(self, url: str) -> None:
        section = f'[providers.bench]\nkind = "openai"\nbase_url = "{url}/v1"\nmodel = "m"\n'
        self.write(".config/synapse/config.toml", section)
        self.environ |= {"SYNAPSE_MAX_SESSIONS": "0", "SYNAPSE_RETENTION_DAYS": "0"}
        self.turn = [self.program, "-p", "bench", QUESTION]
        self.follow = [self.program, "-c", QUESTION]
        self.listing = [self.program, "sessions", "list"]
        self.show = [self.program, "sessions", "show", "@1"]

    def fill(self, sessions: int) -> bool:
        file = self.home / f"{sessions}.db"
        archive.make(str(file), sessions)
        self.listing = [self.program, "--db", file, "sessions", "list"]
        self.show = [self.program, "--db", file, "sessions", "show", "@5"]
        return True


class Original(Peer):
    """The Rust program. Its servers' addresses are fixed: it lists and shows."""

    name = "the Rust original"

    def fill(self, sessions: int) -> bool:
        file = self.home / f"{sessions}.db"
        archive.make(str(file), sessions)
        self.environ["DATABASE_URL"] = f"sqlite:{file}"
        self.listing = [self.program, "sessions", "list"]
        return True


class Llm(Peer):
    """llm keeps its logs in SQLite."""

    name = "llm"

    def configure(self, url: str) -> None:
        self.environ["LLM_USER_PATH"] = str(self.home / "llm")
        row = f"- model_id: bench\n  model_name: m\n  api_base: {url}/v1\n  api_key_name: k\n"
        self.write("llm/extra-openai-models.yaml", row)
        self.write("llm/keys.json", '{"k": "k"}')
        self.turn = [self.program, "-m", "bench", QUESTION]
        self.follow = [self.program, "-c", QUESTION]
        self.listing = [self.program, "logs", "list", "-n", "20", "--short"]
        self.show = [self.program, "logs", "list", "-c", "-n", "0"]

    def fill(self, sessions: int) -> bool:
        python = self.program.read_text().splitlines()[0].removeprefix("#!")
        file = self.home / f"{sessions}.db"
        command = [python, "-c", FILL_LLM, str(file), str(sessions), "10"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, env=self.environ)
        logs = [self.program, "logs", "list", "-d", file]
        self.listing = [*logs, "-n", "20", "--short"]
        self.show = [*logs, "--cid", f"c{sessions // 2:09}", "-n", "0"]
        return True


class Aichat(Peer):
    """aichat keeps a file of YAML for each session that has a name."""

    name = "aichat"

    def configure(self, url: str) -> None:
        client = f"clients:\n- type: openai-compatible\n  name: bench\n  api_base: {url}/v1\n"
        models = "  api_key: k\n  models:\n  - name: m\n"
        self.environ["AICHAT_CONFIG_DIR"] = str(self.home / "aichat")
        options = "model: bench:m\nsave: true\nsave_session: true\n"
        self.write("aichat/config.yaml", options + client + models)
        self.turn = [self.program, "-s", "one", QUESTION]
        self.follow = self.turn
        self.listing = [self.program, "--list-sessions"]
        self.show = [self.program, "-s", "one", "--info"]


class Mods(Peer):
    """mods keeps a file for each conversation, and their titles in SQLite."""

    name = "mods"

    def configure(self, url: str) -> None:
        api = f"apis:\n  bench:\n    base-url: {url}/v1\n    api-key: k\n"
        models = "    models:\n      m:\n        max-input-chars: 100000\n"
        self.write(".config/mods/mods.yml", "default-model: m\n" + api + models)
        self.turn = [self.program, "-q", QUESTION]
        self.follow = [self.program, "-q", "-C", QUESTION]
        self.listing = [self.program, "-l"]
        self.show = [self.program, "-S"]


class Crush(Peer):
    """crush keeps SQLite in a folder of the project."""

    name = "crush"

    def configure(self, url: str) -> None:
        model = {"id": "m", "name": "m", "context_window": 100_000, "default_max_tokens": 1000}
        server = {"type": "openai", "base_url": f"{url}/v1", "api_key": "k", "models": [model]}
        chosen = {"provider": "bench", "model": "m"}
        settings = {"providers": {"bench": server}, "models": {"large": chosen, "small": chosen}}
        self.write(".config/crush/crush.json", json.dumps(settings))
        self.turn = [self.program, "run", "-q", QUESTION]
        self.listing = [self.program, "session", "list"]


class TermLlm(Peer):
    """term-llm keeps SQLite."""

    name = "term-llm"

    def configure(self, url: str) -> None:
        section = f"providers:\n  bench:\n    type: openai_compatible\n    base_url: {url}/v1\n"
        more = "    api_key: k\n    model: m\n"
        self.write(".config/term-llm/config.yaml", "default_provider: bench\n" + section + more)
        self.turn = [self.program, "ask", QUESTION]
        self.listing = [self.program, "sessions", "list"]


PEERS: dict[str, type[Peer]] = {
    "llm": Llm,
    "aichat": Aichat,
    "mods": Mods,
    "crush": Crush,
    "term-llm": TermLlm,
}


def found(home: Path, url: str) -> list[Peer]:
    """Those that are in PATH; of the others, a line each."""
    peers: list[Peer] = []
    for name, kind in PEERS.items():
        program = shutil.which(name)
        if program is None:
            print(f"{name}: not in PATH, left out")
        else:
            peers.append(kind(Path(program).resolve(), home / name, url))
    original = compiled("synapse")
    if original is None:
        print("the Rust original: no compiled `synapse` in PATH, left out")
    else:
        peers.append(Original(original, home / "original", url))
    return peers


def compiled(name: str) -> Path | None:
    """A program of this name in PATH that is no script."""
    for folder in os.get_exec_path():
        path = Path(folder) / name
        if path.is_file() and os.access(path, os.X_OK):
            with path.open("rb") as file:
                if file.read(2) != b"#!":
                    return path
    return None


def timed(peer: Peer, command: Command | None, what: str) -> float | None:
    """Processor time in milliseconds; None, and a line, where it can't do this."""
    if command is None:
        return None
    try:
        return measure.cpu_milliseconds(command, peer.environ, RUNS)
    except subprocess.CalledProcessError as error:
        print(f"{peer.name}: {what} ended with status {error.returncode}, left out")
        return None


def kept_after_ctrl_c(peer: Peer, server: Loopback) -> str:
    """How much of a question and of 100 tokens of answer is on its disk after Ctrl-C."""
    if peer.turn is None:
        return ""
    asked = len(server.requests)
    words = [str(word) for word in peer.turn]
    process = subprocess.Popen(
        words,
        env=peer.environ,
        cwd=peer.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    read = b""
    while b"word0099" not in read and (data := os.read(process.stdout.fileno(), 65536)):
        read += data
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    process.stdout.close()
    if len(server.requests) == asked:
        return "asked nothing"
    stored = b"".join(path.read_bytes() for path in peer.home.rglob("*") if path.is_file())
    answer = sum(f"word{number:04}".encode() in stored for number in range(100))
    question = "the question" if QUESTION.encode() in stored else "not the question"
    return f"{question}, {answer} of 100 tokens"


def row(label: str, peers: Sequence[Peer], measured: Callable[[Peer], float | None]) -> list[str]:
    """One operation: ours in milliseconds, the others' as a ratio to it."""
    ours, *others = [measured(peer) for peer in peers]
    assert ours is not None, label
    ratios = ["" if value is None else f"{value / ours:.2f} ×" for value in others]
    cells = [label, f"{ours:.0f} ms", *ratios]
    print(" ".join(cells), flush=True)
    return cells


def main() -> None:
    """Measure everything; print the tables."""
    largest = command_line.number(1, 100_000, "the largest size", least=1000)
    for installed in measure.installation():
        with Loopback(openai.counted(TOKENS)) as server:
            homes = installed.home
            peers = [
                Synapse(installed.synapse, homes / "synapse", server.url),
                *found(homes, server.url),
            ]
            rows = [
                row("a turn of 200 tokens", peers, lambda peer: timed(peer, peer.turn, "a turn")),
                row("going on", peers, lambda peer: timed(peer, peer.follow, "going on")),
            ]
            for size in (10, largest // 10, largest):
                full = {peer.name: peer.fill(size) for peer in peers}
                label = f"list, {size:,} sessions"
                rows.append(row(label, peers, lambda peer, full=full: listed(peer, full)))  # type: ignore[misc]
            rows.append(row("show", peers, lambda peer: timed(peer, peer.show, "show")))
        partial = [openai.chunk({"content": f" word{number:04}"}) for number in range(100)]
        with Loopback(scripts.stall_after(*partial)) as server:
            kept = ["kept of a turn after Ctrl-C"]
            for peer in peers:
                shutil.rmtree(peer.home)
                peer = type(peer)(peer.program, peer.home, server.url)
                kept.append(kept_after_ctrl_c(peer, server))
        print(f"\n{measure.machine()}\n")
        headings = ("processor time", *(peer.name for peer in peers))
        print(measure.table(headings, [*rows, kept]))


def listed(peer: Peer, full: dict[str, bool]) -> float | None:
    """A list of a store that was filled."""
    return timed(peer, peer.listing, "a list") if full[peer.name] else None


if __name__ == "__main__":
    main()
