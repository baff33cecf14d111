"""The short way to the modules of the package leads to the same modules as Python's own."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "synapse"
MODULE = "synapse.suggestions"
PROBE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import synapse.cli
if sys.argv[2] == "long":
    sys.meta_path = [f for f in sys.meta_path if f.__module__ != "synapse.light.imports"]
modules = [__import__(name, fromlist=["_"]) for name in sys.argv[3:]]
json.dump([
    {
        "file": module.__file__, "cached": module.__cached__, "package": module.__package__,
        "path": getattr(module, "__path__", None), "name": module.__spec__.name,
        "origin": module.__spec__.origin, "located": module.__spec__.has_location,
        "folders": module.__spec__.submodule_search_locations, "parent": module.__spec__.parent,
        "spec cached": module.__spec__.cached,
        "source": module.__loader__.get_source(module.__name__),
        "file of its code": module.__loader__.get_code(module.__name__).co_filename,
        "in its package": getattr(sys.modules[module.__spec__.parent or "synapse"],
                                  module.__name__.rpartition(".")[2], None) is module,
    }
    for module in modules
], sys.stdout)
"""
SHORT = "print(type(sys.modules['synapse.suggestions'].__loader__).__module__)"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package somewhere else, without compiled files."""
    folder = tmp_path / "packages"
    shutil.copytree(PACKAGE, folder / "synapse", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def python(code: str, *arguments: object, options: tuple[str, ...] = (), **environ: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    ended = subprocess.run(
        [sys.executable, *options, "-c", code, *map(str, arguments)],
        env={**kept, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def value_of(folder: Path, name: str, **more: Any) -> str:
    """A constant of the module, as the program reads it, and by which loader."""
    code = f"import sys; sys.path.insert(0, sys.argv[1])\nimport synapse.cli, {MODULE} as module\n"
    return python(f"{code}print(module.{name})\n{SHORT}", folder, **more)


def write(folder: Path, text: str, *, changed: int) -> Path:
    """The module with this text, and this moment as that of its last change."""
    source = folder / "synapse" / "suggestions.py"
    source.write_text(text)
    os.utime(source, (changed, changed))
    return source


def compiled(folder: Path) -> Path:
    tag = sys.implementation.cache_tag
    return folder / "synapse" / "__pycache__" / f"suggestions.{tag}.pyc"


BY_US = "synapse.light.imports"
BY_PYTHON = "_frozen_importlib_external"


def test_modules_are_as_python_makes_them(copy: Path) -> None:
    names = [MODULE, "synapse.errors", "synapse.stores", "synapse.cli.listing.tables"]
    python("import compileall, sys; compileall.compile_dir(sys.argv[1], quiet=1)", copy)
    short = json.loads(python(PROBE, copy, "short", *names))
    assert short == json.loads(python(PROBE, copy, "long", *names))
    assert short[2]["path"] == [str(copy / "synapse" / "stores")]


def test_the_program_takes_the_short_way_and_a_library_does_not() -> None:
    code = "import sys, {0}, synapse.suggestions\n" + SHORT
    assert python(code.format("synapse.cli")) == f"{BY_US}\n"
    assert python(code.format("synapse")).strip() in (BY_PYTHON, "importlib._bootstrap_external")


def test_a_source_that_has_changed_is_compiled_anew(copy: Path) -> None:
    write(copy, "A = 1\n", changed=1_000_000_000)
    assert value_of(copy, "A") == f"1\n{BY_US}\n"
    first = compiled(copy).read_bytes()
    write(copy, "A = 2\n", changed=1_000_000_002)  # as long as before, but later
    assert value_of(copy, "A") == f"2\n{BY_US}\n"
    assert compiled(copy).read_bytes() != first
    write(copy, "A = 333\n", changed=1_000_000_002)  # at the same moment, but longer
    assert value_of(copy, "A") == f"333\n{BY_US}\n"


def test_what_was_compiled_is_what_is_run(copy: Path) -> None:
    """Or else the short way would never be taken, and nobody would notice."""
    write(copy, "A = 1\n", changed=1_000_000_000)
    value_of(copy, "A")
    write(copy, "A = 2\n", changed=1_000_000_000)  # of the same moment and length
    assert value_of(copy, "A") == f"1\n{BY_US}\n"


@pytest.mark.parametrize("keep", [0, 3, 15, 16, 20])
def test_a_compiled_file_that_is_none_is_not_believed(copy: Path, keep: int) -> None:
    write(copy, "A = 1\n", changed=1_000_000_000)
    value_of(copy, "A")
    damaged = compiled(copy).read_bytes()[:keep]
    compiled(copy).write_bytes(damaged if keep < 16 else b"\0" * 16 + damaged[16:])
    assert value_of(copy, "A") == f"1\n{BY_US}\n"


def test_without_compiled_files_and_without_a_place_for_them(copy: Path) -> None:
    write(copy, "A = 1\n", changed=1_000_000_000)
    assert value_of(copy, "A", options=("-B",)) == f"1\n{BY_US}\n"
    assert not compiled(copy).exists()


def test_compiled_files_that_are_checked_by_a_hash(copy: Path) -> None:
    source = write(copy, "A = 1\n", changed=1_000_000_000)
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    py_compile.compile(str(source), invalidation_mode=mode)
    assert value_of(copy, "A") == f"1\n{BY_US}\n"
    write(copy, "A = 2\n", changed=1_000_000_000)
    assert value_of(copy, "A") == f"2\n{BY_US}\n"


def test_a_folder_that_was_moved_has_its_own_paths(copy: Path, tmp_path: Path) -> None:
    write(copy, "import sys\nA = sys._getframe().f_code.co_filename\n", changed=1_000_000_000)
    assert value_of(copy, "A").startswith(str(copy))
    moved = tmp_path / "moved"
    copy.rename(moved)
    assert value_of(moved, "A").startswith(str(moved))


@pytest.mark.parametrize(
    ("options", "environ"), [(("-O",), {}), (("-OO",), {}), ((), {"PYTHONPYCACHEPREFIX": "…"})]
)
def test_where_compiled_files_lie_elsewhere_python_looks_for_them(
    copy: Path, tmp_path: Path, options: tuple[str, ...], environ: dict[str, str]
) -> None:
    write(copy, "A = 1\n", changed=1_000_000_000)
    environ = dict.fromkeys(environ, str(tmp_path / "elsewhere"))
    found = value_of(copy, "A", options=options, **environ)
    assert found in (f"1\n{BY_PYTHON}\n", "1\nimportlib._bootstrap_external\n")
    assert not compiled(copy).exists()


def test_a_module_that_is_not_there_is_missed_as_ever() -> None:
    code = (
        "import synapse.cli\ntry: import synapse.nothing\nexcept ImportError as e: print(repr(e))"
    )
    assert python(code) == "ModuleNotFoundError(\"No module named 'synapse.nothing'\")\n"


def test_no_module_is_called_like_a_folder_beside_it() -> None:
    """Python would take the folder, and the short way the file."""
    assert [str(path) for path in PACKAGE.rglob("*.py") if path.with_suffix("").is_dir()] == []
