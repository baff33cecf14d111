"""Starting, asking and stopping the process that holds a model."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from typing import IO, TYPE_CHECKING, Any

from synapse.providers._wire import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROGRAM = os.path.join(os.path.dirname(__file__), "engine.py")
_LONGEST_SOCKET_PATH = 100
"""Bytes; the kernels' limits are 104 and 108."""
_PATIENCE = 0.05
"""Seconds in which a killed process is expected to be gone."""


class EngineFailed(Exception):
    """The engine did not start, or ended before its answer did.

    `missing` is what the loader of shared libraries said, `words` what the engine did, `status`
    the exit status of its process: minus a signal, or None while it runs.
    """

    def __init__(self, *, words: str = "", missing: str = "", status: int | None = None) -> None:
        super().__init__(words or missing or f"status {status}")
        self.words = words
        self.missing = missing
        self.status = status


class Engine:
    """One model in a process of its own. For one thread at a time, but for `stop`."""

    def __init__(self, model: str, *, context: int, threads: int) -> None:
        self.model = model
        self.stopped = False
        self._endpoint = os.path.join(_private_folder(), "engine.sock")
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `_end`
        self._socket, childs_end = socket.socketpair()
        with childs_end:
            # -P: no module is taken from the working directory, which may be a stranger's.
            # Its own session: Ctrl-C in the terminal goes to us alone, and we decide.
            self._process = subprocess.Popen(
                [sys.executable, "-P", _PROGRAM],
                stdin=childs_end.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                start_new_session=True,
            )
        self._answers = self._socket.makefile("rb")
        self._release = weakref.finalize(
            self, _end, self._process, [self._answers, self._socket, self._log], self._endpoint
        )
        self.ready = False
        """Whether the model is loaded, as far as we have heard."""
        self._send(
            {"model": model, "context": context, "threads": threads, "socket": self._endpoint}
        )

    def ask(self, question: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The chunks of the answer as they come. Raises EngineFailed, also after `stop`.

        Whoever does not read to the end must close the engine.
        """
        try:
            if not self.ready:
                self._wait_for_the_model()
            self._send(question)
        except OSError as error:
            raise self._failure() from error
        while True:
            message = self._receive()
            if "end" in message:
                return
            yield message["chunk"]

    def stop(self) -> None:
        """End the process, whatever it does. For any thread and for signal handlers."""
        self.stopped = True
        try:
            # Wakes a blocked `ask`; the death of a big process would take longer to show.
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._process.kill()
        # Here and not only in `close`: the program may be gone before anybody calls that.
        _remove_socket(self._endpoint)

    def close(self) -> None:
        """End the process and release what belongs to it. Not for signal handlers."""
        self.stopped = True
        self._release()

    def _wait_for_the_model(self) -> None:
        message = self._receive()
        if "missing" in message:
            raise EngineFailed(missing=str(message["missing"]))
        if "failed" in message:
            raise self._failure()
        self.ready = True

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.sendall(encode(message) + b"\n")

    def _receive(self) -> dict[str, Any]:
        try:
            line = self._answers.readline()
        except OSError as error:
            raise self._failure() from error
        if not line.endswith(b"\n"):
            raise self._failure()
        message: dict[str, Any] = json.loads(line)
        return message

    def _failure(self) -> EngineFailed:
        """Why the process ended: only its end flushes its last words."""
        if self.stopped:
            return EngineFailed()
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return EngineFailed(words=self._last_words())
        return EngineFailed(words=self._last_words(), status=status)

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read(1 << 16).decode("utf-8", "replace")


def _private_folder() -> str:
    folder = tempfile.mkdtemp(prefix="synapse-")
    if len(os.fsencode(folder)) > _LONGEST_SOCKET_PATH - len("/engine.sock"):
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix="synapse-", dir="/tmp")
    return folder


def _remove_socket(endpoint: str) -> None:
    """Remove the folder of the socket. Renamed first: a killed engine that has not died yet
    could bind its socket between the look into the folder and the folder's removal.
    """
    folder = os.path.dirname(endpoint)
    try:
        os.rename(folder, f"{folder}.gone")
        for name in os.listdir(f"{folder}.gone"):
            os.unlink(os.path.join(f"{folder}.gone", name))
        os.rmdir(f"{folder}.gone")
    except OSError:  # the engine, or another thread, has removed it
        pass


def _end(process: subprocess.Popen[bytes], resources: list[Any], endpoint: str) -> None:
    process.kill()
    for resource in resources:
        resource.close()
    _remove_socket(endpoint)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:  # gigabytes take a while to be given back
        threading.Thread(target=process.wait, daemon=True).start()
