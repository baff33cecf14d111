"""`synapse ask`: what is asked, of whom, and what is printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from program import messages, run, sessions

if TYPE_CHECKING:
    from pathlib import Path


def test_the_answer_in_a_pipe_is_the_models_bytes_and_a_newline() -> None:
    ran = run("-p", "echo", "a\x1b[31m\tb\r\n…")
    assert ran.out == "a\x1b[31m\tb\r\n…\n".encode()
    assert (ran.status, ran.err) == (0, "")


def test_a_question_makes_a_session_that_can_be_continued() -> None:
    run("-p", "echo", "one")
    assert run("-c", "two").text == "two\n"
    [session] = sessions()
    assert session["message_count"] == 4
    assert [m["content"] for m in messages()] == ["one", "one", "two", "two"]


def test_several_words_are_one_prompt_and_options_may_stand_between_them() -> None:
    assert run("what", "-p", "echo", "is", "--no-save", "this").text == "what is this\n"


def test_two_dashes_end_the_options() -> None:
    assert run("-p", "echo", "--", "-c", "is an option").text == "-c is an option\n"


def test_ask_can_be_spelled_out_and_global_options_may_stand_before_it() -> None:
    assert run("--no-input", "-q", "ask", "-p", "echo", "sessions").text == "sessions\n"


@pytest.mark.parametrize(
    "reference", ["handle", "uuid", "bare", "upper", "name", "NAME", "@1", "@"]
)
def test_a_session_can_be_named_in_many_ways(reference: str) -> None:
    run("-p", "echo", "--name", "Rust-Notes", "one")
    [session] = sessions()
    ways = {
        "handle": session["handle"],
        "uuid": session["id"],
        "bare": session["id"].replace("-", ""),
        "upper": session["id"].upper(),
        "name": "Rust-Notes",
        "NAME": "RUST-notes",
    }
    ran = run("-s", ways.get(reference, reference), "two")
    assert (ran.status, ran.text) == (0, "two\n")
    assert len(sessions()) == 1


def test_a_session_keeps_its_provider_and_model_whatever_the_configuration_says(
    home: Path,
) -> None:
    run("-p", "echo", "one")
    folder = home / ".config" / "synapse"
    (folder / "config.toml").write_text('provider = "ollama"\nmodel = "qwen3"\n')
    assert run("-c", "two").text == "two\n"


def test_a_model_may_name_its_provider() -> None:
    assert run("-m", "echo/echo", "hi").text == "hi\n"
    assert run("-m", "echo", "hi").text == "hi\n"


def test_prompt_and_standard_input_are_one_message_the_instruction_first() -> None:
    assert run("-p", "echo", "Summarize", stdin=b"line 1\nline 2\n").text == (
        "Summarize\n\nline 1\nline 2\n"
    )
    assert sessions()[0]["preview"].startswith("Summarize")


def test_standard_input_alone_is_the_prompt() -> None:
    assert run("-p", "echo", stdin="grüße\n".encode()).text == "grüße\n"


def test_no_stdin_leaves_standard_input_alone() -> None:
    assert run("-p", "echo", "--no-stdin", "hi", stdin=b"not this").text == "hi\n"


def test_bytes_that_are_no_utf_8_are_replaced_and_counted() -> None:
    ran = run("-p", "echo", stdin=b"caf\xe9 \xff ok")
    assert ran.text == "caf� � ok\n"
    assert ran.err == "warning: standard input is not UTF-8 in 2 places; replaced by �\n"


def test_a_binary_file_is_refused_and_nothing_is_stored() -> None:
    ran = run("-p", "echo", "what is this", stdin=b"\x7fELF\0\0")
    assert (ran.status, ran.out) == (2, b"")
    assert "looks like a binary file" in ran.err
    assert sessions() == []


def test_too_much_input_is_refused_with_the_size_and_the_way_out() -> None:
    ran = run("-p", "echo", stdin=b"x" * 1_048_577)
    assert ran.status == 2
    assert "1,048,577 bytes, the limit is 1,048,576" in ran.err
    assert "Nothing was sent. Raise it:  synapse config set input.max_bytes N\n" in ran.err
    environ = {"SYNAPSE_INPUT_MAX_BYTES": "2000000"}
    assert len(run("-p", "echo", stdin=b"x" * 1_048_577, environ=environ).out) == 1_048_578


@pytest.mark.parametrize("given", [[], [""], ["  ", "\t"]])
def test_an_empty_prompt_is_refused_with_two_examples(given: list[str]) -> None:
    ran = run("-p", "echo", *given)
    assert (ran.status, ran.out) == (2, b"")
    assert ran.err.count("synapse") == 2
    assert sessions() == []


def test_empty_standard_input_is_no_prompt() -> None:
    assert run("-p", "echo", stdin=b"\n \n").status == 2


def test_json_is_one_object_of_schema_1() -> None:
    ran = run("-p", "echo", "--json", "--name", "n", "日本")
    answer = ran.json()
    assert ran.out.count(b"\n") == 1
    assert "日本".encode() in ran.out
    assert answer["schema"] == 1
    [session] = sessions()
    assert answer["session"] == {
        "id": session["id"], "handle": session["id"][-8:], "name": "n", "title": None,
    }  # fmt: skip
    message = answer["message"]
    assert (message["index"], message["role"], message["content"]) == (2, "assistant", "日本")
    assert (message["status"], message["finish_reason"]) == ("complete", "stop")
    assert isinstance(answer["elapsed_ms"], int)


def test_jsonl_is_a_start_then_deltas_then_an_end() -> None:
    events = [json.loads(line) for line in run("-p", "echo", "-F", "jsonl", "hi").text.splitlines()]
    assert events[0]["type"] == "start"
    assert events[-1]["type"] == "end"
    assert events[-1]["message"]["content"] == "hi"
    assert "".join(event["text"] for event in events if event["type"] == "delta") == "hi"


def test_no_save_stores_nothing_at_all(home: Path) -> None:
    assert run("-p", "echo", "--no-save", "hi").text == "hi\n"
    assert list(home.rglob("*")) == []


def test_a_missing_key_is_said_before_anything_is_stored(home: Path) -> None:
    ran = run("-p", "openai", "hi")
    assert (ran.status, ran.out) == (4, b"")
    assert ran.err.splitlines()[0] == 'error: no API key for provider "openai"'
    assert "synapse keys set openai" in ran.err
    assert list(home.rglob("*")) == []


def test_without_any_key_the_ways_to_one_are_named() -> None:
    ran = run("hi")
    assert ran.status == 4
    assert "synapse keys set" in ran.err
    assert 'synapse -p echo "hello"' in ran.err


def test_a_stored_key_chooses_its_provider() -> None:
    assert run("keys", "set", "groq", stdin=b"gsk-canary-0123456789\n").status == 0
    chosen = run("models", "--json", environ={"all_proxy": "http://127.0.0.1:1"})
    assert "groq" in chosen.err + chosen.text


def test_an_unknown_provider_is_an_error_with_a_suggestion() -> None:
    ran = run("-p", "opnai", "hi")
    assert ran.status == 2
    assert "'openai'" in ran.err
    assert sessions() == []


def test_an_unknown_provider_that_is_configured_is_the_configurations_fault() -> None:
    ran = run("hi", environ={"SYNAPSE_PROVIDER": "opnai"})
    assert ran.status == 7
    assert "'openai'" in ran.err


def test_an_unknown_option_is_an_error_with_a_suggestion() -> None:
    ran = run("-p", "echo", "--jsno", "hi")
    assert ran.status == 2
    assert ran.err.startswith("error: unknown option --jsno; did you mean --json?\n")
    assert "A prompt that begins with a dash:  synapse -- --jsno …" in ran.err
    assert "prompt" not in run("sessions", "rename", "@1", "--nmae").err
    assert "dash" not in run("db", "check", "--repiar").err
    assert sessions() == []


@pytest.mark.parametrize(
    "argv",
    [
        ["-c", "-s", "@1", "x"],
        ["-c", "--no-save", "x"],
        ["-c", "--name", "n", "x"],
        ["-s", "@1", "-S", "be brief", "x"],
        ["--no-save", "--name", "n", "x"],
        ["--timeout", "0", "x"],
        ["--timeout", "soon", "x"],
        ["--param", "temperatur=1", "x"],
        ["--param", "temperature", "x"],
        ["--param", "temperature=hot", "x"],
        ["-S", "@/nowhere/at/all", "x"],
        ["-F", "yaml", "x"],
        ["-s"],
    ],
)
def test_what_contradicts_or_makes_no_sense_is_a_usage_error(argv: list[str]) -> None:
    ran = run("-p", "echo", *argv)
    assert (ran.status, ran.out) == (2, b"")
    assert ran.err.startswith("error: ")
    assert sessions() == []


def test_a_mistyped_parameter_is_suggested() -> None:
    assert 'did you mean "temperature"?' in run("-p", "echo", "--param", "temperatur=1", "x").err


def test_a_system_prompt_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "system.md"
    path.write_text("Be brief.\n")
    run("-p", "echo", "-S", f"@{path}", "hi")
    assert sessions()[0]["system_prompt"] == "Be brief."


def test_a_taken_name_is_refused_with_the_way_to_go_on() -> None:
    run("-p", "echo", "--name", "notes", "one")
    ran = run("-p", "echo", "--name", "Notes", "two")
    assert ran.status == 2
    assert "synapse -s Notes" in ran.err
    assert len(sessions()) == 1


def test_there_must_be_a_session_to_continue() -> None:
    ran = run("-c", "hi")
    assert ran.status == 3
    assert 'synapse "Hello"' in ran.err


def test_verbose_words_of_a_question_are_not_taken_for_options_of_other_commands() -> None:
    assert run("-p", "echo", "-q", "list", "all", "things", "that", "are", "--no-save").status == 0


def test_a_word_that_is_no_utf_8_is_replaced() -> None:
    ran = run("-p", "echo", "caf\udce9")
    assert ran.text == "caf�\n"
    assert ran.err.startswith("warning: the prompt is not UTF-8 in 1 place")
