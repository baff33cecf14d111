"""`importlib.import_module`. The package imports `warnings`: a million."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def import_module(name: str) -> ModuleType:
    """The module of this whole name. Raises whatever its import raises."""
    __import__(name)
    return sys.modules[name]
