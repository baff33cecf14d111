"""Markdown to render: a typical long answer, and random documents as nasty as they can be."""

from __future__ import annotations

import random
import re

_VOCABULARY = (
    "the a store keeps every message and session durable while tokens stream into open blocks "
    "because scrollback is committed once terminal change may still close quick without flicker"
)
_WORDS = _VOCABULARY.split()


def answer() -> str:
    """A typical long answer: 20 kB of prose, lists, code, tables and quotes. Always the same."""
    rng = random.Random(7)

    def words(count: int) -> str:
        return " ".join(rng.choices(_WORDS, k=count))

    def sentence() -> str:
        return (
            f"{words(4)} **bold {words(2)}** {words(5)} `inline_{rng.choice(_WORDS)}()` {words(6)}."
        )

    parts = [
        "# An answer about durable sessions",
        f"{sentence()} See [the manual](https://example.org/a/rather/long/path) {sentence()}",
        "## Steps",
        "\n".join(f"{number}. {sentence()}" for number in range(1, 13)),
        f"- outer\n  - inner with `code`\n  - inner again\n\n    {sentence()}\n- outer again\n\n"
        '  ```sh\n  synapse -c "go on"\n  ```\n- last outer',
        "## Code",
        "```python\n" + "\n".join(_python(number) for number in range(30)) + "```",
        "| name | state | note |\n|---|:---:|---:|\n"
        + "\n".join(f"| s{n} | ok | {words(2) if n < 40 else words(9)} |" for n in range(45)),
        "| 名前 | emoji | Wert |\n|---|---|---|\n| 東京都 | 🚀 | ä |\n| 大阪 | 🎉🎉 | ñandú |",
        f"> {sentence()} {sentence()}\n>\n> - quoted\n> - list",
        "Setext heading\n--------------",
    ]
    for number in range(4):
        parts += [
            f"### Part {number}",
            f"{sentence()} {sentence()} 日本語の文章は空白を使わずに書かれます。{sentence()}",
            "```json\n"
            + "\n".join(f'{{"i": {n}, "text": "{sentence()}", "ok": true}}' for n in range(12))
            + "\n```",
            "\n".join(f"- {sentence()}" for _ in range(6)),
        ]
    parts.append("An **unclosed bold and a bare https://example.org/link.")
    return "\n\n".join(parts) + "\n\n---\n"


def _python(number: int) -> str:
    return (
        f"class Store{number}(Base):\n"
        f'    """Doc string {number} with 漢字 and\n    a second line 🚀."""\n\n'
        f"    def append(self, session: str, message: dict[str, int]) -> None:\n"
        f"        self.rows[{number}] = message  # comment {'x' * (80 if number % 7 == 0 else 0)}\n"
    )


def tokens(text: str) -> list[str]:
    """`text` cut the way a model's tokenizer would: a word or a few marks at a time."""
    return re.findall(r"\s?\w{1,6}|\s?[^\w\s]{1,3}|\s", text)


_MARKS = (
    "word another third **bold** *em* `code` `` a`b `` [link](http://e.x/y) <http://e.x> **open "
    "*open `open [open ~~gone~~ ![alt](u) <b> &amp; &#27; \\* a_b_c 漢字 日本語、「引用」。 "
    "e\u0301 👩\u200d💻 ❤\ufe0f 🇯🇵 👍🏽 שלום ก็ | || a|b -- --- *** +++ # > 1. - * + "
    "verylongwordthatmustbecutsomewhere https://example.org/a/very/long/path/that/does/not/fit "
    "3. 12) \\ `\t` \u3000 \u00a0 \\(\\{1,2\\}\\) \\( \\) $x_1*2*$ $$ $5 and $6 $HOME "
    "🚀 ✅ ⚠ \\[a\\,b\\] \\[ \\] [^1] [ ] [x] <sub>2</sub> <sup>*n*</sup> "
    "<kbd>Ctrl</kbd> "
    "<b> </b> <br> <sup> </sup> [https://e.x](https://e.x/) [a](mailto:b@e.x) </kbd> "
    "<s>x</s> <details>"
)
_INLINE = _MARKS.split(" ")
_EMOJI = ("🚀", "✅", "⚠", "❤\ufe0f", "👩\u200d💻", "🇯🇵", "👍🏽")
_LINES = (
    "",
    "",
    "",
    " ",
    "   ",
    "\t",
    "---",
    "===",
    "- - -",
    "***",
    "# head",
    "### head ###",
    "#",
    "```",
    "```py",
    "````",
    "~~~",
    "  ```js",
    "   ~~~~ x",
    "    indented",
    "\tindented",
    "      more",
    "def f(): return 1",
    '"""doc',
    "/* a",
    "b */",
    "\t- tab item",
    "- ",
    "-",
    "1.",
    "* ",
    "- item",
    "- item",
    "  - nested",
    "    - deeper",
    "   continued",
    "  para in item",
    "-    far item",
    "   - three",
    "1. one",
    "1. one",
    "2. two",
    "7) seven",
    "10. ten",
    "* star",
    "+ plus",
    "  ```",
    "  code",
    "  \t\ttabs\tin it",
    "\tall:\t# x",
    "  ```make",
    "漢\t字\t.",
    "> quote",
    "> - quoted item",
    ">",
    "> ```",
    ">> nested",
    "| a | b |",
    "|---|---|",
    "| 1 | 2 |",
    "|:-|-:|",
    "a | b",
    "--|--",
    "| x | y | z |",
    "| `a|b` | 漢字 |",
    "| a<br>b<BR /> | some more words than fit beside it, and on and on |",
    "| averylongwordinacell | one two three four five six seven eight nine ten |",
    "- a | b",
    "<div>",
    "</div>",
    "<!-- c",
    "-->",
    "<b>x</b>",
    "text  ",
    "text\\",
    "[not a ref]",
    "$$",
    "$$",
    "\\[",
    "\\]",
    "  \\[",
    "  \\] and *more*",
    "$$x \\\\ y$$",
    "$$ a \\, b",
    "the sum is $$",
    "\\begin{align}",
    "\\end{align}",
    "- [ ] to do",
    "- [x] done",
    "2. [X] done",
    "- [ ]",
    "[^1]: a note",
    "[^2]:",
    "[^3]: - a list",
    "      > in it",
    "<details>",
    "<details><summary>Short *of* it</summary>",
    "<summary>Short of it</summary>",
    "</details>",
    "</details> and more",
    "<br>",
)


