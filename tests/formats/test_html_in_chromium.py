"""Pages in a real Chromium: what it asks for, what it runs, and what a reader can do."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest

from formats import audits
from formats.pages import answered, archived, asked, message, page
from formats.payloads import payloads
from synapse.domain import Attachment, Role, Status
from synapse.formats.html.archive import HtmlArchive

if TYPE_CHECKING:
    from pathlib import Path

    from chromium import Page

    from synapse.archived import ArchivedSession
    from synapse.domain import StoredMessage

ANSWER = """\
A **volume** is [kept](https://docs.example/volumes) in `docker`'s own storage. Naïve? See ü.

## Why

| a | b |
|---|--:|
| 1 | 2 |

```python
def volume(name: str) -> int:
    \"\"\"A place.\"\"\"
    return len(name) + 1  # as it is
```

> quoted $x_1$ and ![plan](https://elsewhere.example/plan.png)
"""


def put(folder: Path, source: str) -> str:
    """The address of a file with this source."""
    path = folder / "page.html"
    path.write_text(source, "utf-8")
    return path.as_uri()


def conversation() -> list[StoredMessage]:
    notes = Attachment(name="notes.py", media_type="text/plain", data=b"hidden = 1\n")
    report = Attachment(name="r.pdf", media_type="application/pdf", data=b"%PDF-1")
    return [
        asked("What is a volume?", attachments=(notes, report)),
        answered("Old volume", superseded=True, status=Status.INTERRUPTED),
        answered(ANSWER, model="m-1", reasoning="A deep thought about it.", elapsed_ms=1_000),
        asked("ما هو؟", refused="context_too_long"),
        answered("Half", status=Status.FAILED, error="overloaded: later"),
    ]


def sample() -> str:
    return page(*conversation(), title="Volumes", tags=("work",), system_prompt="Be brief.")


def find(tab: Page, words: str) -> str:
    """Type into the search of a page; what it says then."""
    tab.run("document.getElementById('found').textContent = ''")
    tab.run("document.getElementById('find').focus(); document.getElementById('find').select()")
    tab.type(words)
    tab.until("document.getElementById('found').textContent")
    return said(tab)


def said(tab: Page) -> str:
    return str(tab.run("document.getElementById('found').textContent"))


# ----------------------------------------------------------------- nothing leaves, nothing runs


def test_a_page_asks_for_nothing_but_itself_and_runs_only_its_script(
    tab: Page, tmp_path: Path
) -> None:
    address = put(tmp_path, sample())
    tab.go(address)
    tab.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    tab.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert tab.requests() == [address]
    assert tab.complaints() == []
    assert tab.run("document.documentElement.classList.contains('js')")


def hostile(texts: list[str], others: list[str]) -> ArchivedSession:
    """A session with the first texts wherever a message has one, and the others, together, where
    a session has one.
    """
    messages = []
    for text in texts:
        fence = f"````{text.splitlines()[0] if text.strip() else ''}\nx = 1\n````"
        files = [
            Attachment(name=text, media_type="text/plain", data=text.encode(errors="replace")),
            Attachment(name=text, media_type=f"image/png;{text}", data=b"x"),
            Attachment(name=text, media_type=text, data=b"x"),
            Attachment(name=f"{text}.svg", media_type="image/svg+xml", data=text.encode("utf-8")),
        ]
        link = f"[a](https://h.invalid/{text})\n\n![b](https://h.invalid/{text})\n\n[{text}](x)"
        messages += [
            asked(text, attachments=tuple(files)),
            answered(text, model=text, reasoning=text, error=text, refused=text),
            answered(f"{fence}\n\n{link}\n\n${text}$\n\n$$\n{text}\n$$", superseded=True),
            message(Role.TOOL, f"```{text}\n{text}\n```"),
            answered(f"- [ ] {text}\n\n|{text}|\n|-|\n|{text}|\n\n[^1]: {text}\n\n> # {text}"),
        ]
    joined = " ".join(others)
    return archived(
        *messages, title=joined, name=joined, model=joined, system_prompt=joined, tags=tuple(others)
    )


def calls(tab: Page) -> int:
    return sum(event["method"] == "Runtime.bindingCalled" for event in tab.events)


def listen(tab: Page) -> None:
    """Count calls of `pwned`, and take away what would keep them from happening: the policy."""
    tab.call("Runtime.addBinding", name="pwned")
    tab.call("Page.setBypassCSP", enabled=True)


def settle(tab: Page) -> None:
    """Open what is folded, and let what is about to run do so."""
    tab.run(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; });"
        "new Promise((done) => setTimeout(() => requestAnimationFrame(done)))"
    )


def test_the_trap_for_scripts_catches_those_that_run(tab: Page, tmp_path: Path) -> None:
    listen(tab)
    for evil in ("<script>pwned('1')</script>", "<img src=x onerror=pwned('1')>"):
        tab.go(put(tmp_path, sample().replace("<main", evil + "<main", 1)))
        settle(tab)
        assert calls(tab) == 1
        assert tab.run(audits.FOREIGN_MARKUP) != []


def test_with_the_policy_even_markup_of_others_runs_nothing(tab: Page, tmp_path: Path) -> None:
    tab.call("Runtime.addBinding", name="pwned")
    evil = "<script>pwned('1')</script><img src=https://h.invalid/x onerror=pwned('1')>"
    evil += "<a id=evil href=\"javascript:pwned('1')\">x</a><style>body { display: none }</style>"
    evil += "<iframe src=https://h.invalid/></iframe><form action=https://h.invalid/></form>"
    address = put(tmp_path, sample().replace("<main", evil + "<main", 1))
    tab.go(address)
    tab.run("document.getElementById('evil').click(); document.querySelector('form').submit()")
    settle(tab)
    assert calls(tab) == 0
    assert [each for each in tab.requests() if each != address] == []
    assert tab.run("getComputedStyle(document.body).display") != "none"


TEXTS = payloads()
BATCH = 24


@pytest.mark.parametrize("part", range(4))
def test_no_script_of_a_conversation_runs(part: int, tab: Page, tmp_path: Path) -> None:
    """Without the policy: it is the second wall, this tests the first."""
    assert len(TEXTS) > 2_000
    listen(tab)
    batches = [TEXTS[at : at + BATCH] for at in range(0, len(TEXTS), BATCH)]
    for number in range(part, len(batches), 4):
        archive = HtmlArchive(tmp_path / str(number))
        path = archive.add(hostile(batches[number], batches[number - 1][:8]))
        archive.finish()
        for file in (path, "index.html"):
            address = (tmp_path / str(number) / file).as_uri()
            tab.go(address)
            settle(tab)
            assert calls(tab) == 0
            assert tab.run(audits.FOREIGN_MARKUP) == []
            assert tab.requests() == [address]


@pytest.mark.parametrize("text", ["</script><img src=x onerror=pwned(1)>", "__proto__", "\u2028"])
def test_words_in_the_search_of_an_archive_run_nothing(
    text: str, tab: Page, tmp_path: Path
) -> None:
    listen(tab)
    archive = HtmlArchive(tmp_path)
    archive.add(archived(asked(f"{text} needle"), title=text))
    archive.finish()
    tab.go((tmp_path / "index.html").as_uri())
    assert find(tab, "needle") == "1 found"
    assert find(tab, f"{text} needle") == "1 found"
    assert calls(tab) == 0
    assert tab.complaints() == []


# ------------------------------------------------------------------------------ what a reader can


def test_search_counts_steps_and_opens_what_is_folded(tab: Page, tmp_path: Path) -> None:
    tab.go(put(tmp_path, sample()))
    assert find(tab, "VOLUME") == "4 found"
    tab.press("Enter", 13)
    assert said(tab) == "1 of 4"
    tab.press("Enter", 13, shift=True)
    assert said(tab) == "4 of 4"
    assert tab.run("[...CSS.highlights.get('now')].map(String)") == ["volume"]
    assert tab.run("CSS.highlights.get('match').size") == 4
    assert find(tab, "deep thought") == "1 found"
    tab.press("Enter", 13)
    assert tab.run("document.querySelector('details.reasoning').open")
    assert not tab.run("document.querySelector('details.superseded').open")
    assert find(tab, "own STORAGE. naive? see u") == "1 found"  # across marks, without accents
    assert find(tab, "zzzz qqqq") == "not found"
    tab.press("Escape", 27)
    assert (said(tab), tab.run("document.getElementById('find').value")) == ("", "")
    tab.run("document.getElementById('find').blur()")
    tab.press("/", 191)
    assert tab.run("document.activeElement.id") == "find"
    assert tab.complaints() == []


def test_copy_copies_the_code(tab: Page, tmp_path: Path) -> None:
    tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
    tab.go(put(tmp_path, sample()))
    tab.run(
        "window.copied = null; document.addEventListener('copy', () => { copied = 'selected'; });"
        "navigator.clipboard.writeText = async (text) => { copied = text; }"
    )
    tab.run("document.querySelector('.text .copy').click()", by_user=True)
    tab.until("document.querySelector('.text .copy').textContent === 'Copied'")
    code = 'def volume(name: str) -> int:\n    """A place."""\n    return len(name) + 1  # as it is'
    assert tab.run("copied") == code
    tab.run("navigator.clipboard.writeText = async () => { throw new Error('forbidden'); }")
    tab.run("document.querySelector('.text .copy').click()", by_user=True)
    tab.until("copied === 'selected'")


def test_the_theme_is_the_readers_until_it_is_chosen(tab: Page, tmp_path: Path) -> None:
    address = put(tmp_path, sample())
    ground = "getComputedStyle(document.body).backgroundColor"
    dark, light = "rgb(13, 17, 23)", "rgb(255, 255, 255)"
    tab.emulate(scheme="dark")
    tab.go(address)
    assert tab.run(ground) == dark
    tab.run("document.getElementById('theme').click()")
    assert tab.run(ground) == light
    tab.go(address)
    assert tab.run(ground) == light  # remembered
    tab.run("document.getElementById('theme').click()")
    tab.emulate(scheme="light")
    assert tab.run(ground) == dark
    tab.emulate(scheme="dark", media="print")
    assert tab.run(ground) == light


def test_times_are_those_of_the_reader(tab: Page, tmp_path: Path) -> None:
    tab.call("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
    tab.go(put(tmp_path, sample()))
    text, title = tab.run(
        "(({ textContent, title }) => [textContent, title])(document.querySelector('#m1 time'))"
    )
    assert "24" in text
    assert re.search(r"\b0?3:03\b", text)
    assert title == "2026-11-23 18:03 UTC"


def test_the_contents_lead_to_the_questions(tab: Page, tmp_path: Path) -> None:
    tab.emulate(width=390)
    tab.go(put(tmp_path, sample()))
    assert not tab.run("document.querySelector('#contents details').open")
    tab.run("document.querySelectorAll('#contents a')[1].click()")
    assert tab.run("document.querySelector(':target').id") == "m4"


def lay_out_all(tab: Page) -> None:
    """Have what is far from the screen laid out, too: until it is, it has no text and no name, and
    when the browser does that is up to it.
    """
    tab.run(
        "document.querySelectorAll('article')"
        ".forEach((each) => { each.style.contentVisibility = 'visible' })"
    )


def test_without_script_everything_can_be_read(tab: Page, tmp_path: Path) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    tab.go(put(tmp_path, sample()))
    lay_out_all(tab)
    shown = str(tab.run("document.body.innerText"))
    for words in ("Volumes", "What is a volume?", "own storage", "2026-11-23 18:03 UTC", "ما هو؟"):
        assert words in shown
    for hidden in ("Copy", "Search"):
        assert hidden not in shown
    assert tab.run("document.querySelector('.tools').offsetParent") is None
    assert tab.complaints() == []


def test_print_has_no_buttons_and_spells_links(tab: Page, tmp_path: Path) -> None:
    tab.go(put(tmp_path, sample()))
    tab.emulate(media="print")
    controls = "[...document.querySelectorAll('button, input, nav')]"
    assert tab.run(f"{controls}.filter((each) => each.offsetParent).length") == 0
    link = "document.querySelector('.text a')"
    assert "docs.example/volumes" in tab.run(f"getComputedStyle({link}, '::after').content")
    assert (
        tab.run("getComputedStyle(document.querySelector('article')).contentVisibility")
        == "visible"
    )
    assert len(tab.call("Page.printToPDF")["data"]) > 10_000


@pytest.mark.parametrize(
    ("width", "scheme"), list(itertools.product((320, 390, 1280), ("light", "dark")))
)
def test_nothing_sticks_out_and_everything_can_be_told_from_its_ground(
    width: int, scheme: str, tab: Page, tmp_path: Path
) -> None:
    long = "`" + "x" * 400 + "` " + "y" * 400 + "\n\n```\n" + "z" * 400 + "\n```\n\n"
    long += "|a|" * 12 + "\n" + "|-|" * 12 + "\n" + "|wide words|" * 12
    every = " ".join(f"`{n}`" for n in range(3)) + "\n\n" + ANSWER
    tab.emulate(scheme=scheme, width=width)
    tab.go(put(tmp_path, page(*conversation(), answered(long), answered(every), title="x" * 300)))
    settle(tab)
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run(audits.LOW_CONTRASTS) == []


def test_landmarks_headings_and_names_are_there(tab: Page, tmp_path: Path) -> None:
    tab.go(put(tmp_path, sample()))
    lay_out_all(tab)
    tree = tab.call("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in tree if not node["ignored"]]
    assert {"main", "navigation", "banner", "contentinfo", "search"} <= set(roles)
    assert roles.count("article") == 5
    nameless = [
        node
        for node in tree
        if not node["ignored"]
        and node["role"]["value"] in ("button", "link", "searchbox", "image", "article")
        and not node.get("name", {}).get("value")
    ]
    assert nameless == []
    levels = tab.run(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map((each) => each.localName)"
    )
    assert levels == ["h1", "h2", "h2", "h2", "h3", "h2", "h2"]


def test_a_long_conversation_is_searched_to_its_end(tab: Page, tmp_path: Path) -> None:
    messages = [asked(f"word {number} needle{number}") for number in range(5_000)]
    tab.go(put(tmp_path, page(*messages)))
    assert find(tab, "needle4999") == "1 found"
    tab.press("Enter", 13)
    place = "document.getElementById('m5000').getBoundingClientRect()"
    assert tab.run(f"{place}.top < innerHeight && {place}.bottom > 0")
    assert find(tab, "word") == "5000+ found"


# -------------------------------------------------------------------------------- the archive


@pytest.fixture
def library(tmp_path: Path) -> str:
    """The address of an archive's index."""
    archive = HtmlArchive(tmp_path)
    ids = [f"0193c0de-0000-7000-8000-{number:012}" for number in range(5)]
    for session in (
        archived(asked("Naïve Docker volumes"), answered("Use a mount."), id=ids[0], title="One"),
        archived(asked("A docker image of İstanbul"), id=ids[1], forked_from=ids[0], forked_at=1),
        archived(
            asked("日本語の質問です"), answered("ภาษาไทย 한국어 हिन्दी"), id=ids[2], title="三"
        ),
        archived(asked("snake_case C x86 ΣΑΣ"), answered("k" * 60), id=ids[3], title="Four"),
        archived(asked("Straße ﬁn"), id=ids[4], title="Five", tags=("work",)),
    ):
        archive.add(session)
    archive.finish()
    return (tmp_path / "index.html").as_uri()


def listed(tab: Page) -> list[str]:
    found = tab.run(
        "[...document.querySelectorAll('section li > a')].filter((each) => each.checkVisibility())"
        ".map((each) => each.closest('li').id)"
    )
    return sorted(found)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("docker", ["s0", "s1"]),
        ("DOCK vol", ["s0"]),
        ("naive", ["s0"]),
        ("docker mount", ["s0"]),
        ("docker nothing", []),
        ("istanbul", ["s1"]),
        ("日本", ["s2"]),
        ("本語の質", ["s2"]),
        ("本", ["s2"]),
        ("す", ["s2"]),
        ("質日", []),
        ("ไทย", ["s2"]),
        ("한국", ["s2"]),
        ("हिन्दी", ["s2"]),
        ("snake_c", ["s3"]),
        ("c", ["s3"]),
        ("σας", ["s3"]),
        ("k" * 50, ["s3"]),
        ("straße", ["s4"]),
        ("fin", ["s4"]),
        ("work five", ["s4"]),
        ("__proto__", []),
        ("echo-1", ["s0", "s1", "s2", "s3", "s4"]),
        ("!?", ["s0", "s1", "s2", "s3", "s4"]),
    ],
)
def test_an_archive_is_searched_without_a_server(
    query: str, rows: list[str], tab: Page, library: str
) -> None:
    tab.go(library)
    if query == "!?":  # no words
        tab.run("document.getElementById('find').focus()")
        tab.type(query)
        tab.press("Enter", 13)
    else:
        assert find(tab, query) == (f"{len(rows)} found" if rows else "not found")
    assert listed(tab) == rows
    folder = library.removesuffix("index.html") + "search/"
    asked_for = [each for each in tab.requests() if each != library]
    assert all(re.fullmatch(re.escape(folder) + r"\d+\.js", each) for each in asked_for)
    assert tab.complaints() == []


def test_what_is_found_leads_to_where_it_was_said(tab: Page, library: str) -> None:
    tab.go(library)
    assert find(tab, "mount") == "1 found"
    tab.go(str(tab.run("[...document.querySelectorAll('li:not([hidden]) > a')].at(-1).href")))
    assert (said(tab), tab.run("document.getElementById('find').value")) == ("1 of 1", "mount")
    branch = tab.run("document.querySelector('.branches a').href")
    tab.go(branch)
    origin = tab.run("document.querySelector('.branches a').href")
    tab.go(origin)
    assert tab.run("document.querySelector(':target').id") == "m1"
    tab.go(tab.run("document.querySelector('.up a').href"))
    assert len(listed(tab)) == 5


def test_an_index_without_its_search_says_so(tab: Page, library: str, tmp_path: Path) -> None:
    for file in (tmp_path / "search").iterdir():
        file.unlink()
    tab.go(library)
    assert "missing" in find(tab, "docker")
    assert len(listed(tab)) == 5


def test_an_index_can_be_read_without_script(tab: Page, library: str) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    tab.go(library)
    assert len(listed(tab)) == 5
    assert tab.requests() == [library]
