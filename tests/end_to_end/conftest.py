"""What several of these tests need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loopback import Loopback
from speaker import Speaker, use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def speaker(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Speaker]:
    """The model that is asked unless another is named; the test moves its mouth."""
    monkeypatch.setenv("HERE_KEY", "sk-test")
    mouth = Speaker()
    with Loopback(mouth) as server:
        use(server, home)
        yield mouth
