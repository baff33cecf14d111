"""What a session takes in tokens, by what its providers reported."""

from __future__ import annotations

import statistics
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from app.context.recorded import LANGUAGES, SESSION, TOKENISERS, Conversation

from synapse.app.context.measuring import Asked, Measurement, is_same_model, measure
from synapse.app.selection import select
from synapse.domain import Attachment, Role, Status, StoredMessage, Summary, Usage
from synapse.ports import ImageSupport

if TYPE_CHECKING:
    from collections.abc import Sequence

GPT = Asked(provider="openai", model="gpt-6-luna")


def measured(
    history: Sequence[StoredMessage],
    asked: Asked = GPT,
    system_prompt: str | None = None,
    summaries: Sequence[Summary] = (),
    **options: Any,
) -> Measurement:
    standing = summaries[-1] if summaries else None
    selection = select(history, asked.provider, summary=standing)
    return measure(
        history, selection, asked, system_prompt=system_prompt, summaries=summaries, **options
    )


class Talk:
    """A history that is written turn by turn."""

    def __init__(self, model: str = "gpt-6-luna", provider: str = "openai") -> None:
        self.messages: list[StoredMessage] = []
        self.model, self.provider = model, provider

    def add(self, role: Role, text: str, **fields: Any) -> None:
        made = StoredMessage.new(SESSION.id, role, text)
        self.messages.append(made.replace(index=len(self.messages) + 1, **fields))

    def user(self, text: str = "What is it?", **fields: Any) -> None:
        self.add(Role.USER, text, **fields)

    def answer(
        self,
        sent: int | None,
        received: int | None = 4,
        text: str = "It is that.",
        *,
        thought: int | None = None,
        **fields: Any,
    ) -> None:
        usage = Usage(input_tokens=sent, output_tokens=received, reasoning_tokens=thought)
        whose = {"provider": self.provider, "model": self.model, "usage": usage}
        self.add(Role.ASSISTANT, text, **{**whose, **fields})

    def turn(self, sent: int | None, received: int | None = 4, **fields: Any) -> None:
        self.user()
        self.answer(sent, received, **fields)


def counts(measurement: Measurement) -> list[tuple[int, bool]]:
    return [(each.count, each.exact) for each in measurement.messages]


# ----------------------------------------------------------------------- recorded conversations


def test_the_next_prompt_is_known_as_well_as_was_measured() -> None:
    """Ten languages, seven tokenisers, code and data pasted into a fifth of the questions and a
    quarter of the answers; once 1,500 tokens were seen.
    """
    errors = []
    for tokeniser in TOKENISERS:
        for language in LANGUAGES:
            talk = Conversation(tokeniser, language, Random(f"{tokeniser} {language}"))
            asked = Asked(provider=talk.provider, model=talk.model)
            for turn in range(44):
                tokens = talk.ask()
                if tokens > 1_500 and turn % 4 == 3:
                    recent = talk.messages[-24:]
                    whole = len(recent) == len(talk.messages)
                    found = measured(recent, asked, whole=whole).total
                    assert not found.exact
                    errors.append(found.count / tokens - 1)
                talk.answer()
    assert len(errors) > 600
    assert statistics.median(map(abs, errors)) < 0.0015
    assert statistics.quantiles(map(abs, errors), n=100)[98] < 0.05
    assert min(errors) > -0.125
    assert max(errors) < 0.10


def test_a_whole_prompt_is_known_from_its_texts_once_the_model_is_calibrated() -> None:
    """As after older turns were summarised, where no count of the provider holds."""
    errors = []
    for tokeniser in TOKENISERS:
        for language in LANGUAGES:
            talk = Conversation(tokeniser, language, Random(f"{tokeniser} {language}"))
            asked = Asked(provider=talk.provider, model=talk.model)
            for _ in range(12):
                talk.ask()
                talk.answer()
            factor = measured(talk.messages, asked).factor
            texts = [m.replace(usage=Usage()) for m in talk.messages]
            found = measured(texts, asked.replace(factor=factor)).total
            errors.append(found.count / talk.prompt_tokens - 1)
    assert statistics.median(map(abs, errors)) < 0.02
    assert min(errors) > -0.15
    assert max(errors) < 0.15


