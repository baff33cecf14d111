"""What of an answer goes where (-x, -o), and questions that are written in an editor (-e)."""

from __future__ import annotations

import os
import signal
import stat
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai, scripts
from program import (
    Installed,
    Terminal,
    messages,
    run,
    sessions,
    wait_until,
    without_privileges,
)

if TYPE_CHECKING:
    from pathlib import Path

    from loopback.server import Exchange

TWO_BLOCKS = "Say:\n\n```python\nprint(1)\n```\n\n1. or\n\n   ~~~sh\n   echo `2`\n   ~~~\n\nDone."


# --------------------------------------------------------------------------------------- extract


def test_only_the_first_or_the_last_code_block_is_printed() -> None:
    assert run("-p", "echo", "-x", TWO_BLOCKS).out == b"print(1)\n"
    assert run("-p", "echo", "--extract-last", TWO_BLOCKS).out == b"echo `2`\n"
    assert messages()[1]["content"] == TWO_BLOCKS


@pytest.mark.parametrize(
    "option", ["-x 2", "-x2", "--extract 2", "--extract=2", "--extract-nth 2", "--extract-last"]
)
def test_the_nth_code_block_is_printed(option: str) -> None:
    assert run("-p", "echo", *option.split(), TWO_BLOCKS).out == b"echo `2`\n"
    assert messages()[1]["content"] == TWO_BLOCKS


def test_a_number_behind_dashes_is_the_question_not_the_number_of_a_block() -> None:
    run("-p", "echo", "-x", "--", "42")
    assert messages()[0]["content"] == "42"


def test_a_code_block_that_is_not_there_is_told_from_one_that_can_not_be() -> None:
    ran = run("-p", "echo", "-x", "3", TWO_BLOCKS)
    assert (ran.status, ran.out) == (1, b"")
    assert ran.err.startswith("error: the answer has 2 code blocks; there is no number 3\n")
    assert run("-p", "echo", "-x", "0", TWO_BLOCKS).status == 2


def test_an_indented_block_and_code_in_a_line_are_no_fenced_block() -> None:
    ran = run("-p", "echo", "-x", "`a`\n\n    indented\n")
    handle = sessions()[0]["handle"]
    assert (ran.status, ran.out) == (1, b"")
    assert ran.err == (
        "error: the answer has no code block\n"
        f"  The answer is saved:  synapse sessions show {handle}\n"
    )


def test_half_a_program_is_neither_printed_nor_written(
    program: Path, home: Path, tmp_path: Path
) -> None:
    def half(exchange: Exchange) -> None:
        exchange.start(200, {**scripts.EVENT_STREAM, "Transfer-Encoding": "chunked"})
        exchange.chunk(openai.chunk({"content": "```\nrm -rf /tmp/x"}))
        exchange.stopped.wait(30)

    with Loopback(half) as server:
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "config.toml").write_text(
            f'[providers.here]\nkind = "openai"\nbase_url = "{server.url}/v1"\nmodel = "m"\n'
        )
        target = tmp_path / "code"
        asking = Installed(program).start("-p", "here", "-x", "-o", str(target), "hi")
        wait_until(lambda: any("rm -rf" in m["content"] for s in sessions() for m in messages()))
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=30)
    assert (asking.returncode, out) == (-signal.SIGINT, b"")
    assert err.startswith(b"Stopped. The partial answer (17 characters) is saved.")
    assert os.listdir(tmp_path) == ["home"]


# ---------------------------------------------------------------------------------------- output


def test_the_answer_goes_into_a_private_file_as_it_would_into_a_pipe(tmp_path: Path) -> None:
    target = tmp_path / "answer.md"
    ran = run("-p", "echo", "-o", str(target), "a\x1b[31m\tb")
    assert (ran.status, ran.out) == (0, b"")
    assert ran.err == f"Wrote {target} (9 bytes).\n"
    assert target.read_bytes() == b"a\x1b[31m\tb\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert set(os.listdir(tmp_path)) == {"home", "answer.md"}


def test_what_is_extracted_and_json_can_go_into_a_file_too(tmp_path: Path) -> None:
    code, whole = tmp_path / "a.py", tmp_path / "a.json"
    run("-p", "echo", "-x", "-o", str(code), TWO_BLOCKS)
    assert code.read_text() == "print(1)\n"
    run("-p", "echo", "--json", "-q", "-o", str(whole), "hello")
    assert '"content": "hello"' in whole.read_text()


def test_a_file_that_is_there_is_overwritten_by_force_only(tmp_path: Path) -> None:
    target = tmp_path / "answer.md"
    target.write_text("precious")
    target.chmod(0o640)
    ran = run("-p", "echo", "-o", str(target), "new")
    assert (ran.status, target.read_text(), sessions()) == (2, "precious", [])
    assert "Overwrite it:  --force" in ran.err
    assert run("-p", "echo", "-o", str(target), "--force", "new").status == 0
    assert target.read_text() == "new\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    assert run("-p", "echo", "-o", str(tmp_path / "link"), "--force", "new").status == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new\n"


@pytest.mark.parametrize("target", [".", "nowhere/at/all", "x"])
def test_a_place_that_cant_be_written_is_refused_before_anything_is_asked(
    tmp_path: Path, program: Path, target: str
) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o500)
    path = str(folder / target)
    words = ["-p", "echo", "-o", path, "--force", "hi"]
    ran = Installed(program)(*words, wrapper=without_privileges())
    assert (ran.status, ran.out) == (2, b"")
    assert sessions() == []


