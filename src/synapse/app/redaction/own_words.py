"""What nobody but the user knows to be secret: words of the configuration, keys, home and name."""

from __future__ import annotations

import re

from synapse.app.redaction.kinds import HOME, KEY, OWN, USER, Finding, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synapse.app.redaction.finding import Looking

_SHORTEST_KEY = 8
_SHORTEST_USER = 5
"""Shorter ones are words, or parts of such."""
_USUAL_USERS = frozenset(
    """
    admin administrator centos debian docker fedora guest jenkins jovyan nobody runner system
    ubuntu users vagrant vscode builder coder devel developer student tester worker gitpod
    """.split()
)


def own_words(words: Sequence[str], keys: Sequence[str], home: str, user: str) -> Looking | None:
    """What finds the user's own words, keys, home and name; None if there are none."""
    texts: list[tuple[str, Kind, str]] = []
    expressions = []
    for word in words:
        if len(word) > 2 and word[0] == word[-1] == "/":  # as config/kinds.py tells it
            from synapse.app.redaction.expressions import Expression  # `regex`, where it is used

            expressions.append(Expression(word[1:-1]))
        else:
            texts.append((word, OWN, "word"))
    texts += [(key, KEY, "own-key") for key in keys if len(key) >= _SHORTEST_KEY]
    home = home.rstrip("/")
    if home.count("/") >= 1 and home != "/root" and not re.match(r"/(?:home|Users)/[^/]+$", home):
        texts.append((home, HOME, "home"))
    if len(user) >= _SHORTEST_USER and user.lower() not in _USUAL_USERS:
        texts.append((user, USER, "user"))
    if not texts and not expressions:
        return None
    patterns = [(text.lower(), _pattern(text, kind), kind, label) for text, kind, label in texts]

    def look(text: str, lowered: str) -> Iterator[Finding]:
        for plain, pattern, kind, label in patterns:
            if plain in lowered:
                for match in pattern.finditer(text):
                    yield _found(match.span(), kind, label, plain)
        for expression in expressions:
            for start, end in expression.spans(text):
                yield _found((start, end), OWN, "word", text[start:end])

    return look


def _pattern(text: str, kind: Kind) -> re.Pattern[str]:
    escaped = re.escape(text)
    if kind is USER:
        return re.compile(rf"(?<![\w-]){escaped}(?![\w-])")
    if kind is HOME:
        return re.compile(rf"(?<![\w.]){escaped}(?![\w-])")
    return re.compile(escaped, re.IGNORECASE)


def _found(span: tuple[int, int], kind: Kind, label: str, value: str) -> Finding:
    return Finding(start=span[0], end=span[1], kind=kind, label=label, value=value)
