"""Compares ways to show Markdown while it arrives.

    python benchmarks/render.py [--rate 400] [--size 100x30] [--part 1.0] [APPROACH...]

Each approach shows the same answer, token by token, on a pseudo-terminal of its own, and the table
says what that took: bytes sent to the terminal, processor time of the stream alone (imports and
the first, empty frame are not counted), sequences that erase, and how many lines of the final
scrollback differ from the same approach rendering the whole at once. "aider" takes part if
aider-chat is installed (``pip install --no-deps aider-chat``); it renders with rich, too.
"""

from __future__ import annotations

import command_line  # noqa: F401 - faults become lines

# isort: split
import argparse
import difflib
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("src", "tests")]

from markdown import documents  # noqa: E402 (found by the line above)
from markdown.screens import shown  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EMULATED = 4_000_000  # bytes; the emulator takes minutes for more
_ERASES = re.compile(r"\x1b\[\d*[JKMX]")


class Screen(NamedTuple):
    """The size of the terminal."""

    columns: int
    rows: int


class Result(NamedTuple):
    """What one approach took."""

    output: str
    seconds: float  # processor time
    elapsed: float


# The approaches: each shows `tokens` as they come.


def show_raw(tokens: Iterator[str], screen: Screen) -> None:
    for token in tokens:
        sys.stdout.write(token)
        sys.stdout.flush()


def show_ours(tokens: Iterator[str], screen: Screen) -> None:
    from synapse.markdown import MarkdownStream

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    stream = MarkdownStream(write, lambda: screen)
    for token in tokens:
        stream.feed(token)
    stream.close()


def show_rich(tokens: Iterator[str], screen: Screen, overflow: str = "ellipsis") -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.markdown import Markdown

    text = ""
    console = Console(force_terminal=True, width=screen.columns, height=screen.rows)
    with Live(console=console, refresh_per_second=12, vertical_overflow=overflow) as live:  # type: ignore[arg-type]
        for token in tokens:
            text += token
            live.update(Markdown(text))


def show_rich_visible(tokens: Iterator[str], screen: Screen) -> None:
    show_rich(tokens, screen, "visible")


def show_aider(tokens: Iterator[str], screen: Screen) -> None:
    from aider.mdstream import MarkdownStream  # type: ignore[import-not-found,import-untyped,unused-ignore]

    stream = MarkdownStream()
    text = ""
    for token in tokens:
        text += token
        stream.update(text)
    stream.update(text, final=True)


# What the scrollback should hold in the end.


def rendered_by_us(text: str, screen: Screen) -> str:
    from synapse.markdown import render

    return render(text, min(screen.columns, 100))


def rendered_by_rich(text: str, screen: Screen) -> str:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(
        file=io.StringIO(), force_terminal=True, width=screen.columns, height=screen.rows
    )
    console.print(Markdown(text))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def rendered_by_aider(text: str, screen: Screen) -> str:
    from aider.mdstream import NoInsetMarkdown  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from rich.console import Console

    console = Console(file=io.StringIO(), force_terminal=True, width=screen.columns)
    console.print(NoInsetMarkdown(text))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def rendered_raw(text: str, screen: Screen) -> str:
    return text


class Approach(NamedTuple):
    """A way to show an answer as it arrives, and the same at once."""

    title: str
    show: Callable[[Iterator[str], Screen], None]
    whole: Callable[[str, Screen], str]


APPROACHES = {
    "raw": Approach("raw tokens", show_raw, rendered_raw),
    "synapse": Approach("**Synapse**, 15/s", show_ours, rendered_by_us),
    "aider": Approach("aider `MarkdownStream`", show_aider, rendered_by_aider),
    "rich": Approach("rich Live+Markdown, `ellipsis`, 12/s", show_rich, rendered_by_rich),
    "rich-visible": Approach("rich Live, `visible`, 12/s", show_rich_visible, rendered_by_rich),
}


