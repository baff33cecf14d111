"""On which line of a TOML document a key stands; `tomllib` does not tell.

The document has been parsed before, so its syntax is known to be right.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"""
      \"\"\"(?:\\.|[^\\])*?\"{3,5}      # up to two quotes may stand before the closing three
    | '''.*?'{3,5}
    | "(?:\\.|[^"\\])*"
    | '[^']*'
    | \#[^\n]*
    | [\n\[\]{}=,.]
    | [^\s\[\]{}=,.\#"']+
    """,
    re.VERBOSE | re.DOTALL,
)


def key_lines(document: str, decode: Callable[[str], str]) -> dict[tuple[str, ...], int]:
    """The line, from 1, of every key and table header by its path.

    `decode` gives the name that a quoted key stands for. A path that occurs again (an array of
    tables) keeps its first line.
    """
    return _Scanner(document, decode).scan()


class _Scanner:
    def __init__(self, document: str, decode: Callable[[str], str]) -> None:
        self.lines: dict[tuple[str, ...], int] = {}
        self.decode = decode
        self.tokens: list[tuple[str, int]] = []
        line, end = 1, 0
        for match in _TOKEN.finditer(document):
            line += document.count("\n", end, match.start())
            if not match.group().startswith("#"):
                self.tokens.append((match.group(), line))
            line += match.group().count("\n")
            end = match.end()
        self.tokens.append(("", line))
        self.position = 0

    def scan(self) -> dict[tuple[str, ...], int]:
        table: tuple[str, ...] = ()
        while self.peek():
            if self.peek() == "\n":
                self.position += 1
            elif self.peek() == "[":
                self.skip("[")
                table = self.key(())
                self.skip("]")
            else:
                self.pair(table)
        return self.lines

    def peek(self) -> str:
        return self.tokens[self.position][0]

    def skip(self, *tokens: str) -> None:
        while self.peek() in tokens:
            self.position += 1

    def key(self, prefix: tuple[str, ...]) -> tuple[str, ...]:
        path = prefix
        while self.peek() not in ("=", "]", ""):
            token, line = self.tokens[self.position]
            if token != ".":
                path += (self.decode(token) if token[0] in "\"'" else token,)
                self.lines.setdefault(path, line)
            self.position += 1
        return path

    def pair(self, prefix: tuple[str, ...]) -> None:
        path = self.key(prefix)
        self.skip("=")
        if self.peek() == "{":
            self.inline_table(path)
        else:
            self.value()

    def inline_table(self, path: tuple[str, ...]) -> None:
        self.skip("{")
        while self.peek() not in ("}", ""):
            self.pair(path)
            self.skip(",", "\n")
        self.position += 1

    def value(self) -> None:
        depth = 0
        while self.peek():
            token = self.peek()
            if depth == 0 and token in ("\n", ",", "}"):
                return
            depth += (token in ("[", "{")) - (token in ("]", "}"))
            self.position += 1
