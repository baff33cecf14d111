"""The HTML that models write into Markdown: a few tags, and ``<details>``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markdown_it.token import Token

BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

_TAG = re.compile(r"<(/?)([a-z]+)(?:\s[^>]*)?>", re.IGNORECASE)
_DETAILS = re.compile(r"\s*</?(?:details|summary)\b", re.IGNORECASE)
_DETAILS_TAG = re.compile(r"</?details\b[^>]*>|</summary\s*>", re.IGNORECASE)
_SUMMARY = re.compile(r"<summary\b[^>]*>(.*?)(?:</summary\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_END_OF_DETAILS = re.compile(r"</details\s*>", re.IGNORECASE)

# Tags that are shown by the style of what they enclose.
_STYLES = {
    **dict.fromkeys(("b", "strong", "kbd", "mark"), "strong"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "emphasis"),
    **dict.fromkeys(("u", "ins"), "link"),
    **dict.fromkeys(("s", "del", "strike"), "strike"),
    **dict.fromkeys(("code", "samp", "tt"), "code"),
}
SCRIPTS = {"sub": "_", "sup": "^"}

_CHARACTERS = "0123456789+-=()aehijklmnoprstuvxβγρφχ"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ"
_RAISABLE = "0123456789+-=()abcdefghijklmnoprstuvwxyzβγδ"
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵝᵞᵟ"
_TABLES = {
    "sub": str.maketrans(_CHARACTERS + "−", _LOWERED + "₋"),
    "sup": str.maketrans(_RAISABLE + "−", _RAISED + "⁻"),
}


class Tag(NamedTuple):
    """A tag that we show in our own way, and where its other half is."""

    name: str
    opens: bool
    partner: int

    @property
    def style(self) -> str:
        """The name of the style in a theme; "" for a script."""
        return _STYLES.get(self.name, "")


def pairs(tokens: list[Token]) -> dict[int, Tag]:
    """Return the tags of known meaning that have both their halves, by their index."""
    found: dict[int, Tag] = {}
    opened: dict[str, list[int]] = {}
    for index, token in enumerate(tokens):
        tag = _TAG.fullmatch(token.content) if token.type == "html_inline" else None
        name = tag[2].lower() if tag else ""
        if not tag or (name not in _STYLES and name not in SCRIPTS):
            continue
        if not tag[1]:
            opened.setdefault(name, []).append(index)
        elif opened.get(name):
            start = opened[name].pop()
            found[start] = Tag(name, opens=True, partner=index)
            found[index] = Tag(name, opens=False, partner=start)
    return found


def script(name: str, text: str, *, ascii_only: bool) -> str:
    """Return the `text` of a <sub> or <sup>: small if there are such characters, else marked."""
    table = _TABLES[name]
    if not ascii_only and all(ord(character) in table for character in text):
        return text.translate(table)
    if text.startswith("[") or not text.strip():
        return text
    return f"{SCRIPTS[name]}{text}" if text.isalnum() else f"{SCRIPTS[name]}({text})"


class Details(NamedTuple):
    """What is within a piece of HTML that begins or ends a <details>."""

    parts: list[tuple[bool, str]]  # whether it is the summary, and the text
    ends: bool


def details(html: str) -> Details | None:
    """Return the parts of a block of HTML if it is of a <details>, else None."""
    if not _DETAILS.match(html):
        return None
    parts = [
        (number % 2 == 1, _DETAILS_TAG.sub("", part).strip())
        for number, part in enumerate(_SUMMARY.split(html))
    ]
    return Details([part for part in parts if part[1]], bool(_END_OF_DETAILS.search(html)))
