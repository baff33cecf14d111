"""Taking keys out of what is shown."""

from __future__ import annotations

import re

_SHORTEST = 8
"""Characters from which on a key is looked for inside words, too: a shorter one, as servers on this
machine are given, may be a part of any word.
"""


def masked(text: str, secret: str) -> str:
    """`text` with `***` for the secret."""
    if len(secret) >= _SHORTEST:
        return text.replace(secret, "***")
    if not secret:
        return text
    return re.sub(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", "***", text)
