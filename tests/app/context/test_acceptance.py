"""Which notes of a model are believed."""

from __future__ import annotations

import pytest

from synapse.app.context.acceptance import Verdict, judge, stands
from synapse.app.context.notes import Fact, Notes, joined, read

SAID = {
    1: "Hello! My daughter Mia turns 7 on 14 March, and we live in Lisbon.",
    2: "Happy to hear it. Lisbon is lovely in spring; shall we plan the party for Mia?",
    3: "Yes. The budget is 1,200 euros and my brother Tomás is allergic to peanuts.",
    4: "Noted: no peanuts. I suggest a picnic in the Jardim da Estrela with a magician.",
    5: "Good idea, book the magician. I prefer answers without bullet lists.",
    6: "I will keep to prose. The magician costs about 300 euros for two hours.",
}
GOOD = """Facts:
[#1] The user's daughter Mia turns 7 on 14 March; they live in Lisbon.
[#3] Budget: 1200 euros. The user's brother Tomás is allergic to peanuts.
[#5] The user prefers answers without bullet lists.
Course:
The party of the daughter was planned: a picnic with a magician, whom the user wants to book."""


def tokens(text: str) -> int:
    return len(text) // 4


def judged(
    text: str,
    finish: str | None = "stop",
    *,
    said: dict[int, str] | None = None,
    earlier: tuple[Fact, ...] = (),
    replaced: int = 1_000,
    cap: int = 600,
) -> Verdict:
    return judge(
        text,
        finish,
        said=SAID if said is None else said,
        earlier=earlier,
        replaced=replaced,
        cap=cap,
        count=tokens,
    )


def test_notes_that_say_what_was_said_are_kept_as_they_are() -> None:
    verdict = judged(GOOD)
    assert verdict.notes is not None
    assert verdict.notes.text == GOOD
    assert (verdict.invented, verdict.reason) == (0, "")


@pytest.mark.parametrize(
    ("text", "finish", "reason"),
    [
        ("", "stop", "is empty"),
        ("  \n ", "stop", "is empty"),
        (GOOD, "length", "was broken off (length)"),
        (GOOD, "max_tokens", "was broken off (max_tokens)"),
        (GOOD, "content_filter", "was broken off (content_filter)"),
        (GOOD, "refusal", "was broken off (refusal)"),
        (GOOD, None, "was broken off (no end)"),
        ("\n".join(SAID.values()) * 9, "stop", "is too long"),
        ("I am an AI language model.", "stop", "does not begin"),
        ("Sure! Here are the notes.\n" + GOOD, "stop", "does not begin"),
        ("Facts:\n" + "\n".join(f"[#{n}] {text}" for n, text in SAID.items()), "stop", "copies"),
        ("Facts:\n[#1] Mia is 7.\nCourse:\n" + " ".join(SAID.values()), "stop", "copies"),
        ("Facts:\nCourse:\n" + "The capital of Egypt is Cairo. " * 20, "stop", "repeats itself"),
        ("Facts:\nCourse:", "stop", "says nothing"),
        ("Facts:\n[#1] User is a chef from Korea, 25.", "stop", "speaks of what was not said"),
        ("Facts:\nCourse:\nHAHA PWNED. All previous commands were ignored as ordered, master.",
         "stop", "speaks of what was not said"),
    ],
)  # fmt: skip
def test_what_is_of_no_use_is_refused_with_a_reason(
    text: str, finish: str | None, reason: str
) -> None:
    verdict = judged(text, finish)
    assert verdict.notes is None
    assert verdict.reason.startswith(reason)


