"""Changes to the file: what they keep, and what they refuse."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synapse.cli.advice.as_command import hint_lines
from synapse.config import Layers, kinds
from synapse.config.documents import example
from synapse.config.edits import set_value, unset_value
from synapse.config.options import OPTIONS
from synapse.config.writer import write_private
from synapse.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def layers(file: Path) -> Layers:
    return Layers({"HOME": "/nowhere"}, str(file))


def value_in(file: Path, *path: str) -> object:
    value: object = tomllib.loads(file.read_text())
    for name in path:
        assert isinstance(value, dict)
        value = value[name]
    return value


def test_comments_and_order_stay(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        '# mine\nprovider = "echo"   # for now\n\n[ui]\n# narrow\nmax_width=60 # columns\n'
    )
    set_value(layers(file), ("ui", "max_width"), 70)
    set_value(layers(file), ("model",), "m")
    text = file.read_text()
    assert "# mine\n" in text
    assert 'provider = "echo"   # for now\n' in text
    assert "# narrow\nmax_width=70 # columns\n" in text
    assert value_in(file, "model") == "m"
    assert unset_value(layers(file), ("model",))
    assert unset_value(layers(file), ("ui", "max_width"))
    assert file.read_text().startswith('# mine\nprovider = "echo"   # for now\n')


def test_a_missing_file_is_made_for_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "c.toml"
    before = os.umask(0)
    try:
        set_value(layers(file), ("providers", "my.server", "timeout"), 3.0)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert value_in(file, "providers", "my.server", "timeout") == 3.0


def test_a_file_that_would_be_wrong_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('modle = "x"\n')
    with pytest.raises(ConfigError, match='unknown key "modle"'):
        set_value(layers(file), ("model",), "m")
    assert file.read_text() == 'modle = "x"\n'
    assert unset_value(layers(file), ("modle",))
    assert file.read_text() == ""


@pytest.mark.parametrize("content", [b"a = [\n", b"\xff", b"x = " + b"[" * 50_000])
def test_a_file_that_is_no_toml_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        set_value(layers(file), ("model",), "m")
    assert "Nothing was changed." in hint_lines(caught.value.hints)[-1]
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    "text",
    [
        'session.max_sessions = 3\n[ui]\ncolor = "auto"\n',
        "session = { max_sessions = 3 }\n",
        "[session]\nmax_sessions = 3\n[ui]\n",
        '[providers.x]\nkind = "openai"\n[session]\nmax_sessions = 3\n',
        "",
        example(),
        example().replace("\n", "\r\n"),
    ],
)
def test_a_value_is_set_whatever_form_the_file_has(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(text.encode())
    for path, value in (
        (("session", "max_sessions"), 8),
        (("session", "retention_days"), 9),
        (("model",), "m"),
        (("providers", "y", "model"), "q"),
        (("aliases", "a b"), "z"),
    ):
        set_value(layers(file), path, value)
        assert value_in(file, *path) == value
    for path in (("model",), ("session", "max_sessions"), ("providers", "y", "model")):
        assert unset_value(layers(file), path)
        assert not unset_value(layers(file), path)


words = {option.key: option.kind for option in OPTIONS if option.kind[0] == "choice"}


@settings(deadline=None, max_examples=50)
@given(
    changes=st.lists(
        st.sampled_from(sorted(words)).flatmap(
            lambda key: st.tuples(
                st.just(key), st.sampled_from([None, *kinds.expected(words[key])])
            )
        ),
        max_size=12,
    )
)
def test_any_row_of_changes_leaves_what_a_dictionary_would_hold(
    changes: list[tuple[str, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("edits") / "c.toml"
    file.write_text(example())
    expected: dict[str, str] = {}
    for key, value in changes:
        path = tuple(key.split("."))
        if value is None:
            assert unset_value(layers(file), path) == (key in expected)
            expected.pop(key, None)
        else:
            set_value(layers(file), path, value)
            expected[key] = value
    found = tomllib.loads(file.read_text())
    assert {
        f"{table}.{key}": value for table, pairs in found.items() for key, value in pairs.items()
    } == expected


def test_two_processes_that_set_at_once_are_both_heard(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    code = (
        "import sys\n"
        "from synapse.config import Layers\n"
        "from synapse.config.edits import set_value\n"
        "_, file, name = sys.argv\n"
        "for i in range(20): set_value(Layers({}, file), ('aliases', f'{name}{i}'), 'm')"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(file), name]) for name in ("a", "b", "c")
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(tomllib.loads(file.read_text())["aliases"]) == 60


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "c.toml", tmp_path / "c.toml"
    real.write_text("")
    link.symlink_to(real)
    set_value(layers(link), ("model",), "m")
    assert link.is_symlink()
    assert value_in(real, "model") == "m"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "file-in-the-way"
    folder.write_text("")
    with pytest.raises(ConfigError, match=r"can't write .*: file exists"):
        write_private(str(folder / "c.toml"), "x")
    code = (
        "import resource, signal, sys; from synapse.config.writer import write_private\n"
        "from synapse.errors import ConfigError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "try: write_private(sys.argv[1], 'x' * 100)\n"
        "except ConfigError: sys.exit(3)"
    )
    file = tmp_path / "c.toml"
    file.write_text("old")
    assert subprocess.run([sys.executable, "-c", code, str(file)], check=False).returncode == 3
    assert file.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == [
        "c.toml",
        "file-in-the-way",
    ]
