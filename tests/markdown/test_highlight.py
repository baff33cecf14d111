"""Code is coloured line by line as if it had been seen whole."""

from __future__ import annotations

import pytest

from synapse.markdown.highlight import Highlighter
from synapse.markdown.theme import Theme, plain
from synapse.terminal import style as sgr

THEME = Theme(sgr.COLOR)
COMMENT = THEME.syntax["Comment"]
STRING = THEME.syntax["Literal.String"]
KEYWORD = THEME.syntax["Keyword"]


def styles(language: str, code: str) -> list[list[tuple[str, str]]]:
    return Highlighter(THEME).block(language, code.split("\n"))


@pytest.mark.parametrize(
    ("language", "code", "style"),
    [
        ("python", '"""one\ntwo\nthree"""\nx', STRING),
        ("js", "/* one\ntwo\nthree */\nx", COMMENT),
        ("js", "`one\ntwo\nthree`\nx", STRING),
        ("c", "/* one\ntwo\nthree */\nx", COMMENT),
        ("css", "/* one\ntwo\nthree */\nx", COMMENT),
        ("go", "`one\ntwo\nthree`\nx", STRING),
        ("html", "<!-- one\ntwo\nthree -->\nx", COMMENT),
        ("sql", "/* one\ntwo\nthree */\nx", COMMENT),
        ("lua", "--[[ one\ntwo\nthree ]]\nx", COMMENT),
    ],
)
def test_what_spans_lines_is_followed(language: str, code: str, style: str) -> None:
    lines = styles(language, code)
    assert ["".join(text for _, text in line) for line in lines] == code.split("\n")
    assert [{found for found, _ in line} for line in lines[:3]] == [{style}] * 3
    assert {found for found, _ in lines[3]} != {style}


def test_a_comment_mark_within_a_string_opens_nothing() -> None:
    lines = styles("js", 'x = "/* no";\nlet y')
    assert (KEYWORD, "let") in lines[1]


@pytest.mark.parametrize("language", ["", "nosuchlanguage", "text", "{.nothing}", "🚀"])
def test_unknown_languages_stay_plain(language: str) -> None:
    assert styles(language, "if x:\n\treturn") == [[("", "if x:")], [("", "\treturn")]]


def test_json_is_coloured() -> None:
    assert (THEME.syntax["Literal.Number"], "1") in styles("json", '{"a": 1}')[0]


def test_without_styles_pygments_is_not_asked() -> None:
    assert Highlighter(Theme(sgr.PLAIN)).block("python", ["if x:"]) == [[("", "if x:")]]


def test_very_long_lines_stay_plain() -> None:
    line = "x = 1; " * 1_000
    assert styles("python", line) == [[("", line)]]


def test_a_block_asked_for_again_grows_from_where_it_was() -> None:
    highlighter = Highlighter(THEME)
    code = 'a = """\nb\n"""\nif c:\n    pass'.split("\n")
    for count in range(1, len(code) + 1):
        for cut in (code[:count], [*code[: count - 1], code[count - 1][:2]]):
            assert highlighter.block("python", cut) == Highlighter(THEME).block("python", cut)


def test_a_lexer_that_fails_leaves_the_code_plain() -> None:
    maker = Highlighter(THEME).begin("python")

    class Broken(type(maker._lexer)):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> object:
            if name == "_tokens":
                raise RuntimeError
            return super().__getattribute__(name)

    maker._lexer.__class__ = Broken
    assert [plain(maker.line(line)) for line in ("if x:", "    pass")] == ["if x:", "    pass"]


_LANGUAGES = (
    "python js ts tsx html css json yaml toml sql go rust c cpp java php ruby lua diff md xml "
    "docker kotlin swift powershell bash make ini haskell elixir perl r scala clojure vim tex nginx"
)


@pytest.mark.parametrize("language", _LANGUAGES.split())
def test_no_character_of_any_language_is_lost(language: str) -> None:
    code = (
        "if (x) { /* a\n b */ return `t ${y}` + \"s\\n\" # c\n-- d <e f='g'> [[h]] @i $j %k\n\ta: 1"
    )
    lines = styles(language, code)
    assert [plain(line) for line in lines] == code.split("\n")
