"""What is written from the table of options: a configuration to start from, and the reference.

python -m synapse.config.documents example   > config.example.toml
python -m synapse.config.documents reference    (the tables of docs/configuration.md)
"""

from __future__ import annotations

import textwrap

from synapse.config.keypath import dotted, quoted
from synapse.config.options import NAMED_OPTIONS, OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_HEAD = """\
# The configuration of Synapse: every option, each with its default.
# Take away the "#" in front of what you change. Nothing has to be set.
#
# `config check` says what is wrong with this file, `config show` what is in force, and where it
# comes from.
#
# Flags win over environment variables, variables over this file.
"""

_TABLES = {
    "session": "Where conversations are kept, and for how long.",
    "parameters": "How answers are made. A provider that has no such parameter refuses it.",
    "context": "Conversations that outgrow the model's context window.",
    "ui": "The terminal.",
    "repl": "The interactive mode.",
    "export": "Exports.",
    "input": "What is sent along.",
    "output": "What comes back.",
    "aliases": "Short names for models.",
    "roles": "Who answers how, under one name (--role NAME). Or write roles/NAME.md beside this.",
    "prices": "What tokens cost, by PROVIDER/MODEL: where Synapse does not know, or you pay another"
    " price.",
    "providers": "Servers of your own, and changes to those that Synapse knows.",
}

_NAMES = {
    "aliases": "fast",
    "roles": "translator",
    "prices": "my-server/qwen3",
    "providers": "my-server",
}
"""Names that stand for `*`."""


def example(values: Mapping[str, Any] | None = None) -> str:
    """A whole configuration file, every option a comment but for `values`, by key."""
    chosen = values or {}
    lines = [_HEAD]
    table = ""
    for key, _, default, variable, sample, summary in (*OPTIONS, *NAMED_OPTIONS):
        here, _, option = key.rpartition(".")
        if here != table:
            lines += _table_lines(here)
            table = here
        lines += textwrap.wrap(summary, 98, initial_indent="# ", subsequent_indent="# ")
        if default is None and variable:
            lines.append("# Not set. For example:")
        value = chosen.get(key, sample if default is None else default)
        comment = "" if key in chosen else "#"
        option = _NAMES[here] if option == "*" else option
        lines += [f"{comment}{option} = {literal(value)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def reference() -> str:
    """The tables of the manual."""
    lines: list[str] = []
    table = None
    for key, _, default, variable, sample, summary in (*OPTIONS, *NAMED_OPTIONS):
        here = key.rpartition(".")[0]
        if here != table:
            name = here.replace("prices.*", 'prices."PROVIDER/MODEL"').replace(".*", ".NAME")
            lines += ["", f"### {f'`[{name}]`' if name else 'At the top'}", ""]
            if name:
                lines += [_TABLES[here.partition(".")[0]], ""]
            lines += ["| option | default | variable | meaning |", "|---|---|---|---|"]
            table = here
        shown = f"`{literal(default)}`" if default is not None else "–"
        if default is None:
            summary += f" Such as `{literal(sample)}`."
        option = key.rpartition(".")[2].replace("*", "NAME")
        variable = f"`{variable}`" if variable else "–"
        lines.append(f"| `{option}` | {shown} | {variable} | {summary} |")
    return "\n".join(lines).strip() + "\n"


def literal(value: object) -> str:
    """The value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{dotted((name,))} = {literal(inner)}" for name, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return str(value)


def _table_lines(table: str) -> Iterable[str]:
    top, _, name = table.partition(".")
    yield from textwrap.wrap(_TABLES[top], 98, initial_indent="# ", subsequent_indent="# ")
    if name:  # one that is there, even empty, would be a provider
        yield f"#[{dotted((top, _NAMES[top]))}]"
    else:
        yield f"[{table}]"


if __name__ == "__main__":
    import sys

    print({"example": example, "reference": reference}[sys.argv[1]](), end="")
