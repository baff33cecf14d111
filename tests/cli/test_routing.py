"""Which command a line means."""

from __future__ import annotations

import pytest
from program import run, sessions

from synapse.cli.command_line.routing import find_command
from synapse.cli.commands import ALIASES, COMMANDS, RESERVED
from synapse.errors import UsageError


@pytest.mark.parametrize(
    ("line", "path", "arguments"),
    [
        ("", "ask", ""),
        ("hello", "ask", "hello"),
        ("-p echo sessions", "ask", "-p echo sessions"),
        ("-- sessions list", "ask", "-- sessions list"),
        ("ask sessions list", "ask", "sessions list"),
        ("sessions", "sessions list", ""),
        ("sessions -n 5", "sessions list", "-n 5"),
        ("session ls", "sessions list", ""),
        ("sessions rm x", "sessions delete", "x"),
        ("--db /tmp/x.db -q sessions list", "sessions list", "--db /tmp/x.db -q"),
        ("--db=/tmp/x.db sessions --debug show x", "sessions show", "--db=/tmp/x.db --debug x"),
        ("help refs", "help", "refs"),
    ],
)
def test_the_first_word_decides(line: str, path: str, arguments: str) -> None:
    route = find_command(line.split())
    assert " ".join(route.path) == path
    assert " ".join(route.arguments) == arguments


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("sesions list", "synapse sessions list"),
        ("sessionss show 4c38", "synapse sessions show 4c38"),
        ("modles qwen", "synapse models qwen"),
    ],
)
def test_a_mistyped_command_is_not_sent_to_the_model(line: str, meant: str) -> None:
    with pytest.raises(UsageError) as raised:
        find_command(line.split())
    first = line.split()[0]
    assert raised.value.message == f'"{first}" is no command. Did you mean:  {meant}'
    assert raised.value.hints == (f"To ask it as a question:  synapse ask {line}",)


@pytest.mark.parametrize(
    "words",
    [
        ["sesions", "of the heart"],
        ["sesions", "are", "what", "I", "mean"],
        ["tell", "me", "more"],
        ["hell", "is", "other", "people"],
    ],
)
def test_what_looks_like_a_question_is_one(words: list[str]) -> None:
    assert find_command(words).path == ("ask",)


@pytest.mark.parametrize("word", RESERVED)
def test_reserved_words_are_never_asked(word: str) -> None:
    ran = run(word)
    assert ran.status == 2
    assert f"synapse ask {word}" in ran.err
    assert sessions() == []


def test_an_unknown_subcommand_is_an_error_with_a_suggestion_and_the_others() -> None:
    ran = run("sessions", "shwo", "x")
    assert ran.status == 2
    assert "Did you mean:  synapse sessions show" in ran.err
    assert "synapse ask sessions shwo x" in ran.err


def test_aliases_name_commands() -> None:
    known = set(COMMANDS) | {name for row in COMMANDS.values() for name in row.subcommands}
    assert set(ALIASES.values()) <= known
    assert not set(ALIASES) & known


def commands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, row in COMMANDS.items():
        found += [(name, sub) for sub in row.subcommands] or [(name,)]
    return found


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_has_help_that_names_each_of_its_options(path: tuple[str, ...]) -> None:
    ran = run(*path, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert ran.text.startswith(f"usage: synapse {' '.join(path)}")
    assert run("help", *path).text == ran.text
    from synapse.cli.command_line import parsing

    route = find_command(list(path))
    parser = parsing.build_parser(route)
    options = [name for name in parser._option_string_actions if name.startswith("--")]
    assert [name for name in options if name not in ran.text] == []


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_refuses_options_that_it_does_not_have(path: tuple[str, ...]) -> None:
    ran = run(*path, "--no-such-option-at-all")
    assert ran.status == 2
    assert "unknown option --no-such-option-at-all" in ran.err or "required" in ran.err


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["help"]])
def test_the_overview_names_every_command(argv: list[str]) -> None:
    printed = run(*argv).text
    assert [name for name in COMMANDS if f"  {name}" not in printed] == []


def test_the_help_of_a_group_names_its_subcommands() -> None:
    for argv in (["sessions", "--help"], ["help", "sessions"]):
        printed = run(*argv).text
        assert all(f"  {name} " in printed for name in COMMANDS["sessions"].subcommands)


@pytest.mark.parametrize(
    "topic", ["refs", "formats", "exit-codes", "environment", "keys", "privacy"]
)
def test_topics_have_pages(topic: str) -> None:
    assert len(run("help", topic).text.splitlines()) > 3


def test_an_unknown_topic_is_an_error_with_a_suggestion() -> None:
    ran = run("help", "exit-code")
    assert ran.status == 2
    assert "did you mean exit-codes?" in ran.err


def test_version_is_one_line() -> None:
    from synapse import __version__

    assert run("--version").text == f"synapse {__version__}\n"
