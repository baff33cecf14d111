"""`bin/synapse`, in each kind of installation: which Python it starts, and with which options."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipapp
from pathlib import Path

import pytest
from bare import bare_environment

from synapse import __version__

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "data" / "bin" / "synapse"
VERSION = f"synapse {__version__}\n"
LIGHT = ["-I", "-S"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    program = "import sys; from flit_core import buildapi; buildapi.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", program, folder], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


class Environment:
    """A virtual environment whose Python writes down what it was started with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script = folder / "bin" / "synapse"
        self.packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
        self._log = folder / "started-with"

    @classmethod
    def made(cls, folder: Path, *packages: str) -> Environment:
        """A new one, in which pip has installed this from files alone."""
        python = bare_environment(folder, without=("synapse_chat", "synapse"))
        made = cls(folder)
        made.script.unlink()
        for pth in made.packages.glob("*.pth"):
            pth.unlink()
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
        options = ["--no-index", "--no-deps", "--no-build-isolation", "--no-compile"]
        command = [*pip, *options, "--disable-pip-version-check", *packages]
        subprocess.run(command, check=True)
        python.unlink()
        python.write_text(
            "#!/bin/sh\n"
            'printf "%s\\n" "$@" > "${0%/*}/../started-with"\n'
            'exec "${0%/*}/python3" "$@"\n'
        )
        python.chmod(0o755)
        return made

    def options(self) -> list[str]:
        """What stood before the script the last time."""
        words = self._log.read_text().splitlines()
        return words[: next(at for at, word in enumerate(words) if word.endswith("synapse"))]


def run(
    *command: Path | str, status: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **variables}
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == status, ended.stderr
    return ended


