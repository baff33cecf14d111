"""The plan of the house, held: who may import whom, what a start-up loads, what no file says."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
from loopback import Loopback, openai

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "synapse"

FOUNDATION = {
    "record",
    "domain",
    "search_query",
    "archived",
    "human_time",
    "errors",
    "provider_errors",
    "synapse_error",
    "advice",
    "registry",
    "masking",
    "ids",
    "timestamps",
    "paths",
    "private_files",
    "suggestions",
    "installing",
    "light",
    "model_table",
}
"""Modules that import nothing of ours but each other."""

MAY_IMPORT = {
    "ports": FOUNDATION | {"ports"},
    "app": FOUNDATION | {"ports", "app"},
    "stores": FOUNDATION | {"ports", "stores"},
    "providers": FOUNDATION | {"ports", "providers"},
    "formats": FOUNDATION | {"ports", "terminal", "markdown", "formats"},
    "terminal": FOUNDATION | {"ports", "terminal"},
    "markdown": FOUNDATION | {"terminal", "markdown"},
    "mcp_server": FOUNDATION | {"ports", "app", "mcp_server"},
    "library": FOUNDATION | {"ports", "app", "config", "providers", "stores", "library"},
    **dict.fromkeys(FOUNDATION, FOUNDATION),
}
"""By part of the house; one that is missing here may import everything."""


def sources(folder: Path = PACKAGE) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def part_of(module: str) -> str:
    """`synapse.stores.sqlite` is in `stores`, `synapse` itself in ``."""
    return [*module.split("."), ""][1]


def imports_of(path: Path) -> set[str]:
    """Our modules that a file imports anywhere, for the type checker's eyes too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            module = node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "synapse"}


def name_of(path: Path) -> str:
    inner = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(("synapse", *(part for part in inner if part != "__init__")))


def test_imports_go_in_the_directions_of_the_plan() -> None:
    wrong = [
        f"{name_of(path)} imports {imported}"
        for path in sources()
        for imported in sorted(imports_of(path))
        if part_of(name_of(path)) in MAY_IMPORT
        and part_of(imported) not in MAY_IMPORT[part_of(name_of(path))] | {"__version__", ""}
    ]
    assert wrong == []


def test_only_the_context_of_a_run_opens_stores_and_providers() -> None:
    opening = {
        "open_store",
        "open_provider",
        "create_storage",
        "open_inspection",
        "open_file_care",
        "open_sharing",
        "set_up",
    }
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in sources(PACKAGE / "cli")
        if path.name != "context.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and opening & {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ["showing", "listing", "failing", "asking"])
def test_a_room_of_the_command_line_knows_neither_commands_nor_the_prompt(room: str) -> None:
    wrong = [
        f"{name_of(path)} imports {imported}"
        for path in sources(PACKAGE / "cli" / room)
        for imported in sorted(imports_of(path))
        if imported.startswith(("synapse.cli.commands", "synapse.cli.repl"))
    ]
    assert wrong == []


def test_the_prompts_table_handlers_and_loop_do_not_import_each_other() -> None:
    folder = PACKAGE / "cli" / "repl"
    handlers = {path.stem for path in folder.glob("*_commands.py")}
    assert handlers
    apart = {
        "slash_commands": {"loop", *handlers},
        "loop": {"slash_commands", *handlers},
        "state": {"slash_commands", "loop", *handlers},
        **{handler: {"loop"} for handler in handlers},
    }
    wrong = [
        f"{name} imports {imported}"
        for name, others in apart.items()
        for imported in sorted(imports_of(folder / f"{name}.py"))
        if imported.split(".")[3:4]
        and imported.split(".")[3] in others
        and imported.startswith("synapse.cli.repl.")
    ]
    assert wrong == []


def test_every_module_says_what_it_is_for() -> None:
    trees = {name_of(path): ast.parse(path.read_text()) for path in sources()}
    assert [name for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []


IMPORT_NAMES = {
    "markdown-it-py": "markdown_it",
    "pygments": "pygments",
    "openai-agents": "agents",
    "psycopg2-binary": "psycopg2",
    "pyyaml": "yaml",
}
"""Of distributions that are imported under another name than their own."""


def test_the_declared_dependencies_are_those_that_are_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *extras["local"], *extras["keyring"]]
    requirements += [*extras["agents"], *extras["mcp"]]
    requirements += [*extras["mysql"], *extras["postgres"]]
    distributions = [re.split(r"[^\w.-]", line)[0].lower() for line in requirements]
    declared = {IMPORT_NAMES.get(name, name) for name in distributions}
    imported = {
        name.split(".")[0]
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported_names(node)
    }
    assert imported - sys.stdlib_module_names - {"synapse"} == declared


