"""PyMySQL is loaded without what only other machines need, and gets it when a connection asks."""

from __future__ import annotations

import subprocess
import sys


def _run(code: str) -> str:
    """What a Python of its own prints: this one has everything loaded."""
    command = [sys.executable, "-c", f"import sys; sys.path = {sys.path}\n{code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_socket_needs_neither_tls_nor_public_keys() -> None:
    code = """
before = set(sys.modules)
import synapse.stores.mysql.store
print(sorted({"ssl", "getpass", "cryptography"} & (set(sys.modules) - before)))
import getpass, ssl
print(ssl.SSLContext.__name__, getpass.getuser.__name__)
"""
    assert _run(code) == "[]\nSSLContext getuser\n"


def test_a_connection_may_be_encrypted_afterwards() -> None:
    code = """
from synapse.stores.mysql import _link
from pymysql import connections
print(connections.SSL_ENABLED)
context = _link._context("required")
print(connections.SSL_ENABLED, type(context) is connections.ssl.SSLContext)
"""
    assert _run(code) == "False\nTrue True\n"


def test_a_password_may_be_sent_under_the_servers_public_key_afterwards() -> None:
    code = """
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
names = [name for name in sys.modules if name.partition(".")[0] == "cryptography"]
key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
public = key.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
for name in names:
    del sys.modules[name]
from synapse.stores.mysql import _driver
from pymysql import connections
encrypt = lambda: connections._auth.sha2_rsa_encrypt(b"secret", b"s" * 20, public)
try:
    encrypt()
except RuntimeError as error:
    print(error)
print(_driver.allow_public_keys(), len(encrypt()), _driver.allow_public_keys())
"""
    said, then = _run(code).splitlines()
    assert "cryptography" in said
    assert then == "True 128 False"


def test_what_is_loaded_already_is_left_as_it_is() -> None:
    code = """
import ssl, pymysql.connections
from synapse.stores.mysql import _driver
print(pymysql.connections.SSL_ENABLED, sys.modules["ssl"] is ssl)
"""
    assert _run(code) == "True True\n"
