"""Where a provider is, from its row and the user's options, and the key that goes there."""

from __future__ import annotations

from synapse.advice import SET_VARIABLE, Advice
from synapse.errors import ConfigError
from synapse.providers._provider_rows import filled, vendor_of
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import ProviderOptions
    from synapse.providers._provider_rows import ProviderRow


class ApiKey(Record):
    """The key that a provider is handed. Never shown: see `__repr__`."""

    text: str
    is_vendors: bool = False
    """Whether it came from the variable that the vendor's documentation names: it belongs to that
    vendor, and goes to no other machine unencrypted.
    """

    def __repr__(self) -> str:
        return Record.__repr__(self.replace(text="***"))


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
    default_model: str = ""
    """The model that a vendor is asked for by default, to name where another is gone."""
    vendor: str | None = None
    """Whose models are served there at whose prices: a row of the table; None if nobody knows."""
    missing: str = ""
    """The environment variable without which the address is not whole, if it is not set."""

    @property
    def host(self) -> str:
        """`HOST[:PORT]`, or the path of the Unix-domain socket; for messages."""
        return self.unix_socket or _authority(self.base_url)

    @property
    def address(self) -> str:
        """Where it is asked, for messages: a base URL never holds a password."""
        return f"unix:{self.unix_socket}" if self.unix_socket else self.base_url

    @property
    def is_here(self) -> bool:
        """Whether nothing that is sent leaves this machine."""
        return self.unix_socket is not None or _is_loopback(_authority(self.base_url))

    def refuse_gap(self) -> None:
        """Raise ConfigError if it is not known where the server is."""
        if self.missing:
            raise ConfigError(
                f'provider "{self.provider}" can\'t be asked: {self.missing} is not set',
                Advice("Set it:  ", SET_VARIABLE, self.missing, "…"),
                f"or write the whole address as base_url in [providers.{self.provider}].",
            )

    def __repr__(self) -> str:
        return f"Endpoint({self.provider!r}, {self.base_url!r})"


def endpoint_of(
    name: str,
    row: ProviderRow,
    options: ProviderOptions,
    key: ApiKey | None,
    environ: Mapping[str, str],
) -> Endpoint:
    """The endpoint for a row. Raises ConfigError for an address that can't be used, or that
    `key` must not go to.
    """
    base_url, missing = options.base_url, ""
    if base_url is None:
        base_url, missing = filled(row.base_url, environ)
    socket, url = (None, row.base_url) if missing else _address(name, base_url)
    endpoint = Endpoint(
        provider=name,
        base_url=url,
        unix_socket=socket,
        key=key.text if key is not None else None,
        environ=environ,
        key_env=options.api_key_env or row.api_key_env,
        start_hint=row.start_hint,
        default_model=(row.default_model or "") if options.base_url is None else "",
        vendor=vendor_of(name, options),
        missing=missing,
    )
    if key is not None and key.is_vendors:
        _refuse_clear_text(endpoint)
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
            Advice("Keys belong into api_key_env, api_key_cmd or  ", "keys set", name),
        )
    if not authority.strip(":"):
        raise ConfigError(f'provider "{name}": base_url names no host')
    return None, base_url.rstrip("/").removesuffix("/chat/completions").removesuffix(
        "/messages"
    ).removesuffix("/responses")


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


def _refuse_clear_text(endpoint: Endpoint) -> None:
    """A key goes over plain HTTP to another machine only if it was configured for that server."""
    if endpoint.base_url.lower().startswith("http:") and not endpoint.is_here:
        raise ConfigError(
            f"refusing to send the key in {endpoint.key_env} unencrypted to {endpoint.host}",
            f'Use https://, or give provider "{endpoint.provider}" a key of its own'
            " (api_key_env or api_key_cmd).",
        )
