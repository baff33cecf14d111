"""Whose API key is used: the one rule, for every provider and every way to ask one.

The first of these that has one, and no other:

1. the environment: the variable that `api_key_env` names, else the one of the provider's row
2. `keys.toml`, which `synapse keys set` writes
3. what `api_key_cmd` prints; with an `api_key` beside it the command wins, as it is the one that
   can be kept up to date elsewhere
4. `api_key` in the configuration
5. the system's keychain, if the extra `keyring` is installed

Never a flag: `ps` and the shell's history would show it. A provider is handed the key that was
found here and looks nowhere by itself.
"""

from __future__ import annotations

from synapse.advice import ASK, SET_VARIABLE, Advice
from synapse.config.key_store import keychain_get, stored_keys
from synapse.errors import CredentialsError, UsageError
from synapse.paths import keys_file
from synapse.providers._endpoint import ApiKey
from synapse.providers._provider_rows import ProviderRow
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import ProviderOptions
    from synapse.registry import Entry

COMMAND_TIMEOUT = 60.0
"""Seconds that an `api_key_cmd` may take; it may have to ask for a passphrase."""


class Source(Record):
    """Where the key of a provider comes from."""

    origin: str
    """A variable's name, the path of `keys.toml`, `api_key_cmd`, `api_key` or `keychain`."""
    text: str | None
    """The key; None for a command that has not been run."""
    is_vendors: bool = False
    """See `ApiKey.is_vendors`."""


def key_for(
    name: str, row: Entry | None, options: ProviderOptions, environ: Mapping[str, str]
) -> ApiKey | None:
    """The key that the provider `name` is handed; None if it has none and needs none.

    Raises ConfigError if `keys.toml` can't be used, CredentialsError if there is no key where
    one is needed or was promised, if the `api_key_cmd` fails, or if what was found is no key.
    """
    source = source_of(name, row, options, environ)
    if source is None:
        if _must_have_one(row, options):
            raise _missing(name, _variable_of(row, options))
        return None
    text = source.text
    if text is None:
        assert options.api_key_cmd is not None
        text = _printed_by(name, options.api_key_cmd)
    if not _can_be_a_key(text):
        raise CredentialsError(
            f'the API key for provider "{name}" holds a character that no key has',
            Advice("Store it again:  ", "keys set", name),
        )
    return ApiKey(text=text, is_vendors=source.is_vendors)


def source_of(
    name: str, row: Entry | None, options: ProviderOptions, environ: Mapping[str, str]
) -> Source | None:
    """The first source that has a key, without running a command; None if none has.

    Raises ConfigError if `keys.toml` can't be used.
    """
    variable = key_variable(row, options)
    if text := environ.get(variable, "").strip():
        return Source(origin=variable, text=text, is_vendors=options.api_key_env is None)
    if text := stored_keys(environ).get(name, "").strip():
        return Source(origin=keys_file(environ), text=text)
    if options.api_key_cmd is not None:
        return Source(origin="api_key_cmd", text=None)
    if text := (options.api_key or "").strip():
        return Source(origin="api_key", text=text)
    if asks_keychain(row, options) and (text := (keychain_get(name) or "").strip()):
        return Source(origin="keychain", text=text)
    return None


def key_variable(row: Entry | None, options: ProviderOptions) -> str:
    """The environment variable that may hold the key; empty if there is none.

    Where the user configured an address and a key of its own, the row's variable does not
    count: what is in OPENAI_API_KEY belongs to OpenAI, not to somebody's server.
    """
    own_key = options.api_key is not None or options.api_key_cmd is not None
    if own_key and options.base_url is not None:
        return options.api_key_env or ""
    return _variable_of(row, options)


def asks_keychain(row: Entry | None, options: ProviderOptions) -> bool:
    """Whether the keychain is asked, which is slow and may have to be unlocked: not for the
    servers on this machine that Synapse knows and that need no key.
    """
    here = isinstance(row, ProviderRow) and not row.needs_key
    return not here or options.base_url is not None


def checked(key: str) -> str:
    """The key without white space around it. Raises UsageError if it can't be one."""
    key = key.strip()
    if not key:
        raise UsageError("the key is empty; nothing was stored")
    if not _can_be_a_key(key):
        raise UsageError("the key holds a character that no key has; nothing was stored")
    return key


def masked(key: str) -> str:
    """So much of the key that its owner knows which one it is: `…wxyz`."""
    return f"…{key[-4:]}" if len(key) >= 16 else "…"


def _can_be_a_key(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _variable_of(row: Entry | None, options: ProviderOptions) -> str:
    return options.api_key_env or (row.api_key_env if isinstance(row, ProviderRow) else "")


def _must_have_one(row: Entry | None, options: ProviderOptions) -> bool:
    return options.api_key_env is not None or (isinstance(row, ProviderRow) and row.needs_key)


def _missing(name: str, variable: str) -> CredentialsError:
    return CredentialsError(
        f'no API key for provider "{name}"',
        Advice("Store one:      ", "keys set", name),
        Advice("or for now:     ", SET_VARIABLE, variable, "…"),
        Advice("Try it without: ", ASK, "hello", provider="echo"),
    )


def _printed_by(name: str, command: str) -> str:
    """The first line that the command prints. What it asks and says on standard error reaches
    the user, who has the keyboard meanwhile.
    """
    import subprocess  # heavy

    try:
        done = subprocess.run(
            command, shell=True, stdout=subprocess.PIPE, check=False, timeout=COMMAND_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise CredentialsError(
            f'the api_key_cmd of provider "{name}" took longer than {COMMAND_TIMEOUT:g} s',
            f"Run it yourself to see why:  {command}",
        ) from None
    line = done.stdout.decode(errors="replace").strip().partition("\n")[0].strip()
    if done.returncode == 0 and line:
        return line
    raise CredentialsError(
        f'the api_key_cmd of provider "{name}" gave no key (exit status {done.returncode})',
        f"Run it yourself to see why:  {command}",
    )
