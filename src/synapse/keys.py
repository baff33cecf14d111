"""Where API keys come from, and the file that keeps them.

The environment comes first, then `keys.toml` (which `synapse keys set` writes), then the
`api_key_cmd` and the `api_key` of the configuration, and at last the system's keychain if the
extra `keyring` is installed. A key is never taken from a flag: `ps` and the shell's history
would show it.
"""

from __future__ import annotations

import os

from synapse import paths
from synapse.errors import ConfigError, CredentialsError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from synapse.ports import ProviderOptions

COMMAND_TIMEOUT = 60.0
"""Seconds that an `api_key_cmd` may take; it may have to ask for a passphrase."""

SERVICE = "synapse"
"""The name under which the system's keychain holds our keys."""

_MAX_BYTES = 1 << 20


def resolve_key(
    name: str,
    row_env: str,
    options: ProviderOptions,
    environ: Mapping[str, str],
    *,
    keychain: bool = True,
) -> tuple[str, str] | None:
    """The key of the provider `name` and where it came from; None if there is none.

    `row_env` is the variable that the provider's row names, or empty. `keychain` is False for
    providers that work without a key: asking the keychain is slow. Raises ConfigError if
    `keys.toml` can't be used, CredentialsError if the `api_key_cmd` fails.
    """
    variable = key_variable(row_env, options)
    key = environ.get(variable, "").strip()
    if key:
        return key, variable
    path = paths.keys_file(environ)
    stored = stored_keys(environ).get(name)
    if stored is not None:
        return stored, path
    if options.api_key_cmd is not None:
        return _printed_by(name, options.api_key_cmd), "api_key_cmd"
    if options.api_key is not None:
        return options.api_key.strip(), "api_key"
    if keychain and (found := keychain_get(name)):
        return found, "keychain"
    return None


def with_key(
    name: str,
    row_env: str,
    options: ProviderOptions,
    environ: Mapping[str, str],
    *,
    keychain: bool = True,
) -> ProviderOptions:
    """The options with the key that the provider shall use.

    Unchanged if the environment has it: providers look there by themselves, and must know that
    a key is the environment's, which they don't send to just any address. Raises as resolve_key.
    """
    variable = key_variable(row_env, options)
    if environ.get(variable, "").strip():
        return options
    found = resolve_key(name, row_env, options, environ, keychain=keychain)
    return options if found is None else options.replace(api_key=found[0], api_key_cmd=None)


def key_variable(row_env: str, options: ProviderOptions) -> str:
    """The environment variable that may hold the key; empty if there is none.

    Where the user configured an address and a key of its own, the row's variable does not
    count: what is in OPENAI_API_KEY belongs to OpenAI, not to somebody's server.
    """
    if options.api_key_env is not None:
        return options.api_key_env
    own_key = options.api_key is not None or options.api_key_cmd is not None
    return "" if own_key and options.base_url is not None else row_env


def checked(key: str) -> str:
    """The key without white space around it. Raises UsageError if it can't be one."""
    key = key.strip()
    if not key:
        raise UsageError("the key is empty; nothing was stored")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError("the key holds a character that no key has; nothing was stored")
    return key


def masked(key: str) -> str:
    """So much of the key that its owner knows which one it is: `…wxyz`."""
    return f"…{key[-4:]}" if len(key) >= 16 else "…"


# ------------------------------------------------------------------------------------ keys.toml


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
    import tomlkit

    from synapse.config.writer import sole_editor, write_private

    path = paths.keys_file(environ)
    with sole_editor(path):
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
    import stat

    try:
        with open(path, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {(error.strerror or '').lower()}") from error
    if mode & 0o077:
        from shlex import quote

        raise ConfigError(
            f"{path} holds keys, and other users can get at it (mode {mode:04o})",
            f"Fix it:  chmod 600 {quote(path)}",
        )
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8") from None


def _parsed(path: str, text: str) -> dict[str, str]:
    from synapse.config import simple

    found = simple.parse(text)
    table = found[0] if found is not None else _parsed_in_full(path, text)
    for name, key in table.items():
        if not isinstance(key, str):
            raise ConfigError(f'{path}: the key of "{name}" must be a text in quotes')
    return table


def _parsed_in_full(path: str, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The parser's message names places and characters, never a value.
        raise ConfigError(f"{path} is no TOML: {error}") from None


# ---------------------------------------------------------------------------- commands, keychain


def _printed_by(name: str, command: str) -> str:
    import subprocess

    try:
        done = subprocess.run(
            command, shell=True, capture_output=True, check=False, timeout=COMMAND_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise CredentialsError(
            f'the api_key_cmd of provider "{name}" took longer than {COMMAND_TIMEOUT:g} s',
            f"Run it yourself to see why:  {command}",
        ) from None
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    if done.returncode == 0 and lines:
        return lines[0].strip()
    said = done.stderr.decode(errors="replace").strip()[-300:].splitlines()
    raise CredentialsError(
        f'the api_key_cmd of provider "{name}" gave no key (exit status {done.returncode})',
        *said,
        f"Run it yourself to see why:  {command}",
    )


def keychain_get(name: str) -> str | None:
    """The key that the system's keychain holds; None without one, or without the extra."""
    try:
        import keyring
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
        import keyring
        from keyring.errors import KeyringError, PasswordDeleteError
    except ImportError:
        from synapse.installing import install_hint

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
