"""No form in which a database is named shows a password."""

from __future__ import annotations

import pytest

from synapse import config
from synapse.advice import Advice
from synapse.cli.context import Context
from synapse.errors import ConfigError
from synapse.stores import open_store, without_password
from synapse.stores._url import split
from synapse.terminal.streams import Streams

SECRET = "S3cret"


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("postgresql://me:S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgres://me:S3cret@h1:5432,h2:5433/x?a=b", "postgres://me:***@h1:5432,h2:5433/x?a=b"),
        ("postgresql+psycopg2://me:S3cret@db", "postgresql+psycopg2://me:***@db"),
        ("mysql://me:S3cret@[::1]:3306/x", "mysql://me:***@[::1]:3306/x"),
        ("mariadb://:S3cret@db", "mariadb://:***@db"),
        ("postgresql://me:p%40S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:p@S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:p/S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:1/S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:p?S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:p/?S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:1?S3cret=1@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:p@/?S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:p#S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:a:S3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://db/x?user=me&password=S3cret", "postgresql://db/x?user=me&password=***"),
        ("postgresql:///x?PASSWORD=S3cret&host=/run", "postgresql:///x?PASSWORD=***&host=/run"),
        ("postgresql:///x?p%61ssword=S3cret", "postgresql:///x?p%61ssword=***"),
        ("postgresql://db?sslpassword=S3cret", "postgresql://db?sslpassword=***"),
        ("postgresql://db:5432/x?user=me@there", "postgresql://db:5432/x?user=me@there"),
        ("postgresql://me@db:5432/x", "postgresql://me@db:5432/x"),
        ("postgresql:///x?host=/run/pg", "postgresql:///x?host=/run/pg"),
        ("host=db password=S3cret dbname=x", "host=db password=*** dbname=x"),
        ("host=db password='S3cret S3cret' user=me", "host=db password=*** user=me"),
        ("password = 'it\\'s S3cret' host = db", "password=*** host=db"),
        ("dbname=x password=S3\\ S3cret", "dbname=x password=***"),
        ("host=db password='S3cret", "host=db password=***"),
        ("sqlite:/a@b", "sqlite:/a@b"),
        ("sqlite:///a:b@c.db", "sqlite:///a:b@c.db"),
        ("/a=b@c.db", "/a=b@c.db"),
        ("./host=db", "./host=db"),
        ("", ""),
    ],
)
def test_a_password_is_masked_wherever_it_stands(named: str, shown: str) -> None:
    assert without_password(named) == shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p/?S3cret@db/x",
        "host=db password=S3cret",
        "postgresql:///x?password=S3cret",
    ],
)
def test_settings_show_no_password(url: str) -> None:
    settings = config.load({}, {"DATABASE_URL": url})
    assert settings.database_url == url
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("scheme", ["oracle", "sql-server", "h2+tcp"])
def test_no_message_about_an_unknown_engine_has_the_password(scheme: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_store(f"{scheme}://me:p@{SECRET}@db/x?password={SECRET}")
    assert SECRET not in f"{caught.value} {caught.value.hints}"


def test_the_parameters_of_libpq_name_no_file() -> None:
    assert split("host=db dbname=x") == ("postgresql", "host=db dbname=x")
    assert split("service=mine") == ("postgresql", "service=mine")
    assert split("./host=db")[0] == "sqlite"
    assert split("/tmp/a=b.db")[0] == "sqlite"


def test_a_hint_for_the_next_command_line_has_no_password() -> None:
    database = f"postgresql://me:{SECRET}@db/x"
    console = Context(Streams(0, 1, 2), {})
    console.flags = {"session.database_url": database}
    (line,) = console.hint_lines([Advice("See:  ", "sessions list")])
    assert "--db" in line
    assert "postgresql://me:***@db/x" in line
    assert SECRET not in line
