"""Random histories on MariaDB, in every run: of the contract's tests those that ask the most of the
engine for their time. All of them together take two minutes:

    SYNAPSE_TEST_ENGINES=mysql pytest tests/contract
"""

from __future__ import annotations

from contract.engines import ENGINES
from contract.test_store_model import STEPS, compare_with_model

_STEPS_A_HISTORY = 1000
"""As if they were so many: a history on a server takes its time."""


def test_a_store_answers_as_its_model_does() -> None:
    if "mysql" not in ENGINES:  # else the contract does it
        compare_with_model("mysql", STEPS // _STEPS_A_HISTORY)
