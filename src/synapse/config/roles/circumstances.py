"""Variables that a template need not be given: what they stand for is known here.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os
import sys

from synapse.timestamps import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

CHANGING = ("now",)
"""Those that are different for every question: with one in its system prompt, nothing of a
conversation is found in the provider's cache.
"""


def circumstances(names: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """The values of those among `names` that are known."""
    return {name: KNOWN[name](environ) for name in names if name in KNOWN}


def _now(environ: Mapping[str, str]) -> str:
    return now().astimezone().isoformat(timespec="seconds")


def _date(environ: Mapping[str, str]) -> str:
    return now().astimezone().date().isoformat()


def _folder(environ: Mapping[str, str]) -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return ""


def _os(environ: Mapping[str, str]) -> str:
    return {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)


def _distribution(environ: Mapping[str, str]) -> str:
    import platform  # heavy

    try:
        named = platform.freedesktop_os_release()
    except OSError:
        return f"{platform.system()} {platform.release()}"
    return named["PRETTY_NAME"]


def _family(environ: Mapping[str, str]) -> str:
    return "windows" if os.name == "nt" else "unix"


def _architecture(environ: Mapping[str, str]) -> str:
    import platform  # heavy

    return platform.machine()


def _shell(environ: Mapping[str, str]) -> str:
    return os.path.basename(environ.get("SHELL") or environ.get("COMSPEC") or "sh")


def _locale(environ: Mapping[str, str]) -> str:
    named = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or "C"
    return named.partition(".")[0].replace("_", "-")


KNOWN: dict[str, Callable[[Mapping[str, str]], str]] = {
    "now": _now,
    "date": _date,
    "cwd": _folder,
    "os": _os,
    "os_distro": _distribution,
    "os_family": _family,
    "arch": _architecture,
    "shell": _shell,
    "locale": _locale,
}
"""What each is found by. A value that is given, or a default of the role, wins."""
