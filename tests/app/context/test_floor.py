"""What the user said of himself, found without any model."""

from __future__ import annotations

import pytest

from synapse.app.context import floor
from synapse.app.context.summarising import Said
from synapse.domain import Role


def said(*texts: str, role: Role = Role.USER) -> list[Said]:
    return [
        Said(index=2 * place + 1, role=role, text=text, tokens=len(text) // 4)
        for place, text in enumerate(texts)
    ]


def tokens(text: str) -> int:
    return len(text) // 4


@pytest.mark.parametrize(
    "sentence",
    [
        "I am allergic to peanuts.",
        "My sister studies law",
        "We moved last spring!",
        "Ich bin Bäckerin und esse kein Fleisch.",
        "J'ai deux chats.",
        "Me gusta el café solo.",
        "Trabajo como enfermera.",
        "Moro em uma casa pequena.",
        "Vivo da solo con un cane.",
        "Ik ben huisarts.",
        "Jag har en hund.",
        "Mieszkam sam z kotem.",
        "Ben bir öğretmenim.",
        "Olen sairaanhoitaja.",
        "Я работаю учителем.",
        "Εγώ δεν τρώω κρέας.",
        "أنا طبيب أسنان",
        "אני רופא שיניים",
        "मेरा बेटा डॉक्टर है",
        "我对花生过敏。",
        "私は医者です。",
        "저는 의사입니다.",
        "ฉันแพ้ถั่ว",
        "The deadline is 14 March.",
        "It should run on Windows too.",
        "Never use bullet lists.",
    ],
)
def test_a_sentence_that_tells_something_is_kept_in_many_languages(sentence: str) -> None:
    found = floor.spoken(said(sentence), 100, tokens)
    assert floor.text_of(found) == f"What I said, word for word:\n- {sentence}"


@pytest.mark.parametrize(
    "text",
    [
        "What is my name?",
        "¿Cuál es mi nombre?",
        "我叫什么名字?",
        "ما هو اسمي؟",
        "Tell me a joke.",
        "thanks, that helps",
        "```python\nmy_number = 7\nI = 3\n```",
        "…",
        "",
        "I said " + "so much about this " * 40,
    ],
)
def test_questions_small_talk_code_and_pastes_are_not(text: str) -> None:
    assert floor.spoken(said(text), 1_000, tokens) == []


def test_only_the_user_is_quoted() -> None:
    assert floor.spoken(said("I am a model.", role=Role.ASSISTANT), 100, tokens) == []


def test_one_sentence_of_a_message_is_kept_without_its_questions() -> None:
    found = floor.spoken(said("Hi there! I weigh 81.5 kg. Is that much?"), 100, tokens)
    assert found == [(1, "I weigh 81.5 kg.")]


def test_the_newest_are_kept_if_there_is_not_room_for_all_and_in_the_order_of_saying() -> None:
    texts = [f"I have {number} green apples at home." for number in range(1, 30)]
    found = floor.spoken(said(*texts), 40, tokens)
    assert [sentence for _, sentence in found] == texts[-4:]


def test_what_he_says_of_himself_goes_before_numbers_and_names() -> None:
    texts = ["I am allergic to peanuts.", *(f"Line {n} has 3 Bytes." for n in range(20))]
    found = floor.spoken(said(*texts), 20, tokens)
    assert found[0] == (1, "I am allergic to peanuts.")


def test_a_sentence_that_is_too_long_does_not_keep_older_ones_out() -> None:
    texts = ["I like tea.", "I went " + "on and on " * 20 + "yesterday."]
    assert floor.spoken(said(*texts), 10, tokens) == [(1, "I like tea.")]


def test_a_sentence_is_kept_once() -> None:
    assert len(floor.spoken(said("I like tea.", "i like tea!"), 100, tokens)) == 1
