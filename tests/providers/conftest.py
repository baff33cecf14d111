"""Fixtures of the providers that speak HTTP."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_HANGING_LOOKUP = """
#include <netdb.h>
#include <unistd.h>
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) { for (;;) pause(); }
"""


@pytest.fixture(scope="session")
def hanging_lookup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library to preload, with which every look-up of a host name hangs for ever."""
    folder = tmp_path_factory.mktemp("lookup")
    source, library = folder / "lookup.c", folder / "lookup.so"
    source.write_text(_HANGING_LOOKUP)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return library
