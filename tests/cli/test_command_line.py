"""A line that is read without argparse means what argparse makes of it; any other goes there."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse.cli.command_line import parsing
from synapse.cli.command_line.command_arguments import read
from synapse.cli.command_line.fast_parser import NeedsArgparse, parse_fast
from synapse.cli.command_line.routing import Route, find_command
from synapse.cli.declared import declared, of_every_command
from synapse.cli.declared.table import DECLARED
from synapse.errors import UsageError

COMMANDS = [tuple(words.split()) for words in DECLARED if words]
ANYTHING = st.sampled_from(
    ["", "-", "--", "---", "a", "a b", "-a b", "-5", "5", "0", "=", "--=", "-x", "-x3", "--no-such",
     "text", "json", "auto", "K=V", "--model=m", "--format=", "-mm", "-m=m", "-qv", "0.5", "é"]
)  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> Route:
    """A command and what might follow it: its own options, right, wrong and incomplete."""
    path = draw(st.sampled_from(COMMANDS))
    arguments: list[str] = []
    for _ in range(draw(st.integers(0, 5))):
        option = draw(st.sampled_from([*declared(path).arguments, *of_every_command()]))
        name = draw(st.sampled_from(option.names)) if option.names else draw(ANYTHING)
        value = draw(st.sampled_from(option.choices)) if option.choices else draw(ANYTHING)
        arguments += draw(
            st.sampled_from(
                [[name], [name, value], [f"{name}={value}"], [f"{name}{value}"], [value]]
            )
        )
    return Route(path, find_command([*path, "-h"]).command, arguments)


def outcome(read: Any, route: Route) -> dict[str, object]:
    values = vars(read(route))
    return {name: values[name] for name in sorted(values) if name != "help"}


@given(lines())
def test_what_is_read_without_argparse_is_what_argparse_reads(route: Route) -> None:
    try:
        plainly = outcome(parse_fast, route)
    except NeedsArgparse:
        return
    assert plainly == outcome(parsing.parse, route)
    assert [type(value) for value in plainly.values()] == [
        type(value) for value in outcome(parsing.parse, route).values()
    ]


@pytest.mark.parametrize(
    "line",
    [
        "What is a monad?",
        "'What is' a monad -c --json",
        "-m openai/gpt-6-sol --param temperature=0.2 --param seed=7 -f a -f - Hello",
        "--model=m -x 2 question",
        "-- -x 3",
        "--db f sessions list",
        "sessions",
        "sessions list docker -n 5 --json --time relative",
        "sessions list -a --deleted",
        "sessions show @1 --last 3 -q",
        "sessions rename @1 'a name'",
        "sessions rename @1",
        "sessions delete -y @1 @2 @3",
        "sessions pin @1",
        "sessions search disk full -n 5 -C 1 -l --count",
        "sessions search disk -full -> -n 5",
        "sessions search --tag work --json",
        "sessions tag @1 @2 work",
        "config set a.b 1 2 3",
        "config get a.b",
        "models -p echo",
        "retry --timeout 5",
        "db check",
        "doctor --json",
    ],
)
def test_an_ordinary_line_needs_no_argparse(line: str) -> None:
    route = find_command(shlex.split(line))
    assert outcome(parse_fast, route) == outcome(parsing.parse, route)


@pytest.mark.parametrize(
    "line",
    [
        "sessions list --nonsense",
        "sessions list -n x",
        "sessions list -n",
        "sessions list --time never",
        "sessions list a b",
        "sessions show --json=1",
        "sessions pin",
        "sessions search disk --nonsense",
        "sessions search disk -z",
        "sessions search disk -n x",
        "sessions search disk -n -full",
        "sessions tag @1",
        "config set a.b",
        "config get a b",
        "ask -m --json x",
        "ask --timeout -3 x",
    ],
)
def test_what_is_wrong_with_a_line_is_said_as_ever(line: str) -> None:
    route = find_command(shlex.split(line))
    with pytest.raises(NeedsArgparse):
        parse_fast(route)
    with pytest.raises(UsageError):
        read(route)


def test_two_lines_share_no_list() -> None:
    first, second = (parse_fast(find_command(["ask", "x"])) for _ in range(2))
    first.file.append("a")
    first.param.append("b")
    assert (second.file, second.param) == ([], [])


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        ("sessions tag @1 -- --", "tag", "--"),
        ("sessions tag -- -- -- work", "refs", ["--", "--"]),
        ("sessions rename -- @1 --", "name", "--"),
        ("sessions show -- --", "ref", "--"),
        ("sessions search -- -- x --", "query", ["--", "x", "--"]),
        ("-- -- x", "prompt", ["--", "x"]),
        ("--name=-- -- hello", "name", "--"),
    ],
)
def test_a_second_double_dash_is_a_word_as_any_other(
    line: str, name: str, expected: object
) -> None:
    route = find_command(shlex.split(line))
    assert outcome(parse_fast, route)[name] == expected
    if "=" not in line:
        assert outcome(parsing.parse, route)[name] == expected
