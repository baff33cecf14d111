"""How Synapse was installed, and the commands that put something beside it or renew it.

No command names this distribution to a package index: whoever registered the name there could
run code on the machines of all who follow a hint of ours. A library is installed by its own name
into this very Python; Synapse itself comes from the place that it was installed from.

Loaded for messages only.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from shlex import join, quote

DISTRIBUTION = "synapse-chat"
"""The name in our metadata; pipx and uv call their environments by it."""


def install_hint(library: str, *, again: bool = False) -> str:
    """`Install it:  /path/python -m pip install xllamacpp`, as this environment is looked after:
    by pip, pipx or uv. `again`: it is there, and broken.
    """
    return f"Install it{' again' if again else ''}:  {_install_command(library, again)}"


def _install_command(library: str, again: bool) -> str:
    if _made_by_pipx():
        command = ["pipx", "inject", os.path.basename(sys.prefix), library]
        return join([*command, "--force"] if again else command)
    if has_pip():
        command = [sys.executable, "-m", "pip", "install", library]
        return join([*command, "--force-reinstall"] if again else command)
    if _made_by_uv():
        command = ["uv", "pip", "install", "--python", sys.executable, library]
        return join([*command, "--reinstall"] if again else command)
    python = quote(sys.executable)
    return f"{python} -m ensurepip && {join([sys.executable, '-m', 'pip', 'install', library])}"


def upgrade_hint() -> str:
    """How to upgrade this installation: from the place that it was installed from."""
    place = origin()
    if _made_by_pipx():
        return f"Upgrade:  {join(['pipx', 'upgrade', os.path.basename(sys.prefix)])}"
    if os.path.exists(os.path.join(sys.prefix, "uv-receipt.toml")):
        return f"Upgrade:  uv tool upgrade {DISTRIBUTION}"
    if place is None:
        return "Upgrade Synapse the way it was installed."
    if has_pip() or not _made_by_uv():
        return f"Upgrade:  {join([sys.executable, '-m', 'pip', 'install', '--upgrade', place])}"
    words = ["uv", "pip", "install", "--python", sys.executable, "--upgrade", place]
    return f"Upgrade:  {join(words)}"


def origin() -> str | None:
    """What Synapse was installed from, as pip takes it: a folder, `git+https://…`, an archive's
    address. None if it came from an index, or nobody wrote it down.
    """
    import json  # heavy, and most runs write none
    from importlib.metadata import PackageNotFoundError, distribution  # heavy
    from urllib.parse import unquote, urlsplit, urlunsplit  # heavy

    try:
        told = json.loads(distribution(DISTRIBUTION).read_text("direct_url.json") or "")
        parts = urlsplit(str(told["url"]))
    except (PackageNotFoundError, OSError, ValueError, KeyError, TypeError):
        return None
    if not parts.scheme:
        return None
    if parts.scheme == "file":
        return unquote(parts.path)
    # A user and a password would be shown to whoever looks over a shoulder.
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    vcs = told.get("vcs_info", {})
    return f"{vcs['vcs']}+{plain}" if isinstance(vcs, dict) and "vcs" in vcs else plain


def has_pip() -> bool:
    """Whether `python -m pip` would run here; it is not imported."""
    return PathFinder.find_spec("pip") is not None


def _made_by_pipx() -> bool:
    return os.path.exists(os.path.join(sys.prefix, "pipx_metadata.json"))


def _made_by_uv() -> bool:
    try:
        with open(os.path.join(sys.prefix, "pyvenv.cfg"), encoding="utf-8") as file:
            return any(line.partition("=")[0].strip() == "uv" for line in file)
    except (OSError, UnicodeDecodeError):
        return False