def _imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_the_table_is_written_anew_after_a_change_of_a_command() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "declare.py"))
    assert script["TABLE"].read_text() == script["table"](), "run:  python scripts/declare.py"


# ------------------------------------------------------------------------------- the measures


def run_time_imports(tree: ast.Module) -> list[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The imports of a module but those for the type checker, and whether each stands inside a
    function.
    """
    found: list[tuple[ast.Import | ast.ImportFrom, bool]] = []

    def look(node: ast.AST, inside: bool) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                look(other, inside)
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.append((node, inside))
        deeper = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for child in ast.iter_child_nodes(node):
            look(child, deeper)

    look(tree, False)
    return found


def edges() -> dict[str, set[str]]:
    """By module, the modules of ours that it imports when it runs, at its top or in a function."""
    modules = {name_of(path): path for path in sources()}
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        named = set()
        for node, _ in run_time_imports(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif node.module:
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                named |= inner & modules.keys()
                named |= {node.module} if inner - modules.keys() else set()
        graph[name] = (named & modules.keys()) - {name}
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules each of which reaches every other."""
    reached = {name: reachable(graph, name) for name in graph}
    groups = {
        tuple(sorted(other for other in found if name in reached[other]))
        for name, found in reached.items()
        if name in found
    }
    return [list(group) for group in sorted(groups)]


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    ahead = [start]
    while ahead:
        new = graph[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"f"}, "f": {"e"}}
    assert circles(graph) == [["b", "c"], ["e", "f"]]


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = edges()
    assert "synapse.cli.context" in graph["synapse.cli.app"]
    assert circles(graph) == []


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_the_command_line_is_at_most_42_percent_of_the_lines() -> None:
    share = sum(map(lines_of, sources(PACKAGE / "cli"))) / sum(map(lines_of, sources()))
    assert 0 < share <= 0.42


def test_no_folder_has_more_than_26_modules() -> None:
    folders = {path.parent for path in sources()}
    assert [str(folder) for folder in folders if len([*folder.glob("*.py")]) > 26] == []


def test_no_file_has_more_than_450_lines() -> None:
    lengths = {path.relative_to(PACKAGE).as_posix(): lines_of(path) for path in sources()}
    del lengths["cli/declared/table.py"]  # a row for each option, written by a script
    assert {name: size for name, size in lengths.items() if size > 450} == {}


def test_no_room_is_empty() -> None:
    says_something = {
        folder
        for path in sources()
        if ast.parse(path.read_text()).body[1:]  # more than its docstring
        for folder in path.parents
    }
    assert {path.parent for path in sources()} - says_something == set()


MOST_IMPORTS_IN_FUNCTIONS = 8.0
"""Of a thousand lines."""


def test_imports_inside_functions_are_rare() -> None:
    inside = sum(
        in_function
        for path in sources()
        for _, in_function in run_time_imports(ast.parse(path.read_text()))
    )
    assert inside / sum(map(lines_of, sources())) * 1000 <= MOST_IMPORTS_IN_FUNCTIONS


def test_what_the_map_for_contributors_names_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| .* \| `([\w/]+\.py)`: `(\w+)` \|$", text, re.MULTILINE)
    assert len(rows) > 20
    for file, name in rows:
        defined = {
            getattr(node, "name", None)
            or ast.unparse(node).partition("=")[0].partition(":")[0].strip()
            for node in ast.parse((PACKAGE / file).read_text()).body
        }
        assert name in defined, f"{file} has no {name}"
    named = re.findall(r"`([\w/]+/[\w/]*\w+\.py)`", text)
    gone = [file for file in named if not ((PACKAGE / file).exists() or (ROOT / file).exists())]
    assert [file for file in gone if not re.search("NAME|shouting", file)] == []


def test_an_import_inside_a_function_has_its_reason() -> None:
    """On its line, above it, or, for all of a module, at the end of what the module says of
    itself: `What few runs need is imported where they need it.`
    """
    without = [
        f"{name_of(path)}:{line}"
        for path in sources()
        if "imported where" not in (ast.get_docstring(ast.parse(path.read_text())) or "")
        for line in _imports_without_a_comment(path.read_text())
    ]
    assert without == []


