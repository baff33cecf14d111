"""The options that every command has, but for --help."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def declare(add: Callable[..., object]) -> None:
    """Add them by `add`, the `add_argument` of a parser or of a group of one."""
    add("--config", metavar="FILE", help="read this configuration file")
    add("--db", metavar="URL", help="the database: sqlite:PATH, or a path")
    add("--color", choices=("auto", "always", "never"), help="colours on the terminal")
    add("--accessible", action="store_true", help="for screen readers: nothing drawn or redrawn")
    add("-q", "--quiet", action="store_true", help="no footer, no hints")
    add("-v", "--verbose", action="store_true", help="more detail on standard error")
    add("--no-input", action="store_true", help="never ask; fail and name the flag instead")
    add("--no-pager", action="store_true", help="never start a pager")
    add("--debug", action="store_true", help="show the traceback of an error")
