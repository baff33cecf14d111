"""No answer can send a control sequence to the terminal."""

from __future__ import annotations

import os
import random
import re
from typing import Any

from markdown import documents
from markdown.screens import Played

from synapse.markdown import render

_DOCUMENTS = int(os.environ.get("SYNAPSE_TEST_FUZZ", "150"))
# All that the painter ever sends.
_OURS = re.compile(
    r"\x1b\[(?:\?2026[hl]|\d+(?:;\d+)*m|\d+[AGM]|[ABGJK])"
    r"|\x1b\]8;;(?:(?!http://evil)(?:https?://|mailto:)[!-~]{1,2000})?\x1b\\"
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ATTACKS = [
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x07",
    "\x1b]8;;http://evil\x1b\\x",
    "\x1bP1$q\x1b\\",
    "\x9b31m",
    "\x9d0;x\x9c",
    "\x1bc",
    "\x07\x08\x0b\x0c\x0e\x0f",
    "\r",
    "\x7f",
    "\x00",
    "\u202eright to left\u202c",
    "\u2066\u2069",
    "\ud83d",
    "\udc00",
    "&#27;[2J",
    "&#x9b;31m",
    "&#12;&#13;&#10;&#0;&#x202e;",
    "<http://a.example/%1b[2J%9b%07>",
    "[x](http://a.example/%1b\x1b[2J)",
    "[x](<&#27;[2J>)",
    "![a&#13;\x1b](b%1b&#27;)",
    "[x](http://a.example/&#27;\\&#7;;&#x9c;é)",
    "[x](http://a.example/\x07;\x1b\\)",
    "[x](javascript:x) [x](file:///etc/passwd) [x](data:text/html,x)",
    "[^1\x1b]: \x1b\n<sub>\x1b</sub><kbd>&#27;</kbd>",
    "<details><summary>\x1b&#27;</summary>\x9b&#x9b;</details>\n\n",
    "$\x1b_1$ \\(\x1b\\)\n\n$$\n\x1b\t\x9b\n$$\n",
    "```\x1b[2J&#27;\n\x1b[2J\n```\n",
    "`\x1b[2J`",
    "| \x1b | &#13; |\n|--|--|\n| \x1b | \x9b |\n",
    "[r]: http://x/%1b\x1b 'a\x1b'\n\n[r]\n",
]


def test_only_our_own_sequences_reach_the_screen() -> None:
    for seed in range(_DOCUMENTS):
        rng = random.Random(seed)
        parts = [documents.nasty(rng, 8)]
        parts += rng.choices(_ATTACKS, k=rng.randint(1, 10))
        rng.shuffle(parts)
        text = rng.choice(("", "\n", " ", "\n\n")).join(parts)
        options: dict[str, Any] = {
            "accessible": rng.random() < 0.2,
            "ascii_only": rng.random() < 0.2,
            "links": rng.random() < 0.5,
        }
        streamed = Played(30, 8, **options).feed(documents.chunks(rng, text)).close()
        for output in (streamed, render(text, 40, **options)):
            found = _FORBIDDEN.search(_OURS.sub("", output))
            assert not found, f"seed {seed}, {text!r}"


def test_the_check_itself_finds_what_it_looks_for() -> None:
    for attack in _ATTACKS[:16]:
        assert _FORBIDDEN.search(_OURS.sub("", f"a{attack}b"))
