"""How long a campaign runs, and how its figures are printed.

Every campaign has a short run, for each commit, and a long one by hand:

    SYNAPSE_TEST_TORTURE=long pytest tests/torture -s

`SYNAPSE_TEST_SEED` repeats a run; the seed of each is printed.
"""

from __future__ import annotations

import os
import time
from random import Random

LONG = os.environ.get("SYNAPSE_TEST_TORTURE") == "long"
SEED = int(os.environ.get("SYNAPSE_TEST_SEED", time.time_ns() % 1_000_000_000))


def times(short: int, long: int, name: str = "") -> int:
    """How often: `short` at each commit, `long` by hand, or what SYNAPSE_TEST_`name` says."""
    return int(os.environ.get(f"SYNAPSE_TEST_{name}", long if LONG else short))


def randomness(subject: str) -> Random:
    """Random numbers that the seed and the subject determine."""
    return Random(f"{SEED}-{subject}")


def report(subject: str, **figures: object) -> None:
    """One line for the records."""
    listed = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    print(f"\n{subject}: seed {SEED}, {listed}")
