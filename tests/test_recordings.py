"""The pictures of the README show what the program shows now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_recordings_are_up_to_date() -> None:
    """Everything is done again, in a real terminal; handles and durations may differ."""
    script = str(ROOT / "scripts" / "record.py")
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, (
        f"{done.stdout}{done.stderr}\nRecord them anew:  python scripts/record.py"
    )


def test_every_recording_is_in_the_readme_with_a_description() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = dict(re.findall(r"<img src=\"(docs/images/[^\"]+)\" alt=\"([^\"]+)\"", readme))
    assert set(shown) == {f"docs/images/{path.name}" for path in (ROOT / "docs/images").iterdir()}


def test_a_recording_asks_nobody_for_anything() -> None:
    """No script, no link, no font or picture from elsewhere; dark and light."""
    for path in (ROOT / "docs" / "images").iterdir():
        text = path.read_text()
        assert not re.search(r"<script|href|url\(|@import|<image|<foreignObject", text), path
        assert "prefers-color-scheme: dark" in text
