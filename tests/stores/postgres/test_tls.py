"""A server on another machine is spoken to in secret, and only if it can prove who it is.

`127.1` is the loopback of this machine, written in a way that is not taken for it: so it stands for
another machine.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import trustme
from postgres_cluster import PASSWORD, give
from postgres_server import own_cluster, own_server, server
from program import Ran, run, wait_until

from synapse.errors import StoreUnreachable
from synapse.stores import open_store, set_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres_cluster import Cluster

VERSION = 17  # of the two, the one that is built with OpenSSL
QUOTED = "p%40ss%3Aw%2Frd%3F%23%2541"
ELSEWHERE = "127.1"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> Iterator[Cluster]:
    """Has a certificate for 127.0.0.1, and a database that was set up, with its role's password."""
    settings = {"ssl": "on", "ssl_cert_file": "own.crt", "ssl_key_file": "own.key"}
    with own_cluster(VERSION, settings) as cluster:
        cluster.copy_from(server(VERSION).folder.parent / "pristine")
        certificate = authority.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(str(cluster.data / "own.key"))
        certificate.cert_chain_pems[0].write_to_path(str(cluster.data / "own.crt"))
        for name in ("own.key", "own.crt"):
            (cluster.data / name).chmod(0o600)
            give(cluster.data / name)
        cluster.start()
        cluster.make_roles(["me"])
        cluster.execute("CREATE DATABASE mine OWNER me")
        set_up(cluster.url("mine", "me"))
        yield cluster


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file of authorities; it is what the system trusts."""
    path = tmp_path / "authorities.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return str(path)


def at(cluster: Cluster, host: str = ELSEWHERE, more: str = "") -> str:
    return f"postgresql://me:{QUOTED}@{host}:{cluster.port}/mine{more}"


def ciphers(cluster: Cluster) -> list[bool]:
    """Whether each connection of `me` is encrypted."""
    rows = cluster.execute(
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'me'"
    )
    return [ssl for (ssl,) in rows]


def nobody_is_left(cluster: Cluster) -> None:
    wait_until(lambda: ciphers(cluster) == [])


def test_a_server_elsewhere_must_prove_itself_by_an_authority_of_the_system(
    tls: Cluster, trusted: str
) -> None:
    nobody_is_left(tls)
    with open_store(at(tls)) as store:
        assert store.list_sessions() == []
        assert ciphers(tls) == [True]


@pytest.mark.parametrize("more", ["?sslrootcert=system", "?sslmode=verify-full&sslrootcert=system"])
def test_the_system_is_where_it_is_and_not_where_the_driver_was_built(
    more: str, tls: Cluster, trusted: str
) -> None:
    with open_store(at(tls, more=more)) as store:
        assert store.list_sessions() == []


def test_an_authority_of_ones_own_can_be_named(
    tls: Cluster, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with open_store(at(tls, more=f"?sslrootcert={trusted}")) as store:
        assert store.list_sessions() == []


def test_a_server_of_an_unknown_authority_is_not_spoken_to(
    tls: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with pytest.raises(StoreUnreachable, match=r"safely: .*certificate verify failed") as caught:
        open_store(at(tls))
    assert "sslrootcert=FILE" in str(caught.value.hints)


def test_a_server_with_another_ones_name_is_not_spoken_to(tls: Cluster, trusted: str) -> None:
    with pytest.raises(StoreUnreachable, match=r"server certificate for .* does not match"):
        open_store(at(tls, "localhost", "?sslmode=verify-full&hostaddr=127.0.0.1"))


def test_a_server_without_tls_is_not_told_a_password(trusted: str) -> None:
    with own_server(18) as plain:
        plain.make_roles(["me"])
        with pytest.raises(StoreUnreachable, match="server does not support SSL"):
            open_store(at(plain))
        assert "me" not in plain.log.read_text().split()


def program(url: str, *words: str, **environ: str) -> Ran:
    return run(*words, environ={"DATABASE_URL": url, **environ})


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_clear_text_to_another_machine_is_warned_of_once(mode: str, tls: Cluster) -> None:
    ran = program(at(tls, more=f"?sslmode={mode}"), "sessions", "list")
    assert ran.status == 0
    assert ran.err.count("may go to 127.1 unencrypted") == 1


@pytest.mark.parametrize("more", ["", "?sslmode=require", "?sslmode=verify-ca"])
def test_nothing_is_warned_of_where_all_is_well(more: str, tls: Cluster, trusted: str) -> None:
    ran = program(at(tls, more=more), "sessions", "list")
    assert ran.status == 0
    assert "warning" not in ran.err


def test_on_this_machine_no_certificate_is_needed(tls: Cluster) -> None:
    ran = program(at(tls, "127.0.0.1"), "sessions", "list")
    assert ran.status == 0
    assert "warning" not in ran.err


@pytest.mark.parametrize(
    "words", [["sessions", "list"], ["db", "info"], ["doctor"], ["config", "show"]]
)
@pytest.mark.parametrize("place", ["DATABASE_URL", "SYNAPSE_DATABASE_URL", "--db"])
def test_the_password_is_in_no_output(
    words: list[str], place: str, tls: Cluster, trusted: str
) -> None:
    for url in (at(tls), at(tls, "127.0.0.1"), at(tls, "127.0.0.1:1,127.0.0.2")):
        before = ["--db", url] if place == "--db" else []
        ran = run("-v", *before, *words, environ={} if before else {place: url})
        for secret in (PASSWORD, QUOTED, "w/rd", "w%2Frd"):
            assert secret not in ran.text + ran.err


def test_a_password_on_the_command_line_is_warned_of(
    tls: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run("--db", at(tls, "127.0.0.1"), "sessions", "list")
    assert ran.status == 0
    assert ran.err.count("can see the password behind --db") == 1
    without = at(tls, "127.0.0.1").replace(f":{QUOTED}", "")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)  # libpq asks the process itself
    ran = run("--db", without, "sessions", "list")
    assert ran.status == 0
    assert "warning" not in ran.err


def test_a_wrong_password_is_not_repeated(tls: Cluster) -> None:
    ran = program(at(tls, "127.0.0.1").replace(QUOTED, "Wr0ng"), "sessions", "list")
    assert ran.status == 6
    assert "did not let us in" in ran.err
    assert "Wr0ng" not in ran.err


@pytest.mark.parametrize("way", ["PGPASSWORD", "PGPASSFILE", "~/.pgpass", "service", "PGSERVICE"])
def test_a_password_comes_from_where_libpq_looks_for_it(
    way: str, tls: Cluster, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home))  # libpq asks the process itself
    url = f"postgresql://me@127.0.0.1:{tls.port}/mine"
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    if way == "PGPASSWORD":
        monkeypatch.setenv(way, PASSWORD)
    elif way in ("PGPASSFILE", "~/.pgpass"):
        file = home / ".pgpass"
        file.write_text(f"127.0.0.1:{tls.port}:mine:me:{escaped}\n")
        file.chmod(0o600)
        if way == "PGPASSFILE":
            monkeypatch.setenv(way, str(file.rename(home / "elsewhere")))
    else:
        (home / ".pg_service.conf").write_text(
            f"[mine]\nhost=127.0.0.1\nport={tls.port}\ndbname=mine\nuser=me\npassword={PASSWORD}\n"
        )
        url = "postgresql://?service=mine" if way == "service" else "postgresql://"
        if way == "PGSERVICE":
            monkeypatch.setenv(way, "mine")
    ran = run("sessions", "list", environ={"DATABASE_URL": url, **os.environ})
    assert (ran.status, ran.text) == (0, ""), ran
    assert PASSWORD not in ran.err


def test_of_several_servers_the_one_that_can_be_written_is_taken(tls: Cluster) -> None:
    for hosts in ("127.0.0.1:1,127.0.0.1", "127.0.0.1"):
        with open_store(at(tls, hosts)) as store:
            assert store.list_sessions() == []