def test_without_any_count_the_family_of_the_model_is_reckoned_with() -> None:
    errors = []
    for tokeniser in TOKENISERS:
        for language in LANGUAGES:
            talk = Conversation(tokeniser, language, Random(f"{tokeniser} {language}"))
            tokens = 0
            while tokens < 500:
                tokens = talk.ask()
            found = measured(talk.messages, Asked(provider=talk.provider, model=talk.model))
            if tokeniser != "cl100k":  # of models that are gone
                errors.append(found.total.count / tokens - 1)
    assert statistics.median(map(abs, errors)) < 0.2
    assert min(errors) > -0.57


# ------------------------------------------------------------------------------ each message


def test_of_each_message_the_tokens_are_what_the_provider_counted() -> None:
    talk = Talk()
    talk.turn(33, 8)
    talk.turn(55, 9)
    talk.user("And this one?")
    found = measured(talk.messages)
    assert counts(found)[:4] == [(33, True), (8, True), (14, True), (9, True)]
    question = found.messages[4]
    assert not question.exact
    assert found.total.count == 55 + 9 + question.count
    assert not found.total.exact
    assert measured(talk.messages[:4]).total.count == 64


def test_the_system_prompt_and_the_first_question_share_what_is_counted_of_both() -> None:
    talk = Talk()
    talk.turn(60, 8)
    found = measured(talk.messages, system_prompt="Answer in the words of a sailor, always.")
    assert found.system_prompt.count + found.messages[0].count == 60
    assert found.system_prompt.count > found.messages[0].count
    assert not found.system_prompt.exact


def test_reasoning_is_counted_with_an_answer_only_where_it_is_sent_back() -> None:
    talk = Talk()
    talk.turn(33, 108, thought=100, reasoning="It must be that. " * 20)
    talk.turn(60)
    assert counts(measured(talk.messages))[1:3] == [(8, True), (19, True)]
    back = GPT.replace(resends_reasoning=True)
    talk.messages[2:] = []
    talk.turn(160)
    assert counts(measured(talk.messages, back))[1:3] == [(108, True), (19, True)]


def test_where_nobody_says_how_much_was_thought_the_answer_is_estimated() -> None:
    talk = Talk()
    talk.turn(33, 108, reasoning="It must be that. " * 20)
    talk.turn(60)
    answer, question = counts(measured(talk.messages))[1:3]
    assert answer[0] + question[0] == 27
    assert not answer[1]
    assert not question[1]


@pytest.mark.parametrize("sent", [None, 0, 3, 10**9])
def test_a_count_that_is_missing_or_can_not_be_is_not_believed(sent: int | None) -> None:
    talk = Talk()
    talk.turn(33, 8)
    talk.turn(sent)
    talk.turn(77)
    found = counts(measured(talk.messages))
    assert found[0] == (33, True)
    assert found[1] == (8, True)
    assert not found[2][1]
    assert 3 <= found[2][0] <= 20


@pytest.mark.parametrize("sent", [1, 10**12])
def test_a_last_count_that_can_not_be_is_not_what_the_next_prompt_is_measured_by(sent: int) -> None:
    talk = Talk()
    for turn in range(9):
        talk.turn(600 * (turn + 1), 590, text="It is that. " * 150)
    talk.turn(sent)
    talk.user()
    assert 5_400 <= measured(talk.messages).total.count <= 6_200


def test_a_stopped_answer_tells_its_prompt_but_not_itself() -> None:
    talk = Talk()
    talk.turn(33, 8)
    talk.turn(55, 1, status=Status.INTERRUPTED, text="It is the following, which")
    talk.user()
    found = measured(talk.messages)
    assert counts(found)[2] == (14, True)
    answer, question = found.messages[3:]
    assert answer.count > 4
    assert not answer.exact
    assert found.total.count == 55 + answer.count + question.count


def test_what_was_asked_again_or_refused_counts_for_nothing() -> None:
    talk = Talk()
    talk.turn(33, 8)
    talk.turn(55, 300, superseded=True, text="No. " * 300)
    talk.answer(55, 9)
    talk.user("Too long" * 500, refused="context_too_long")
    talk.answer(None, None, "", status=Status.FAILED, error="context_too_long: 9 > 5")
    talk.turn(80, 5)
    found = measured(talk.messages)
    assert counts(found) == [
        *[(33, True), (8, True), (14, True)],
        *[(0, True), (9, True)],
        *[(0, True), (0, True)],
        *[(16, True), (5, True)],
    ]
    assert found.total.count == 85


