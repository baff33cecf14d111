"""Whether a few bare words are a mistyped command line rather than a question.

A question that is taken for a command costs a second look at the hint; a command that is taken
for a question costs a conversation that nobody wanted. Of words that both could be, what is near a
command is refused where it would make sense as one:

- `sesions list`, `modles qwen`: two to four words, the first of them much like a command.
- `docto`, `hlep`: one word, a single slip away from a command. Of the short ones (`ask`, `help`,
  `keys`) only slips that make no other English word: two letters that changed places, one that is
  doubled or left out. `hell`, `task` and `reply` are questions.
- `list`, `ls`, `show @1`, `rm 4c3834c9`: a subcommand of `sessions` (or another group) without its
  group, alone or with something that can only be a session. `list three fruits` is a question.
"""

from __future__ import annotations

import re

from synapse.cli.commands import ALIASES, COMMANDS, RESERVED
from synapse.suggestions import near

_SIMILAR = 0.8
_SHORT = 4
"""Letters up to which a command is so short that many words are near it."""
_REFERENCE = re.compile(r"@\d*|[0-9a-fA-F-]{4,36}|(id|name):.+")


def mistyped_command(words: list[str]) -> list[str] | None:
    """The words of the command that was probably meant; None if they are a question."""
    first = words[0].casefold()
    if first in COMMANDS or first in RESERVED:
        return [first] if len(words) == 1 else None  # `Help`; but `Help me write a letter` asks
    inner = _subcommand(first, words[1:])
    if inner is not None:
        return inner
    known = [*COMMANDS, *RESERVED, "session"]
    if len(words) == 1:
        near = next((name for name in known if _is_typo(first, name)), None)
    else:
        near = _similar(words[0], known)
    return None if near is None else [near]


def _subcommand(word: str, rest: list[str]) -> list[str] | None:
    """`ls` → `sessions list`, `backup` → `db backup`: the first group that has it."""
    name = ALIASES.get(word, word)
    group = next((group for group, row in COMMANDS.items() if name in row.subcommands), None)
    if group is None or len(word) < 2:
        return None
    if rest and word not in ALIASES and not all(map(_REFERENCE.fullmatch, rest)):
        return None
    return [group, name]


def _is_typo(word: str, name: str) -> bool:
    """Whether one slip of the fingers makes `word` of `name`."""
    if abs(len(word) - len(name)) > 1 or len(word) < 3:
        return False
    if len(word) == len(name):
        wrong = [at for at, letter in enumerate(word) if letter != name[at]]
        if len(wrong) == 2 and wrong[1] - wrong[0] == 1:
            return word[wrong[0]] == name[wrong[1]] and word[wrong[1]] == name[wrong[0]]
        return len(wrong) == 1 and len(name) > _SHORT
    longer, shorter = sorted((word, name), key=len, reverse=True)
    spare = next((at for at in range(len(longer)) if longer[:at] + longer[at + 1 :] == shorter), -1)
    if spare < 0:
        return False
    doubled = longer[spare] in (longer[spare - 1 : spare], longer[spare + 1 : spare + 2])
    return len(name) > _SHORT or longer == name or doubled


def _similar(word: str, known: list[str]) -> str | None:
    # difflib costs nine million instructions: only for words that can reach the ratio at all.
    candidates = [name for name in known if _upper_bound(word, name) >= _SIMILAR]
    if not candidates:
        return None
    return next(iter(near(word, candidates, most=1, likeness=_SIMILAR)), None)


def _upper_bound(word: str, name: str) -> float:
    """No less than difflib's ratio: twice the letters in common, whatever their order."""
    common = sum(min(word.count(letter), name.count(letter)) for letter in set(name))
    return 2 * common / (len(word) + len(name))
