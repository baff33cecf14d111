"""Words that sessions are filed under."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from program import Terminal, messages, run, sessions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def three() -> None:
    for name in ("docker", "rust", "tea"):
        run("-p", "echo", "--name", name, f"about {name}")


def names(*options: str) -> set[str]:
    return {row[5] for row in run("sessions", "list", *options).rows}


def tags_of(name: str) -> list[str]:
    tags: list[str] = next(s["tags"] for s in sessions() if s["name"] == name)
    return tags


def test_sessions_are_filed_under_a_word_and_found_by_it() -> None:
    ran = run("sessions", "tag", "docker", "tea", "work")
    assert (ran.status, ran.out) == (0, b"")
    assert ran.err == "2 sessions (4 messages) have the tag work now.\n"
    assert tags_of("docker") == tags_of("tea") == ["work"]
    assert tags_of("rust") == []
    assert names("--tag", "work") == names("tag:WORK") == {"docker", "tea"}
    assert names("tag:work tea") == {"tea"}
    assert names("--tag", "none") == set()
    assert names("--tag", "wor") == set()


def test_a_tag_is_taken_off() -> None:
    run("sessions", "tag", "docker", "work")
    ran = run("sessions", "untag", "docker", "WORK")
    assert ran.err.endswith('"docker" (2 messages) no longer has the tag WORK.\n')
    assert tags_of("docker") == []
    assert run("sessions", "untag", "docker", "work").err.endswith("had no such tag.\n")


def test_saying_it_twice_changes_nothing() -> None:
    run("sessions", "tag", "docker", "work")
    assert run("sessions", "tag", "docker", "Work").err.endswith("has the tag Work already.\n")
    assert tags_of("docker") == ["work"]


def test_several_tags_are_kept_by_name_and_counted() -> None:
    for tag in ("work", "#Étude", "2026/11"):
        assert run("sessions", "tag", "docker", tag).status == 0
    run("sessions", "tag", "tea", "étude")
    counted = [["2026/11", "1"], ["work", "1"], ["étude", "2"]]
    assert [[tag.casefold(), many] for tag, many in run("sessions", "tags").rows] == counted
    document = run("sessions", "tags", "--json").json()
    assert [tag["sessions"] for tag in document["tags"]] == [1, 1, 2]
    assert tags_of("docker") == ["2026/11", "work", "Étude"]


def test_without_any_tag_it_is_said_how_to_give_one() -> None:
    ran = run("sessions", "tags")
    assert (ran.status, ran.out) == (0, b"")
    assert "synapse sessions tag REF WORD" in ran.err


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("", "is empty"),
        ("#", "is empty"),
        ("two words", "is more than one word"),
        ("\u200d", "is empty"),
        ("--", 'begins with "-"'),
        ("a\u202eb", "has characters that can't be seen"),
        ("a\x1b", "has characters that can't be seen"),
        ('quo"te', "has a quote"),
        ("a(b", "has a quote, a parenthesis"),
        ("x" * 65, "has 65 characters; 64 are the most"),
        ("##", 'begins with "#"'),
    ],
)
def test_what_could_not_be_looked_for_is_no_tag(tag: str, why: str) -> None:
    ran = run("sessions", "tag", "docker", "--", tag)
    assert ran.status == 2
    assert why in ran.err
    assert tags_of("docker") == []


@pytest.mark.parametrize(
    "tag",
    ["می\u200cخواهم", "👩\u200d👩\u200d👧", "क्\u200dष", "OR", "NOT", "a:b", "tag:x", "@1", "日本"],
)
def test_a_word_of_any_language_or_of_syntax_is_a_tag(tag: str) -> None:
    assert run("sessions", "tag", "docker", tag).status == 0
    assert tags_of("docker") == [tag]
    assert names("--tag", tag) == names(f"tag:{tag}") == {"docker"}
    rows = run("sessions", "search", f"tag:{tag} about").rows
    assert [row[4] for row in rows] == ["about docker"] * 2
    assert run("sessions", "delete", "--tag", tag, "-y").status == 0
    assert names() == {"rust", "tea"}
    assert run("sessions", "restore", "--tag", tag).status == 0
    assert run("sessions", "untag", "docker", tag).status == 0
    assert tags_of("docker") == []


def test_nothing_is_tagged_if_one_session_is_unknown() -> None:
    assert run("sessions", "tag", "docker", "nowhere", "work").status == 3
    assert tags_of("docker") == []


def test_what_was_said_in_tagged_sessions_is_found() -> None:
    run("sessions", "tag", "docker", "tea", "work")
    for words in (("tag:work", "about"), ("about", "--tag", "work")):
        rows = run("sessions", "search", *words).rows
        assert {row[4] for row in rows} == {"about docker", "about tea"}
    assert {row[4] for row in run("sessions", "search", "about -tag:work").rows} == {"about rust"}


def test_tagged_sessions_are_deleted_and_restored_together() -> None:
    run("sessions", "tag", "docker", "tea", "old")
    assert run("sessions", "delete", "--tag", "old", "-n").status == 0
    assert names() == {"docker", "rust", "tea"}
    assert run("sessions", "delete", "--tag", "old", "-y").status == 0
    assert names() == {"rust"}
    assert names("--deleted", "--tag", "old") == {"docker", "tea"}
    assert run("sessions", "tags").text == ""
    assert run("sessions", "tags", "--deleted").rows == [["old", "2"]]
    assert run("sessions", "restore", "--tag", "old").status == 0
    assert names() == {"docker", "rust", "tea"}
    assert tags_of("tea") == ["old"]


def test_a_match_for_many_sessions_knows_tags_too() -> None:
    run("sessions", "tag", "docker", "tea", "old")
    assert run("sessions", "delete", "--match", "tag:old tea", "-y").status == 0
    assert names() == {"docker", "rust"}


def test_only_tagged_sessions_are_purged() -> None:
    run("sessions", "tag", "docker", "old")
    run("sessions", "delete", "docker", "tea", "-y")
    assert run("sessions", "purge", "--tag", "old", "-y").status == 0
    assert names("--deleted") == {"tea"}


def test_a_clean_up_takes_only_tagged_sessions() -> None:
    run("sessions", "tag", "docker", "rust", "old")
    ran = run("sessions", "prune", "--tag", "old", "--keep", "1", "-y")
    assert ran.status == 0
    assert names() == {"rust", "tea"}


def test_show_and_the_fork_have_the_tags() -> None:
    run("sessions", "tag", "docker", "work")
    run("sessions", "tag", "docker", "home")
    assert "- tags: home, work\n" in run("sessions", "show", "docker").text
    assert messages("docker")


def test_they_are_in_the_header_on_a_terminal(program: Path) -> None:
    run("sessions", "tag", "docker", "work")
    with Terminal([str(program), "sessions", "show", "docker", "--no-pager"]) as terminal:
        assert terminal.end() == 0
        assert "tags      work\n" in terminal.text