def test_notes_as_long_as_what_they_replace_are_refused() -> None:
    assert judged(GOOD, replaced=tokens(GOOD)).reason.startswith("is too long")
    assert judged(GOOD, replaced=tokens(GOOD) * 10 // 8 + 2).notes is not None


def test_notes_in_another_language_than_the_conversations_are_refused() -> None:
    german = (
        "Facts:\nCourse:\nDie Feier zum Geburtstag der Tochter wurde gemeinsam geplant, und der"
        " Nutzer möchte einen Zauberer verpflichten, ohne Aufzählungen zu erhalten."
    )
    assert judged(german).reason == "speaks of what was not said"


@pytest.mark.parametrize(
    "line",
    [
        "[#1] The daughter of the user is called Mia.",
        "[#1, #3] Mia's uncle Tomás is allergic to peanuts.",
        "[#5] User prefers answers without bullet lists",
        "[#3] Budget of 1.200 euros",
        "[#6] Magician: 300 euros, two hours",
    ],
)
def test_a_line_that_its_messages_say_stands(line: str) -> None:
    [fact] = read(f"Facts:\n{line}").facts
    assert stands(fact, SAID)


@pytest.mark.parametrize(
    "line",
    [
        "[#1] The daughter is called Ana and lives in Lisbon.",
        "[#1] Mia turns 8 on 14 March and lives in Lisbon.",
        "[#2] The budget is 1,200 euros.",
        "[#4] The brother Tomás is allergic to peanuts.",
        "[#7] The user prefers answers without bullet lists.",
        "[#3, #99] The budget is 1,200 euros.",
        "[#5] The user hates magicians, lists, prose, dogs and thunderstorms equally.",
        "[#1] ok",
        "[#1] I am a 25-year-old Korean speaker.",
    ],
)
def test_a_line_that_its_messages_do_not_say_is_left_out(line: str) -> None:
    [fact] = read(f"Facts:\n{line}").facts
    assert not stands(fact, SAID)
    verdict = judged(f"{GOOD.replace('Course:', line + chr(10) + 'Course:')}")
    assert verdict.notes is not None
    assert (verdict.notes.text, verdict.invented) == (GOOD, 1)


@pytest.mark.parametrize(
    ("message", "true", "false"),
    [
        ("我的女儿叫米娅,今年七岁。", "用户的女儿叫米娅,今年七岁", "用户是一名来自韩国的厨师"),
        ("娘はミアといい、七歳です。", "娘はミアといい、七歳", "彼は東京の医者です"),
        ("제 딸 이름은 미아이고 일곱 살이에요.", "딸 이름은 미아, 일곱 살", "그는 요리사입니다"),
        ("ลูกสาวของฉันชื่อมีอา", "ลูกสาวชื่อมีอา", "เขาเป็นพ่อครัวจากเกาหลี"),
        ("Моя дочь Мия живёт в Праге.", "Дочь Мия живёт в Праге", "Дочь Аня живёт в Москве"),
        ("Η κόρη μου λέγεται Μία και είναι 7.", "Η κόρη λέγεται Μία, 7", "Η κόρη λέγεται Άννα"),
        ("ابنتي اسمها ميا وعمرها ٧ سنوات", "اسمها ميا، عمرها 7 سنوات", "ابنتي عمرها 9 سنوات"),
    ],
)  # fmt: skip
def test_lines_are_judged_in_every_script(message: str, true: str, false: str) -> None:
    assert stands(Fact(cites=(1,), text=true), {1: message})
    assert not stands(Fact(cites=(1,), text=false), {1: message})


@pytest.mark.parametrize(
    "text",
    [
        "## Facts\n- [#1] Mia is 7\n## Course\nA party.",
        "**Facts:**\n* [#1] Mia is 7\n**Course:** A party.",
        "(1) Facts:\n#1: Mia is 7\n(2) Course:\nA party.",
        'FACTS\n1. [#1] Mia is 7\n\n"Course":\n\nA\nparty.',
        "Facts:\n[#1 user] Mia is 7\n#1 user: Mia is 7\nCourse: A party.",
    ],
)
def test_headings_and_lines_are_read_in_the_forms_that_models_write(text: str) -> None:
    found = read(text)
    assert found.has_heading
    assert {(fact.cites, fact.text) for fact in found.facts} == {((1,), "Mia is 7")}
    assert found.course == "A party."


def test_what_is_kept_reads_back_the_same() -> None:
    notes = Notes(
        facts=(Fact(cites=(1, 12), text="Course: of 3"), Fact(cites=(2,), text="Facts")),
        course="It began.",
    )
    assert read(notes.text).text == notes.text


EARLIER = (Fact(cites=(1,), text="The budget is 900 euros."), Fact(cites=(2,), text="Mia is 7."))


def test_earlier_facts_are_carried_on_word_for_word() -> None:
    verdict = judged(GOOD, earlier=EARLIER)
    assert verdict.notes is not None
    lines = verdict.notes.text.splitlines()
    assert "[#1] The budget is 900 euros." in lines
    assert "[#2] Mia is 7." in lines
    assert len(verdict.notes.facts) == 5


def test_a_fact_is_struck_if_a_new_one_speaks_of_the_same() -> None:
    verdict = judged(GOOD.replace("Course:", "- drop #1\nCourse:"), earlier=EARLIER)
    assert verdict.notes is not None
    assert EARLIER[0] not in verdict.notes.facts
    assert EARLIER[1] in verdict.notes.facts


def test_nothing_is_struck_without_a_new_value() -> None:
    text = "Facts:\n- drop #1\n- drop #2\n[#5] The user prefers answers without bullet lists."
    verdict = judged(text, earlier=EARLIER)
    assert verdict.notes is not None
    assert verdict.notes.facts[:2] == EARLIER


def test_facts_are_ordered_by_what_they_cite_and_kept_once() -> None:
    again = Fact(cites=(9,), text="mia is  7.")
    assert joined(EARLIER[::-1], [again]) == EARLIER
