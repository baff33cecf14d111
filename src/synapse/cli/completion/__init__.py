"""Completion of the command line: `synapse __complete WORDS…`, asked by a script in the shell.

The last word is the one that is being typed. The answer is a line for each candidate, `value TAB
description`; the line `:files` stands for the shell's own completion of file names. Whatever goes
wrong, there just are no candidates: whoever is typing has asked for nothing.
"""

from __future__ import annotations

from synapse.cli.completion.candidates import candidates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context


def answer(words: list[str], context: Context) -> int:
    """Write the candidates for the last word."""
    try:
        found = [*candidates(words, context)]
    except Exception:  # see above: no error is worth a message in the middle of a line
        return 0
    lines = [f"{value}\t{_one_line(description)}" for value, description in found if _fits(value)]
    context.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))
    return 0


def _fits(value: str) -> bool:
    """Whether it does not break the protocol, and no shell needs quotes around it. Files behind
    an `@` are called as they are called: the scripts quote those.
    """
    if not value.isprintable():
        return False
    return value.startswith("@") or not any(c in " '\"\\$`;&|<>(){}[]*?!~^#" for c in value)


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " for c in text)
