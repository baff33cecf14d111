"""How apsw is imported: without `collections`, and without a trace of what it was lent instead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LOADED = """
import sys; before = set(sys.modules)
import synapse.stores.sqlite
print(*sorted({"apsw", "collections", "collections.abc"} & sys.modules.keys() - before))
"""


def python(code: str, *arguments: object) -> str:
    """As `bin/synapse` starts it: where `site` has imported nothing."""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path = {sys.path}\n{code}"]
    ended = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_driver_comes_without_collections() -> None:
    assert python(LOADED) == "apsw\n"


def test_whoever_wants_collections_afterwards_gets_them_whole() -> None:
    code = """
import synapse.stores.sqlite, collections.abc, collections, _collections_abc, apsw, array
assert collections.namedtuple("Point", "x y")(1, 2).y == 2
assert collections.OrderedDict().move_to_end
assert collections.abc is sys.modules["collections.abc"]
assert issubclass(collections.OrderedDict, collections.abc.Mapping)
assert collections.abc.Mapping is _collections_abc.Mapping
assert collections.__name__ == "collections" and collections.__path__
[[value]] = apsw.Connection(":memory:").execute("SELECT :x", {"x": 5})
print(value)
"""
    assert python(code) == "5\n"


def test_collections_that_are_there_stay_as_they_are() -> None:
    code = "import collections; whole = collections\nimport synapse.stores.sqlite\n"
    assert python(f"{code}print(sys.modules['collections'] is whole)") == "True\n"


def test_a_driver_that_wants_more_of_collections_gets_it(tmp_path: Path) -> None:
    (tmp_path / "apsw.py").write_text("from collections import OrderedDict, abc\nA = abc.Mapping\n")
    code = "sys.path.insert(0, sys.argv[1])\nimport synapse.stores.sqlite\nimport apsw\n"
    assert python(f"{code}print(apsw.OrderedDict.__module__)", tmp_path) == "collections\n"


def test_a_driver_that_is_missing_is_missed_by_who_uses_it(tmp_path: Path) -> None:
    code = (
        "sys.path = [p for p in sys.path if not p.endswith('site-packages')]\n"
        "sys.path.append(sys.argv[1])\nimport synapse.stores.sqlite\n"
        "try: import synapse.stores.sqlite.store\n"
        "except ModuleNotFoundError as error: print(error.name, 'collections' in sys.modules)"
    )
    source = Path(__file__).parents[3] / "src"
    assert python(code, source) == "apsw False\n"
