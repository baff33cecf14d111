"""The two places that keep API keys for us: `keys.toml`, and the system's keychain.

`synapse keys set` and `keys remove` work on them. Which key is used is decided in `config/keys.py`.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os
import stat

from synapse import paths
from synapse.advice import RUN, Advice
from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SERVICE = "synapse"
"""The name under which the system's keychain holds our keys."""

_MAX_BYTES = 1 << 20


def stored_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """What `keys.toml` holds, by provider. Raises ConfigError if it can't be used."""
    path = paths.keys_file(environ)
    text = _read(path)
    return _parsed(path, text) if text is not None else {}


def store_key(name: str, key: str, environ: Mapping[str, str]) -> str:
    """Keep a key; the path of the file. Raises ConfigError."""
    _edit(environ, name, key)
    return paths.keys_file(environ)


def forget_key(name: str, environ: Mapping[str, str]) -> bool:
    """Remove a key from the file; False if it is not there. Raises ConfigError."""
    if name not in stored_keys(environ):
        return False
    _edit(environ, name, None)
    return True


def _edit(environ: Mapping[str, str], name: str, key: str | None) -> None:
    import tomlkit  # heavy, and only for a change

    from synapse.config.writer import exclusive_edit, write_private

    path = paths.keys_file(environ)
    with exclusive_edit(path):
        text = _read(path)
        if text is None:
            text = "# API keys of Synapse, by provider. For your eyes only: mode 0600.\n"
        _parsed(path, text)
        document = tomlkit.parse(text)
        if key is not None:
            document[name] = key
        else:
            document.pop(name, None)
        write_private(path, tomlkit.dumps(document))


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {(error.strerror or '').lower()}") from error
    if mode & 0o077:
        from shlex import quote  # brings `re`

        raise ConfigError(
            f"{path} holds keys, and other users can get at it (mode {mode:04o})",
            Advice("Fix it:  ", RUN, f"chmod 600 {quote(path)}"),
        )
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8") from None


def _parsed(path: str, text: str) -> dict[str, str]:
    from synapse.config import simple_toml

    found = simple_toml.parse(text)
    table = found[0] if found is not None else _parsed_in_full(path, text)
    for name, key in table.items():
        if not isinstance(key, str):
            raise ConfigError(f'{path}: the key of "{name}" must be a text in quotes')
    return table


def _parsed_in_full(path: str, text: str) -> dict[str, Any]:
    import tomllib  # heavy, and the simple reader reads most files

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The parser's message names places and characters, never a value.
        raise ConfigError(f"{path} is no TOML: {error}") from None


def keychain_get(name: str) -> str | None:
    """The key that the system's keychain holds; None without one, or without the extra."""
    try:
        import keyring  # optional
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        key: str | None = keyring.get_password(SERVICE, name)
        return key
    except (KeyringError, RuntimeError):  # none that works here, or it stays locked
        return None


def keychain_set(name: str, key: str | None) -> bool:
    """Put a key into the system's keychain, or with None take it out; False if none was there.

    Raises ConfigError if there is no keychain.
    """
    try:
        import keyring  # optional
        from keyring.errors import KeyringError, PasswordDeleteError
    except ImportError:
        from synapse.installing import install_hint  # only after a fault

        raise ConfigError("the library keyring is not installed", install_hint("keyring")) from None
    try:
        if key is not None:
            keyring.set_password(SERVICE, name, key)
        else:
            keyring.delete_password(SERVICE, name)
    except PasswordDeleteError:
        return False
    except (KeyringError, RuntimeError) as error:
        raise ConfigError(f"the system's keychain can't be used: {error}") from error
    return True