def test_of_an_answer_that_broke_off_no_file_is_left(tmp_path: Path) -> None:
    target = tmp_path / "answer.py"
    assert run("-p", "echo", "-x", "-o", str(target), "no code").status == 1
    assert os.listdir(tmp_path) == ["home"]


def test_a_retried_answer_can_go_into_a_file(tmp_path: Path) -> None:
    run("-p", "echo", "hello")
    assert run("retry", "-o", str(tmp_path / "again")).status == 0
    assert (tmp_path / "again").read_text() == "hello\n"


def test_a_dash_is_standard_output_and_force_alone_is_a_mistake() -> None:
    assert run("-p", "echo", "-o", "-", "hi").out == b"hi\n"
    assert run("-p", "echo", "--force", "hi").status == 2


@pytest.mark.parametrize("options", ["-o x", "-x", "-e", "--json"])
def test_a_conversation_has_no_single_answer_to_put_somewhere(options: str) -> None:
    assert run("-p", "echo", "-r", *options.split(), "hi").status == 2


# ---------------------------------------------------------------------------------------- editor


def editor(folder: Path, script: str) -> dict[str, str]:
    """An editor that is a shell script; its file is $1."""
    path = folder / "an editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return {"VISUAL": f"'{path}' --wait", "EDITOR": "false"}


def test_what_is_written_in_the_editor_is_asked(tmp_path: Path, home: Path) -> None:
    script = '[ "$1" = --wait ] && printf "and more\\n\\n" >> "$2"; ls -l "$2" >&2'
    ran = run("-p", "echo", "-e", "begun", environ=editor(tmp_path, script))
    assert ran.text == "begun\nand more\n"
    assert messages()[0]["content"] == "begun\nand more"
    assert list(home.rglob("question-*")) == []


def test_what_is_being_written_is_for_its_owner_alone(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f'stat -c "%a" "$2" "$(dirname "$2")" > "{seen}"; echo hi > "$2"'
    before = os.umask(0)
    try:
        assert run("-p", "echo", "-e", environ=editor(tmp_path, script)).status == 0
    finally:
        os.umask(before)
    assert seen.read_text().split() == ["600", "700"]


def test_what_is_piped_in_goes_with_it(tmp_path: Path) -> None:
    ran = run("-p", "echo", "-e", stdin=b"data\n", environ=editor(tmp_path, 'echo what > "$2"'))
    assert ran.status == 0
    assert messages()[0]["content"] == "what"
    assert b"data" in run("sessions", "show", "@1", "--json").out


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("true", "the question is empty; nothing was sent"),
        ("exit 3", "ended with exit status 3; nothing was sent"),
    ],
)
def test_nothing_written_is_nothing_asked(tmp_path: Path, script: str, told: str) -> None:
    ran = run("-p", "echo", "-e", environ=editor(tmp_path, script))
    assert (ran.status, sessions()) == (2, [])
    assert told in ran.err


def test_a_missing_editor_or_key_is_found_out_before_anything_is_written(tmp_path: Path) -> None:
    assert "can't be started" in run("-p", "echo", "-e", environ={"VISUAL": "/no/such"}).err
    environ = editor(tmp_path, f'touch "{tmp_path}/was-opened"')
    assert run("-p", "openai", "-e", environ=environ).status == 4
    assert not (tmp_path / "was-opened").exists()


def test_what_was_written_is_kept_if_it_could_not_be_stored(
    tmp_path: Path, home: Path, program: Path
) -> None:
    run("-p", "echo", "hello")
    elsewhere = f'echo precious > "$2"; "{program}" sessions delete --purge -y @1'
    ran = run("-c", "-e", environ=editor(tmp_path, elsewhere))
    assert (ran.status, sessions()) == (3, [])
    [kept] = home.rglob("question-*")
    assert kept.read_text() == "precious\n"
    assert f"What you wrote is kept in {kept}" in ran.err


def test_an_editor_gets_the_terminal_though_the_answer_goes_elsewhere(
    tmp_path: Path, program: Path
) -> None:
    environ = editor(tmp_path, 'read line; echo "typed: $line" > "$2"; test -t 1 || exit 9')
    with (
        open(tmp_path / "answer", "w+b") as answer,
        Terminal(
            [str(program), "-p", "echo", "-e"], environ=environ, stdout=answer.fileno()
        ) as terminal,
    ):
        terminal.type("hello\n")
        assert terminal.end() == 0, terminal.text
        assert (tmp_path / "answer").read_text() == "typed: hello\n"


def test_what_can_be_done_next_is_about_this_question_not_an_earlier_one(home: Path) -> None:
    run("-p", "echo", "an earlier question")
    failures = [scripts.cut_chunks(openai.chunk({"content": "Half"})), openai.error(500, "broken")]
    for failure in failures:
        with Loopback(failure) as server:
            (home / ".config" / "synapse" / "config.toml").write_text(
                f'[providers.here]\nbase_url = "{server.url}/v1"\nmodel = "m"\nattempts = 1\n'
            )
            ran = run("-p", "here", "--no-save", "hi")
        assert ran.status == 5
        assert "retry" not in ran.err
        assert "kept" not in ran.err
        assert ran.err.endswith("  Nothing was saved (--no-save).\n")
