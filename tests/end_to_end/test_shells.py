"""Completion in the real shells, typed at a pseudo-terminal: those that are on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from program import Terminal, run, sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

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


TELL = "printf '[%s]' {words}; printf '(%s)\\n' {number}"
"""What stands in for the program, to tell the words that it would get."""

AWKWARD = {
    "two words.txt": "two",
    "it's.txt": "it",
    'a "quoted" word': "a",
    "dollar$HOME.txt": "dollar",
    "semi;colon&more": "semi",
    "par(en)": "par",
    "name:colon.txt": "name",
    "equals=sign.txt": "equals",
    "über.txt": "üb",
    ".hidden": ".hid",
}
"""Names of files, each with a beginning that none of the others has."""


class Shell:
    """A shell that has loaded our script."""

    def __init__(self, name: str, program: Path, cwd: Path) -> None:
        self.name = name
        self.folder = cwd
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

    def given(self, typed: str) -> list[str]:
        """The words that the program gets of what is typed after its name, Tab among the keys;
        nothing but the keys, what they make of the line, and these words may be on the screen.
        """
        self._count += 1
        fish = self.name == "fish"
        tell = TELL.format(words="$argv" if fish else '"$@"', number='"$number"')
        if fish:
            self.run(f"set number {self._count}; function synapse; {tell}; end")
        else:
            self.run(f"number={self._count}; synapse() {{ {tell}; }}")
        number = self._count - 1
        before = len(self.terminal.text)
        self.terminal.type(f"synapse {typed}\r")
        shown = self.terminal.expect_match(rf"(?s)((?:\[[^\n]*\])+)\({number}\)\n")
        for complaint in ("no matches found", "not found", "error"):
            assert complaint not in self.terminal.text[before:]
        return str(shown[1])[1:-1].split("][")

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


def test_files_are_given_to_the_program_as_they_are_called(shell: Shell) -> None:
    for name, beginning in AWKWARD.items():
        Path(shell.folder, name).write_text("x")
        assert shell.given(f"-f {beginning}\t") == ["-f", name]
        assert shell.given(f"--file={beginning}\t") == [f"--file={name}"]


def test_files_are_completed_in_folders_at_home_and_behind_quotes(shell: Shell, home: Path) -> None:
    (home / "at-home.txt").write_text("x")
    Path(shell.folder, "my folder").mkdir()
    Path(shell.folder, "my folder", "inner file.txt").write_text("x")
    inner = "my folder/inner file.txt"
    assert shell.given("-f ~/at-h\t") == ["-f", f"{home}/at-home.txt"]
    assert shell.given("-f $HOME/at-h\t") == ["-f", f"{home}/at-home.txt"]
    assert shell.given("-f ./some\t") == ["-f", "./some-notes.txt"]
    for typed in ("my\\ folder/in", '"my folder/in', "'my folder/in"):
        assert shell.given(f"-f {typed}\t") == ["-f", inner]
        assert shell.given(f"--file={typed}\t") == [f"--file={inner}"]
    assert shell.given("-f some\t-o my\\ folder/in\t") == ["-f", "some-notes.txt", "-o", inner]


def test_files_behind_an_at_sign_are_completed_whatever_they_are_called(shell: Shell) -> None:
    Path(shell.folder, "two words.txt").write_text("x")
    assert shell.given("-S @some\t") == ["-S", "@some-notes.txt"]
    assert shell.given("--system=@some\t") == ["--system=@some-notes.txt"]
    assert shell.given("-S @two\t") == ["-S", "@two words.txt"]


def test_a_file_that_is_not_there_is_left_as_it_was_typed(shell: Shell) -> None:
    assert shell.given("-f nothing-like-it\t") == ["-f", "nothing-like-it"]


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
