"""What libcurl says when a connection fails, as one of Synapse's errors."""

from __future__ import annotations

import errno

from synapse.advice import RETRY, SET_VARIABLE, Advice
from synapse.errors import NetworkError
from synapse.providers import _error_responses as _faults
from synapse.providers.traffic.curl import pycurl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.advice import Hint
    from synapse.errors import SynapseError
    from synapse.providers._endpoint import Endpoint
    from synapse.providers.traffic.transfer import Failure

_PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY")
_CERTIFICATE = frozenset(
    (
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_ISSUER_ERROR,
        pycurl.E_SSL_INVALIDCERTSTATUS,
    )
)
_BROKEN = frozenset(
    (pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR, pycurl.E_GOT_NOTHING, pycurl.E_PARTIAL_FILE)
)
_NOT_HTTP = frozenset((pycurl.E_UNSUPPORTED_PROTOCOL, pycurl.E_FTP_WEIRD_SERVER_REPLY))
_CONNECT = frozenset(
    (
        pycurl.E_COULDNT_RESOLVE_HOST,
        pycurl.E_COULDNT_RESOLVE_PROXY,
        pycurl.E_COULDNT_CONNECT,
        pycurl.E_OPERATION_TIMEDOUT,
    )
)


def may_pass(failure: Failure, endpoint: Endpoint) -> bool:
    """Whether the same request may succeed a moment later."""
    if failure.begun or failure.proxy_status not in (0, 200):
        return False
    if failure.code == pycurl.E_COULDNT_CONNECT and endpoint.is_here:
        return False  # nothing listens here, and nothing will in two seconds
    return failure.code in _CONNECT or failure.code in _BROKEN


def error_of(failure: Failure, endpoint: Endpoint, connect_timeout: float) -> SynapseError:
    """The error for a failed transfer, with the next step."""
    code, host = failure.code, endpoint.host
    if failure.proxy_status not in (0, 200):
        return _faults.proxy_refused(failure.proxy_status)
    if code in _CERTIFICATE:
        return _certificate(failure, host)
    if code in _NOT_HTTP:
        return _faults.not_an_api(endpoint, "it does not speak HTTP")
    if code in _BROKEN:
        return _broken(failure, endpoint)
    if code == pycurl.E_SSL_CACERT_BADFILE:
        return NetworkError(
            "the certificates in SSL_CERT_FILE or SSL_CERT_DIR can't be read",
            "Set them to a PEM file, or a folder made by  openssl rehash",
        )
    if code == pycurl.E_SSL_CONNECT_ERROR:
        return _handshake(failure, endpoint)
    return NetworkError(
        _connect_message(failure, endpoint, connect_timeout), *_connect_hints(failure, endpoint)
    )


def _connect_message(failure: Failure, endpoint: Endpoint, connect_timeout: float) -> str:
    host = endpoint.host
    if failure.code == pycurl.E_COULDNT_RESOLVE_HOST:
        return f'no host is called "{host.rpartition(":")[0] or host}", or no name server answers'
    if failure.code == pycurl.E_COULDNT_RESOLVE_PROXY:
        return "the proxy of the environment can't be found"
    if failure.code == pycurl.E_OPERATION_TIMEDOUT:
        return f"no connection to {host} within {connect_timeout:g} s"
    if failure.errno == errno.ECONNREFUSED:
        return f"{host} refused the connection"
    if failure.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN):
        return f"{host} can't be reached from this network"
    if failure.errno == errno.ENOENT and endpoint.unix_socket:
        return f"there is no socket {host}"
    if failure.errno in (errno.EACCES, errno.EPERM):
        return f"not permitted to connect to {host}"
    return f"no connection to {host}: {_faults.clean(failure.text, endpoint.key)}"


def _connect_hints(failure: Failure, endpoint: Endpoint) -> list[Hint]:
    if endpoint.is_here:
        start = f"  {endpoint.start_hint}" if endpoint.start_hint else ""
        return [f"Is the server running?{start}"]
    proxies = [name for name in _PROXY_VARIABLES if endpoint.environ.get(name)]
    if proxies:
        return [f"The environment sets a proxy ({', '.join(proxies)}); is it right?"]
    return [Advice("Check the network, then:  ", RETRY)]


def _certificate(failure: Failure, host: str) -> SynapseError:
    reason = failure.text.rpartition(": ")[2]
    return NetworkError(
        f"the certificate of {host} can't be verified: {_faults.clean(reason)}",
        "If it is signed by an authority of your own, name its file:",
        Advice("  ", SET_VARIABLE, "SSL_CERT_FILE", "/path/to/ca.pem"),
    )


def _handshake(failure: Failure, endpoint: Endpoint) -> SynapseError:
    hint: Hint = Advice("Check the network, then:  ", RETRY)
    if "wrong version number" in failure.text or "packet length too long" in failure.text:
        hint = f'The server may speak plain HTTP: base_url = "http{endpoint.base_url[5:]}"'
    return NetworkError(
        f"the TLS handshake with {endpoint.host} failed: {_faults.clean(failure.text)}", hint
    )


def _broken(failure: Failure, endpoint: Endpoint) -> SynapseError:
    ended = failure.code == pycurl.E_PARTIAL_FILE or "unexpected eof" in failure.text
    if failure.begun and (ended or "chunk" in failure.text):
        return _faults.cut_short()
    if failure.code == pycurl.E_GOT_NOTHING:
        return NetworkError(
            f"{endpoint.host} closed the connection without an answer", Advice("Again:  ", RETRY)
        )
    return NetworkError(f"the connection to {endpoint.host} broke", Advice("Again:  ", RETRY))
