"""How far a search is, and the index, on a terminal; Ctrl-C in the midst of either.

The program stops itself once a bar is shown, so that nothing depends on how fast the machine is.
"""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest
from large_archive import write_large_archive
from launching import go_on, stopping_at
from window import Window

from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = 20_000


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.db"
    write_large_archive(path, MESSAGES)
    return path


class Stopping(Window):
    """The program, which stops itself once the bar `label` is shown."""

    def __init__(self, archive: Path, label: str, *words: str) -> None:
        self.log = archive.with_name("updates")
        self.label = label
        search = ["--db", f"sqlite:{archive}", "sessions", "search", *words]
        super().__init__(stopping_at(label, self.log, search), columns=80)

    def bar(self) -> re.Match[str]:
        """The line that stands on the screen while the program stands still."""
        bars = re.compile(rf"{self.label} .* ([\d,]+)/([\d,]+) messages\b")
        lines = self.until(lambda lines: any(map(bars.search, lines)), "no bar")
        return next(found for found in map(bars.search, lines) if found)

    def interrupt(self) -> None:
        """Press Ctrl-C while the program stands still: once it is echoed, the signal is there."""
        self.type("\x03")
        self.expect("^C")

    def go_on(self) -> None:
        """Let it go on, once it stands still."""
        go_on(self.process)

    def updates(self) -> list[int]:
        """How far the work was, each time that it said so after it was stopped."""
        return [*map(int, self.log.read_text().split())] if self.log.exists() else []


def test_a_search_without_an_index_tells_how_far_it_is_and_leaves_no_trace(archive: Path) -> None:
    with Stopping(archive, "Searching", "nowhere-to-be-found") as window:
        done, total = (int(text.replace(",", "")) for text in window.bar().groups())
        assert 0 < done < total == MESSAGES
        window.go_on()
        assert window.end() == 1
        assert window.lines == ["No message matches."]
        assert window.updates()[-1] == MESSAGES


@pytest.mark.parametrize("query", ["nowhere", '"disk of the number"', "==", "zz*", "-a"])
def test_ctrl_c_ends_a_search_before_it_reads_on(archive: Path, query: str) -> None:
    with Stopping(archive, "Searching", "--count", "--", query) as window:
        window.bar()
        window.interrupt()
        window.go_on()
        assert window.end() == -signal.SIGINT
        assert not any("Searching" in line for line in window.lines), window.lines
        assert len(window.updates()) <= 1


def test_the_index_tells_how_far_it_is_and_the_next_search_goes_on_with_it(archive: Path) -> None:
    with Stopping(archive, "Indexing", "-n", "1", "disk") as window:
        window.bar()
        window.interrupt()
        window.go_on()
        assert window.end() == -signal.SIGINT
        assert window.lines[-1] == "Stopped indexing; the next search goes on with it."
        assert len(window.updates()) <= 1
    with open_store(f"sqlite:{archive}") as store:
        waiting = store.catch_up_search(seconds=0)
    assert 0 < waiting < MESSAGES
    with Stopping(archive, "Indexing", "-n", "1", "disk") as window:
        _, total = window.bar().groups()
        assert int(total.replace(",", "")) <= waiting
        window.go_on()
        assert window.end() == 0
        assert not any("Indexing" in line for line in window.lines)
    with open_store(f"sqlite:{archive}") as store:
        assert store.catch_up_search(everything=True) == 0
