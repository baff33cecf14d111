"""Formulas are shown as they were written; money and variables of a shell are none."""

from __future__ import annotations

import pytest
from markdown.screens import Played

from synapse.markdown import render
from synapse.terminal import style as sgr

DISPLAYED = [
    "\\[\nA = \\{1,2\\} \\\\\nb\\,c_1*d*e\n\\]",
    "$$\nA = \\{1,2\\} \\\\\n\\,b\n$$",
    "$$\nx\n\n- y \\\\\n# z\n$$",
    "$$ x \\\\ y_1*2*3 $$",
    "\\[ \\left[ a \\right] \\\\ \\; b \\]",
    "\\begin{align*}\na &= b \\\\\n  &= \\{c\\}\n\\end{align*}",
    "\\[ a \\\\[2pt]\n+ b\n\\]",
]

IN_TEXT = [
    "Let \\(\\{1,2\\}\\), \\(a*b*c\\) and \\(x_1, x_2\\,y\\).",
    "Here $\\{a\\}$, $a*b*c$, $x_1 + x_2$ and $2 \\times 3 \\%$ stand.",
    "In a line \\[ a \\\\ b\\,c \\] or $$ a \\\\ *b* $$ as well.",
    "$$a\\,b$$ begins it and \\[c\\!d\\] ends it",
    "($x_1$), $y_2$-axis, \\(\\{\\}\\)-ary",
]


def plain(text: str, columns: int = 80, **options: bool) -> str:
    return render(text, columns, level=sgr.PLAIN, **options)


@pytest.mark.parametrize("formula", DISPLAYED)
@pytest.mark.parametrize("columns", [20, 80])
def test_a_displayed_formula_is_shown_as_it_was_written(formula: str, columns: int) -> None:
    assert plain(formula, columns) == f"{formula}\n"
    assert plain(f"before\n{formula}\nafter *it*", columns) == f"before\n\n{formula}\n\nafter it\n"
    assert plain(formula, accessible=True) == plain(formula, ascii_only=True) == f"{formula}\n"


@pytest.mark.parametrize("formula", DISPLAYED)
def test_a_displayed_formula_in_an_item_and_in_a_quote(formula: str) -> None:
    lines = formula.split("\n")
    indented = "\n".join(f"  {line}" if line else "" for line in lines)
    assert plain(f"- x:\n{indented}\n- y") == f"• x:\n{indented}\n• y\n"
    quoted = "\n".join(f"> {line}".rstrip() for line in lines)
    assert [line.rstrip() for line in plain(quoted).splitlines()] == [
        f"▌ {line}".rstrip() for line in lines
    ]


@pytest.mark.parametrize("text", IN_TEXT)
def test_a_formula_in_a_line_is_shown_as_it_was_written(text: str) -> None:
    assert plain(text) == f"{text}\n"
    assert plain(f"- {text}") == f"• {text}\n"
    assert plain(f"| h |\n|--|\n| {text} |").splitlines()[-1].rstrip() == text


def test_text_around_a_formula_is_still_markdown() -> None:
    assert plain("*a* $x_1*2*$ *b* \\(y\\) `c` \\* **d**", 80) == "a $x_1*2*$ b \\(y\\) `c` * d\n"
    assert plain("\\[\nx\\\\\n\\], where *y*") == "\\[\nx\\\\\n\\], where y\n"
    assert plain("The sum is $$\na \\\\ b\n$$ *here*") == "The sum is $$\na \\\\ b\n$$ here\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$5 and *$6*", "$5 and $6"),
        ("from **$5** to **$6**", "from $5 to $6"),
        ("$5-$6, *$7*", "$5-$6, $7"),
        ("$HOME and *$PATH*", "$HOME and $PATH"),
        ("$HOME:*x*:$PATH", "$HOME:x:$PATH"),
        ("US$5 or *5 US$* or 5$", "US$5 or 5 US$ or 5$"),
        ("it costs $5** and *5$* more", "it costs $5** and 5$ more"),
        ("$20 *per month* or 200$", "$20 per month or 200$"),
        ("`$x\\_1$` and `echo $HOME $PATH`", "`$x\\_1$` and `echo $HOME $PATH`"),
        ("$x and `echo $y`$ *z*", "$x and `echo $y`$ z"),
        ("a \\$5 and \\$6*x*", "a $5 and $6x"),
        ("$$ is the pid of *this* shell", "$$ is the pid of this shell"),
        ("\\\\(x\\\\) *y*", "\\(x\\) y"),
        ("\\[not closed *x*\n\n\\_", "\\[not closed *x*\n\n_"),
        ("not closed: \\(a *b*", "not closed: (a b"),
        ("[a](http://e.example/$x) *b* $", "a (http://e.example/$x) b $"),
    ],
)
def test_what_is_no_formula(text: str, shown: str) -> None:
    assert plain(text) == f"{shown}\n"


def test_code_is_never_taken_for_a_formula() -> None:
    code = "```sh\nkill $$\necho \\[ $$\n```"
    assert plain(code) == f"{code}\n"
    assert plain("    $$\n    \\\\\n") == "$$\n\\\\\n"
    assert plain("$$\na\n$$\n```sh\n$$\n```\n*x*") == "$$\na\n$$\n\n```sh\n$$\n```\n\nx\n"


@pytest.mark.parametrize("formula", [*DISPLAYED, *IN_TEXT])
def test_streamed_by_characters_is_rendered_at_once(formula: str) -> None:
    text = f"before *it*\n{formula}\nafter *it*\n\n- {formula}\n\n{formula}"
    streamed = Played(mode="blocks", level=sgr.PLAIN).feed(text).close()
    assert streamed == plain(text)


def test_a_formula_that_never_ends_costs_no_text() -> None:
    text = "$$\n" + "x \\\\\n\n" * 3_000
    streamed = Played().feed([text[:9_000], text[9_000:], "end"]).close()
    assert streamed.count("\\\\") >= 3_000
    assert render(text + "end", 80).count("\\\\") == 3_000


@pytest.mark.parametrize("mark", ["\\(", "\\[", "$", "$$ ", "$x ", "a \\( "])
def test_opening_marks_without_end_take_linear_time(mark: str) -> None:
    text = f"a {mark * 30_000}"
    assert render(text, 80).count("\n") > 100
