"""What an import must not bring along: keys and passwords, wherever they stand."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SECRET = re.compile(
    r"(?:x[-_])?(?:\w*api[-_ ]?keys?|\w*secret\w*|\w*passw(?:or)?d\w*|authorization"
    r"|proxy[-_]auth\w*|(?:access|refresh|auth|bearer|id|session)[-_]?tokens?|token|cookies?|private[-_]?key"
    r"|credentials?)",
    re.IGNORECASE,
)


def without_secrets(value: Any) -> Any:
    """The value without the fields whose names say that a key or a password stands there."""
    if isinstance(value, dict):
        return {
            name: without_secrets(each)
            for name, each in value.items()
            if not (isinstance(name, str) and _SECRET.fullmatch(name))
        }
    if isinstance(value, list):
        return [without_secrets(each) for each in value]
    return value
