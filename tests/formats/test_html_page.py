"""The page of one session, as text: what it says, what it holds, what it can't."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.pages import Read, answered, archived, asked, message, page
from synapse.archived import ArchivedMessage
from synapse.domain import AGENT, Attachment, Role, Status, Usage
from synapse.formats.html import prose
from synapse.formats.html.page import HtmlExporter

if TYPE_CHECKING:
    from collections.abc import Iterator

# ------------------------------------------------------------------------------ what it says


def test_a_page_has_everything_of_the_conversation() -> None:
    picture = Attachment(name="plan.png", media_type="image/png", data=b"\x89PNG\x00")
    notes = Attachment(name="notes.py", media_type="text/x-python", data=b"import os\n")
    report = Attachment(name="report.pdf", media_type="application/pdf", data=b"%PDF" * 300)
    source = page(
        asked("Where?", attachments=(picture, notes, report)),
        answered("First", superseded=True, status=Status.INTERRUPTED),
        answered(
            "*Here*",
            reasoning="I think.",
            model="m-2",
            usage=Usage(input_tokens=1234, output_tokens=5, cached_tokens=1100),
            elapsed_ms=900,
        ),
        answered("Half", status=Status.FAILED, error="overloaded: later"),
        asked("Too long", refused="context_too_long"),
        message(Role.TOOL, "42 files"),
        title="Places",
        tags=("home",),
        system_prompt="Be brief.",
        pinned=True,
    )
    read = Read(source)
    assert read.unbalanced == []
    assert (read.text("title"), read.text("h1")) == ("Places", "Places")
    said = read.text()
    for words in (
        "Be brief.", "Where?", "First", "Here", "I think.", "m-2",
        "1,234 tokens in (1,100 cached)", "5 out",
        "0.9 s", "Half", "overloaded: later", "interrupted", "failed", "replaced",
        "refused by the server: context_too_long", "42 files", "import os", "plan.png",
        "Save report.pdf", "application/pdf, 1 KB", "2026-11-23 18:03 UTC",
    ):  # fmt: skip
        assert words in said
    assert {"home", "pinned"} <= set(re.findall(r">([^<]+)</span>", source))
    (image,) = read.all("img")
    assert image["src"] == "data:image/png;base64," + base64.b64encode(picture.data).decode()
    (saved,) = [link for link in read.all("a") if "download" in link]
    assert saved["download"] == "report.pdf"
    content = str(saved["href"]).removeprefix("data:application/octet-stream;base64,")
    assert base64.b64decode(content) == report.data


def test_questions_are_the_table_of_contents() -> None:
    read = Read(page(asked("One?\nmore"), answered("A"), asked("```\nx = 1\n```"), answered("B")))
    links = [link["href"] for link in read.all("a") if str(link["href"]).startswith("#m")]
    assert links == ["#m1", "#m2", "#m3", "#m4", "#m1", "#m3"]  # of the messages, then the table's
    assert read.text("nav").split("\n")[1:3] == ["One?", "x = 1"]
    assert [each["id"] for each in read.all("article")] == ["m1", "m2", "m3", "m4"]


def test_a_page_without_a_title_is_called_by_its_first_question() -> None:
    assert Read(page(asked("How  far?\nAnd why?"), answered("7"))).text("title") == "How far?"
    assert Read(page(asked("How?"), name="far")).text("title") == "far"
    assert "far" in Read(page(asked("How?"), name="far", title="Distance")).text("p")
    assert Read(page()).text("title").startswith("Conversation ")
    assert Read(page(asked("word " * 50))).text("title") == ("word " * 16)[:79].rstrip() + "…"


def test_the_same_session_makes_the_same_page() -> None:
    question, id = asked("Same?"), "0193c0de-0000-7000-8000-000000000001"
    assert page(question, id=id) == page(question, id=id)


def test_what_an_agent_keeps_for_itself_is_not_shown() -> None:
    item = Attachment(name="item.json", media_type="application/json", data=b"{}", source=AGENT)
    assert "item.json" not in page(asked("Hello", attachments=(item,)))


def test_a_question_stays_as_it_was_typed_but_for_code_in_fences() -> None:
    html = prose.question("ls *.py *.txt\n  # no heading\n```python\nx = 1\n```\n_end_")
    assert '<p class="typed" dir="auto">ls *.py *.txt\n  # no heading</p>' in html
    assert '<span class="lang">python</span>' in html
    assert '<p class="typed" dir="auto">_end_</p>' in html
    assert prose.question("```\nopen fence").count("<pre") == 1
    assert prose.question("```\na\n`````\n*b*").endswith('dir="auto">*b*</p>\n')


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a **b** _c_ ~~d~~", "a <strong>b</strong> <em>c</em> <s>d</s>"),
        ("`a < b`", '<code dir="ltr">a &lt; b</code>'),
        ("# One", '<h3 dir="auto">One</h3>'),
        ("## Two\n\n### Three", '<h4 dir="auto">Three</h4>'),
        ("# One\n\n##### Five", '<h6 dir="auto">Five</h6>'),
        ("- [x] done", '<li class="task"><span class="box" role="img" '),
        ("|a|b|\n|-|-:|\n|1|2|", '<td class="right" dir="auto">2</td>'),
        ("7. seven", '<ol start="7" dir="auto">'),
        ("- מה\n\n- b\n  - c", '<ul dir="auto">\n<li><p>מה</p>\n</li>\n<li><p>b</p>\n<ul>\n'),
        ("$a_b$ and $5 or $6", '<span class="math" dir="ltr">$a_b$</span> and $5 or $6'),
        ("$$\n\\alpha\n$$", '<div class="math wide" dir="ltr" tabindex="0">$$\n\\alpha\n$$</div>'),
        ("x[^1]\n\n[^1]: note", "x<sup>[1]</sup>"),
        ("H<sub>2</sub>O", "H<sub>2</sub>O"),
        ("a<br>b", "a<br>b"),
        ("<b>*x</b>*", "<b><em>x</em></b>"),
        ("<details><summary>S</summary>\n\nin\n\n</details>", "<details><summary"),
        ("```c\nint x;\n```", '<span class="p-kt">int</span>'),
        ("```c\nint x; // y\n```", '<span class="p-c1">// y</span></code>'),
        ("```no-such\na<b\n```", "a&lt;b</code>"),
        ("<https://a.example/?x=1&y=2>", 'href="https://a.example/?x=1&amp;y=2"'),
        ("[m](mailto:a@b.example)", 'href="mailto:a@b.example"'),
        ("- a\n\n  ```\n  x\n  ```", "<pre"),
    ],
)
def test_markdown_is_understood(markdown: str, html: str) -> None:
    assert html in prose.answer(markdown)
    assert Read(prose.answer(markdown)).unbalanced == []


def test_details_never_end_what_they_are_not_in() -> None:
    for markdown in (
        "> <details><summary>S</summary>\n\nend",
        "- <details>\n\n</details>\n\n</details>\n\n</details>",
        "<details><summary>S</summary>\n\n> </details>\n\nx",
        "</details>\n</details>",
        "<details><summary>a</summary><details><summary>b</summary>\n\n</details>",
    ):
        assert Read(prose.answer(markdown)).unbalanced == [], markdown


# ----------------------------------------------------------------------------- what it can't


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else() -> None:
    source = page(asked("Hello"))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', source)
    style = _digest(source.partition("<style>")[2].partition("</style>")[0])
    script = _digest(source.partition("<script>")[2].partition("</script>")[0])
    assert policy == (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert source.index("Content-Security-Policy") < source.index("<title>")
    assert '<meta name="referrer" content="no-referrer">' in source


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "&#106;avascript:x",
        "vbscript:x", "data:text/html,<script>x</script>", "file:///etc/passwd", "//host/path",
        "/path", "page.html", "#m1", "?q", "blob:x", "about:blank", "ftp://host", "\x01javascript:",
        "http:example.com", "tel:1", "x-custom://y",
    ],
)  # fmt: skip
def test_only_the_web_and_mail_are_linked(address: str) -> None:
    for markdown in (
        f"[text](<{address}>)",
        f"![text](<{address}>)",
        f"[text]\n\n[text]: {address}",
    ):
        html = prose.answer(markdown)
        assert "<a" not in html, html
        assert "<img" not in html
        assert "text" in html


def test_a_link_tells_the_other_side_nothing() -> None:
    (link,) = Read(prose.answer("[text](https://host.example/)")).all("a")
    assert link == {
        "href": "https://host.example/",
        "rel": "noopener noreferrer nofollow",
        "target": "_blank",
    }


def test_a_link_that_looks_like_another_address_says_where_it_leads() -> None:
    html = prose.answer(
        "[https://bank.example](https://evil.example/) [bank.com](http://e.example)"
    )
    assert html.count('<span class="to">(') == 2
    assert "(https://evil.example/)" in html
    assert '"to"' not in prose.answer("[here](https://a.example) <https://a.example>")


def test_images_from_elsewhere_are_links() -> None:
    read = Read(prose.answer("![plan](https://host.example/a.png)"))
    assert read.all("img") == []
    assert [link["href"] for link in read.all("a")] == ["https://host.example/a.png"]
    assert Read(prose.answer("[![b](https://h.example/b)](https://h.example)")).unbalanced == []
    embedded = "data:image/png;base64,iVBORw0KGgo="
    (image,) = Read(prose.answer(f"![dot]({embedded})")).all("img")
    assert image["src"] == embedded


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "application/xhtml+xml", "x/y"])
def test_what_could_hold_a_script_is_text_or_saved_never_shown(kind: str) -> None:
    evil = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    read = Read(
        page(asked("Look", attachments=(Attachment(name="a", media_type=kind, data=evil),)))
    )
    assert read.all("img") == []
    assert read.all("svg") == []
    for link in read.all("a"):
        if "download" in link:
            assert str(link["href"]).startswith("data:application/octet-stream;base64,")


def test_a_name_to_save_under_is_safe_everywhere() -> None:
    name = '../..\\a:b*?"<x>|\x1b\u202egpj.exe'
    file = Attachment(name=name, media_type="application/zip", data=b"PK")
    links = Read(page(asked("Look", attachments=(file,)))).all("a")
    (saved,) = [str(link["download"]) for link in links if "download" in link]
    assert not re.search(r'[\\/:*?"<>|\x00-\x1f\u202a-\u202e]', saved)


def test_controls_and_what_reorders_text_are_visible() -> None:
    source = page(asked("a\u202eb\x1b[31m\x00\ud800"), answered("`x\u2066y` &#x202e; \x9b"))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", source)
    said = Read(source).text()
    assert "a<U+202E>b\ufffd[31m\ufffd\ufffd" in said
    assert "x<U+2066>y <U+202E> \ufffd" in said


_TAGS = {
    "article", "header", "h2", "h3", "h4", "h5", "h6", "a", "time", "details", "summary", "div",
    "span", "p", "pre", "code", "button", "figure", "figcaption", "img", "strong", "em", "s", "br",
    "hr", "blockquote", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "sup", "sub",
    "b", "i", "u", "kbd", "mark", "cite", "dfn", "var", "ins", "del", "strike", "samp", "tt",
}  # fmt: skip
_ATTRIBUTES = {
    "id", "class", "dir", "lang", "href", "rel", "target", "aria-labelledby", "aria-label", "role",
    "datetime", "tabindex", "type", "start", "scope", "src", "alt", "loading", "decoding",
    "download",
}  # fmt: skip
_PIECES = st.lists(
    st.sampled_from(
        "<script>|</script>|<img src=x onerror=alert(1)>|<b onclick=x>|</b>|<details ontoggle=x>|"
        "<summary>|</summary>|</details>|<a href='javascript:x'>|\"|'|`|```|\n|\n\n|> |- |1. |"
        '|a|b|\n|-|-|\n|[x](javascript:y)|![x](//h/i "t")|<!--|-->|<![CDATA[|]]>|<style>|</style>|'
        "$$|\\(|\\)|[^1]|[^1]: |&lt;script&gt;|&#60;|<svg/onload=x>|</article>|</main>|<sub>|"
        '*|**|_|~~|#|<https://a"onx=y>|\x00|\u2028|\ud83d|text '.split("|")
    ),
    max_size=14,
).map("".join)


@given(_PIECES)
def test_no_text_becomes_markup_that_is_not_ours(content: str) -> None:
    for read in (Read(prose.answer(content)), Read(prose.question(content))):
        assert {tag for tag, _ in read.elements} <= _TAGS
        assert {name for _, attributes in read.elements for name in attributes} <= _ATTRIBUTES
        assert read.unbalanced == []


def test_hostile_names_stay_text() -> None:
    evil = "\"'></title></style></script><script>alert(1)</script><!--"
    source = page(
        asked(evil, attachments=(Attachment(name=evil, media_type=evil, data=b"x"),)),
        answered(f"```{evil}\nx\n```", model=evil, error=evil, refused=evil, reasoning=evil),
        title=evil,
        model=evil,
        system_prompt=evil,
        tags=(evil,),
    )
    read = Read(source)
    assert read.unbalanced == []
    assert len(read.all("script")) == 1
    assert read.text("title") == evil


# -------------------------------------------------------------------------------- its measures


class _Counted(io.RawIOBase):
    """A file that keeps nothing."""

    size = 0
    largest = 0

    def write(self, data: object, /) -> int:
        assert isinstance(data, bytes)
        self.size += len(data)
        self.largest = max(self.largest, len(data))
        return len(data)


def _peak(count: int) -> int:
    def messages() -> Iterator[ArchivedMessage]:
        for index in range(1, count + 1):
            yield ArchivedMessage(message=answered("word " * 2_000).replace(index=index))

    session = archived().replace(messages=messages())
    tracemalloc.start()
    try:
        HtmlExporter().write([session], _Counted())  # type: ignore[arg-type]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_messages() -> None:
    _peak(1)  # what is loaded and remembered once
    few, many = _peak(20), _peak(400)
    assert many < few + 200_000  # a message alone has 10,000


def test_a_large_attachment_is_written_in_pieces() -> None:
    file = _Counted()
    large = Attachment(name="a.bin", media_type="application/zip", data=bytes(5_000_000))
    HtmlExporter().write([archived(asked("Look", attachments=(large,)))], file)  # type: ignore[arg-type]
    assert file.size > 6_666_000
    assert file.largest < 1_100_000