def nasty(rng: random.Random, lines: int = 30) -> str:
    """A random document of lines that mean something else in another place.

    Without link reference definitions: these may come too late for a stream.
    """
    document = []
    for _ in range(rng.randint(1, lines)):
        line = rng.choice(_LINES)
        if rng.random() < 0.5:
            prefix = rng.choice(("", "", "", "- ", "> ", "  ", "    ", "2. ", "# ", "| ", "\t"))
            line = prefix + " ".join(rng.choices(_INLINE, k=rng.randint(1, rng.choice((4, 30)))))
        document.append(line)
    newline = rng.choice(("\n", "\n", "\n", "\r\n", "\r"))
    text = newline.join(document) + rng.choice(("", newline))
    return re.sub(r"(?<!\[\^\d)\]:", "] :", text)


def countable(
    rng: random.Random, *, emoji: bool = False, wide: bool = True
) -> tuple[str, list[str]]:
    """A random document of all kinds of blocks, and its words, each of which is there once.

    With `emoji` and `wide` there are emoji and ideographs between and behind them.
    """
    words: list[str] = []

    def some(least: int, most: int) -> str:
        return " ".join(
            _countable(rng, words, emoji, wide) for _ in range(rng.randint(least, most))
        )

    def several(form: str, most: int) -> str:
        return "\n".join(form.format(some(1, 20)) for _ in range(rng.randint(1, most)))

    parts = []
    for _ in range(rng.randint(3, 10)):
        kind = rng.choice(("", "", "", "", "list", "list", "table", "code", "quote", "heading"))
        if kind == "table":
            columns = rng.randint(1, 4 if wide else 2)  # more may become a list, with names twice
            rows = [[some(1, 2) for _ in range(columns)] for _ in range(rng.randint(2, 9))]
            rows.insert(1, ["---"] * columns)
            parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
        elif kind == "list":
            parts.append(several(rng.choice(("- {}", "1. {}")), 8))
        elif kind == "code":
            parts.append(f"```\n{several('{}', 12)}\n```")
        else:
            parts.append({"quote": "> ", "heading": "# "}.get(kind, "") + some(3, 70))
    return "\n\n".join(parts) + "\n", words


def _countable(rng: random.Random, words: list[str], emoji: bool, wide: bool) -> str:
    word = f"w{len(words)}x"
    words.append(word)
    chance = rng.random()
    if chance < 0.1:
        return rng.choice(("**", "`", "*")).join(("", word, ""))
    if wide and chance < 0.13:
        return word + rng.choice(("漢字", "、日本語"))
    if emoji and chance < 0.25:
        return f"{word} {rng.choice(_EMOJI)}"
    return word


def chunks(rng: random.Random, text: str) -> list[str]:
    """`text` cut at random: into characters, tokens, or large pieces."""
    longest = rng.choice((1, 3, 8, 40, 400))
    pieces = []
    while text:
        size = rng.randint(1, longest)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def numbered(template: str, count: int) -> str:
    """`template` `count` times, with numbers for its {n}."""
    return "".join(template.format(n=n) for n in range(1, count + 1))