def _imports_without_a_comment(text: str) -> Iterator[int]:
    """The lines of imports in functions; of several that follow each other the first one counts."""
    lines = text.splitlines()
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        imports = [n for n in ast.walk(function) if isinstance(n, (ast.Import, ast.ImportFrom))]
        ends = {node.end_lineno for node in imports}
        for node in imports:
            above = lines[node.lineno - 2].strip()
            if node.lineno - 1 in ends or above.startswith("#"):
                continue
            if "#" not in "".join(lines[node.lineno - 1 : node.end_lineno]):
                yield node.lineno


# --------------------------------------------------------------------------- a light start-up

HEAVY = {
    "typing", "dataclasses", "pathlib", "tomllib", "logging", "inspect", "subprocess", "urllib",
    "email", "http", "asyncio", "contextlib", "shutil", "tempfile", "random", "uuid", "sqlite3",
    "socket", "ssl", "importlib.metadata", "rich", "prompt_toolkit", "markdown_it", "pygments",
    "traceback", "difflib", "hashlib", "selectors", "queue", "textwrap", "mcp", "pydantic",
}  # fmt: skip
"""Modules of which none is worth its share of a start-up: docs/benchmarks.md has the prices."""

PROBE = """
import atexit, os, sys
bare = set(sys.modules)
def tell(status=0):
    os.write(9, "\\n".join(sorted(set(sys.modules) - bare)).encode())
    leave(status)
leave, os._exit = os._exit, tell
sys.argv[0] = "synapse"
from synapse.cli.app import main
main()
"""


def loaded_by(*words: str, stdin: str = "", status: int = 0) -> tuple[set[str], str]:
    """The modules that a run of the program has loaded when it ends, and what it printed."""
    import os

    read_end, write_end = os.pipe()
    program = f"import os; os.dup2({write_end}, 9)\nimport sys; sys.path = {sys.path}\n{PROBE}"
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, *words],  # as `bin/synapse` does
        capture_output=True,
        text=True,
        input=stdin,
        pass_fds=[write_end],
        timeout=60,
        check=False,
    )
    os.close(write_end)
    with os.fdopen(read_end) as report:
        modules = set(report.read().split())
    assert ended.returncode == status, ended.stderr
    assert "synapse.cli.app" in modules
    return modules, ended.stdout


def heavy(modules: set[str]) -> set[str]:
    return {name for name in modules if name in HEAVY or name.split(".")[0] in HEAVY}


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["sessions", "--help"]])
def test_version_and_help_load_neither_parser_nor_store(words: list[str]) -> None:
    modules, printed = loaded_by(*words)
    assert printed
    assert heavy(modules) == set()
    assert not modules & {"argparse", "json", "apsw", "datetime", "threading"}
    assert not modules & {"pycurl", "pycurl._pycurl"}


def test_a_list_of_sessions_loads_the_store_and_nothing_heavy() -> None:
    loaded_by("-p", "echo", "Hello")
    modules, printed = loaded_by("sessions", "list")
    assert "Hello" in printed
    assert heavy(modules) == set()
    assert "apsw" in modules
    assert not modules & {"pycurl", "pycurl._pycurl", "json", "collections"}
    assert "synapse.provider_errors" not in modules
    assert not modules & {"argparse", "re", "enum", "functools", "signal", "datetime", "warnings"}


def test_a_question_loads_nothing_heavy() -> None:
    modules, printed = loaded_by("-p", "echo", "Hello")
    assert printed == "Hello\n"
    assert heavy(modules) == set()
    assert "apsw" in modules
    assert "collections" not in modules
    assert not modules & {"argparse", "re", "enum", "functools", "signal", "datetime", "warnings"}


@pytest.mark.parametrize("word", ["Hello", "World", "Helo", "nothing"])
def test_a_search_of_ascii_loads_nothing_heavy(word: str) -> None:
    loaded_by("-p", "echo", "Hello HTTPServer World")
    is_found = word in ("Hello", "World")
    modules, printed = loaded_by("sessions", "search", word, status=0 if is_found else 1)
    assert bool(printed) == is_found
    assert heavy(modules) == set()
    assert not modules & {"argparse", "re", "enum", "functools", "json", "collections"}
    assert not modules & {"unicodedata", "_json", "_bisect", "_heapq", "_struct"}
    assert not modules & {f"synapse.{name}" for name in NOT_FOR_A_USUAL_SEARCH}


NOT_FOR_A_USUAL_SEARCH = (
    "app.query_filters",
    "cli.showing.progress",
    "stores.search_properties",
    "stores.sqlite.search.catching_up",
    "terminal.cells",
)


