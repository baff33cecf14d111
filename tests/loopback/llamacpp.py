"""The real server of llama.cpp, with the small real model, behind a Unix-domain socket.

Its process ends with its standard input. A port would be open to everybody on the machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVE = """
import sys
import xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.n_ctx = sys.argv[1], [sys.argv[2]], int(sys.argv[3])
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = params.n_parallel = 1
params.verbosity, params.ui, params.warmup, params.fit_params = -1, False, False, False
server = xllamacpp.Server(params)
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def llamacpp(weights: Path, context: int = 1024) -> Iterator[str]:
    """The base URL of a server with a context window of so many tokens, for a block."""
    with tempfile.TemporaryDirectory() as folder:  # the path of a socket must be short
        socket = Path(folder) / "llama.sock"
        command = [sys.executable, "-c", _SERVE, str(weights), str(socket), str(context)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            try:
                yield f"unix:{socket}"
            finally:
                process.kill()
