"""What a text says of where a database is: a URL, or the path of a file. Pure."""

from __future__ import annotations

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
_WORDS = ("host", "hostaddr", "dbname", "service", "user", "port", "password", "sslmode")
"""Parameters of libpq with which a list of them begins."""


def split(url: str) -> tuple[str, str]:
    """The scheme in lower case, and what it names; a text without a scheme is an SQLite file.

    `sqlite:PATH`, `sqlite://PATH` and `sqlite:////PATH` name the same file, as other programs
    write it in each of these ways. Of any other scheme, the rest stays as it is. The parameters
    of libpq stand for PostgreSQL.
    """
    if is_words_of_libpq(url):
        return POSTGRESQL, url
    scheme, rest = _scheme(url)
    if scheme not in ("", SQLITE):
        return scheme, rest
    path = rest.removeprefix("//") if scheme else rest
    if path.startswith("//"):
        path = "/" + path.lstrip("/")
    return SQLITE, path


def is_words_of_libpq(url: str) -> bool:
    """Whether it is a list of parameters as psql takes it (`host=db dbname=me`), not the path of a
    file: `./host=db` is one.
    """
    name, equals, _ = url.partition("=")
    return bool(equals) and name.strip() in _WORDS


def _scheme(url: str) -> tuple[str, str]:
    """Before `://` stands a scheme, with signs in it, too (`postgresql+psycopg://`); before a
    colon alone a word. A single letter is the drive of a Windows path.
    """
    scheme, colon, rest = url.partition(":")
    signs = "+-." if rest.startswith("//") else ""
    word = scheme.translate(dict.fromkeys(map(ord, signs)))
    if not colon or len(scheme) == 1 or not word.isascii() or not word.isidentifier():
        return "", url
    return scheme.lower(), rest