def test_questions_without_answers_share_what_is_counted_of_them() -> None:
    talk = Talk()
    talk.turn(33, 8)
    talk.user("one two three four five six seven eight nine ten")
    talk.answer(None, None, "", status=Status.FAILED, error="server: down")
    talk.turn(67)
    found = measured(talk.messages)
    assert found.messages[2].count + found.messages[4].count == 26
    assert found.messages[2].count > found.messages[4].count


# ------------------------------------------------------------------- whose counts, and of when


def test_a_count_of_another_model_neither_measures_nor_calibrates() -> None:
    talk = Talk("claude-opus-4-8", "anthropic")
    for turn in range(8):
        talk.turn(500 * (turn + 1), 450, text="It is that. " * 100)
    talk.user()
    other = GPT.replace(is_sessions=False)
    found = measured(talk.messages, other)
    assert not any(each.exact for each in found.messages)
    assert found.factor == 1.0
    assert found.weight == 0.0
    assert found.total.count == sum(each.count for each in found.messages)


def test_the_same_provider_with_another_model_is_another_model() -> None:
    talk = Talk("gpt-4")
    talk.turn(33, 8)
    talk.turn(55, 9)
    found = measured(talk.messages, GPT.replace(is_sessions=False))
    assert not any(each.exact for each in found.messages)


def test_after_a_turn_of_another_model_its_answer_is_a_text_like_any_other() -> None:
    talk = Talk()
    talk.turn(33, 8)
    talk.turn(70, 12, provider="anthropic", model="claude-opus-4-8")
    talk.turn(90, 6)
    found = counts(measured(talk.messages))
    assert found[0] == (33, True)
    assert found[1] == (8, True)
    assert [exact for _, exact in found[2:5]] == [False, False, False]
    assert sum(count for count, _ in found[1:5]) == 57


def test_an_alias_of_the_sessions_model_is_known_by_its_answers() -> None:
    talk = Talk("gemini-3.8-flash", "gemini")
    talk.turn(33, 8)
    talk.turn(55, 9)
    asked = Asked(provider="gemini", model="gemini-flash-latest")
    assert measured(talk.messages, asked).total == measured(talk.messages, asked).total
    assert measured(talk.messages, asked).total.count == 64
    assert measured(talk.messages, asked.replace(is_sessions=False)).total.exact is False


@pytest.mark.parametrize(
    ("asked", "answered", "is_same"),
    [
        ("gpt-6", "gpt-6-2026-09-01", True),
        ("gpt-6", "gpt-6-mini", False),
        ("claude-opus-4", "claude-opus-4-5", False),
        ("claude-opus-4", "claude-opus-4-20250514", True),
        ("claude-opus-4-20250514", "claude-opus-4", True),
        ("openai/gpt-6", "gpt-6", True),
        ("models/gemini-3.8-flash", "gemini-3.8-flash-001", True),
        ("mistral-medium", "mistral-medium-latest", True),
        ("a", "b", False),
        ("", "x", False),
    ],
)
def test_a_date_behind_a_name_is_no_other_model(asked: str, answered: str, is_same: bool) -> None:
    assert is_same_model(asked, answered) is is_same


def test_another_system_prompt_ends_what_counts_said_of_the_whole() -> None:
    talk = Talk()
    talk.turn(133, 8)
    talk.turn(155, 9)
    talk.add(Role.SYSTEM, "Be brief.")
    talk.user()
    found = measured(talk.messages, system_prompt="Be brief.")
    assert counts(found)[1:4] == [(8, True), (14, True), (9, True)]
    assert found.total.count == sum(
        each.count for each in (found.system_prompt, *found.messages)
    ), "the last count had the old one in it"
    talk.answer(70, 5)
    found = measured(talk.messages, system_prompt="Be brief.")
    assert found.total.count == 75


# -------------------------------------------------------------------------------------- notes