@pytest.mark.parametrize("word", ["東京", "大阪", "ночь", "día"])
def test_a_search_in_other_scripts_loads_no_tables_but_those_of_python(word: str) -> None:
    loaded_by("-p", "echo", "東京へ行く。\nНа ночь, día 2 🚀")
    modules, printed = loaded_by("sessions", "search", word, status=1 if word == "大阪" else 0)
    assert bool(printed) == (word != "大阪")
    assert heavy(modules) == set()
    assert not modules & {"wcwidth", "re", "enum", "functools", "collections", "json"}


MOST_MODULES = {
    "--version": 14,
    "--help": 22,
    "sessions list": 66,
    "sessions show @1": 67,
    "sessions search Hello": 77,
    "__complete ses": 22,
    "__complete ask --no": 23,
    "__complete -s hel": 40,
    "-p echo Hello": 92,
    "-p bench Hello": 111,
}
"""Of ours, in a run: an empty module takes 190 thousand instructions, and most are not empty."""


@pytest.mark.parametrize("command", MOST_MODULES)
def test_a_command_loads_no_more_of_ours_than_it_needs(command: str) -> None:
    loaded_by("-p", "echo", "Hello")
    with Loopback(openai.counted(20)) as server:
        config = Path.home() / ".config" / "synapse" / "config.toml"
        section = '[providers.bench]\nkind = "openai"\nmodel = "m"\napi_key = "k"\n'
        if "bench" in command:
            config.write_text(f'{section}base_url = "{server.url}"\n')
            config.chmod(0o600)
        modules, printed = loaded_by(*command.split())
    assert printed
    ours = sorted(name for name in modules if name.split(".")[0] == "synapse")
    assert len(ours) <= MOST_MODULES[command], ours
    assert "collections" not in modules


def test_the_library_loads_nothing_before_it_is_used() -> None:
    script = (
        "import sys; before = set(sys.modules); import synapse; print(*set(sys.modules) - before)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(ended.stdout.split()) <= {"synapse", "__future__"}


# ------------------------------------------------------------------------- what no file says


def texts() -> list[Path]:
    """The files that git keeps, but for the ones that are not text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    binary = {".db", ".gguf", ".png", ".svg", ".gif", ".webp", ".jpg", ".zip", ".gz"}
    return [ROOT / name for name in listed if name and Path(name).suffix not in binary]


FORBIDDEN = {
    "unfinished work": r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b",
    "a package registry's host": r"\b(pypi|pythonhosted)\.(org|io)\b|files\.python" + r"hosted",
    "a download address": r"https?://[^\s\"'<>]+\.(whl|tar\.gz|tgz|deb|gguf)\b",
    "a path of one machine": r"(?<![\w.~-])/(root|Users|work)/\w",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in texts()
        if path.exists() and path != Path(__file__)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(ROOT / "tests")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"skip", "skipif", "xfail", "importorskip"}
    ]
    assert wrong == []


def test_every_pinned_package_has_one_exact_version_and_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins == sorted(pins, key=str.casefold)
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []


SPEAK_OF_THE_SHELL = {
    "synapse.cli.help.topics": "pages of help",
    "synapse.cli.commands.help": "pages of help",
    "synapse.cli.declared.table": "pages of help",
    "synapse.cli.command_line.global_options": "pages of help",
    "synapse.cli.command_line.parsing": "errors in a command line, typed in the shell",
    "synapse.cli.command_line.routing": "errors in a command line, typed in the shell",
    "synapse.terminal.fold": "knows a command when it is to be broken into lines",
    "synapse.cli.app": "says its version",
    "synapse.cli.failing.crash": "says its version",
    "synapse.cli.failing.report": "an error nobody foresaw: the prompt has ended with it",
}
"""Modules that may write command lines, and why nobody reads them at the prompt."""


def test_what_can_be_done_next_is_an_advice_and_no_command_line() -> None:
    """`synapse keys set` is the shell's word for it, not the prompt's, nor a library's. A pipe
    (`git diff | synapse …`) is the shell's alone.
    """
    from synapse.cli.commands import COMMANDS

    command = re.compile(rf"(?<!\| )\bsynapse (-|\"|…|$|[A-Z]{{3}}|({'|'.join(COMMANDS)})\b)")
    found = {
        (name_of(path), number, text)
        for path in sources()
        for number, text in _literals(ast.parse(path.read_text()))
        if command.search(text)
    }
    said = [place for place in found if place[0] not in SPEAK_OF_THE_SHELL]
    assert said == []
    assert {name for name, _, _ in found} >= {"synapse.cli.help.topics", "synapse.cli.app"}


def _literals(tree: ast.Module) -> list[tuple[int, str]]:
    """The texts of a module, f-strings too, but for what explains it to its reader and the
    examples of its help.
    """
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES")
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documents
    ]