@pytest.fixture(scope="module")
def original(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Environment.made(tmp_path_factory.mktemp("original") / "env", str(wheel)).folder


@pytest.fixture
def installed(original: Path, tmp_path: Path) -> Environment:
    """As pip, pipx and uv install it; the folder's name has spaces and a quote."""
    folder = tmp_path / "it's my env"
    shutil.copytree(original, folder, symlinks=True)
    return Environment(folder)


def test_it_starts_without_site_and_works(installed: Environment, home: Path) -> None:
    assert run(installed.script, "--version").stdout == VERSION
    assert installed.options() == LIGHT
    assert run(installed.script, "-p", "echo", "a  b", "*").stdout == "a  b *\n"
    assert "a  b" in run(installed.script, "sessions", "list").stdout


def launched(environment: Environment, code: str) -> str:
    """What a line prints that stands in the script instead of the program."""
    launch = environment.script.read_text().split("'''")[2].replace("main()\n", code)
    ended = subprocess.run(
        ["bin/python", *LIGHT, "-c", launch],
        cwd=environment.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_program_knows_its_environment(installed: Environment) -> None:
    """What it says about installing comes from `sys.prefix`, which `site` would have set."""
    (installed.folder / "pipx_metadata.json").touch()
    code = "from synapse import installing; print(installing.install_hint('keyring'))"
    assert launched(installed, code) == """Install it:  pipx inject 'it'"'"'s my env' keyring\n"""


def test_a_relative_call_survives_a_change_of_folder(installed: Environment) -> None:
    code = "import os; os.chdir('/'); from synapse.cli.failing import crash; print(crash.__file__)"
    assert launched(installed, code).startswith(str(installed.packages))


def test_links_to_it_are_followed(installed: Environment, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "absolute").symlink_to(installed.script)
    relative = tmp_path / "rel ative"
    relative.symlink_to("inner/absolute")
    assert run(relative, "--version").stdout == VERSION
    assert installed.options() == LIGHT
    folder = tmp_path / "link to env"
    folder.symlink_to(installed.folder)
    assert run(folder / "bin" / "synapse", "--version").stdout == VERSION


def test_it_is_found_by_any_spelling(installed: Environment) -> None:
    bin = installed.script.parent
    for command, folder in (
        (["./synapse"], bin),
        (["bin/synapse"], installed.folder),
        (["sh", "synapse"], bin),
        ([str(bin / "python3"), "synapse"], bin),
    ):
        ended = subprocess.run(
            [*command, "--version"], cwd=folder, capture_output=True, text=True, check=False
        )
        assert ended.stdout == VERSION, ended.stderr
    ended = run("synapse", "--version", PATH=f"{bin}:{os.environ['PATH']}")
    assert ended.stdout == VERSION


def test_what_is_set_for_other_programs_does_not_reach_it(
    installed: Environment, tmp_path: Path
) -> None:
    (tmp_path / "os.py").write_text("raise SystemExit('somebody else’s')")
    assert run(installed.script, "--version", PYTHONPATH=str(tmp_path)).stdout == VERSION


@pytest.mark.parametrize("name", ["plugin.pth", "__editable__.x.pth", "sitecustomize.py"])
def test_site_does_its_work_where_there_is_some(
    installed: Environment, tmp_path: Path, name: str, home: Path
) -> None:
    """A plug-in that is installed for development lies in another folder."""
    elsewhere = tmp_path / "plug-in"
    (elsewhere / "parrot-1.dist-info").mkdir(parents=True)
    (elsewhere / "parrot-1.dist-info" / "entry_points.txt").write_text(
        "[synapse.providers]\nparrot = parrot:Parrot\n"
    )
    (elsewhere / "parrot-1.dist-info" / "METADATA").write_text("Name: parrot\nVersion: 1\n")
    (elsewhere / "parrot.py").write_text("import sys; sys.stderr.write('the parrot was loaded')")
    line = f"import sys; sys.path.append({str(elsewhere)!r})\n"
    (installed.packages / name).write_text(line)
    ended = subprocess.run(
        [installed.script, "-p", "parrot", "-m", "m", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert installed.options() == []
    assert "the parrot was loaded" in ended.stderr


@pytest.mark.parametrize("name", ["distutils-precedence.pth", "_virtualenv.pth"])
def test_what_builders_of_packages_need_costs_nothing(installed: Environment, name: str) -> None:
    (installed.packages / name).write_text("raise SystemExit('not wanted')\n")
    assert run(installed.script, "--version").stdout == VERSION
    assert installed.options() == LIGHT


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("value", ["true", "True"])
def test_packages_of_the_system_are_seen(installed: Environment, value: str, end: str) -> None:
    written = installed.folder / "pyvenv.cfg"
    kept = [line for line in written.read_text().splitlines() if "include-system" not in line]
    written.write_text("\n".join([*kept, f"include-system-site-packages = {value}"]) + end)
    assert run(installed.script, "--version").stdout == VERSION
    assert installed.options() == []


def test_a_python_that_is_gone_is_named(installed: Environment) -> None:
    python = installed.script.with_name("python")
    python.unlink()
    python.symlink_to("/nowhere/python3")
    ended = run(installed.script, "--version", status=127)
    assert ended.stderr.splitlines()[0].startswith("synapse: its Python is gone: ")
    assert ended.stderr.count("\n") == 2


def test_a_python_without_the_program_says_so(installed: Environment) -> None:
    shutil.rmtree(installed.packages / "synapse")
    ended = run(installed.script, "--version", status=127)
    assert ended.stderr.startswith("synapse: it is not installed for ")
    assert ended.stderr.count("\n") == 2


def test_a_copy_somewhere_else_says_what_to_do(installed: Environment, tmp_path: Path) -> None:
    copy = tmp_path / "copied" / "bin" / "synapse"
    copy.parent.mkdir(parents=True)
    shutil.copy(installed.script, copy)
    tools = tmp_path / "tools"
    tools.mkdir()
    ended = run("/bin/sh", str(copy), "--version", status=127, PATH=str(tools))
    assert "there is no python3 beside " in ended.stderr
    assert "link to this script" in ended.stderr


@pytest.mark.parametrize("beside", [True, False], ids=["beside the script", "in PATH"])
def test_outside_of_environments_the_folder_of_the_packages_names_the_python(
    installed: Environment, tmp_path: Path, beside: bool
) -> None:
    """pyenv and conda have Python beside the script; for `pip install --user` it is in PATH."""
    prefix, tools = tmp_path / "prefix", tmp_path / "tools"
    name = f"python3.{sys.version_info.minor}"
    packages = prefix / "lib" / name / "site-packages"
    (packages / f"synapse_chat-{__version__}.dist-info").mkdir(parents=True)
    (prefix / "bin").mkdir()
    tools.mkdir()
    shutil.copy(installed.script, prefix / "bin")
    for wrong in ("python", "python3"):
        (tools / wrong).write_text("#!/bin/sh\necho wrong one\n")
        (tools / wrong).chmod(0o755)
    python = (prefix / "bin" if beside else tools) / name
    python.write_text(f'#!/bin/sh\nexec "{installed.script.parent}/python" "$@"\n')
    python.chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    assert run(prefix / "bin" / "synapse", "--version", PATH=path).stdout == VERSION
    assert installed.options() == []


def test_an_editable_installation(tmp_path: Path, home: Path) -> None:
    environment = Environment.made(tmp_path / "env", "--editable", str(ROOT))
    assert environment.script.read_bytes() == SCRIPT.read_bytes()
    assert run(environment.script, "-p", "echo", "Hello").stdout == "Hello\n"
    assert environment.options() == []


def test_the_module_and_an_archive_start_without_the_script(
    installed: Environment, tmp_path: Path
) -> None:
    python = installed.script.with_name("python3")
    assert run(python, "-m", "synapse", "--version").stdout == VERSION
    tree = tmp_path / "tree"
    shutil.copytree(installed.packages / "synapse", tree / "synapse")
    archive = tmp_path / "synapse.pyz"
    zipapp.create_archive(tree, archive, main="synapse.cli.app:main")
    assert run(python, "-I", "-S", archive, "--version").stdout == VERSION
