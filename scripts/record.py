"""Records the pictures of the README: the real program in a real pseudo-terminal.

    python scripts/record.py            write docs/images/*.svg
    python scripts/record.py --check    only say which of them show something else; 1 if any do

A shell in a terminal emulator is typed into; what then stands on the screen becomes an SVG, dark
or light as the reader's system is. The answers come from a scripted server on loopback, so that
the same is shown each time; handles and durations may differ.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from loopback import Loopback, openai, scripts  # noqa: E402
from window import Window  # noqa: E402

from synapse.domain import Role, Session, Status, StoredMessage  # noqa: E402
from synapse.stores import open_store  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loopback.server import Exchange

IMAGES = ROOT / "docs" / "images"
COLUMNS = 102

# ------------------------------------------------------------------------------------ the scenes

ANSWER = """\
Use **`shutil.copytree`**; it makes the target and everything below it:

```python
from shutil import copytree

def back_up(source: str, target: str) -> None:
    copytree(source, target, dirs_exist_ok=True)  # merges
```

| argument | what it does |
|---|---|
| `dirs_exist_ok` | goes on if the target exists |
| `symlinks` | copies links as links |
| `ignore` | leaves out what a function names |

1. Permissions are kept, *owners are not*.
2. For another machine, take `rsync`.
"""
SHORT = "With `ignore_patterns`:\n\n```python\nignore=ignore_patterns('*.pyc', '.git')\n```\n"


def ask(window: Window) -> None:
    """One question, one answer with Markdown."""
    command(window, 'synapse "How do I copy a folder in Python?"')


def repl(window: Window) -> None:
    """A conversation at the prompt."""
    window.type("synapse\n")
    window.shows("❯")
    window.type("How do I leave files out when I copy a folder?\r")
    window.until(lambda lines: at_prompt(lines) and shown(lines, "ignore="), "no answer")
    window.type("/rename copying\r")
    window.until(lambda lines: at_prompt(lines) and shown(lines, "copying"), "no name")
    window.type("/quit\r")
    window.until(lambda lines: lines[-1].strip() == "$" and shown(lines, "resume:"), "no end")


def sessions(window: Window) -> None:
    """What a list shows."""
    command(window, "synapse sessions list")
    command(window, "synapse sessions list rust --sort messages")


def search(window: Window) -> None:
    """What was said, in any session."""
    command(window, "synapse sessions search rust -n 3")
    command(window, "synapse sessions search '旅行 OR volumes' role:user")


def command(window: Window, line: str) -> None:
    """Type a command and wait for its end."""
    count = sum(shown_line.startswith("$") for shown_line in window.lines)
    window.type(line + "\n")
    window.until(
        lambda lines: (
            sum(each.startswith("$") for each in lines) == count + 1 and lines[-1].strip() == "$"
        ),
        "the command goes on",
    )


def at_prompt(lines: list[str]) -> bool:
    return bool(lines) and any(line.strip() == "❯" for line in lines[-3:])


def shown(lines: list[str], wanted: str) -> bool:
    return any(wanted in line for line in lines)


SCENES: dict[str, tuple[Callable[[Window], None], int]] = {
    "ask": (ask, 34),
    "repl": (repl, 24),
    "sessions": (sessions, 20),
    "search": (search, 20),
}
"""What is done, and the rows of the window."""

ARCHIVE = (
    ("docker", "Explain volumes and bind mounts", "anthropic", "claude-sonnet-5-5", 7, 0.07),
    (None, "東京 旅行 の計画 🚀", "openai", "gpt-6-luna", 3, 2.2),
    ("rust-book", "Why does Rust have lifetimes at all?", "ollama", "qwen3", 12, 5.1),
    (None, "Regex for ISO dates in Rust", "deepseek", "deepseek-v4-flash", 1, None),
)  # fmt: skip
"""Name, first question, provider, model, turns, hours ago (None: yesterday at 18:02)."""


def evening() -> str:
    """A time zone in which it is between eight and nine in the evening, so that at any hour the
    same is hours ago, and the same was yesterday. POSIX counts them westwards.
    """
    eastwards = (20 - datetime.now(UTC).hour + 12) % 24 - 12
    return f"EVE{-eastwards:+d}"


def fill(url: str) -> None:
    """Conversations of the last two days; the answer of the oldest was cut off."""
    now = datetime.now(UTC)
    yesterday = now.astimezone().replace(hour=18, minute=2) - timedelta(days=1)
    with open_store(url) as store:
        for name, question, provider, model, turns, hours in reversed(ARCHIVE):
            moment = yesterday if hours is None else now - timedelta(hours=hours)
            session = Session.new(provider, model).with_name(name)
            session = session.replace(created_at=moment, updated_at=moment)
            store.create_session(session)
            for turn in range(turns):
                for role in (Role.USER, Role.ASSISTANT):
                    cut_off = hours is None and role is Role.ASSISTANT
                    status = Status.INTERRUPTED if cut_off else Status.COMPLETE
                    text = question if turn == 0 else "And then?"
                    message = StoredMessage.new(session.id, role, text)
                    store.add_message(message.replace(timestamp=moment, status=status))


# ------------------------------------------------------------------------------------- recording


def record(scene: str) -> str:
    """Play a scene; the picture."""
    play, rows = SCENES[scene]

    def answer(exchange: Exchange) -> None:
        text = SHORT if b"leave files out" in exchange.request.body else ANSWER
        events = openai.stream_of(re.findall(r"\s*\S+\s*", text), usage=(31, 164))
        named = (event.replace(b"loopback-1", b"demo-1") for event in events)
        scripts.stream(*named, seconds_apart=0.01)(exchange)

    with tempfile.TemporaryDirectory() as home, Loopback(answer) as server:
        folder = Path(home) / ".config" / "synapse"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "config.toml").write_text(
            'provider = "demo"\n[providers.demo]\nkind = "openai"\nmodel = "demo-1"\n'
            f'base_url = "{server.url}/v1"\n'
        )
        fill(f"sqlite:{folder}/sessions.db")
        os.environ["HOME"] = os.environ["TMPDIR"] = home
        with Window(["sh"], columns=COLUMNS, rows=rows, environ={"PS1": "$ "}) as window:
            window.until(lambda lines: bool(lines) and lines[-1].strip() == "$", "no shell")
            play(window)
            svg = picture(window.screen)
            window.type("\x04")
            window.end()
            return svg


def clean_environment() -> None:
    """Nothing of whoever records may be in the picture, but what finds the programs."""
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
    os.environ.clear()
    os.environ.update(PATH=path, LC_ALL="C.UTF-8", TZ=evening(), no_proxy="127.0.0.1")
    time.tzset()


# ----------------------------------------------------------------------------------- the picture

CELL, LINE, PADDING = 8.4, 19, 16
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
STYLE = """
text { fill: #24292f; }
rect { fill: #ffffff; stroke: #d0d7de; }
.bold { font-weight: bold; } .italics { font-style: italic; } .dim { opacity: 0.6; }
.underscore { text-decoration: underline; }
.red { fill: #cf222e; } .green { fill: #116329; } .brown { fill: #7d4e00; }
.blue { fill: #0969da; } .magenta { fill: #8250df; } .cyan { fill: #1b7c83; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } rect { fill: #0d1117; stroke: #30363d; }
  .red { fill: #ff7b72; } .green { fill: #3fb950; } .brown { fill: #d29922; }
  .blue { fill: #58a6ff; } .magenta { fill: #bc8cff; } .cyan { fill: #39c5cf; }
}
"""


def picture(screen: Any) -> str:
    """The screen as an SVG: a `text` for each run of cells of one style, where it stands."""
    rows = [runs(screen, row) for row in range(screen.lines)]
    while rows and not rows[-1]:
        rows.pop()
    width = round(screen.columns * CELL + 2 * PADDING)
    height = len(rows) * LINE + 2 * PADDING
    body = [
        f'<text x="{PADDING + at * CELL:.1f}" y="{PADDING + (row + 0.75) * LINE:.1f}"'
        f' textLength="{cells * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
        f"{style}>{escape(text)}</text>"
        for row, line in enumerate(rows)
        for at, cells, style, text in line
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}">',
            f"<style>{STYLE}</style>",
            f'<g font-family="{FONTS}" font-size="14" xml:space="preserve">',
            f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
            *body,
            "</g>",
            "</svg>\n",
        ]
    )


def runs(screen: Any, row: int) -> list[tuple[int, int, str, str]]:
    """Column, width, style and text of what stands in a row."""
    found: list[tuple[int, int, str, str]] = []
    for column in range(screen.columns):
        cell = screen.buffer[row][column]
        if not cell.data:  # the second half of a wide character
            at, cells, style, text = found[-1]
            found[-1] = (at, cells + 1, style, text)
            continue
        style = style_of(cell)
        if found and found[-1][2] == style and cell.data.isascii() == found[-1][3].isascii():
            at, cells, _, text = found[-1]
            found[-1] = (at, cells + 1, style, text + cell.data)
        else:
            found.append((column, 1, style, cell.data))
    return [word for run in found for word in words(run)]


def words(run: tuple[int, int, str, str]) -> Iterator[tuple[int, int, str, str]]:
    """The run in pieces, parted where two blanks or more are: columns stay columns in any font."""
    at, cells, style, text = run
    if cells != len(text):  # wide characters: no blanks among them
        yield run
        return
    for found in re.finditer(r"\S+(?: \S+)*", text):
        yield at + found.start(), len(found[0]), style, found[0]


def style_of(cell: Any) -> str:
    names = [name for name in ("bold", "italics", "underscore") if getattr(cell, name)]
    names += [cell.fg] if cell.fg != "default" else []
    return f' class="{" ".join(names)}"' if names else ""


def comparable(svg: str) -> str:
    """The picture without what may differ: handles, durations, and where what follows stands."""
    text = re.sub(r">\s*[^<]*<", lambda found: same(found[0]), svg)
    return re.sub(r' (x|textLength)="[\d.]+"', "", text)


def same(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{8}\b", "########", text)
    text = re.sub(r"\d+(\.\d)? (s|ms)\b", "# s", text)
    return re.sub(r"\d+ min ago", "# min ago", text)


def main() -> int:
    """All scenes."""
    clean_environment()
    outdated = 0
    for scene in SCENES:
        path = IMAGES / f"{scene}.svg"
        svg = record(scene)
        old = path.read_text() if path.exists() else ""
        if comparable(svg) == comparable(old):
            continue
        outdated += 1
        if "--check" in sys.argv:
            print(f"{path.relative_to(ROOT)} shows something else than the program does now")
            report(old, svg)
        else:
            IMAGES.mkdir(exist_ok=True)
            path.write_text(svg)
            print(f"recorded {path.relative_to(ROOT)}")
    return 1 if outdated and "--check" in sys.argv else 0


def report(old: str, new: str) -> None:
    from difflib import unified_diff

    for line in unified_diff(comparable(old).splitlines(), comparable(new).splitlines(), n=0):
        print(line)


if __name__ == "__main__":
    sys.exit(main())
