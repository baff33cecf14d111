"""Coverage-guided fuzzing of everything that reads what a server sent; run by hand.

    pip install atheris
    PYTHONPATH=tests python tests/fuzz/fuzz_stream.py tests/fuzz/corpus -max_total_time=300

An input that fails is worth keeping: put it into the corpus, which pytest replays.
"""

from __future__ import annotations

import sys
from importlib import import_module

atheris = import_module("atheris")

with atheris.instrument_imports():
    check = import_module("fuzz.check").check


def main() -> None:
    """Fuzz until told to stop."""
    atheris.Setup(sys.argv, lambda data: check(data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
