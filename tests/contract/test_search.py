"""What every store finds in texts, read or indexed."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contract.builders import NOON, a_finished_turn, a_prompt, a_session, an_answer
from contract.engines import ENGINES, fresh_url, index_all
from synapse.domain import Attachment, Role, Session, Status, StoredMessage
from synapse.search_query import (
    AllOf,
    AnyOf,
    Not,
    Phrase,
    Properties,
    SearchQuery,
    Word,
)
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.ports import SessionStore
    from synapse.search_query import Part, SearchHit


@pytest.fixture(params=[(engine, how) for engine in ENGINES for how in ("read", "indexed")])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionStore]:
    """A store; what is asked of it is asked after `settle`, which may index everything."""
    engine, how = request.param
    with open_store(fresh_url(engine, tmp_path)) as opened:
        _HOW[id(opened)] = how
        yield opened
        del _HOW[id(opened)]


_HOW: dict[int, str] = {}


def settle(store: SessionStore) -> None:
    if _HOW[id(store)] == "indexed":
        index_all(store)


def search(store: SessionStore, part: Part | str | None = None, **which: Any) -> list[SearchHit]:
    settle(store)
    expression = Word(text=part) if isinstance(part, str) else part
    return list(store.search(SearchQuery(expression=expression, **which)))


def contents(store: SessionStore, part: Part | str | None = None, **which: Any) -> list[str]:
    return [hit.message.content for hit in search(store, part, **which)]


def say(store: SessionStore, *texts: str, **fields: Any) -> Session:
    """A session with these user messages, a minute apart."""
    session = a_session(updated=NOON, **fields)
    store.create_session(session)
    for minute, text in enumerate(texts):
        moment = NOON + timedelta(minutes=minute)
        store.add_message(a_prompt(session, text, timestamp=moment))
    return session


LANGUAGES = [
    # what was said, what finds it, what does not
    ("en", "Don't mount the Docker volume read-only.", ["docker", "don't", "READ-ONLY"], ["dock"]),
    ("de", "Die Straße überquert größere Flüsse", ["strasse", "GRÖSSERE", "flusse"], ["ross"]),
    ("fr", "L’été, les élèves étudient à l’école", ["ecole", "Élèves", "l'été"], ["col"]),
    ("es", "¿Dónde está el niño? ¡Mañana!", ["donde", "nino", "MAÑANA"], ["man"]),
    ("pt", "A informação não está disponível", ["informacao", "não"], ["forma"]),
    ("it", "Perché la città è così", ["perche", "citta"], ["citt"]),
    ("pl", "Zażółć gęślą jaźń w Łodzi", ["zazolc", "łodzi", "LODZI"], ["odzi"]),
    ("cs", "Příliš žluťoučký kůň", ["prilis", "kun"], ["luto"]),
    ("tr", "İstanbul'da ışıklı bir gece", ["istanbul", "isikli", "ISIKLI"], ["stan"]),
    ("vi", "Tiếng Việt đẹp lắm", ["tieng", "viet", "đẹp", "dep"], ["vie"]),
    ("da", "Rødgrød med fløde på", ["rodgrod", "fløde", "pa"], ["grod"]),
    ("ru", "Ёлка зелёная, а мой дом", ["елка", "ЗЕЛЕНАЯ", "мой"], ["мои", "дома"]),
    ("uk", "Їжак і п’ять яблук", ["їжак", "п'ять"], ["ябл"]),
    ("el", "Ο ΣΊΣΥΦΟΣ ανεβαίνει", ["σισυφος", "ΑΝΕΒΑΊΝΕΙ"], ["σισυφο"]),
    ("he", "שָׁלוֹם עולם", ["שלום", "עולם"], ["לום"]),
    ("ar", "مُحَمَّد في المدرسة أحمد", ["محمد", "احمد", "المدرسة"], ["حمد"]),
    ("fa", "می‌خواهم کتاب ۱۲۳ را بخوانم", ["میخواهم", "كتاب", "123"], ["خواهم"]),
    ("hi", "नमस्ते दुनिया, हिन्दी", ["नमस्ते", "हिन्दी"], ["मस्ते"]),
    ("th", "ภาษาไทยไม่ยาก", ["ไทย", "ภาษา", "ย"], ["ไทยยาก"]),
    ("zh", "我想学习编程语言", ["编程", "学", "编程语言"], ["学编"]),
    ("ja", "東京旅行の計画をｶﾀｶﾅで", ["旅行", "京", "カタカナ", "計画を"], ["東行"]),
    ("ko", "학교에서 친구를 만났다", ["학교", "친구", "만"], ["학서"]),
    ("km", "ភាសាខ្មែរ", ["ខ្មែរ"], ["ែភ"]),
    ("emoji", "Ship it 🚀 now 👩‍💻 ❤️ 🇯🇵", ["🚀", "👩‍💻", "❤", "🇯🇵"], ["🚁"]),
    (
        "names",
        "getUserName() in snake_case.a.b.c at C++ 0xDEADBEEF",
        ["user", "getUserName", "snake_case", "a.b.c", "c++", "deadbeef", "case"],
        ["getUser", "b.c.d", "c--", "snake-case"],
    ),
    (
        "places",
        "See https://example.org/a_b?c=1#d and /usr/local/bin, ~/.config or C:\\Temp\\x.txt",
        ["https://example.org/a_b?c=1", "example.org", "/usr/local", "c:\\temp", "~/.config"],
        ["example.com", "/usr/bin"],
    ),
]


@pytest.mark.parametrize(
    ("text", "words", "others"), [row[1:] for row in LANGUAGES], ids=[row[0] for row in LANGUAGES]
)
def test_words_of_every_language_are_found(
    store: SessionStore, text: str, words: list[str], others: list[str]
) -> None:
    say(store, text, "nothing of this")
    for word in words:
        hits = search(store, word)
        assert [hit.message.content for hit in hits] == [text], word
        assert hits[0].spans, word
    for word in others:
        assert contents(store, word) == [], word


def test_what_is_found_says_where(store: SessionStore) -> None:
    session = say(store, "a Word, and another word")
    [hit] = search(store, "word")
    assert (hit.where, hit.attachment) == ("content", None)
    assert [hit.text[begin:end] for begin, end in hit.spans] == ["Word", "word"]
    assert hit.session == store.get_summary(session.id)
    assert [hit.message] == store.get_messages(session.id)


class TestExpressions:
    def test_all_any_and_not(self, store: SessionStore) -> None:
        say(store, "red apple", "green apple", "red pear")
        red, apple, green = (Word(text=word) for word in ("red", "apple", "green"))
        assert contents(store, AllOf(parts=(red, apple))) == ["red apple"]
        assert contents(store, AnyOf(parts=(green, red))) == [
            "red pear",
            "green apple",
            "red apple",
        ]
        assert contents(store, AllOf(parts=(apple, Not(part=red)))) == ["green apple"]
        assert contents(store, Not(part=apple)) == ["red pear"]

    def test_phrases_and_beginnings(self, store: SessionStore) -> None:
        say(store, "the quick  brown\nfox", "brown quick fox", "quickly")
        assert contents(store, Phrase(text="quick brown fox")) == ["the quick  brown\nfox"]
        assert len(contents(store, Word(text="quick", prefix=True))) == 3
        assert len(contents(store, Word(text="q", prefix=True))) == 3
        assert contents(store, Word(text="quickl", prefix=True)) == ["quickly"]
        assert contents(store, Word(text="uick", prefix=True)) == []

    @pytest.mark.parametrize("word", ["==", "->", "%", "_", "*", "'", '"', "(", "\\", "NEAR(", "?"])
    def test_signs_are_what_they_are(self, store: SessionStore, word: str) -> None:
        text = f"x {word.lower()} y"
        say(store, text, "x y")
        assert contents(store, word) == [text]

    def test_all_words_must_stand_in_one_text(self, store: SessionStore) -> None:
        notes = Attachment(name="n", media_type="text/plain", data=b"whisky")
        session = say(store)
        store.add_message(a_prompt(session, "tango", attachments=(notes,)))
        tango, whisky = Word(text="tango"), Word(text="whisky")
        assert contents(store, AllOf(parts=(tango, whisky))) == []
        assert contents(store, AllOf(parts=(tango, Not(part=whisky)))) == ["tango"]

    def test_a_long_word_is_found_whole(self, store: SessionStore) -> None:
        digest = "0123456789abcdef" * 8
        say(store, digest, digest + "0", f"é {digest}")
        assert contents(store, digest) == [f"é {digest}", digest]

    def test_an_empty_store_finds_nothing(self, store: SessionStore) -> None:
        assert contents(store, "a") == contents(store) == []


class TestProperties:
    def test_roles_models_and_providers(self, store: SessionStore) -> None:
        one = a_session(provider="echo", model="gpt-5")
        store.create_session(one)
        store.add_message(a_prompt(one, "word asked"))
        answer = StoredMessage.new(one.id, Role.ASSISTANT, "word answered")
        store.add_message(answer.replace(provider="OpenAI", model="GPT-5-mini"))
        assert contents(store, "word", roles=(Role.USER,)) == ["word asked"]
        assert contents(store, "word", roles=(Role.USER, Role.ASSISTANT)) == [
            "word answered",
            "word asked",
        ]
        assert contents(store, "word", models=("MINI",)) == ["word answered"]
        assert contents(store, "word", models=("gpt",)) == ["word answered", "word asked"]
        assert contents(store, "word", providers=("openai",)) == ["word answered"]
        assert contents(store, "word", providers=("open",)) == []
        assert contents(store, "word", without=Properties(models=("mini",))) == ["word asked"]
        assert contents(store, "word", without=Properties(roles=(Role.USER,))) == ["word answered"]

    def test_names_titles_tags_and_sessions(self, store: SessionStore) -> None:
        docker = say(store, "word one", name="Docker-Volumes")
        titled = say(store, "word two", title="About DOCKER")
        other = say(store, "word three")
        store.tag_sessions([titled.id, other.id], ["Straße"])
        assert contents(store, "word", names=("docker",)) == ["word two", "word one"]
        assert contents(store, "word", names=("docker",), tags=("strasse",)) == ["word two"]
        assert contents(store, "word", tags=("strass",)) == []
        assert contents(store, "word", session_ids=(other.id, "absent")) == ["word three"]
        assert contents(store, "word", without=Properties(names=("docker",))) == ["word three"]
        assert contents(store, "word", without=Properties(tags=("STRASSE",))) == ["word one"]
        without = Properties(session_ids=(docker.id,))
        assert contents(store, "word", without=without) == ["word three", "word two"]

    def test_times(self, store: SessionStore) -> None:
        say(store, "word 0", "word 1", "word 2")
        one, two = NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)
        assert contents(store, "word", after=one) == ["word 2", "word 1"]
        assert contents(store, "word", before=two) == ["word 1", "word 0"]
        assert contents(store, "word", after=one, before=two) == ["word 1"]
        assert contents(store, after=two) == ["word 2"]

    def test_attachments(self, store: SessionStore) -> None:
        session = say(store, "plain")
        image = Attachment(name="i.png", media_type="image/png", data=b"needle")
        text = Attachment(name="t", media_type="text/x-log", data="Größe \xff".encode("latin-1"))
        notes = Attachment(name="n", media_type="text/plain", data="ein Straßenzug".encode())
        hidden = Attachment(name="h", media_type="text/plain", data=b"needle", source="agent")
        store.add_message(a_prompt(session, "with", attachments=(image, text, notes)))
        store.add_message(a_prompt(session, "agent's", attachments=(hidden,)))
        [hit] = search(store, "strassenzug")
        assert (hit.where, hit.attachment, hit.message.content) == ("attachment", 3, "with")
        assert [hit.text[begin:end] for begin, end in hit.spans] == ["Straßenzug"]
        assert contents(store, "needle") == []
        assert contents(store, has_attachment=True) == ["with"]
        without = Properties(has_attachment=True)
        assert contents(store, without=without) == ["agent's", "plain"]

    def test_reasoning_is_found_where_it_is_asked_for(self, store: SessionStore) -> None:
        session = a_session()
        answer = a_finished_turn(store, session, "why", "content", create=True)
        second = a_finished_turn(store, session, "why", "because", create=False)
        thought = StoredMessage.new(session.id, Role.ASSISTANT, "said")
        store.add_message(thought.replace(reasoning="deep THOUGHT about content"))
        assert answer.id != second.id
        assert contents(store, "thought") == []
        [hit] = search(store, "thought", in_reasoning=True)
        assert (hit.where, hit.message.content) == ("reasoning", "said")
        assert [hit.text[begin:end] for begin, end in hit.spans] == ["THOUGHT"]
        assert contents(store, "content", in_reasoning=True) == ["said"]
        assert contents(store, Not(part=Word(text="x")), in_reasoning=True) == ["said"]
        assert contents(store, in_reasoning=True) == ["said"]


class TestWhatIsThere:
    def test_the_trash_is_looked_into_where_it_is_asked_for(self, store: SessionStore) -> None:
        live, trashed = say(store, "word live"), say(store, "word trashed")
        settle(store)
        store.trash_session(trashed.id)
        assert contents(store, "word") == ["word live"]
        assert contents(store, "word", deleted=True) == ["word trashed"]
        store.restore_session(trashed.id)
        assert len(contents(store, "word")) == 2
        store.delete_session(live.id)
        assert contents(store, "word") == ["word trashed"]
        assert contents(store, "word", deleted=True) == []

    def test_an_answer_is_found_while_it_comes_in_and_behind(self, store: SessionStore) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        store.checkpoint(answer.id, "half a wo", "thinking")
        settle(store)
        store.checkpoint(answer.id, "rd")
        [hit] = search(store, "word")
        assert hit.message.status is Status.STREAMING
        assert hit.text == "half a word"
        [hit] = search(store, "thinking", in_reasoning=True)
        store.finish_turn(answer.replace(content="whole sentence", status=Status.COMPLETE))
        assert contents(store, "word") == []
        assert contents(store, "sentence") == ["whole sentence"]

    def test_superseded_messages_are_found(self, store: SessionStore) -> None:
        session = say(store, "question one")
        store.supersede_messages(session.id, 1)
        [hit] = search(store, "question")
        assert hit.message.superseded

    def test_forks_are_found_as_well(self, store: SessionStore) -> None:
        session = say(store, "word")
        fork = a_session(forked_from=session.id)
        store.fork_session(session.id, fork)
        assert {hit.session.session.id for hit in search(store, "word")} == {session.id, fork.id}


class TestOrder:
    def test_the_newest_come_first_whenever_they_were_stored(self, store: SessionStore) -> None:
        moments = [NOON + timedelta(hours=hour) for hour in range(60)]
        random.Random(1).shuffle(moments)
        session = say(store)
        for number, moment in enumerate(moments):
            store.add_message(a_prompt(session, f"word {number}", timestamp=moment))
            if number == 40:
                settle(store)
        found = [hit.message.timestamp for hit in search(store, "word")]
        assert found == sorted(moments, reverse=True)
        found = [hit.message.timestamp for hit in search(store)]
        assert found == sorted(moments, reverse=True)

    def test_of_one_moment_the_last_stored_comes_first(self, store: SessionStore) -> None:
        session = say(store)
        for number in range(5):
            store.add_message(a_prompt(session, f"word {number}", timestamp=NOON))
        assert contents(store, "word") == [f"word {number}" for number in (4, 3, 2, 1, 0)]

    def test_a_limit_ends_it_and_so_does_closing(self, store: SessionStore) -> None:
        say(store, *(f"word {number}" for number in range(10)))
        settle(store)
        query = SearchQuery(expression=Word(text="word"))
        assert [hit.message.content for hit in store.search(query, limit=2)] == ["word 9", "word 8"]
        assert list(store.search(query, limit=0)) == []
        hits = iter(store.search(query))
        assert next(hits).message.content == "word 9"
        hits.close()  # type: ignore[attr-defined]  # a generator
        assert list(hits) == []

    def test_it_goes_on_while_others_write(self, store: SessionStore) -> None:
        session = say(store, *(f"word {number}" for number in range(600)))
        settle(store)
        hits = store.search(SearchQuery(expression=Word(text="word")))
        first = next(hits)
        store.delete_session(first.session.session.id)
        other = say(store, "word of another")
        rest = list(hits)
        assert all(hit.session.session.id != session.id for hit in rest)
        assert {hit.session.session.id for hit in rest} <= {other.id}

    def test_progress_ends_at_the_whole(self, store: SessionStore) -> None:
        say(store, *(f"word {number}" for number in range(600)))
        settle(store)
        heard: list[tuple[int, int]] = []
        query = SearchQuery(expression=Word(text="absent"))
        assert list(store.search(query, progress=lambda *now: heard.append(now))) == []
        assert heard
        assert heard == sorted(heard)
        assert heard[-1][0] == heard[-1][1]


class TestSuggestions:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("confguration", "configuration"),
            ("messgae", "message"),
            ("dokcer", "docker"),
            ("Strase", "strasse"),
            ("превет", "привет"),
            ("vollume", "volume"),
        ],
    )
    def test_a_mistyped_word_is_put_right(
        self, store: SessionStore, typed: str, meant: str
    ) -> None:
        say(store, "configuration message docker Straße привет volume", "message")
        settle(store)
        assert store.suggest_words(typed)[:1] == [meant]

    def test_only_what_would_be_found_is_suggested(self, store: SessionStore) -> None:
        gone = say(store, "words sword")
        say(store, "sword")
        store.trash_session(gone.id)
        settle(store)
        assert store.suggest_words("word") == ["sword"]
        assert store.suggest_words("qqqqqq") == store.suggest_words("") == []
        assert store.suggest_words("a" * 10_000) == store.suggest_words("\0\ud800") == []


_SCRAPS = [
    *"\"'()*:-^+{}[]<>=!@#$%&|\\/?.,;~` \n\t\0éß文🚀한ไ\u0301\u200d\ud800\ufffd\ue000",
    "AND ", "OR ", "NOT ", "NEAR(", "rowid", "terms:", "C++", "a", "İ", "\u0e31", "ﬁ", "文件",
    "getUserName", "don't", "NULL", "%s", "search_0", "x" * 70,
]  # fmt: skip


def _a_part(chosen: random.Random, depth: int = 0) -> Part:
    kind = chosen.random()
    if depth < 4 and kind < 0.35:
        parts = tuple(_a_part(chosen, depth + 1) for _ in range(chosen.randint(2, 3)))
        return AllOf(parts=parts) if kind < 0.2 else AnyOf(parts=parts)
    if depth < 4 and kind < 0.45:
        return Not(part=_a_part(chosen, depth + 1))
    text = "".join(chosen.choice(_SCRAPS) for _ in range(chosen.randint(1, 8)))
    if kind < 0.6 and text.strip():
        return Phrase(text=text.strip())
    return Word(text="".join(text.split()) or "*", prefix=kind > 0.8)


def test_no_query_raises_and_all_find_what_a_reader_finds(store: SessionStore) -> None:
    """SYNAPSE_TEST_FUZZ says how many thousands are asked."""
    from synapse.stores.search_matching import Matcher

    chosen = random.Random(7)
    texts = [
        "".join(chosen.choice(_SCRAPS) for _ in range(chosen.randint(0, 30))) for _ in range(60)
    ]
    say(store, *texts)
    settle(store)
    stored = {hit.message.content for hit in store.search(SearchQuery())}
    for _ in range(int(os.environ.get("SYNAPSE_TEST_FUZZ", "0")) * 1000 or 300):
        part = _a_part(chosen)
        found = {hit.message.content for hit in store.search(SearchQuery(expression=part))}
        matcher = Matcher(part)
        assert found == {text for text in stored if matcher.matches(text)}, part
        store.suggest_words(part.text if isinstance(part, Word) else "x")
