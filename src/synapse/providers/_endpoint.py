"""Where a provider is and with which key, from its row, the user's options and the environment."""

from __future__ import annotations

from synapse.errors import ConfigError, CredentialsError
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import ProviderOptions
    from synapse.providers._rows import ProviderRow


class Endpoint(Record):
    """One server, and what it takes to talk to it."""

    provider: str
    """The provider's name, for messages."""
    base_url: str
    """`http(s)://HOST[:PORT][/PATH]`, without a slash at the end."""
    unix_socket: str | None = None
    """The path of the Unix-domain socket on which the server listens."""
    key: str | None = None
    environ: Mapping[str, str] = {}
    """Where SSL_CERT_FILE and SSL_CERT_DIR are looked up."""
    key_env: str = ""
    """The environment variable that would hold the key, for messages."""
    start_hint: str = ""
    """The command that starts the server, for messages."""

    @property
    def host(self) -> str:
        """`HOST[:PORT]`, or the path of the Unix-domain socket; for messages."""
        return self.unix_socket or _authority(self.base_url)

    @property
    def is_here(self) -> bool:
        """Whether nothing that is sent leaves this machine."""
        return self.unix_socket is not None or _is_loopback(_authority(self.base_url))

    def __repr__(self) -> str:
        return f"Endpoint({self.provider!r}, {self.base_url!r})"


def endpoint_of(
    name: str, row: ProviderRow, options: ProviderOptions, environ: Mapping[str, str]
) -> Endpoint:
    """The endpoint for a row. Raises ConfigError for an unusable address, CredentialsError."""
    socket, url = _address(name, options.base_url or row.base_url)
    key_env = options.api_key_env or row.api_key_env
    endpoint = Endpoint(
        provider=name,
        base_url=url,
        unix_socket=socket,
        key=_key(name, row, options, environ),
        environ=environ,
        key_env=key_env,
        start_hint=row.start_hint,
    )
    _refuse_clear_text(endpoint, options)
    return endpoint


def _address(name: str, base_url: str) -> tuple[str | None, str]:
    """The Unix-domain socket, if any, and the URL.

    `unix:/run/llm.sock` is a server behind that socket with the path `/v1`; another path
    follows a colon, `unix:/run/llm.sock:/api/v1`.
    """
    if any(c.isspace() or not c.isprintable() for c in base_url):
        raise ConfigError(f'provider "{name}": base_url has a space or a control character in it')
    scheme, colon, rest = base_url.partition(":")
    if scheme == "unix" and rest.startswith("/"):
        path, separator, prefix = rest.rpartition(":/")
        if not separator:
            path, prefix = rest, "v1"
        return path, f"http://localhost/{prefix}".rstrip("/")
    if not colon or scheme.lower() not in ("http", "https") or not rest.startswith("//"):
        raise ConfigError(
            f'provider "{name}": base_url must begin with https://, http:// or unix:/',
            'For example:  base_url = "http://localhost:11434/v1"',
        )
    authority = _authority(base_url)
    if "@" in authority or "?" in base_url or "#" in base_url:
        raise ConfigError(
            f'provider "{name}": base_url must hold no user, password, "?" or "#"',
            "Keys belong into api_key_env, api_key_cmd or  synapse keys set " + name,
        )
    if not authority.strip(":"):
        raise ConfigError(f'provider "{name}": base_url names no host')
    return None, base_url.rstrip("/").removesuffix("/chat/completions").removesuffix("/messages")


def _authority(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _is_loopback(authority: str) -> bool:
    host = authority.lower()
    if host.startswith("["):
        return host.partition("]")[0] == "[::1"
    host = host.partition(":")[0].rstrip(".")
    numbers = host.split(".")
    in_net_127 = len(numbers) == 4 and numbers[0] == "127" and all(n.isdigit() for n in numbers)
    return in_net_127 or host == "localhost" or host.endswith(".localhost")


def _key(
    name: str, row: ProviderRow, options: ProviderOptions, environ: Mapping[str, str]
) -> str | None:
    """The key: environment, then `api_key`, then `api_key_cmd`.

    With a `base_url` and a key of the user's own, the variable of the row is left out: what is
    in OPENAI_API_KEY belongs to OpenAI, not to somebody's server.
    """
    own_key = options.api_key is not None or options.api_key_cmd is not None
    variable = options.api_key_env
    if variable is None and not (options.base_url is not None and own_key):
        variable = row.api_key_env
    key = environ.get(variable, "").strip() if variable else ""
    if not key and options.api_key is not None:
        key = options.api_key.strip()
    if not key and options.api_key_cmd is not None:
        key = _run(name, options.api_key_cmd)
    if key:
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise CredentialsError(
                f'the API key for provider "{name}" holds a character that no key has',
                f"Store it again:  synapse keys set {name}",
            )
        return key
    if row.needs_key or options.api_key_env is not None:
        raise CredentialsError(
            f'no API key for provider "{name}"',
            f"Store one:      synapse keys set {name}",
            f"or for now:     export {options.api_key_env or row.api_key_env}=…",
            'Try it without: synapse -p echo "hello"',
        )
    return None


def _run(name: str, command: str) -> str:
    """The first line that the command prints. Its stderr and its questions reach the user."""
    import subprocess

    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, check=False)
    line = done.stdout.decode("utf-8", "replace").strip().partition("\n")[0].strip()
    if done.returncode != 0 or not line:
        raise CredentialsError(
            f'the api_key_cmd of provider "{name}" gave no key (exit {done.returncode})',
            f"Run it yourself to see why:  {command}",
        )
    return line


def _refuse_clear_text(endpoint: Endpoint, options: ProviderOptions) -> None:
    """A key goes over plain HTTP to another machine only if it was configured for that server."""
    own_key = (options.api_key, options.api_key_env, options.api_key_cmd) != (None, None, None)
    clear = endpoint.base_url.lower().startswith("http:") and not endpoint.is_here
    if clear and endpoint.key is not None and not own_key:
        raise ConfigError(
            f"refusing to send the key in {endpoint.key_env} unencrypted to {endpoint.host}",
            f'Use https://, or give provider "{endpoint.provider}" a key of its own'
            " (api_key_env or api_key_cmd).",
        )
