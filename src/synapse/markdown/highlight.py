"""Colours code line by line with Pygments.

A lexer is resumed where the line before left it, so that a long block costs no more than its
lines, and streamed code looks like code rendered at once. Pygments is imported with the first
block that names a language. What cannot be resumed, and languages unknown to it, stay plain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synapse.markdown.theme import Line, Theme, append

if TYPE_CHECKING:
    from collections.abc import Iterator

# Minified code in one line: some lexers take time quadratic in the length of a line.
_LONGEST = 2_000
# Things that one regular expression of a lexer matches over several lines.
_SPANNING = (("/*", "*/"), ("<!--", "-->"), ("`", "`"), ("--[[", "]]"))
_CACHED_BLOCKS = 4
_IDLE = 100

_Tokens = list[tuple[Any, str]]


class Highlighter:
    """Makes the lines of code blocks, in the styles of one theme."""

    def __init__(self, theme: Theme) -> None:
        self._syntax = theme.syntax
        self._colored = any(theme.syntax.values())
        self._lexers: dict[str, Any] = {}
        self._styles: dict[Any, str] = {}
        self._recent: list[_Block] = []

    def begin(self, info: str) -> CodeLines:
        """Return the maker of the lines of a code block with info string `info`."""
        return CodeLines(self, self._lexer(info))

    def block(self, info: str, code: list[str]) -> list[Line]:
        """Return the lines of a whole block. Cheap if its first lines were asked for lately."""
        for block in self._recent:
            if block.info == info and block.code == code[: len(block.code)]:
                break
        else:
            block = _Block(info, self.begin(info))
            self._recent = [block, *self._recent[: _CACHED_BLOCKS - 1]]
        # The last line may still grow.
        for line in code[len(block.code) : -1]:
            block.code.append(line)
            block.lines.append(block.maker.line(line))
        if len(block.code) == len(code):
            return list(block.lines)
        return [*block.lines, block.maker.copy().line(code[-1])]

    def style(self, token_type: Any) -> str:
        """Return the style of a Pygments token type."""
        style = self._styles.get(token_type)
        if style is None:
            name = str(token_type).removeprefix("Token.")
            style = next((self._syntax[key] for key in self._syntax if name.startswith(key)), "")
            self._styles[token_type] = style
        return style

    def _lexer(self, info: str) -> Any:
        name = (info.split(maxsplit=1) or [""])[0].strip("{}.").lower()
        if not name or not self._colored:
            return None
        if name not in self._lexers:
            self._lexers[name] = _load_lexer(name)
        return self._lexers[name]


class CodeLines:
    """Makes the lines of one code block, first to last."""

    def __init__(self, highlighter: Highlighter, lexer: Any, stack: tuple[str, ...] = ()) -> None:
        self._highlighter = highlighter
        self._lexer = lexer
        self._stack = list(stack) or ["root"]
        self._closer = ""  # what ends the thing spanning lines that we are in
        self._spanning: Any = None  # its token type

    def copy(self) -> CodeLines:
        """Return a maker that goes on from here by itself."""
        other = CodeLines(self._highlighter, self._lexer, tuple(self._stack))
        other._closer, other._spanning = self._closer, self._spanning
        return other

    def line(self, text: str) -> Line:
        """Return the next line of code, given without its newline."""
        if self._lexer is None or len(text) > _LONGEST:
            return [("", text)] if text else []
        line: Line = []
        for token_type, value in self._tokens(text + "\n"):
            value = value.rstrip("\n")
            if value:
                append(line, self._highlighter.style(token_type), value)
        return line

    def _tokens(self, text: str) -> _Tokens:
        try:
            if not _is_resumable(self._lexer):
                return [
                    (kind, value) for _, kind, value in self._lexer.get_tokens_unprocessed(text)
                ]
            return list(self._resume(text))
        except Exception:  # a lexer's own mistake must not cost the reader the code
            self._lexer = None
            return [(None, text)]

    def _resume(self, text: str) -> Iterator[tuple[Any, str]]:
        position = 0
        if self._closer:
            end = text.find(self._closer)
            if end < 0:
                yield self._spanning, text
                return
            position = end + len(self._closer)
            yield self._spanning, text[:position]
            self._closer = ""
        idle = 0  # matches of nothing in a row: a faulty lexer could go on for ever
        while position < len(text):
            if self._begins_spanning(text, position):
                yield self._spanning, text[position:]
                return
            match, action, new_state = self._match(text, position)
            idle = idle + 1 if match and match.end() == position else 0
            if not match or idle > _IDLE:
                yield self._mismatch(text[position])
                position += 1
                idle = 0
                continue
            yield from self._act(action, match)
            position = match.end()
            if new_state is not None:
                self._enter(new_state)

    def _match(self, text: str, position: int) -> tuple[Any, Any, Any]:
        """Return the first match in this state, what to do with it, and the state it leads to."""
        for matcher, action, new_state in self._lexer._tokens[self._stack[-1]]:
            match = matcher(text, position)
            if match:
                return match, action, new_state
        return None, None, None

    def _act(self, action: Any, match: Any) -> Iterator[tuple[Any, str]]:
        if action is None:
            return
        if isinstance(action, tuple):  # a token type
            yield action, match.group()
            return
        for _, token_type, value in action(self._lexer, match):
            yield token_type, value

    def _mismatch(self, character: str) -> tuple[Any, str]:
        if character == "\n":  # Pygments' own way out of a state it is lost in
            self._stack = ["root"]
        return None, character

    def _enter(self, new_state: Any) -> None:
        if isinstance(new_state, int):  # "#pop:2" and the like, as a negative number
            del self._stack[max(1, len(self._stack) + new_state) :]
            return
        for state in new_state if isinstance(new_state, tuple) else (new_state,):
            if state == "#pop":
                if len(self._stack) > 1:
                    self._stack.pop()
            elif state == "#push":
                self._stack.append(self._stack[-1])
            else:
                self._stack.append(state)

    def _begins_spanning(self, text: str, position: int) -> bool:
        """Tell whether something begins here that ends on a later line; if so, remember it.

        Whether it would be a comment or a string is asked of the lexer, given an end to it.
        """
        for opener, closer in _SPANNING:
            if not text.startswith(opener, position):
                continue
            if text.find(closer, position + len(opener)) >= 0:
                continue
            closed = text[position:] + closer
            match, action, _ = self._match(closed, 0)
            if match and match.end() == len(closed) and _is_long_token(action):
                self._closer, self._spanning = closer, action
                return True
        return False


class _Block:
    """A block whose lines were made, all but its last."""

    __slots__ = ("code", "info", "lines", "maker")

    def __init__(self, info: str, maker: CodeLines) -> None:
        self.info = info
        self.maker = maker
        self.code: list[str] = []
        self.lines: list[Line] = []


def _is_long_token(action: Any) -> bool:
    return str(action).startswith(("Token.Comment", "Token.Literal.String"))


def _load_lexer(name: str) -> Any:
    """Return the lexer of language `name`, or None if there is none that goes line by line."""
    from pygments.lexers import get_lexer_by_name  # heavy
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(name)
    except ClassNotFound:
        return None
    return lexer if _is_resumable(lexer) or name in ("json", "jsonl", "ndjson") else None


def _is_resumable(lexer: Any) -> bool:
    from pygments.lexer import ExtendedRegexLexer, RegexLexer  # loaded by whoever has a lexer

    return isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer)
