"""Completion in the real shells, typed at a pseudo-terminal: those that are on this machine."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from program import Terminal, run, sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i", "-C", "function fish_prompt; echo -n '$ '; end"],
}
LOAD = {
    "bash": "source <(synapse completion bash)",
    "zsh": "autoload -U compinit; compinit -u -D; source <(synapse completion zsh)",
    "fish": "synapse completion fish | source",
}
SHELLS = [name for name in START if name == "bash" or shutil.which(name)]
"""bash is everywhere; the others are tried where they are."""


class Shell:
    """A shell that has loaded our script."""

    def __init__(self, name: str, program: Path, cwd: Path) -> None:
        self.name = name
        self._count = 0
        environ = {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "PS1": "$ ",
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
        }
        folder = os.getcwd()
        os.chdir(cwd)
        try:
            self.terminal = Terminal(START[name], columns=120, environ=environ)
        finally:
            os.chdir(folder)
        self.terminal.expect("$ ")  # what is typed before may be lost
        self.run(LOAD[name])
        if name == "bash":
            self.run("bind 'set page-completions off'")

    def run(self, command: str) -> None:
        """Run a command to its end."""
        self._count += 1
        self.terminal.type(f"{command}; printf '<%s>\\n' {self._count}\r")
        self.terminal.expect_match(rf"<{self._count}>[^$]*\$ ")

    def completed(self, typed: str) -> str:
        """The command line that the keys make of it, Tab among them."""
        self._count += 1
        self.terminal.type(typed)
        # The shell prints the line instead of running it; what is echoed has no number in it.
        self.terminal.type(f"\x01printf '<%s>%s</>\\n' {self._count} '\x05'\r")
        shown = self.terminal.expect_match(rf"<{self._count}>(.*?)</>[^$]*\$ ")
        return str(shown[1])

    def listed(self, typed: str, wanted: str) -> None:
        """Wait until Tab, pressed twice, has listed `wanted`."""
        self.terminal.type(f"{typed}\t\t")
        self.terminal.expect(wanted)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, program: Path, tmp_path: Path) -> Iterator[Shell]:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "some-notes.txt").write_text("x")
    run("-p", "echo", "--name", "notes-on-docker", "Explain volumes and mounts")
    run("-p", "echo", "東京 旅行 の計画")
    started = Shell(request.param, program, folder)
    with started.terminal:
        yield started


def handle(preview: str) -> str:
    [found] = [s["handle"] for s in sessions() if s["preview"].startswith(preview)]
    return str(found)


def test_commands_are_completed_word_by_word(shell: Shell) -> None:
    assert shell.completed("synapse ses\tsh\t").split() == ["synapse", "sessions", "show"]


def test_a_session_is_found_by_a_part_of_its_name_or_title(shell: Shell) -> None:
    assert shell.completed("synapse -s notes-on\t").split() == ["synapse", "-s", "notes-on-docker"]
    typed = handle("東京")
    line = shell.completed(f"synapse sessions show {typed[:6]}\t")
    assert line.split() == ["synapse", "sessions", "show", typed]


def test_a_title_alone_brings_the_handle(shell: Shell) -> None:
    assert shell.completed("synapse -s 旅行\t").split() == ["synapse", "-s", handle("東京")]


def test_what_matches_nothing_is_left_as_it_was_typed(shell: Shell) -> None:
    assert shell.completed("synapse -s nothing-like-it\t").split()[-1] == "nothing-like-it"


def test_several_candidates_are_listed_with_what_they_are(shell: Shell) -> None:
    shell.listed("synapse sessions re", "take sessions out of the trash")
    shell.terminal.expect("give a session a name")


def test_sessions_are_listed_with_their_first_words(shell: Shell) -> None:
    shell.listed("synapse -s ", "東京 旅行 の計画")
    shell.terminal.expect("Explain volumes and mounts")


def test_options_and_their_values_are_completed(shell: Shell) -> None:
    assert shell.completed("synapse ask --no-sa\t").split()[-1] == "--no-save"
    assert shell.completed("synapse --color alw\t").split()[-1] == "always"
    assert shell.completed("synapse --color=alw\t").split()[-1] == "--color=always"


def test_names_with_colons_and_slashes_are_completed(shell: Shell, home: Path) -> None:
    config = home / ".config" / "synapse" / "config.toml"
    config.write_text('[providers.mine]\nbase_url = "http://localhost:1"\nmodel = "qwen3:8b-q4"\n')
    assert shell.completed("synapse -m mine/q\t").split()[-1] == "mine/qwen3:8b-q4"
    assert shell.completed("synapse -m mine/qwen3:8\t").split()[-1] == "mine/qwen3:8b-q4"


def test_a_parameter_waits_for_its_value(shell: Shell) -> None:
    assert shell.completed("synapse --param temp\t0.5").split()[-1] == "temperature=0.5"


def test_files_are_left_to_the_shell(shell: Shell) -> None:
    assert shell.completed("synapse -f some\t").split()[-1] == "some-notes.txt"
    assert shell.completed("synapse db backup some\t").split()[-1] == "some-notes.txt"
    assert shell.completed("synapse --config=some\t").split()[-1] == "--config=some-notes.txt"


def test_an_installed_script_works_in_a_new_shell(shell: Shell, home: Path) -> None:
    ran = run("completion", shell.name, "--install")
    assert ran.status == 0
    path = ran.err.splitlines()[0].removeprefix("Wrote ")
    assert path.startswith(str(home))
    shell.run("complete -r synapse" if shell.name == "bash" else "true")
    load = {
        "bash": f"source {path}",
        "zsh": f"unfunction _synapse; fpath+=({os.path.dirname(path)}); compinit -u -D",
        "fish": f"complete -c synapse -e; source {path}",
    }
    shell.run(load[shell.name])
    assert shell.completed("synapse doc\t").split()[-1] == "doctor"
