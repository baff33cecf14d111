"""A virtual environment as uv and pipx make them: with everything of this one, but without pip."""

from __future__ import annotations

import shutil
import sysconfig
import venv
from pathlib import Path


def bare_environment(folder: Path, *, without: tuple[str, ...] = ()) -> Path:
    """Make it in `folder`; its Python. Neither pip nor what `without` names can be imported."""
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    inner = sysconfig.get_path("purelib", "venv", {"base": str(folder)})
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        name = entry.name.partition("-")[0].partition(".")[0].lower()
        if name not in {"pip", "setuptools", "wheel", "_virtualenv", *without}:
            (Path(inner) / entry.name).symlink_to(entry)
    script = folder / "bin" / "synapse"
    shutil.copy(Path(__file__).parents[1] / "data" / "bin" / "synapse", script)
    return folder / "bin" / "python"


def without_ensurepip(folder: Path) -> str:
    """A folder for PYTHONPATH in which Python's own pip is missing, as on Debian without
    python3-venv.
    """
    (folder / "ensurepip").mkdir(parents=True)
    (folder / "ensurepip" / "__init__.py").touch()
    return str(folder)
