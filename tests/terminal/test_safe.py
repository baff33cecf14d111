"""Text that we did not write can't act on a terminal."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from synapse.terminal.safe import Cleaner, clean, clean_line

_HOSTILE = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "\ud800",
    "\udfff",
]
_HARMLESS = [*"aZ 9é漢🚀", "\u00a0", "\u200d", "\u200e", "\u3000", "\ufeff", "\U000e0041", "\u0378"]


def hostile_text(rng: random.Random) -> str:
    return "".join(rng.choices(_HOSTILE + _HARMLESS * 3, k=rng.randint(0, 40)))


def test_ordinary_text_is_returned_as_it_is() -> None:
    for text in ("", "plain ~ text", "lines\n\tand tabs", "漢字 é 🚀", "".join(_HARMLESS)):
        assert clean(text) is text or clean(text) == text


@pytest.mark.parametrize("character", _HOSTILE, ids=ascii)
def test_every_control_character_is_replaced(character: str) -> None:
    shown = clean(f"a{character}b")
    if character in "\n\t":
        assert shown == f"a{character}b"
    elif character == "\r":
        assert shown == "a\nb"
    elif character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
        assert shown == f"a<U+{ord(character):04X}>b"
    else:
        assert shown == "a\ufffdb"


def test_line_ends_of_every_kind_become_newlines() -> None:
    assert clean("a\r\nb\rc\nd\r\r\ne") == "a\nb\nc\nd\n\ne"


def test_a_line_stays_a_line() -> None:
    assert clean_line("a\r\nb\tc\x1b[2J") == "a b c\ufffd[2J"


def test_cleaning_clean_text_changes_nothing() -> None:
    rng = random.Random(1)
    for _ in range(500):
        once = clean(hostile_text(rng))
        assert clean(once) == once
        once.encode()


def test_it_does_not_matter_where_the_text_was_cut() -> None:
    rng = random.Random(2)
    for _ in range(2_000):
        text = hostile_text(rng)
        cleaner = Cleaner()
        pieces = []
        rest = text
        while rest:
            size = rng.randint(0, 4)
            pieces.append(cleaner.feed(rest[:size]))
            rest = rest[size:]
        assert "".join(pieces) == clean(text), ascii(text)


def test_a_return_is_shown_at_once_and_its_newline_dropped_later() -> None:
    cleaner = Cleaner()
    assert [cleaner.feed(chunk) for chunk in ("a\r", "", "\n", "\nb")] == ["a\n", "", "", "\nb"]


def test_clean_ascii_costs_one_scan() -> None:
    text = "ordinary text, as most of it is\n" * 30_000
    lines = []
    sys.settrace(lambda *step: lambda *step: lines.append(step[1]))
    try:
        clean(text)
    finally:
        sys.settrace(None)
    assert len(lines) < 20  # a loop over characters has a million


def test_importing_it_imports_next_to_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import synapse.terminal.safe as safe, "
        "synapse.terminal.style, synapse.terminal.cells as cells; "
        "safe.clean('plain\\n'); cells.clip('plain', 3); print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert [name for name in loaded if not name.startswith("synapse")] == ["__future__"]
