"""Messages and pages in lines that fit."""

from __future__ import annotations

import random
import re

import pytest

from synapse.terminal.cells import width
from synapse.terminal.fold import fold, fold_page, fold_parts

MESSAGES = [
    'error: no session is called "docker-volumes"',
    "  List them:  synapse sessions list --deleted",
    "Moved 37 sessions (412 messages) to the trash. Undo:  synapse sessions restore 4c3834c9",
    "  Keys belong into api_key_env, api_key_cmd or  synapse keys set openai",
    "  Fix it:  synapse config edit      (3 problems; nothing was sent)",
    '  Branch off:  synapse -s 4c3834c9 --fork "one  two"',
    "No API key was found:  /key openai  stores one,  /model echo  tries it without.",
    "  Commands:  ask, repl, retry, sessions, models, config, keys, db, doctor, completion, help",
    "warning: 日本語の名前 is no name that a model could have, and there are more of them",
]


def unbroken(text: str) -> str:
    """`text` before it was folded, but for the number of blanks."""
    return " ".join(re.sub(r" \\\n *", " ", text).split())


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("columns", [80, 60, 40, 20])
def test_a_message_fits_and_nothing_of_it_is_lost(message: str, columns: int) -> None:
    folded = fold(message, columns)
    assert unbroken(folded) == unbroken(message)
    assert all(width(line) <= columns or " " not in line.strip() for line in folded.split("\n"))
    assert fold(message, width(message)) == message


def test_a_command_goes_to_a_line_of_its_own() -> None:
    assert fold(MESSAGES[2], 60) == (
        "Moved 37 sessions (412 messages) to the trash. Undo:\n  synapse sessions restore 4c3834c9"
    )
    assert fold("  List them:  synapse sessions list", 30) == (
        "  List them:\n    synapse sessions list"
    )


def test_a_command_that_is_too_long_is_continued_as_a_shell_does() -> None:
    assert fold('Again:  synapse -s 4c38 --name x "two words" -m model', 30) == (
        'Again:\n  synapse -s 4c38 --name x \\\n    "two words" -m model'
    )
    assert fold("Open it:  /open a very long name of a session", 20) == (
        "Open it:\n  /open a very long name of a session"
    )


def test_several_lines_are_folded_each() -> None:
    assert fold("one two three\nfour\n\n  five six seven", 9) == (
        "one two\n  three\nfour\n\n  five\n    six\n    seven"
    )


def test_a_word_is_not_cut_and_a_blank_at_the_end_stays_no_line() -> None:
    assert fold("see https://e.example/a/long/path here", 12) == (
        "see\n  https://e.example/a/long/path\n  here"
    )
    assert fold("Delete it? [y/N]   ", 10) == "Delete it?\n  [y/N]"


def test_parts_are_kept_whole() -> None:
    assert fold_parts(["one", "two", "three"], " · ", 80) == "one · two · three"
    assert fold_parts(["one", "two", "three"], " · ", 10) == "one · two\n  three"
    assert fold_parts(["a long part", "b"], " · ", 8) == "a long\n  part\n  b"


PAGE = """A page, whose paragraphs are joined
again where they are broken anew.

  one      the first of them, with a description
           that goes on below
  a term that is longer
           is described below
  synapse ask "a question that is long" --model some-model

The end.
"""


def test_a_page_keeps_its_lists() -> None:
    assert fold_page(PAGE, 100) == PAGE
    assert fold_page(PAGE, 36) == (
        "A page, whose paragraphs are joined\nagain where they are broken anew.\n\n"
        "  one      the first of them, with a\n           description that goes on\n"
        "           below\n"
        "  a term that is longer\n           is described below\n"
        '  synapse ask \\\n    "a question that is long" \\\n    --model some-model\n\nThe end.\n'
    )
    assert fold_page(PAGE, 30).splitlines()[4:7] == [
        "  one",
        "      the first of them, with",
        "      a description that goes",
    ]


@pytest.mark.parametrize("seed", range(200))
def test_any_page_fits_and_keeps_its_words(seed: int) -> None:
    rng = random.Random(seed)
    words = ["a", "word", "and", "longer-words", "漢字", "x  y", "synapse ask", "(so)", "b:  c d"]
    lines = [
        " " * rng.choice((0, 0, 2, 4, 11)) + " ".join(rng.choices(words, k=rng.randint(0, 12)))
        for _ in range(12)
    ]
    page = "\n".join(lines)
    for columns in (30, 40, 60):
        folded = fold_page(page, columns)
        assert unbroken(folded) == unbroken(page)
        for line in folded.split("\n"):
            assert width(line) <= columns or len(line.rstrip(" \\").split()) == 1
