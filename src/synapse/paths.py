"""Where configuration and data live. Computed here, created by whoever writes there.

The XDG base directory specification: a variable that is unset, empty or relative does not count.
macOS follows the same rules; Windows has %APPDATA% and %LOCALAPPDATA%.
"""

from __future__ import annotations

import os

from synapse.advice import SET_VARIABLE, Advice
from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_WINDOWS = os.name == "nt"


def home(environ: Mapping[str, str]) -> str:
    """The user's home folder: $HOME, of `environ` or else of this process, else what the user
    database says; an empty or relative $HOME does not count. Raises ConfigError without any.
    """
    for named in (environ.get("HOME", ""), os.environ.get("HOME", "")):
        if os.path.isabs(named):
            return named
    if _WINDOWS:
        return os.path.expanduser("~")
    import pwd  # $HOME is set as a rule

    try:
        known = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a container's user that nobody entered
        known = ""
    if os.path.isabs(known):
        return known
    raise ConfigError(
        f"HOME is {'no whole path' if environ.get('HOME') else 'empty or not set'}, and the user"
        f" {os.getuid()} has no home folder",
        Advice("Name one:  ", SET_VARIABLE, "HOME", "/a/folder"),
    )


def expand(path: str, environ: Mapping[str, str]) -> str:
    """The path with a leading `~` or `~user` replaced by that home folder."""
    if path == "~" or path.startswith("~/"):
        return home(environ) + path[1:]
    return os.path.expanduser(path) if path.startswith("~") else path


def config_dir(environ: Mapping[str, str]) -> str:
    """The folder of the configuration, the keys and, unless told otherwise, the sessions."""
    return _base(environ, "XDG_CONFIG_HOME", ".config", "APPDATA")


def state_dir(environ: Mapping[str, str]) -> str:
    """The folder of logs and histories: what may be lost, but not at every reboot."""
    return _base(environ, "XDG_STATE_HOME", ".local/state", "LOCALAPPDATA")


def cache_dir(environ: Mapping[str, str]) -> str:
    """The folder of downloads: what can be had again."""
    return _base(environ, "XDG_CACHE_HOME", ".cache", "LOCALAPPDATA")


def remembered_servers(environ: Mapping[str, str]) -> str:
    """The file of what servers refuse to be asked; "" where there is no home to keep it in."""
    try:
        return os.path.join(cache_dir(environ), "servers.json")
    except ConfigError:
        return ""


def temporary_dir(environ: Mapping[str, str]) -> str:
    """This user's folder among the temporary files: the last resort when the home is full."""
    base = environ.get("TEMP" if _WINDOWS else "TMPDIR", "")
    if not os.path.isabs(base):
        base = "/tmp"
    return os.path.join(base, "synapse" if _WINDOWS else f"synapse-{os.getuid()}")


def config_file(environ: Mapping[str, str]) -> str:
    """The configuration that is read unless another one is named."""
    return os.path.join(config_dir(environ), "config.toml")


def keys_file(environ: Mapping[str, str]) -> str:
    """The file of the stored API keys."""
    return os.path.join(config_dir(environ), "keys.toml")


def default_database(environ: Mapping[str, str]) -> str:
    """The sessions' file unless a database URL names another."""
    return os.path.join(config_dir(environ), "sessions.db")


def _base(environ: Mapping[str, str], variable: str, below_home: str, windows: str) -> str:
    base = environ.get(windows if _WINDOWS else variable, "")
    if not os.path.isabs(base):
        base = os.path.join(home(environ), below_home)
    return os.path.join(base, "synapse")
