"""JSON for programs: documents on standard output, harmless on a terminal, exact all the same."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.console import Console

SCHEMA = 1
"""The number of docs/schema.json: within it, fields are only added."""


def write_json(console: Console, value: object) -> None:
    """One JSON document: indented on a terminal, on one line elsewhere."""
    import json  # heavy, and most runs write none

    console.json_ended = True  # though the reader may leave before the end of it
    indent = 2 if console.stdout.is_terminal else None
    _write_json_text(console, json.dumps(value, ensure_ascii=False, indent=indent))


def write_json_line(console: Console, value: object) -> None:
    """One line of JSON."""
    import json  # heavy, and most runs write none

    _write_json_text(console, json.dumps(value, ensure_ascii=False))


def _write_json_text(console: Console, text: str) -> None:
    if console.stdout.is_terminal:
        text = "".join(c if c == "\n" or c.isprintable() else _json_escape(c) for c in text)
    console.stdout.write(text + "\n")


def _json_escape(character: str) -> str:
    """A character that could act on the terminal, exact all the same."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
