"""The real llama.cpp: its server, on a Unix socket, with the small model of the tests.

with LlamaCpp(weights, tmp_path, context=512) as server:
    config = f'[providers.llama]\nbase_url = "{server.url}"\nmodel = "m"\n'
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from program import wait_until

_PROGRAM = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.n_ctx = sys.argv[1], [sys.argv[2]], int(sys.argv[3])
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = params.n_parallel = 1
params.n_predict, params.fit_params, params.warmup, params.ui = 4, False, False, False
params.offline, params.verbosity = True, -1
server = xllamacpp.Server(params)
sys.stdin.read()
"""
"""Listens before the model is loaded, and answers 503 until then; ends with its standard input."""


class LlamaCpp:
    """A process that serves the weights; `url` is its base URL. Answers have four tokens.

    Within its `with`, it listens; `load` waits until it answers.
    """

    def __init__(self, weights: Path, *, context: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="llama-")  # a socket's path is short
        self._socket = Path(self._folder.name, "s.sock")
        words = [sys.executable, "-c", _PROGRAM, str(weights), str(self._socket), str(context)]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.url = f"unix:{self._socket}"

    def __enter__(self) -> Self:
        wait_until(lambda: self._process.poll() is not None or self._is_there())
        assert self._process.poll() is None, "llama.cpp did not start"
        return self

    def load(self) -> Self:
        """Wait until the model is loaded."""
        wait_until(lambda: self._health() == b"200")
        return self

    def _is_there(self) -> bool:
        """Whether it listens, which is a moment after the socket is there."""
        return self._health() != b""

    def _health(self) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self._socket))
            except (FileNotFoundError, ConnectionRefusedError):
                return b""
            connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            return connection.recv(12)[9:]

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()
