"""The browser in which pages are tried, started once for each process of the tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import Chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chromium import Page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A Chromium without a window."""
    program = os.environ["SYNAPSE_TEST_BROWSER"]  # found, or looked for in vain, when tests began
    assert program, "there is no Chromium here; to fetch one:  scripts/browser"
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Chromium(Path(program), Path(folder)) as browser,
    ):
        yield browser


@pytest.fixture
def tab(chromium: Chromium) -> Iterator[Page]:
    """A tab of its own, with its own storage."""
    page = chromium.open()
    yield page
    page.close()
