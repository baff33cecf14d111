"""What is masked: its kinds, how a mask says them, and what was found where."""

from __future__ import annotations

import re

from synapse.record import Record

MASK = re.compile(r"\{[a-z][a-z0-9-]{1,40}-\d{1,9}\}|\{home\}")
"""A mask: `{openai-key-1}`. Braces mean nothing to Markdown, where brackets would turn a line
`[e-mail-1]: text` into a definition that is not shown; without blanks it stays one word of a URL;
and JSON and YAML can hold it as it is.
"""


class Kind(Record):
    """A kind of what is masked."""

    name: str
    """In the singular, as a report says it."""
    plural: str
    warns: bool = False
    """Whether it is a secret: told before something is written where nothing is masked."""


KEY = Kind(name="API key", plural="API keys", warns=True)
TOKEN = Kind(name="token", plural="tokens", warns=True)
PRIVATE_KEY = Kind(name="private key", plural="private keys", warns=True)
PASSWORD = Kind(name="password", plural="passwords", warns=True)
CARD = Kind(name="card number", plural="card numbers", warns=True)
OWN = Kind(name="word of [export] redact", plural="words of [export] redact", warns=True)
EMAIL = Kind(name="e-mail address", plural="e-mail addresses")
USER = Kind(name="user name", plural="user names")
HOME = Kind(name="home folder", plural="home folders")
ADDRESS = Kind(name="private IP address", plural="private IP addresses")
PHONE = Kind(name="phone number", plural="phone numbers")

KINDS = (KEY, TOKEN, PRIVATE_KEY, PASSWORD, CARD, OWN, EMAIL, USER, HOME, ADDRESS, PHONE)
"""In the order of a report."""


class Finding(Record):
    """One place in a text that would be masked."""

    start: int
    end: int
    kind: Kind
    label: str
    """What the mask says: `openai-key`."""
    value: str
    """What stands there, without escapes: equal values get equal masks."""
    sure: bool = True
    """Whether it is worth a warning; what may be a word of a manual is only masked."""

    def __repr__(self) -> str:  # never the value
        return f"Finding({self.label}, {self.start}-{self.end})"
