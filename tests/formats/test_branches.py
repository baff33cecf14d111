"""Trees of messages become a session and its forks."""

from __future__ import annotations

from datetime import UTC, datetime

from synapse.archived import ArchivedSession, Unreadable
from synapse.domain import Role
from synapse.formats._branches import MOST_NODES, sessions
from synapse.formats._building import SessionBuilder

MOMENT = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


def built(parents: dict[str, str | None], current: str | None = None) -> list[ArchivedSession]:
    """Nodes of capital letters say something, others nothing; `AB` says two things."""

    def begin(branch: str | None) -> SessionBuilder:
        return SessionBuilder("x", f"c/{branch}" if branch else "c", started=MOMENT)

    def add(builder: SessionBuilder, node: str) -> None:
        for letter in node:
            if letter.isupper():
                builder.add(Role.USER, letter, source_id=node + letter)

    found = list(sessions(parents, current, begin, add))
    return [each for each in found if isinstance(each, ArchivedSession)]


def texts(archived: ArchivedSession) -> str:
    return "".join(each.message.content for each in archived.messages)


def test_a_branch_is_a_fork_that_shares_messages_not_nodes() -> None:
    main, branch = built({"r": None, "AB": "r", "C": "AB", "h": "AB", "D": "h"}, "D")
    assert (texts(main), texts(branch)) == ("ABD", "ABC")
    assert branch.session.forked_from == main.session.id
    assert branch.session.forked_at == 2
    assert branch.forked_after == [each.message.id for each in main.messages][1]


def test_a_branch_keeps_its_id_when_it_goes_on() -> None:
    tree: dict[str, str | None] = {"A": None, "B": "A", "C": "A"}
    assert built(tree, "C")[1].session.id == built({**tree, "D": "B"}, "C")[1].session.id


def test_a_branch_that_says_nothing_new_is_left_out() -> None:
    assert [texts(each) for each in built({"A": None, "B": "A", "h": "A"}, "B")] == ["AB"]


def test_an_edited_first_question_is_a_fork_that_shares_nothing() -> None:
    main, other = built({"A": None, "B": None}, "A")
    assert (texts(main), texts(other)) == ("A", "B")
    assert (other.session.forked_from, other.session.forked_at) == (main.session.id, 0)
    assert other.forked_after is None


def test_what_branches_off_a_way_that_was_left_out_branches_off_its_origin() -> None:
    tree: dict[str, str | None] = {"A": None, "B": "A", "h": "A", "i": "h", "j": "h", "C": "j"}
    main, other = built(tree, "B")
    assert (texts(main), texts(other)) == ("AB", "AC")
    assert (other.session.forked_from, other.session.forked_at) == (main.session.id, 1)
    silent: dict[str, str | None] = {"h": None, "A": None}
    (only,) = built(silent, "h")
    assert only.session.forked_from is None


def test_a_fork_of_a_fork_names_the_fork() -> None:
    tree: dict[str, str | None] = {"A": None, "B": "A", "X": "A", "Y": "X", "Z": "X"}
    main, first, second = built(tree, "B")
    assert [texts(each) for each in (main, first, second)] == ["AB", "AXY", "AXZ"]
    assert (first.session.forked_from, second.session.forked_from) == (
        main.session.id,
        first.session.id,
    )


def test_a_tree_that_would_become_far_larger_than_its_file_is_cut_and_told() -> None:
    tree: dict[str, str | None] = {"N0": None}
    for number in range(1, 2000):
        tree[f"N{number}"] = f"N{number - 1}"
        tree[f"L{number}"] = f"N{number - 1}"

    def begin(branch: str | None) -> SessionBuilder:
        return SessionBuilder("x", f"c/{branch}" if branch else "c", started=MOMENT)

    def add(builder: SessionBuilder, node: str) -> None:
        builder.add(Role.USER, node, source_id=node)

    found = list(sessions(tree, "N1999", begin, add))
    archived = [each for each in found if isinstance(each, ArchivedSession)]
    assert sum(len(tuple(each.messages)) for each in archived) <= MOST_NODES
    assert len(tuple(archived[0].messages)) == 2000
    (told,) = [each for each in found if isinstance(each, Unreadable)]
    assert told.place == "conversation c"
    assert told.reason.startswith(f"{2000 - len(archived):,} of its branches")


def test_nothing_is_no_session() -> None:
    assert built({}) == []
