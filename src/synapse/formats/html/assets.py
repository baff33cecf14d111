"""The style sheets and the scripts that pages have in them.

They are the same in every page, so their hashes are, too.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from synapse.formats.html import code

_FOLDER = Path(__file__).parent


@functools.cache
def page_style() -> str:
    """The style sheet of a session's page, with the colours of code."""
    light, dark = code.style_sheet()
    return (
        _read("base.css")
        + _read("page.css")
        + light
        + "@media screen and (prefers-color-scheme:dark){\n"
        + _under(':root:not([data-theme="light"]) ', dark)
        + "}\n@media screen{\n"
        + _under(':root[data-theme="dark"] ', dark)
        + "}\n"
    )


@functools.cache
def page_script() -> str:
    """The script of a session's page."""
    return _script("page.js")


@functools.cache
def index_style() -> str:
    """The style sheet of an archive's index."""
    return _read("base.css") + _read("index.css")


@functools.cache
def index_script() -> str:
    """The script of an archive's index."""
    return _script("index.js")


def _script(name: str) -> str:
    """What every page does, and what this one does, with no name left in the page."""
    return f'(() => {{\n"use strict";\n{_read("base.js")}{_read(name)}}})();\n'


def _under(scope: str, rules: str) -> str:
    """The rules with `scope` before each of their selectors."""
    return re.sub(r"(?m)(^|,)(\.)", rf"\1{scope}\2", rules)


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