def a_summary(last_index: int, session_length: int, **fields: Any) -> Summary:
    made = Summary(
        id=str(session_length),
        session_id=SESSION.id,
        last_index=last_index,
        messages=last_index,
        content="Facts:\n[#1] He asked what it is.",
        created_at=SESSION.created_at,
        prompt_version=1,
        session_length=session_length,
    )
    return made.replace(**fields)


def test_a_count_from_before_the_notes_measures_messages_but_not_the_whole() -> None:
    talk = Talk()
    for turn in range(5):
        talk.turn(1_000 + 22 * turn, 8)
    talk.user()
    found = measured(talk.messages, summaries=[a_summary(6, 11)])
    assert counts(found)[:6] == [(0, True)] * 6
    assert counts(found)[7:10] == [(8, True), (14, True), (8, True)]
    assert found.notes.count > 10
    assert found.total.count == found.notes.count + sum(each.count for each in found.messages)
    assert found.total.count < 150


def test_the_first_count_with_the_notes_tells_what_they_take() -> None:
    talk = Talk()
    for turn in range(3):
        talk.turn(1_000 + 22 * turn, 8)
    talk.turn(111, 9)
    found = measured(talk.messages, summaries=[a_summary(2, 6)])
    assert found.total.count == 120
    assert found.total.exact
    told = sum(each.count for each in (found.notes, *found.messages[:-1]))
    assert told == 111


def test_only_the_notes_that_stand_count() -> None:
    talk = Talk()
    for turn in range(3):
        talk.turn(1_000 + 22 * turn, 8)
    talk.turn(200, 8)
    talk.turn(222, 8)
    summaries = [a_summary(2, 6), a_summary(4, 10)]
    found = measured(talk.messages, summaries=summaries)
    assert not found.total.exact, "both counts were taken with the first notes"
    assert found.total.count < 200
    talk.turn(120, 8)
    assert measured(talk.messages, summaries=summaries).total.count == 128


# ------------------------------------------------------------------------------------- images


def test_an_image_counts_and_what_is_counted_of_it_holds() -> None:
    header = b"\x89PNG\r\n\x1a\n" + bytes(8) + (1024).to_bytes(4, "big") * 2
    image = Attachment(name="a.png", media_type="image/png", data=header)
    talk = Talk()
    talk.turn(33, 8)
    talk.user(attachments=(image,))
    history = talk.messages
    sees = ImageSupport(media_types=("image/png",), max_bytes=1_000)
    found = measure(history, select(history, "openai", sees), GPT)
    assert found.messages[2].count > 765
    blind = measure(history, select(history, "openai", None), GPT)
    assert blind.messages[2].count < 30
    talk.answer(33 + 8 + 790, 5)
    found = measure(history, select(history, "openai", sees), GPT)
    assert counts(found)[2] == (790, True)


def test_an_attached_text_is_a_part_of_its_message() -> None:
    note = Attachment(name="a.txt", media_type="text/plain", data=b"word " * 400)
    talk = Talk()
    talk.user(attachments=(note,))
    assert 350 < measured(talk.messages).total.count < 600


def test_nothing_takes_nothing() -> None:
    found = measured([])
    assert found.total.count == 0
    assert found.factor == 1.0


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_reported_the_counts_are_possible_and_add_up(seed: int) -> None:
    random = Random(seed)
    for _ in range(40):
        talk = Talk()
        for _ in range(random.randint(0, 9)):
            if random.random() < 0.2:
                talk.add(random.choice([*Role]), random.choice(["", "Word. " * 40]))
            talk.user("Why? " * random.randint(0, 30))
            usage = [random.choice([None, 0, 1, 50, 500, 10**12]) for _ in range(3)]
            talk.answer(
                usage[0],
                usage[1],
                random.choice(["", "So. " * 50]),
                thought=usage[2],
                status=random.choice([*Status]),
                superseded=random.random() < 0.2,
                model=random.choice(["gpt-6-luna", "other", None]),
            )
        summaries = [a_summary(random.randint(1, 4), random.randint(1, 9))][: random.randint(0, 1)]
        whole = random.random() < 0.5
        found = measured(talk.messages, summaries=summaries, whole=whole)
        for each in (found.system_prompt, found.notes, *found.messages):
            assert 0 <= each.count <= 10_000
        assert 0.2 <= found.factor <= 8
        assert found.total.count >= 0
        if whole:
            assert found.total.count <= 30_000
