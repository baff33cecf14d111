"""What an answer costs on its way from the wire to a pipe, against curl and against `llm`.

    python benchmarks/wire.py [--peers]        needs valgrind, curl, openssl; --peers installs llm

Prints the second table of docs/benchmarks.md: instructions and processor time for 10,000 tokens,
plain and over TLS, and the delay from the server's send to the bytes in the pipe. Over TLS both
trust this system's authorities and one more, from a copy of /etc/ssl/certs: curl with its bundle
and its folder, as it is built on Debian, the program as it would by itself.
"""

from __future__ import annotations

import command_line

# isort: split
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import measure
import trustme  # noqa: F401 - what the servers need, missed before anything is installed
from loopback import Loopback, openai, scripts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loopback import Exchange

BUNDLE = "ca-certificates.crt"
TOKENS = (200, 10_000)
PACED = 200
PAUSE = 0.01
"""Seconds between two tokens when the delay is measured."""

Row = tuple[str, ...]


def configure(installed: measure.Installation, url: str) -> None:
    """Make `bench` a provider at this address."""
    folder = installed.home / ".config" / "synapse"
    folder.mkdir(parents=True, exist_ok=True)
    section = f'[providers.bench]\nkind = "openai"\nbase_url = "{url}/v1"\nmodel = "m"\n'
    (folder / "config.toml").write_text(section)


def curl(url: str, environ: Mapping[str, str]) -> list[str]:
    """curl asking for the same answer."""
    body = json.dumps({"model": "m", "stream": True, "messages": []})
    trust: list[str] = []
    if "SSL_CERT_DIR" in environ:
        folder = environ["SSL_CERT_DIR"]
        trust = ["--cacert", f"{folder}/{BUNDLE}", "--capath", folder]
    return ["curl", "-sN", *trust, "-d", body, f"{url}/v1/chat/completions"]


def trusting(authority: Path) -> Path:
    """A copy of this system's certificates with one more authority in it."""
    folder = authority.with_name("certs")
    if not folder.exists():
        shutil.copytree("/etc/ssl/certs", folder)
    with (folder / BUNDLE).open("ab") as bundle:
        bundle.write(authority.read_bytes())
    ask = ["openssl", "x509", "-noout", "-hash", "-in", str(authority)]
    found = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    shutil.copyfile(authority, folder / f"{found}.0")
    return folder


def measured(
    label: str, command: Sequence[object], environ: Mapping[str, str]
) -> tuple[Row, float]:
    """A row, and the millions of instructions in it."""
    count = measure.instructions(command, environ)
    cpu = measure.cpu_milliseconds(command, environ, runs=5)
    return (label, f"{count:.1f}", f"{cpu:.1f}"), count


def throughput(installed: measure.Installation, *, tls: bool) -> list[Row]:
    """Rows for curl and for the program, and the cost of a further token for both."""
    rows: list[Row] = []
    counts: dict[tuple[str, int], float] = {}
    kind = "TLS" if tls else "plain"
    for tokens in TOKENS:
        with Loopback(openai.counted(tokens), tls=tls) as server:
            environ = dict(installed.environ)
            if tls:
                environ["SSL_CERT_DIR"] = str(trusting(server.write_ca_file(installed.home)))
            configure(installed, server.url)
            ask = [installed.synapse, "-p", "bench", "hello"]
            for name, command in (("curl", curl(server.url, environ)), ("synapse", ask)):
                row, counts[name, tokens] = measured(
                    f"{name}, {tokens:,} tokens, {kind}", command, environ
                )
                rows.append(row)
    few, many = TOKENS
    for name in ("curl", "synapse"):
        further = (counts[name, many] - counts[name, few]) / (many - few) * 1000
        rows.append((f"{name}, each further token, {kind}", f"{further:.1f} k", ""))
    return rows


def delay(installed: measure.Installation) -> list[Row]:
    """Milliseconds from the server's send of a token to its bytes in the pipe."""
    sent: list[float] = []

    def paced(exchange: Exchange) -> None:
        exchange.start(200, {**scripts.EVENT_STREAM, "Transfer-Encoding": "chunked"})
        exchange.chunk(openai.chunk({"role": "assistant", "content": ""}))
        for _ in range(PACED):
            exchange.stopped.wait(PAUSE)
            sent.append(time.monotonic())
            exchange.chunk(openai.chunk({"content": "x"}))
        exchange.chunk(openai.chunk(finish="stop") + openai.DONE)
        exchange.end_chunks()

    rows: list[Row] = []
    with Loopback(paced) as server:
        configure(installed, server.url)
        ask = [str(installed.synapse), "-p", "bench", "hello"]
        for name, command in (("curl", curl(server.url, {})), ("synapse", ask)):
            sent.clear()
            seen = _arrivals(command, installed.environ, whole_chunks=name == "curl")
            late = sorted(1000 * (b - a) for a, b in zip(sent, seen, strict=True))
            median, worst = statistics.median(late), late[int(len(late) * 0.99)]
            rows.append((f"{name}, send to pipe, ms", f"{median:.2f}", f"p99 {worst:.2f}"))
    return rows


def _arrivals(
    command: Sequence[str], environ: Mapping[str, str], *, whole_chunks: bool
) -> list[float]:
    """The moment at which each token came out of the command."""
    needle = b'"content": "x"' if whole_chunks else b"x"
    seen: list[float] = []
    with subprocess.Popen(
        command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        stream = running.stdout.fileno()
        while data := os.read(stream, 65536):
            seen += [time.monotonic()] * data.count(needle)
    return seen


def peer(folder: Path) -> list[Row]:
    """`llm` asking for the same answers."""
    venv.create(folder / "venv", with_pip=True)
    program = folder / "venv" / "bin" / "llm"
    subprocess.run([folder / "venv" / "bin" / "pip", "install", "--quiet", "llm"], check=True)
    rows: list[Row] = []
    for tokens in TOKENS:
        with Loopback(openai.counted(tokens)) as server:
            model = f"- model_id: bench\n  model_name: m\n  api_base: {server.url}/v1\n"
            (folder / "extra-openai-models.yaml").write_text(model)
            environ = {"HOME": str(folder), "LLM_USER_PATH": str(folder), "PATH": "/usr/bin:/bin"}
            command = [program, "-m", "bench", "--key", "k", "hello"]
            rows.append(measured(f"llm, {tokens:,} tokens, plain", command, environ)[0])
    return rows


def main() -> None:
    """Measure everything; print the table."""
    command_line.need("valgrind", "curl", "openssl")
    rows: list[Row] = []
    for installed in measure.installation():
        rows += throughput(installed, tls=False)
        rows += throughput(installed, tls=True)
        rows += delay(installed)
    if "--peers" in sys.argv:
        with tempfile.TemporaryDirectory() as folder:
            rows += peer(Path(folder))
    print(measure.machine() + "\n")
    print(measure.table(("what", "M instructions", "CPU ms"), rows))


if __name__ == "__main__":
    main()
