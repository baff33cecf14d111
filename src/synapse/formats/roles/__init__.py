"""Roles, templates and patterns of other programs, as they keep them in files."""

from __future__ import annotations

import os

from synapse.formats.roles import aichat, fabric, llm
from synapse.formats.roles.foreign import ForeignRole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROGRAMS = {"fabric": fabric, "aichat": aichat, "llm": llm}
"""Each a module with `places`, `in_folder` and `in_file`; of a file that several take for theirs,
the first one is asked.
"""

__all__ = ["PROGRAMS", "ForeignRole", "places", "roles_at"]


def places(program: str | None, environ: Mapping[str, str], home: str) -> list[str]:
    """Where the program keeps its roles on this machine, if it is there; None for every program."""
    return [
        place
        for name, module in PROGRAMS.items()
        if program in (None, name)
        for place in module.places(environ, home)
        if os.path.isdir(place)
    ]


def roles_at(path: str, program: str | None) -> Iterator[ForeignRole]:
    """The roles in a file or a folder, of this program, or of whichever it looks like. What can't
    be read has a `fault`. Raises ValueError if the path itself is neither.
    """
    modules = [module for name, module in PROGRAMS.items() if program in (None, name)]
    if os.path.isdir(path):
        if fabric in modules and fabric.is_pattern(path):  # its files are no roles of aichat
            modules = [fabric]
        for module in modules:
            yield from module.in_folder(path)
        return
    for module in modules:
        found = module.in_file(path)
        if found is not None:
            yield from found
            return
    raise ValueError("it is no role, template or pattern that is known")