def main() -> None:
    arguments = _parse()
    screen = Screen(*map(int, arguments.size.split("x")))
    text = documents.answer()[: int(len(documents.answer()) * arguments.part)]
    if arguments.child:
        _play(APPROACHES[arguments.child], text, screen, arguments.rate)
        return
    tokens = documents.tokens(text)
    print(
        f"{len(text.encode()):,} bytes, {len(tokens):,} tokens at {arguments.rate:g}/s, "
        f"{screen.columns}×{screen.rows}\n"
    )
    print("| approach | bytes | × source | CPU s | µs/token | took s | erases | lines wrong |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name in arguments.approach or APPROACHES:
        result = _run(name, screen, arguments)
        if result is not None:
            print(_row(APPROACHES[name], result, text, len(tokens), screen), flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("approach", nargs="*", help=", ".join(APPROACHES))
    parser.add_argument("--rate", type=float, default=400, help="tokens per second")
    parser.add_argument("--size", default="100x30", help="columns x rows of the terminal")
    parser.add_argument("--part", type=float, default=1.0, help="how much of the answer")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for name in arguments.approach:
        if name not in APPROACHES:
            parser.error(f"no such approach: {name}")
    return arguments


def _play(approach: Approach, text: str, screen: Screen, rate: float) -> None:
    """Show `text` on standard output as it would arrive; tell on standard error what it took."""
    clocks: list[float] = []

    def arriving() -> Iterator[str]:
        start = time.monotonic()
        for number, token in enumerate(documents.tokens(text)):
            wait = start + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            if not clocks:
                clocks.extend((time.process_time(), time.monotonic()))
            yield token

    if approach.show is not show_raw:
        approach.whole("# warm *up*\n\n```python\nx\n```\n", screen)  # imports
    approach.show(arriving(), screen)
    sys.stdout.flush()
    report = [time.process_time() - clocks[0], time.monotonic() - clocks[1]]
    print(json.dumps(report), file=sys.stderr)


def _run(name: str, screen: Screen, arguments: argparse.Namespace) -> Result | None:
    controller, terminal = pty.openpty()
    fcntl.ioctl(
        terminal, termios.TIOCSWINSZ, struct.pack("HHHH", screen.rows, screen.columns, 0, 0)
    )
    command = [sys.executable, __file__, "--child", name, "--size", arguments.size]
    command += ["--rate", str(arguments.rate), "--part", str(arguments.part)]
    environment = {
        **os.environ,
        "TERM": "xterm-256color",
        "COLUMNS": str(screen.columns),
        "LINES": str(screen.rows),
    }
    with subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=subprocess.PIPE, env=environment
    ) as child:
        os.close(terminal)
        received = bytearray()
        while True:
            try:
                data = os.read(controller, 65_536)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            received += data
        assert child.stderr is not None
        report = child.stderr.read().decode()
    os.close(controller)
    if child.returncode != 0:
        print(f"{name}: {report.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    seconds, elapsed = json.loads(report.splitlines()[-1])
    # The terminal driver made CR LF of each LF; count what the program wrote.
    return Result(received.decode().replace("\r\n", "\n"), seconds, elapsed)


def _row(approach: Approach, result: Result, text: str, tokens: int, screen: Screen) -> str:
    size = len(result.output.encode())
    wrong = "too long to tell"
    if size <= _EMULATED:
        got = shown(result.output, *screen)
        wanted = shown(approach.whole(text, screen), *screen)
        wrong = str(sum(line[0] in "+-" for line in difflib.ndiff(wanted, got)))
    return (
        f"| {approach.title} | {size:,} | {size / len(text.encode()):.2f} | {result.seconds:.2f} "
        f"| {result.seconds / tokens * 1e6:.0f} | {result.elapsed:.1f} "
        f"| {len(_ERASES.findall(result.output)):,} | {wrong} |"
    )


if __name__ == "__main__":
    main()
