"""Conversations that branch become paths."""

from __future__ import annotations

from synapse.formats._trees import Path, paths


def test_a_line_is_one_path() -> None:
    assert paths({"a": None, "b": "a", "c": "b"}) == [Path(nodes=("a", "b", "c"))]


def test_the_current_leaf_is_the_main_path_and_the_others_branch_off() -> None:
    tree = {"a": None, "b": "a", "c": "b", "d": "b", "e": "a"}
    assert paths(tree, "d") == [
        Path(nodes=("a", "b", "d")),
        Path(nodes=("a", "b", "c"), shared=2, branches_off=0),
        Path(nodes=("a", "e"), shared=1, branches_off=0),
    ]


def test_a_branch_of_a_branch_names_the_branch() -> None:
    tree = {"a": None, "b": "a", "x": "a", "y": "x", "z": "x"}
    assert paths(tree, "b") == [
        Path(nodes=("a", "b")),
        Path(nodes=("a", "x", "y"), shared=1, branches_off=0),
        Path(nodes=("a", "x", "z"), shared=2, branches_off=1),
    ]


def test_without_a_current_one_the_last_leaf_is_the_main_path() -> None:
    assert paths({"a": None, "b": "a", "c": "a"})[0] == Path(nodes=("a", "c"))


def test_a_parent_that_is_missing_makes_a_root() -> None:
    tree = {"b": "gone", "c": None}
    assert paths(tree, "b") == [Path(nodes=("b",)), Path(nodes=("c",))]


def test_a_circle_is_cut_where_it_closes() -> None:
    assert paths({"a": "b", "b": "a"}) == [Path(nodes=("a", "b"))]
    assert paths({"a": "c", "b": "a", "c": "b", "d": "c"}) == [Path(nodes=("a", "b", "c", "d"))]


def test_an_inner_node_may_be_the_current_one() -> None:
    assert paths({"a": None, "b": "a", "c": "b"}, "b") == [
        Path(nodes=("a", "b")),
        Path(nodes=("a", "b", "c"), shared=2, branches_off=0),
    ]


def test_nothing_has_no_paths() -> None:
    assert paths({}) == []
