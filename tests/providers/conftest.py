"""Fixtures of the providers that speak HTTP."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_HANGING_LOOKUP = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>
typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  if (getenv("LOOKUP_OF_IPV4_ANSWERS") && (!hints || hints->ai_family != AF_INET6))
    return ((lookup *)dlsym(RTLD_NEXT, "getaddrinfo"))("127.0.0.1", service, hints, result);
  if (write(atoi(getenv("LOOKUP_BEGAN")), ".", 1) != 1) abort();
  for (;;) pause();
}
"""


@pytest.fixture(scope="session")
def hanging_lookup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library to preload, with which every look-up of a host name hangs for ever, after it has
    written a byte into the file whose number is in LOOKUP_BEGAN; where LOOKUP_OF_IPV4_ANSWERS is
    set, only those for an address of IPv6.
    """
    folder = tmp_path_factory.mktemp("lookup")
    source, library = folder / "lookup.c", folder / "lookup.so"
    source.write_text(_HANGING_LOOKUP)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library
