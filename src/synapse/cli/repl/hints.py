"""Hints that name a command line, in the words of the prompt."""

from __future__ import annotations

import re

_AT_THE_PROMPT = (
    (re.compile(r"synapse keys set (\S+)"), r"/key \1"),
    (re.compile(r'synapse -p echo "hello"'), "/model echo"),
    (re.compile(r"synapse retry$"), "/retry"),
    (re.compile(r"synapse sessions list$"), "/sessions"),
    (re.compile(r"synapse -p (\S+) -m (\S+) …$"), r"/model \1/\2"),
    (re.compile(r"synapse -c -p PROVIDER …$"), "/model PROVIDER"),
)
_NOT_HERE = re.compile(r"\bexport \w+=")
"""What can't be done without leaving."""
_NOT_TAKEN = re.compile(r' takes no parameter "(\w+)"$')


def at_prompt(message: str, hints: list[str]) -> list[str]:
    """The hints below an error's message as whoever is at the prompt can follow them."""
    told = []
    for hint in hints:
        if _NOT_HERE.search(hint):
            continue
        for command_line, words in _AT_THE_PROMPT:
            hint = command_line.sub(words, hint)
        told.append(hint)
    unwanted = _NOT_TAKEN.search(message)
    if unwanted is not None:
        told.append(f"Take it back:  /param {unwanted[1]}=")
    return told
