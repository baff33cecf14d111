"""What `import synapse` offers."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import synapse

PACKAGE = Path(synapse.__file__).parent


def test_every_public_name_exists() -> None:
    for name in synapse.__all__:
        assert getattr(synapse, name) is not None


_FUTURE = "from __future__ import annotations"


def public_classes(module: str) -> set[str]:
    path = PACKAGE / module
    files = sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    tree = ast.parse("\n".join(file.read_text() for file in files).replace(_FUTURE, ""))
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    return {name for name in classes if not name.startswith("_")}


@pytest.mark.parametrize("module", ["domain", "ports"])
def test_whatever_is_given_and_returned_is_a_public_name(module: str) -> None:
    assert public_classes(module) - set(synapse.__all__) == set()
    assert "StreamEvent" in synapse.__all__


def _is_an_engines_own(error: type[Exception]) -> bool:
    """Whether whoever catches it knows it by the public class that it is made of."""
    of_an_engine = error.__module__.startswith("synapse.stores.")
    return of_an_engine and any(base.__name__ in synapse.__all__ for base in error.__mro__[1:3])


def test_every_error_that_the_library_raises_is_a_public_name() -> None:
    for path in PACKAGE.rglob("*.py"):
        if "cli" not in path.relative_to(PACKAGE).parts:
            name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
            if path.name not in {"__init__.py", "__main__.py"}:
                import_module(f"synapse.{name}")
    raised, new = set(), {synapse.SynapseError}
    while new:
        raised |= new
        new = {sub for error in new for sub in error.__subclasses__()} - raised
    names = {
        error.__name__
        for error in raised
        if not error.__name__.startswith("_")
        and ".cli." not in error.__module__
        and not _is_an_engines_own(error)
    }
    assert len(names) > 30
    assert names - set(synapse.__all__) == set()


def test_the_names_are_found_by_whoever_looks_around() -> None:
    assert set(synapse.__all__) <= set(dir(synapse))
    assert "__name__" in dir(synapse)


def test_checkers_see_what_python_sees() -> None:
    """The imports that only type checkers read, and the table by which Python finds a name."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {
        (node.module, alias.name)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    table = synapse._HOMES.items()
    assert imported == {
        (f"synapse.{home}", name) for home, names in table for name in names.split()
    }
    assert {name for _, name in imported} | {"__version__"} == set(synapse.__all__)
    assert len(synapse.__all__) == len(set(synapse.__all__))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'replly'"):
        synapse.replly  # noqa: B018


def test_importing_costs_nothing() -> None:
    script = "import sys; old = set(sys.modules); import synapse; print(*set(sys.modules) - old)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) == {"__future__", "synapse"}


def test_the_storage_is_the_one_that_the_program_uses(home: Path, tmp_path: Path) -> None:
    from synapse import Session, create_storage

    session = Session.new("echo", "echo")
    with create_storage() as store:
        store.create_session(session)
    folder = home / ".config" / "synapse"
    assert (folder / "sessions.db").exists()
    (folder / "config.toml").write_text('[session]\ndatabase_url = "sqlite:~/mine/here.db"\n')
    variable = {**os.environ, "DATABASE_URL": f"sqlite:{tmp_path}/variable.db"}
    found = []
    for storage in (
        create_storage(),
        create_storage(environ=variable),
        create_storage("~/flag.db", environ=variable),
        create_storage(folder / "sessions.db"),
    ):
        with storage as store:
            found.append((store.location, store.get_session(session.id) is not None))
    assert found == [
        (f"{home}/mine/here.db", False),
        (f"{tmp_path}/variable.db", False),
        (f"{home}/flag.db", False),
        (f"{folder}/sessions.db", True),
    ]
    assert (home / "mine").stat().st_mode & 0o777 == 0o700


def test_a_foreign_database_url_is_no_storage() -> None:
    from synapse import create_storage
    from synapse.errors import ConfigError

    with pytest.raises(ConfigError, match="mssql"):
        create_storage(environ={**os.environ, "DATABASE_URL": "mssql://u:canary@h/d"})


@pytest.mark.parametrize(
    "written",
    ["{}", "sqlite:{}", "sqlite://{}", "sqlite:///{}", "SQLite:{}", "sqlite:{}?mode=rwc"],
)
def test_a_store_is_opened_by_a_path_or_a_url(written: str, tmp_path: Path) -> None:
    from synapse import SqliteStore, open_store

    path = tmp_path / "was it you?.db"
    text = written.format(path)
    for opened in (open_store(text), open_store(text), SqliteStore(text)):
        with opened as store:
            assert store.location == str(path)
    assert path.exists()


def test_a_store_is_opened_by_a_path_object_and_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synapse import SqliteStore, open_store

    monkeypatch.chdir(tmp_path)
    for open_it in (open_store, SqliteStore):
        with open_it(tmp_path / "a.db") as store:
            assert store.location == f"{tmp_path}/a.db"
        with open_it("b.db") as store:
            assert store.location == f"{tmp_path}/b.db"
        for memory in (":memory:", "sqlite::memory:"):
            with open_it(memory) as store:
                assert store.location == ":memory:"
    assert {file.name for file in tmp_path.glob("*.db")} == {"a.db", "b.db"}
    assert not list(tmp_path.glob("*memory*"))


def test_a_conversation_takes_six_lines(tmp_path: Path) -> None:
    from synapse import Session, open_provider, open_store, reply

    provider = open_provider("echo")
    with open_store(f"sqlite:{tmp_path}/sessions.db") as store:
        session = Session.new(provider.name, "echo")
        reply(store, provider, session, "Hello")
        reply(store, provider, session, "again")
        texts = [message.content for message in store.get_messages(session.id)]
    assert texts == ["Hello", "Hello", "again", "again"]
