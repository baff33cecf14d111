"""What is told at the prompt after an error."""

from __future__ import annotations

from synapse.cli.repl.hints import at_prompt


def test_hints_name_what_can_be_typed_at_the_prompt() -> None:
    assert at_prompt(
        "something failed",
        [
            "Store one:      synapse keys set openai",
            "or for now:     export OPENAI_API_KEY=…",
            'Try it without: synapse -p echo "hello"',
            "The usual reason is too little memory. Again:  synapse retry",
            "See what is wrong:  synapse doctor",
            "List them:  synapse sessions list",
            "or the demo model: synapse -p local -m small …",
        ],
    ) == [
        "Store one:      /key openai",
        "Try it without: /model echo",
        "The usual reason is too little memory. Again:  /retry",
        "See what is wrong:  synapse doctor",
        "List them:  /sessions",
        "or the demo model: /model local/small",
    ]


def test_a_parameter_that_is_not_taken_can_be_taken_back() -> None:
    assert at_prompt('echo takes no parameter "seed"', []) == ["Take it back:  /param seed="]
