"""What a database URL comes to, and that nothing of a password gets out on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg2.extensions import parse_dsn

from synapse.errors import ConfigError
from synapse.stores.postgres._address import host_in_clear_text, parameters

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = "S3cret"


def read(url: str, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    return parameters(url, {"SSL_CERT_FILE": __file__, **(environ or {})}, parse_dsn)


VERIFIED = {"sslmode": "verify-full", "sslrootcert": __file__}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://", {}),
        ("postgres:///me", {"dbname": "me"}),
        ("postgresql://localhost/me", {"host": "localhost", "dbname": "me"}),
        ("postgresql://127.0.0.1", {"host": "127.0.0.1"}),
        ("postgresql://[::1]:7", {"host": "::1", "port": "7"}),
        ("postgresql:///me?host=/run/pg", {"dbname": "me", "host": "/run/pg"}),
        ("postgresql://%2Frun%2Fpg/me", {"dbname": "me", "host": "/run/pg"}),
        ("host=/run/pg dbname=me", {"dbname": "me", "host": "/run/pg"}),
        ("host=db user='a b'", {"host": "db", "user": "a b", **VERIFIED}),
        ("postgresql+psycopg2://db", {"host": "db", **VERIFIED}),
        (
            "postgres://me@db:7/x",
            {"user": "me", "host": "db", "port": "7", "dbname": "x"} | VERIFIED,
        ),
        (
            "postgresql://me:a%40%2F%3Ab@db",
            {"user": "me", "password": "a@/:b", "host": "db"} | VERIFIED,
        ),
        (
            "postgresql://me:a?b:c#@db",
            {"user": "me", "password": "a?b:c#", "host": "db"} | VERIFIED,
        ),
        ("postgresql://db/?user=me@x", {"user": "me@x", "host": "db"} | VERIFIED),
        ("postgresql://db?sslmode=disable", {"host": "db", "sslmode": "disable"}),
        ("postgresql://db?sslmode=require", {"host": "db", "sslmode": "require"}),
        ("postgresql://db?ssl=true", {"host": "db", "sslmode": "require"}),
        ("postgresql://127.evil.example", {"host": "127.evil.example"} | VERIFIED),
        (
            "postgresql://db?sslrootcert=/ca",
            {"host": "db", "sslmode": "verify-full", "sslrootcert": "/ca"},
        ),
        ("postgresql://db?sslrootcert=system", {"host": "db"} | VERIFIED),
        ("postgresql://db?hostaddr=127.0.0.1", {"host": "db", "hostaddr": "127.0.0.1"}),
        (
            "postgresql://localhost?sslmode=verify-full",
            {"host": "localhost"} | VERIFIED,
        ),
        (
            "postgresql://a:1,b:2/x",
            {"host": "a,b", "port": "1,2", "dbname": "x", "target_session_attrs": "read-write"}
            | VERIFIED,
        ),
        (
            "postgresql://localhost,db/x?target_session_attrs=any",
            {"host": "localhost,db", "port": ",", "dbname": "x", "target_session_attrs": "any"}
            | VERIFIED,
        ),
    ],
)
def test_a_url_is_read_as_libpq_does_and_made_safe(url: str, expected: dict[str, str]) -> None:
    assert read(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p@S3cret@db/x",
        "postgresql://me:p/S3cret@db/x",
        "postgresql://me:1/S3cret@db/x",
        "postgresql://me:p/?S3cret@db/x",
        "postgresql://me:1/?S3cret@db/x",
        "postgresql://me:S3cret%zz@db/x",
        "postgresql://db:S3cret/x",
        "postgresql://db/x?S3cret",
        "postgresql://db/x?password=S3cret&nonsense=S3cret",
        "host=db password='S3cret",
        "host=db S3cret",
        "host=db nonsense=S3cret",
    ],
)
def test_what_cannot_be_read_is_not_quoted_and_is_not_looked_up(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(url)
    assert SECRET not in f"{caught.value} {caught.value.hints}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("postgresql://", {"PGHOST": "db"}, VERIFIED),
        ("postgresql://", {"PGHOST": "db", "PGSSLMODE": "disable"}, {"sslmode": "disable"}),
        ("postgresql://", {"PGHOST": "/run/pg"}, {}),
        ("postgresql://", {"PGHOST": "a,b", "PGTARGETSESSIONATTRS": "any"}, VERIFIED),
        ("postgresql://", {"PGHOST": "a,b"}, VERIFIED | {"target_session_attrs": "read-write"}),
        (
            "postgresql://db",
            {"PGSSLROOTCERT": "/ca"},
            {"host": "db"} | VERIFIED | {"sslrootcert": "/ca"},
        ),
    ],
)
def test_what_libpq_takes_from_the_environment_counts(
    url: str, environ: dict[str, str], expected: dict[str, str]
) -> None:
    assert read(url, environ) == expected


def test_what_the_service_file_says_counts(tmp_path: Path) -> None:
    file = tmp_path / ".pg_service.conf"
    file.write_text(
        "[other]\nhost=x\n[mine]\n# sslmode=allow\nhost = db\nsslmode=require\n[far]\nhost=db\n"
    )
    home = {"HOME": str(tmp_path)}
    assert read("service=mine", home) == {"service": "mine", "sslmode": "require"}
    assert read("postgresql://", {"PGSERVICE": "far", **home}) == VERIFIED
    assert read("postgresql://?service=far&sslmode=disable", home)["sslmode"] == "disable"
    named = {"PGSERVICEFILE": str(file), "HOME": "/nowhere"}
    assert (
        read("postgresql:///x?service=far", named) == {"service": "far", "dbname": "x"} | VERIFIED
    )
    folder = {"PGSYSCONFDIR": str(tmp_path), "HOME": "/nowhere"}
    (tmp_path / "pg_service.conf").write_text("[far]\nhost=/run/pg\n")
    assert read("service=far", folder) == {"service": "far"}


def test_the_users_own_authority_for_postgresql_wins_over_the_systems(tmp_path: Path) -> None:
    own = tmp_path / ".postgresql" / "root.crt"
    own.parent.mkdir()
    own.touch()
    home = {"HOME": str(tmp_path)}
    assert read("postgresql://db", home)["sslrootcert"] == str(own)
    assert read("postgresql://db?sslrootcert=system", home)["sslrootcert"] == __file__


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgresql://me:x@db/x", None),
        ("postgresql://db?sslmode=require", None),
        ("postgresql://db?sslmode=disable", "db"),
        ("postgresql://db?sslmode=prefer", "db"),
        ("postgresql://localhost,db?sslmode=allow", "db"),
        ("postgresql://localhost?sslmode=disable", None),
        ("postgresql:///x?host=/run/pg&sslmode=disable", None),
    ],
)
def test_clear_text_to_another_machine_is_noticed(url: str, host: str | None) -> None:
    assert host_in_clear_text(url, {}, parse_dsn) == host
