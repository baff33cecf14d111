"""What a query means, however it is typed; that none is an error."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from synapse.app.query_language import Parsed, parse
from synapse.domain import Role
from synapse.errors import UsageError
from synapse.search_query import (
    DEEPEST,
    LONGEST_QUERY,
    AllOf,
    AnyOf,
    Not,
    Phrase,
    SearchQuery,
    Word,
)

if TYPE_CHECKING:
    from synapse.search_query import Part

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def written(part: Part | None) -> str:
    """The expression in one line: words bare, phrases in brackets, `!`, `&` and `|`."""
    match part:
        case None:
            return ""
        case Word(text=text, prefix=prefix):
            return text + ("…" if prefix else "")
        case Phrase(text=text):
            return f"[{text}]"
        case Not(part=inner):
            return f"!{written(inner)}"
        case AllOf(parts=parts):
            return "(" + " & ".join(map(written, parts)) + ")"
        case AnyOf(parts=parts):
            return "(" + " | ".join(map(written, parts)) + ")"


EXPRESSIONS = [
    ("docker", "docker"),
    ("  disk   full ", "(disk & full)"),
    ("disk\u3000full\tnow", "(disk & full & now)"),
    ('"disk full"', "[disk full]"),
    ("“disk full”", "[disk full]"),
    ("„Platte voll“ «disque plein»", "([Platte voll] & [disque plein])"),
    ('"disk full', "[disk full]"),
    ('quota "disk full', "(quota & [disk full])"),
    ('"a""b"', "([a] & [b])"),
    ("disk -full", "(disk & !full)"),
    ('-"disk full" quota', "(![disk full] & quota)"),
    ("-full", "!full"),
    ("-🚀", "!🚀"),
    ("-C++", "!C++"),
    ("conf*", "conf…"),
    ("東*", "東…"),
    ("-conf*", "!conf…"),
    ("disk OR quota", "(disk | quota)"),
    ("disk full OR quota", "((disk & full) | quota)"),
    ("a OR b OR c", "(a | b | c)"),
    ("(disk OR quota) full", "((disk | quota) & full)"),
    ("-(disk OR quota) full", "(!(disk | quota) & full)"),
    ("-(disk)", "!disk"),
    ("-(-disk)", "disk"),
    ("(a (b c))", "(a & b & c)"),
    ("(disk OR quota", "(disk | quota)"),
    ("((a)", "a"),
    ("(f(x) OR g(y)) z", "((f(x) | g(y)) & z)"),
    ("(a OR b)c", "((a | b) & c)"),
    ("(a OR b)\u3000c", "((a | b) & c)"),
    # no syntax: as it is typed
    ("f(x)", "f(x)"),
    ("foo()", "foo()"),
    ("() => x", "(() & => & x)"),
    ("foo-bar", "foo-bar"),
    ("--flag", "--flag"),
    ("->", "->"),
    ("==", "=="),
    ("a == b", "(a & == & b)"),
    ("- a", "(- & a)"),
    ("**bold**", "**bold**"),
    ("*args", "*args"),
    ("a*b", "a*b"),
    ("*", "*"),
    ("**", "**"),
    ('5" disk', '(5" & disk)'),
    ('class="x', 'class="x'),
    ("a)", "a)"),
    (":)", ":)"),
    (")", ")"),
    ("OR", "OR"),
    ("OR a", "(OR & a)"),
    ("a OR", "(a & OR)"),
    ("a OR OR b", "(a | (OR & b))"),
    ("a or b", "(a & or & b)"),
    ("a AND b", "(a & AND & b)"),
    ("NOT a", "(NOT & a)"),
    ("NEAR(a b)", "(NEAR(a & b))"),
    ("a^2 {b} [c] ~d ?e !f #g $h %i", "(a^2 & {b} & [c] & ~d & ?e & !f & #g & $h & %i)"),
    ("don't", "don't"),
    ("a.b.c foo_bar C++ /etc/passwd", "(a.b.c & foo_bar & C++ & /etc/passwd)"),
    ("https://example.com/a?b=c", "https://example.com/a?b=c"),
    ("nul\x00nul", "nul\x00nul"),
    ("\udcff", "\udcff"),
    ("'; DROP TABLE messages; --", "('; & DROP & TABLE & messages; & --)"),
    # nothing remains: the whole as it is typed
    ('""', '[""]'),
    (' " ', '["]'),
    ("( )", "[( )]"),
    ('-""', '[-""]'),
    ("(", "[(]"),
    # filters are no words
    ("role:user disk", "disk"),
    ("disk role:user OR quota", "(disk | quota)"),
    ("role:user OR disk", "disk"),
    ("disk OR role:user", "disk"),
    ("(role:user) disk", "disk"),
    ('name:"my notes" disk', "disk"),
    # what looks like one and is none
    ("role:", "role:"),
    ("role: user", "(role: & user)"),
    ("role:bob", "role:bob"),
    ("after:nonsense", "after:nonsense"),
    ("after:5m", "after:5m"),
    ("has:cheese", "has:cheese"),
    ("-in:reasoning", "!in:reasoning"),
    ("colour:red", "colour:red"),
    ("std::vector", "std::vector"),
    ('"role:user"', "[role:user]"),
]


@pytest.mark.parametrize(("text", "meant"), EXPRESSIONS)
def test_an_expression_is_read_as(text: str, meant: str) -> None:
    assert written(parse(text, NOW).query.expression) == meant


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000"])
def test_a_blank_query_asks_nothing(text: str) -> None:
    assert parse(text).asks_nothing


@pytest.mark.parametrize("text", ["a", '""', "role:user", "in:@1", "-tag:x", "in:reasoning"])
def test_every_other_query_asks_something(text: str) -> None:
    assert not parse(text).asks_nothing


def moment(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_filters_of_one_name_add_up_and_a_dash_leaves_out() -> None:
    parsed = parse(
        "role:user ROLE:Tool model:gpt -model:mini provider:openai name:docker tag:work"
        ' -tag:"two words" has:attachment -in:@2 in:docker in:id:4c38',
        NOW,
    )
    assert parsed.query == SearchQuery(
        roles=(Role.USER, Role.TOOL),
        models=("gpt",),
        providers=("openai",),
        names=("docker",),
        tags=("work",),
        has_attachment=True,
        without=parsed.query.without.replace(models=("mini",), tags=("two words",)),
    )
    assert parsed.query.without.roles == ()
    assert (parsed.references, parsed.references_without) == (("docker", "id:4c38"), ("@2",))
    assert parsed.notes == ()


@pytest.mark.parametrize(
    ("text", "after", "before"),
    [
        ("after:2d", moment(24), None),
        ("since:2d until:12h", moment(24), moment(26, 0)),
        ("before:2026-11-20T12:00Z", None, moment(20)),
        ("-after:2d", None, moment(24)),
        ("after:5d after:2d before:1d before:12h", moment(24), moment(25)),
    ],
)
def test_times_are_those_of_the_options(
    text: str, after: datetime | None, before: datetime | None
) -> None:
    query = parse(text, NOW).query
    assert (query.after, query.before) == (after, before)


def test_a_date_begins_at_the_local_midnight() -> None:
    after = parse("after:2026-11-01", NOW).query.after
    assert after == datetime(2026, 11, 1).astimezone()


def test_reasoning_is_looked_at_where_it_is_asked_for() -> None:
    assert parse("in:reasoning disk").query.in_reasoning
    assert not parse("disk").query.in_reasoning


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("rol:user", "did you mean role:"),
        ("colour:red", "filters are role: model: provider: name: tag: in: after: before: has:"),
        ("role:bob", "roles are system, user, assistant, tool"),
        ("role: user", "its value follows without a blank"),
        ("after:5m", '"5m" may be minutes or months: write 5mo, or 5h'),
        ("has:x", "there is only has:attachment"),
        ("a AND b", "words are joined by a blank"),
        ("a NOT b", "leave out with -word"),
    ],
)
def test_what_was_read_otherwise_is_noted(text: str, note: str) -> None:
    [told] = parse(text, NOW).notes
    assert "is looked for as a word: " in told
    assert told.endswith(note)


@pytest.mark.parametrize(
    "text",
    ["https://x.org", "12:30", "std::vector", "C:\\x", "localhost:8080", "a:b", "x:=1", "数:字"],
)
def test_an_address_a_time_and_a_path_are_not_taken_for_filters(text: str) -> None:
    assert parse(text).notes == ()


def test_a_query_that_is_too_long_is_refused_with_its_limit() -> None:
    with pytest.raises(UsageError, match=r"1,000,000 characters; a search takes 10,000"):
        parse("x" * 1_000_000)
    assert parse("x" * LONGEST_QUERY).query.expression == Word(text="x" * LONGEST_QUERY)


def depth(part: Part | None) -> int:
    match part:
        case Not(part=inner):
            return depth(inner)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return 1 + max(map(depth, parts))
    return 0


@pytest.mark.parametrize("unit", ["(a OR ", "(a OR (b ", "-(a ", "-(", "(", ")", '"', "a OR "])
def test_however_deep_a_query_is_nested_its_meaning_is_not(unit: str) -> None:
    parsed = parse(unit * (LONGEST_QUERY // len(unit)))
    assert depth(parsed.query.expression) <= 2 * DEEPEST


PIECES = [
    *'"“”«»()-*:',
    " ", "  ", "\n", "\x00", "\udcff", "\u202e", "\ufeff", "OR", "AND", "NOT", "NEAR", "NEAR/3",
    "role:", "role:user", "after:", "after:2d", "before:x", "in:", "in:reasoning", "tag:", "has:",
    "has:attachment", "name:", "model:gpt", "foo:", "in:@1", "after:99999999y", "after:1e9",
    "after:0001-01-01", "before:9999-12-31T23:59:59-23:59", "after:٣d",
    "a", "disk", "東京", "ภาษา", "😀", "e\u0301", "don't", "C++", "^", "{", "}", "+", "--", "->",
    "%", "_", "\\", "'", ";", "👩\u200d💻", "ﷺ", "İ", "ß",
]  # fmt: skip

SEED = os.environ.get("SYNAPSE_TEST_SEED", "1")
COUNT = int(os.environ.get("SYNAPSE_TEST_QUERIES", "600"))


def random_query(chance: random.Random) -> str:
    """A few pieces of syntax and of hostile text, with or without blanks between them."""
    pieces = chance.choices(PIECES, k=chance.randrange(1, 25))
    if chance.random() < 0.3:
        pieces += [chr(chance.randrange(0x110000)) for _ in range(8)]
        chance.shuffle(pieces)
    return chance.choice(["", " "]).join(pieces)


def test_no_query_is_an_error() -> None:
    chance = random.Random(SEED)
    for _ in range(COUNT):
        text = random_query(chance)
        parsed = parse(text, NOW)
        assert isinstance(parsed, Parsed), ascii(text)
        assert parsed.asks_nothing == (not text.strip()), ascii(text)
        assert all(valid(part) for part in parts_of(parsed.query.expression)), ascii(text)


def parts_of(part: Part | None) -> list[Part]:
    match part:
        case None:
            return []
        case Not(part=inner):
            return [part, *parts_of(inner)]
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return [part, *(inner for one in parts for inner in parts_of(one))]
    return [part]


def valid(part: Part) -> bool:
    """What the nouns promise."""
    match part:
        case Word(text=text, prefix=prefix):
            bare = bool(text) and not any(map(str.isspace, text))
            return bare and (not prefix or any(map(str.isalnum, text)))
        case Phrase(text=text):
            return text != "" and text == text.strip()
        case Not(part=inner):
            return not isinstance(inner, Not)
        case AllOf(parts=parts):
            return len(parts) > 1 and not any(isinstance(inner, AllOf) for inner in parts)
        case AnyOf(parts=parts):
            return len(parts) > 1 and not any(isinstance(inner, AnyOf) for inner in parts)
