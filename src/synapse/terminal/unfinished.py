"""Whether what has been typed goes on in another line."""

from __future__ import annotations

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def is_unfinished(text: str) -> bool:
    r"""Whether Enter begins a new line: after a `\`, and within a fenced block of code."""
    if text.endswith("\\") and not text.endswith("\\\\"):
        return True
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.fullmatch(line)
        if found is None:
            continue
        mark, info = found.groups()
        if not fence:
            fence = mark if mark[0] == "~" or "`" not in info else ""
        elif mark.startswith(fence) and not info.strip():
            fence = ""
    return fence != ""
