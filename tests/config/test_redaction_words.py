"""What `[export] redact` takes: words and expressions, of which none can stall an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from synapse.config import load
from synapse.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def settings(tmp_path: Path, table: str, **environ: str):  # type: ignore[no-untyped-def]
    path = tmp_path / "config.toml"
    path.write_text(f"[export]\n{table}\n")
    return load({}, {"HOME": str(tmp_path), **environ}, str(path))


def test_words_and_expressions_are_added_and_nothing_is_masked_without_being_asked(
    tmp_path: Path,
) -> None:
    found = settings(tmp_path, 'redact = ["Nordlicht", "/ACME-[0-9]+/"]')
    assert (found.export_redact, found.export_words) == (False, ("Nordlicht", "/ACME-[0-9]+/"))


@pytest.mark.parametrize(
    ("table", "environ"),
    [
        ("redact = true", {}),
        ("always_redact = true", {}),
        ("", {"SYNAPSE_EXPORT_REDACT": "1"}),
    ],
)
def test_every_export_is_masked_if_the_user_says_so(
    tmp_path: Path, table: str, environ: dict[str, str]
) -> None:
    found = settings(tmp_path, table, **environ)
    assert (found.export_redact, found.export_words) == (True, ())


def test_the_variable_that_masks_always_does_not_take_the_words_away(tmp_path: Path) -> None:
    found = settings(tmp_path, 'redact = "Nordlicht"', SYNAPSE_EXPORT_REDACT="yes")
    assert (found.export_redact, found.export_words) == (True, ("Nordlicht",))


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+b", "(a*)*", "(a|a)*b", "(a|ab)*c", r"(\w+\s?)+$", "(x+x+)+y", r"([a-z]+)*\d",
        "(.*)*x", "(a?){30}a{30}", "((ab)*)*", "(?:.+,?)+x", "(?:a{1,20}){1,20}b",
        r"(\d+|\w+)+z", "(?:(?:a+)b?)+c", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?:a+?)+b",
        "(", "[z-a]", "a{99999999999999}", "(?P<x>a)(?P<x>b)", "*", "(?:)", "^",
    ],
)  # fmt: skip
def test_an_expression_that_is_none_or_may_never_end_is_refused(
    tmp_path: Path, expression: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, f"redact = ['/{expression}/']")
    assert caught.value.exit_status == 7
    message = str(caught.value)
    assert "line 2: export.redact holds " in message
    assert f"/{expression}/" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "expression",
    [
        r"ACME-\d+", r"(?:\w+\.)+com", r"\b(foo|bar)\b", "Project .* by .*", "(?:a++)+",
        "(?:ab|cd)+", r"\d{3}-\d{4}", r"(?i)nord\w*", r"(?:\d+-)+\d+", r"PRJ(?:-\d+)*",
        r"(?:, \w+)*", "(?<=x)a+", "(?>a+)+b",
    ],
)  # fmt: skip
def test_an_expression_that_ends_is_taken(tmp_path: Path, expression: str) -> None:
    found = settings(tmp_path, f"redact = ['/{expression}/']")
    assert found.export_words == (f"/{expression}/",)


@pytest.mark.parametrize("value", ["3", '[""]', '["a", 3]', '["a\\nb"]', "{}", '["  "]'])
def test_what_is_no_word_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match=r"export\.redact must be true, false or a list of words"):
        settings(tmp_path, f"redact = {value}")


def test_slashes_at_one_end_are_a_word(tmp_path: Path) -> None:
    assert settings(tmp_path, "redact = ['/srv/(', '//', 'a/']").export_words == (
        "/srv/(", "//", "a/",
    )  # fmt: skip
