"""Whether a value can be a secret, or stands for one, or is a piece of a program."""

from __future__ import annotations

import re
from math import log2

from synapse.app.redaction.kinds import MASK

_NO_VALUE = re.compile(
    r"""\$|%[(sd{]|\{|<[\w -]*>?$|\#\{|@\w+@$|\[|env\(|os\.|process\.|secrets?\.|config|vault:|
    [*•.x_#?-]+$|None\b|null\b|nil\b|true\b|false\b|undefined\b|your[_ -]|
    my[_ -]?(?:api|secret|pass|token)|
    (?:https?|file)://|/|\./|~/|arn:""",
    re.IGNORECASE | re.VERBOSE,
)
_TYPES = frozenset(
    """
    str string text bytes int integer bool boolean varchar char object any optional required none
    null the a an and or is not your my this that new old set get same hidden empty missing invalid
    incorrect wrong changed reset here enter see if required; field input value yes no
    """.split()
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_.]*$")
_SECRET_CHARACTERS = re.compile(r"[A-Za-z0-9+/=_.~:%!@#$^*-]+$")
_NAME = re.compile(r"passw|passwd|passphrase|pwd|secret|token|key", re.IGNORECASE)
_PARTS = re.compile(r"[A-Za-z0-9+]+")
_CAMEL = re.compile(r"[a-z][A-Z]")
_CAMEL = re.compile(r"[a-z][A-Z]")
_TURNS = re.compile(r"\d[A-Za-z]|[A-Za-z]\d")
_MIXED = re.compile(r"[A-Za-z]+\d+[A-Za-z]|\d+[A-Za-z]+\d")
_PLACEHOLDER = re.compile(
    r"pass(?:word|wd)?\d*$|secret$|pw$|pwd$|example|changeme|change-me|placeholder|dummy|test|"
    r"foobar|xxxx|1234$|letmein$|user$|admin$|root$",
    re.IGNORECASE,
)


def is_password(value: str, *, quoted: bool, is_line: bool = False) -> bool:
    """Whether this can be somebody's password. `is_line`: it ends a line that only gives it."""
    if len(value) < (2 if quoted else 3) or _stands_for_one(value):
        return False
    folded = value.lower().strip("*_")
    if folded in _TYPES:
        return False
    if quoted:
        return not value.isspace() and value.count(" ") <= 7
    if _IDENTIFIER.match(value):
        return is_line and "." not in value and not _NAME.search(value)
    if not any(character.isdigit() or character in "!@#$%^&*+?~" for character in value):
        return is_line
    return len(value) >= 4 or value.isdigit()


def is_secret(value: str, *, quoted: bool, is_line: bool = False) -> bool:
    """Whether this can be a key or a token. `is_line`: a line of a .env file gives it."""
    if (
        len(value) < (6 if is_line else 8)
        or _stands_for_one(value)
        or not (
            value.isprintable() and " " not in value if quoted else _SECRET_CHARACTERS.match(value)
        )
    ):
        return False
    if is_line:
        return any(character.isdigit() for character in value) and not value.isdigit()
    if len(value) < 16:
        return quoted and _MIXED.search(value) is not None and len(set(value)) > 6
    return is_random(value)


def is_random(value: str) -> bool:
    """Whether nobody would write this by hand: letters and digits mixed inside one part of it,
    and many different ones; or a password that is no usual example.
    """
    if len(value) < 16:
        return (
            len(value) >= 6 and any(c.isdigit() for c in value) and not _PLACEHOLDER.search(value)
        )
    longest = max(_PARTS.findall(value), key=len, default="")
    mixed = len(longest) >= 8 and any(c.isdigit() for c in longest)
    mixed = mixed and any(c.isalpha() for c in longest)
    if not mixed and len(longest) >= 20:  # 20 letters of both cases, in no order
        mixed = len(_CAMEL.findall(longest)) >= len(longest) // 6
    if not mixed and len(value) >= 32:
        turns = len(_TURNS.findall(value)) >= 5 or (
            len(value) >= 40  # as a secret key of AWS
            and all(any(map(kind, value)) for kind in (str.isdigit, str.islower, str.isupper))
        )
        return turns and entropy(value) >= 4.2
    return mixed and entropy(value) >= 2.9


def entropy(value: str) -> float:
    """Bits a character, as far as the value itself tells."""
    size = len(value)
    return -sum(n / size * log2(n / size) for n in map(value.count, set(value)))


def _stands_for_one(value: str) -> bool:
    if _NO_VALUE.match(value) or len(set(value)) == 1:
        return True
    without = MASK.sub("", value)
    return without != value and sum(map(str.isalnum, without)) < 4
