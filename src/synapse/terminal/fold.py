"""Breaks what we tell the user into lines that fit the terminal.

Our messages set a command off by two blanks, ``Undo:  synapse sessions restore 4c3834c9``. It is
never broken where a copy would no longer run: it goes to a line of its own, and one that is still
too long is continued there as a shell continues it, by a backslash at the end of the line.
"""

from __future__ import annotations

from synapse.terminal import cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_HANGING = "  "
_SHORTEST_TERM = 6
"""Columns by which a description is indented more than what it describes, at least."""
_NARROWEST = 24
"""Columns below which the descriptions of a list go below what they describe."""


def width(text: str) -> int:
    """Return the columns of `text`, as `cells.width`. The marks that our messages draw need no
    table, which costs more to import than a small command.
    """
    plain = text.replace("…", ".").replace("·", ".").replace("→", ".")
    return len(text) if plain.isascii() else cells.width(text)


def fold(text: str, columns: int) -> str:
    """Return `text`, of one or more lines, in lines of at most `columns` columns.

    What follows the first line of each is indented by two blanks more. Words are not cut. `text`
    is safe to show; see `safe`.
    """
    return "\n".join(
        line if width(line) <= columns else "\n".join(_folded(line.rstrip(" "), columns))
        for line in text.split("\n")
    )


def fold_parts(parts: list[str], separator: str, columns: int) -> str:
    """Return `parts` with `separator` between them, where the lines are broken."""
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]}{separator}{part}" if lines[-1] else part
        if lines[-1] and width(longer) > columns:
            lines.append(_HANGING + part)
        else:
            lines[-1] = longer
    return "\n".join(fold(line, columns) for line in lines)


def fold_page(text: str, columns: int) -> str:
    """Return a page of help in `columns` columns: paragraphs, and lists of two columns.

    Paragraphs and entries that fit are left as they are.
    """
    return "\n".join(
        line
        for block in _blocks(text.split("\n"))
        for line in (
            block if all(width(line) <= columns for line in block) else _refolded(block, columns)
        )
    )


def _folded(line: str, columns: int, hanging: str = _HANGING) -> Iterator[str]:
    body = line.lstrip(" ")
    indent = line[: len(line) - len(body)]
    started = indent
    used = len(indent)
    empty = True
    for gap, atom, is_command in _atoms(body):
        if not empty and used + gap + width(atom) > columns:
            yield started
            started = indent + hanging
            used, empty = len(started), True
        if empty and is_command and used + width(atom) > columns:
            *lines, atom = _continued(atom, columns - used)
            for part in lines:
                yield started + part
                started = indent + hanging + _HANGING
                used = len(started)
        started += atom if empty else " " * gap + atom
        used += width(atom) + (0 if empty else gap)
        empty = False
    yield started


def _atoms(body: str) -> Iterator[tuple[int, str, bool]]:
    """Yield what stays together: the blanks before it, its text, and whether it is a command."""
    before = ""
    for gap, segment in _segments(body):
        if _is_command(before, segment):
            yield gap, segment, True
        else:
            for number, word in enumerate(segment.split(" ")):
                yield (1 if number else gap), word, False
        before = segment


def _segments(body: str) -> Iterator[tuple[int, str]]:
    """Yield what runs of two blanks and more divide, and how many there were."""
    gap = 0
    while body:
        end = body.find("  ")
        yield gap, body if end < 0 else body[:end]
        rest = "" if end < 0 else body[end:]
        body = rest.lstrip(" ")
        gap = len(rest) - len(body)


def _is_command(before: str, segment: str) -> bool:
    """Tell whether `segment`, after `before`, must not be broken: no list, and no sentence."""
    if not before.endswith((":", " or", "or", ",", " by", " then")):
        return False
    items = segment.split(", ")
    return len(items) < 3 or any(quote in segment for quote in "\"'")


def _continued(command: str, room: int) -> list[str]:
    """Return a command in lines of `room` columns that a shell takes for one."""
    if command.startswith("/"):  # for our own prompt, or a path: nothing continues these
        return [command]
    lines = [""]
    for word in _shell_words(command):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and width(longer) > room - len(_HANGING) - len(" \\"):
            lines[-1] += " \\"
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _shell_words(command: str) -> Iterator[str]:
    word, quote = "", ""
    for character in command:
        if character == " " and not quote:
            yield word
            word = ""
            continue
        if character in "\"'" and quote in ("", character):
            quote = "" if quote else character
        word += character
    yield word


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Yield the paragraphs and entries of a page: lines that belong together."""
    block: list[str] = []
    for line in lines:
        if block and not _goes_on(block, line):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _goes_on(block: list[str], line: str) -> bool:
    if not line.strip() or not block[-1].strip():
        return False
    if not _indent(block[0]):
        return not _indent(line)
    column = _description(block)
    if column:
        return _indent(line) == column
    return _indent(line) >= _indent(block[0]) + _SHORTEST_TERM


def _refolded(block: list[str], columns: int) -> list[str]:
    column = _description(block)
    if not column:
        text = " ".join(line.strip() for line in block)
        return _filled(text, " " * _indent(block[0]), columns)
    is_beside = block[0][:column].endswith("  ")
    term = block[0][:column].rstrip() if is_beside else block[0]
    first = [block[0][column:]] if is_beside else []
    text = " ".join(line.strip() for line in (*first, *block[1:]))
    if columns - column < _NARROWEST:
        column, is_beside = _indent(term) + 2 * len(_HANGING), False
    lines = _filled(text, " " * column, columns)
    if is_beside and width(term) < column:
        return [term + " " * (column - width(term)) + lines[0][column:], *lines[1:]]
    indent = " " * _indent(term)
    return [*_filled(term.strip(), indent, columns), *lines]


def _filled(text: str, indent: str, columns: int) -> list[str]:
    if indent and " synapse " in f" {text} ":  # an example
        first, *rest = _continued(text, columns - len(indent))
        return [indent + first, *(indent + _HANGING + line for line in rest)]
    return list(_folded(indent + text, columns, ""))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _description(block: list[str]) -> int:
    """Return the column at which the descriptions of an entry of a list begin, 0 if it has none."""
    start = _indent(block[0])
    if not start:
        return 0
    widest = column = 0
    position = start
    for gap, segment in _segments(block[0][start:]):
        position += gap
        if gap > widest:
            widest, column = gap, position
        position += len(segment)
    return column or (_indent(block[1]) if len(block) > 1 else 0)
