"""The program that holds a model: a process of its own, beside the one that the user sees.

Not in the same process, because the library keeps the interpreter's lock while it loads a model
(0.3 s for a small one; nothing would hear Ctrl-C), prints on standard error, and ends the whole
process when a file violates what it takes for granted. A process can be killed at any moment.

Standard input is a Unix socket to the parent. A line each way is one JSON object:

    parent → {"model": path, "context": tokens, "threads": n, "socket": path}     once, first
             {"messages": [...], ...}                                             a question
    child  → {"ready": true} | {"missing": text} | {"failed": text}               once, first
             {"chunk": {...}} …, then {"end": true}                               an answer

It ends when the parent does, or when the parent closes the socket. Imports nothing of ours: it
is started by its path.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

SILENT_BUT_FOR_ERRORS = 1


def load(settings: dict[str, Any]) -> Any:
    """The library's server object. Raises ImportError, RuntimeError.

    It always listens somewhere. A name that ends in `.sock` makes that a Unix socket, here in a
    folder that only the user may enter, and removed as soon as it is bound: nobody can connect.
    """
    import xllamacpp  # optional, and heavy

    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.n_ctx = settings["context"]
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    params.hostnames = [settings["socket"]]
    params.n_threads_http = 1
    params.n_parallel = 1
    params.verbosity = SILENT_BUT_FOR_ERRORS
    params.offline = True
    params.ui = False
    params.cache_ram_mib = 0  # one conversation at a time: its cache is the slot itself
    params.fit_params = False  # measuring what fits doubles the time to load
    params.warmup = False
    try:
        return xllamacpp.Server(params)
    finally:
        try:
            os.unlink(settings["socket"])
            os.rmdir(os.path.dirname(settings["socket"]))
        except OSError:  # the parent removes what is left
            pass


def serve(channel: socket.socket) -> None:
    """Load the model, then answer until the parent hangs up."""

    def send(message: dict[str, Any]) -> None:
        channel.sendall(json.dumps(message).encode() + b"\n")

    questions = channel.makefile("rb")
    settings = json.loads(questions.readline())
    try:
        server = load(settings)
    except ImportError as error:
        send({"missing": str(error)})
        return
    except (RuntimeError, ValueError) as error:
        send({"failed": str(error)})
        return
    send({"ready": True})
    for question in questions:
        server.handle_chat_completions(json.loads(question), _sender(send))
        send({"end": True})


def _sender(send: Any) -> Any:
    def on_chunk(chunk: Any) -> bool:
        try:
            send({"chunk": chunk})
        except OSError:  # the parent is gone; an exception would be swallowed by the library
            return True
        return False

    return on_chunk


if __name__ == "__main__":
    try:
        serve(socket.socket(fileno=0))
    except (OSError, ValueError):  # the parent hung up, perhaps within a line
        sys.exit(1)
