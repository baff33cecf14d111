"""A model whose mouth a test opens and shuts."""

from __future__ import annotations

import queue
import select
import socket
from typing import TYPE_CHECKING

from loopback import Loopback, openai, scripts

if TYPE_CHECKING:
    from pathlib import Path

    from loopback.server import Exchange

_LOOK_SECONDS = 0.02


class Speaker:
    """A script for `Loopback`: says what it is told, when it is told; any number of answers."""

    def __init__(self) -> None:
        self._said: queue.Queue[bytes | None] = queue.Queue()
        self.is_heard = False
        """Whether a client is listening."""

    def say(self, text: str) -> None:
        """The next piece of the answer."""
        self._said.put(openai.chunk({"content": text}))

    def think(self, text: str) -> None:
        """The next piece of the reasoning."""
        self._said.put(openai.chunk({"reasoning_content": text}))

    def end(self, finish: str = "stop") -> None:
        """The answer is complete."""
        self._said.put(openai.chunk(finish=finish))
        self._said.put(openai.DONE)
        self._said.put(None)

    def break_off(self) -> None:
        """The stream ends, the answer does not."""
        self._said.put(None)

    def __call__(self, exchange: Exchange) -> None:
        exchange.start(200, {**scripts.EVENT_STREAM, "Transfer-Encoding": "chunked"})
        self.is_heard = True
        try:
            self._speak(exchange)
        finally:
            self.is_heard = False

    def _speak(self, exchange: Exchange) -> None:
        while not exchange.stopped.is_set():
            try:
                piece = self._said.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if _has_left(exchange.connection):
                    return
                continue
            if piece is None:
                exchange.end_chunks()
                return
            exchange.chunk(piece)


def _has_left(connection: socket.socket) -> bool:
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and not connection.recv(1, socket.MSG_PEEK)


def use(server: Loopback, home: Path, more: str = "") -> None:
    """Make the loopback server the provider `here`; `more` goes into the configuration."""
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    (folder / "config.toml").write_text(
        f'provider = "here"\n{more}\n[providers.here]\n'
        f'base_url = "{server.url}/v1"\nmodel = "loopback-1"\napi_key_env = "HERE_KEY"\n'
        "attempts = 1\n"
    )
