"""What all engines share of a search: how a text is folded, cut into terms and judged."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synapse.search_query import AllOf, AnyOf, Not, Phrase, Word
from synapse.stores.search_matching import Matcher
from synapse.stores.search_terms import Wanted, fold, terms

if TYPE_CHECKING:
    from synapse.search_query import Part

SCRIPTS = (
    "abcXYZ09_-.:/+#@'\"`*()[]{}<>=!?&%$~^|\\ \n\t"
    "éÉßİıøÅłñ\u0301\u0308\u200d\u00ad\ufe0f’“–"
    "жЙёїя ΣςάΩ 東京旅行のカタガﾊﾟ 학교ㅋ ภาษำไ हिन्दी़ العربيةی۱ שָׁלוֹם မြန် ខ្មែរ"
    "👩💻🇯🇵❤🏽→€²½ﬁＡＢ！\u3000\ufffd\ue000\U0001f468"
)
texts = st.text(st.sampled_from(SCRIPTS), max_size=40) | st.text(max_size=20)
needles = st.text(st.sampled_from(SCRIPTS), min_size=1, max_size=4).filter(
    lambda text: bool(text.strip())
)


def words(*, prefix: bool) -> st.SearchStrategy[Word]:
    return (
        needles.map(lambda text: "".join(text.split()))
        .filter(bool)
        .map(lambda text: Word(text=text, prefix=prefix))
    )


leaves = (
    words(prefix=False) | words(prefix=True) | needles.map(lambda text: Phrase(text=text.strip()))
)


def found(part: Part, text: str) -> list[str] | None:
    """What is marked in the text."""
    spans = Matcher(part).spans(text)
    return None if spans is None else [text[begin:end] for begin, end in spans]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("École", "ecole"),
        ("cafe\u0301", "café"),
        ("STRASSE", "straße"),
        ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ("İSTANBUL", "istanbul"),
        ("Łódź", "lodz"),
        ("Smørrebrød", "smorrebrod"),
        ("ﬁle", "FILE"),
        ("Ａｂｃ１２", "abc12"),
        ("ﾊﾝｶｸ ｶﾞﾊﾟ", "ハンカク ガパ"),
        ("e\u0308л", "ёл".replace("ё", "e")),
        ("Ёлка", "елка"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("می\u200cخواهم", "ميخواهم"),
        ("۱۲۳ ٤٥", "123 45"),
        ("don’t", "don't"),
        ("co\u00adoperate", "cooperate"),
        ("❤\ufe0f 👍🏽", "❤ 👍"),
        ("a\u00a0b\u3000c", "a b c"),
        ("x²", "x2"),
    ],
)
def test_texts_that_mean_the_same_are_folded_alike(text: str, same: str) -> None:
    assert fold(text).lower() == fold(same).lower()


@pytest.mark.parametrize(("one", "other"), [("мой", "мои"), ("が", "か"), ("ไม่", "ไม"), ("ї", "і")])
def test_letters_that_only_look_accented_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("getUserName", {"getusername", "get", "user", "name"}),
        ("HTTPServer2 v2", {"httpserver2", "http", "server2", "v2"}),
        ("snake_case a.b.c", {"snake", "case", "a", "b", "c"}),
        ("0xDEADBEEF", {"0xdeadbeef", "0x", "deadbeef"}),
        ("東京都", {"東", "京", "都", "東京", "京都"}),
        ("Python入門", {"python", "入", "門", "入門"}),
        ("학교에서", {"학", "교", "에", "서", "학교", "교에", "에서"}),
        ("👩‍💻🇯🇵", {"👩", "💻", "🇯", "🇵"}),
        ("…—?!", set()),
        ("x" * 200, {"x" * 64}),
    ],
)
def test_a_text_is_cut_into_terms(text: str, cut: set[str]) -> None:
    assert terms(text) == cut


MATCHES = [
    # the needle, the text, what is marked in it
    ("docker", "Use Docker, not dockerd: DOCKER!", ["Docker", "DOCKER"]),
    ("user", "getUserName, user_id, Users", ["User", "user"]),
    ("getUser", "getUserName getUser GETUSER", ["getUser", "GETUSER"]),
    ("C++", "C++ or c; abc++ C++17", ["C++", "C++"]),
    ("a.b.c", "a.b.c, xa.b.c, a.b.cd, a b c", ["a.b.c"]),
    ("foo_bar", "foo_bar foo bar my_foo_bar foobar", ["foo_bar", "foo_bar"]),
    ("don't", "don’t do't DON'T dont", ["don’t", "DON'T"]),
    ("/etc/passwd", "cat /etc/passwd /etc/passwd2", ["/etc/passwd"]),
    ("https://x.org/a?b=1", "see https://x.org/a?b=1.", ["https://x.org/a?b=1"]),
    ("deadbeef", "0xDEADBEEF deadbeef01", ["DEADBEEF"]),
    ("==", "a==b = = c", ["=="]),
    ("->", "x->y", ["->"]),
    ("東", "東京", ["東"]),
    ("東京", "南東京都", ["東京"]),
    ("학교", "학교에서 학 교", ["학교"]),
    ("ไทย", "ภาษาไทยง่าย", ["ไทย"]),
    ("入門", "Python入門", ["入門"]),
    ("python", "Python入門", ["Python"]),
    ("👩", "a 👩‍💻 b", ["👩\u200d"]),
    ("👩‍💻", "a 👩‍💻 b 👩💻", ["👩‍💻", "👩💻"]),
    ("❤️", "I ❤ you ❤️", ["❤", "❤️"]),
    ("cafe", "Cafe\u0301 café cafés", ["Cafe\u0301", "café"]),
    ("strasse", "Straße, Hauptstraße", ["Straße"]),
    ("مدرسة", "في المَدْرَسَة مَدْرَسَة", ["مَدْرَسَة"]),
    ("%", "100 %", ["%"]),
    ("NEAR(", "near( x", ["near("]),
    ("a" * 100, "b " + "A" * 100 + " " + "a" * 101, ["A" * 100]),
]


@pytest.mark.parametrize(("needle", "text", "marked"), MATCHES)
def test_a_word_is_found_and_marked(needle: str, text: str, marked: list[str]) -> None:
    assert found(Word(text=needle), text) == marked


@pytest.mark.parametrize(
    ("needle", "text", "marked"),
    [
        ("err", "error Errno terror", ["err", "Err"]),
        ("get", "getUserName", ["get"]),
        ("Use", "getUserName", ["Use"]),
        ("userNa", "getUserName", None),
        ("東", "東京", ["東"]),
        ("foo.ba", "foo.bar foo.b", ["foo.ba"]),
        ("C++", "C++17", ["C++"]),
    ],
)
def test_the_beginning_of_a_word_is_found(needle: str, text: str, marked: list[str] | None) -> None:
    assert found(Word(text=needle, prefix=True), text) == marked


@pytest.mark.parametrize(
    ("needle", "text", "marked"),
    [
        ("to be", "To  be or not to\nbe, to, be", ["To  be", "to\nbe"]),
        ("to be", "to being, into be", None),
        ("naïve Café", "a NAIVE\u00a0cafe", ["NAIVE\u00a0cafe"]),
        ("b, c", "a, b, c", ["b, c"]),
        ("東京 旅行", "東京旅行 東京 旅行", ["東京 旅行"]),
    ],
)
def test_a_phrase_is_found_as_it_stands(needle: str, text: str, marked: list[str] | None) -> None:
    assert found(Phrase(text=needle), text) == marked


def test_expressions_are_judged_on_one_text() -> None:
    a, b, c = (Word(text=letter) for letter in "abc")
    assert found(AllOf(parts=(a, b)), "b a a") == ["b", "a", "a"]
    assert found(AllOf(parts=(a, b)), "a") is None
    assert found(AnyOf(parts=(a, b)), "c b") == ["b"]
    assert found(AllOf(parts=(a, Not(part=b))), "a c") == ["a"]
    assert found(AllOf(parts=(a, Not(part=b))), "a b") is None
    assert found(Not(part=AnyOf(parts=(a, b))), "c") == []
    assert found(AnyOf(parts=(AllOf(parts=(a, b)), c)), "a c") == ["a", "c"]


@settings(deadline=None)
@given(leaves, texts, texts)
def test_a_text_that_matches_has_the_terms_that_are_wanted(
    leaf: Word | Phrase, before: str, after: str
) -> None:
    for text in (before + leaf.text + after, before, f"{before} {leaf.text} {after}"):
        if not Matcher(leaf).matches(text):
            continue
        wanted = Wanted(leaf.text, prefix=isinstance(leaf, Word) and leaf.prefix)
        has = terms(text)
        assert wanted.whole <= has
        assert all(any(term.startswith(part) for term in has) for part in wanted.beginnings)


@settings(deadline=None)
@given(leaves, texts, texts)
def test_what_is_marked_is_what_was_looked_for(
    leaf: Word | Phrase, before: str, after: str
) -> None:
    text = f"{before} {leaf.text} {after}"
    spans = Matcher(leaf).spans(text)
    if not fold(leaf.text).strip():
        return
    assert spans
    assert all(0 <= begin < end <= len(text) for begin, end in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))
    needle = "".join(fold(leaf.text).lower().split())
    for begin, end in spans:
        assert needle in "".join(fold(text[begin:end]).lower().split())


@settings(deadline=None)
@given(st.text(), leaves)
def test_no_text_and_no_needle_raises(text: str, leaf: Word | Phrase) -> None:
    Matcher(leaf).spans(text)
    terms(text)
    surrogates = Word(text="\ud800\0" + leaf.text.replace(" ", ""))
    Wanted(surrogates.text)
    Matcher(surrogates).spans(text)
