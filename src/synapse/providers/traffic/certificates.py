"""Which certificate authorities are trusted: the system's, and those that the user names.

libcurl wheels bring no authorities along. A hashed folder (`openssl rehash`) costs next to
nothing, because only the certificate that is needed is read from it; parsing a whole bundle
costs 250 million instructions.
"""

from __future__ import annotations

import os

from synapse.providers.traffic.curl import pycurl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/openssl/certs")
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine, OpenBSD
    "/usr/local/share/certs/ca-root-nss.crt",  # FreeBSD
)


def configure(handle: pycurl.Curl, environ: Mapping[str, str]) -> None:
    """Have `handle` verify the server.

    As with OpenSSL, SSL_CERT_FILE is trusted beside the system's authorities, and SSL_CERT_DIR
    is taken instead of the system's folder.
    """
    file = environ.get("SSL_CERT_FILE") or None
    folder = environ.get("SSL_CERT_DIR") or system_folder()
    if file is None and folder is None:
        file = next((path for path in _BUNDLES if os.path.exists(path)), None)
    handle.setopt(pycurl.SSL_VERIFYPEER, 1)
    handle.setopt(pycurl.SSL_VERIFYHOST, 2)
    if file is None and folder is None:
        handle.setopt(pycurl.SSL_OPTIONS, pycurl.SSLOPT_NATIVE_CA)
        return
    if file is None:
        handle.unsetopt(pycurl.CAINFO)  # or libcurl reads the bundle it was built with as well
    else:
        handle.setopt(pycurl.CAINFO, file)
    if folder is not None:
        handle.setopt(pycurl.CAPATH, folder)


def system_folder() -> str | None:
    """The system's hashed folder of certificates, if it has one."""
    for folder in _FOLDERS:
        try:
            with os.scandir(folder) as entries:
                if any(entry.name.endswith(".0") for entry in entries):
                    return folder
        except OSError:
            continue
    return None
