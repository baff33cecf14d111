"""What stands for old turns where no model gave notes on them: what the user said of himself, word
for word. Pure.

Of a small window, or a small model, this keeps more than any summary would: such models copy and
invent.
"""

from __future__ import annotations

import re

from synapse.app.context import words
from synapse.domain import Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from synapse.app.context.summarising import Said

SHARE = 0.15
"""Of the usable window, what it may take."""
_LEAD = "What I said, word for word:"
_NOTHING = "I said nothing about myself in them."
_LONGEST = 400
"""Characters of a sentence; a longer one is a paste."""
_END = r".!?…。！？｡؟।"
_SENTENCES = re.compile(
    rf"[^{_END}\n]+"
    rf"(?:[.!?…](?=\w)[^{_END}\n]*)*"  # not the end: `3.5`, `example.org`
    rf"[{_END}]*[\"”»’)]*"
)
_QUESTION = ("?", "？", "؟", ";", "\u037e")
_CODE = re.compile(r"^(```|~~~).*?(^\1|\Z)", re.MULTILINE | re.DOTALL)
_OPENS_QUESTION = "¿"

_OF_SELF = frozenset(
    words.words(
        # the first person in English, German, French, Spanish, Portuguese, Italian and Dutch
        "i my mine we our ours myself ich mein meine meinen meinem meiner meines mir mich wir unser"
        " unsere unseren unserem unserer uns je j mon ma mes moi nous notre nos yo mi mis mío mía"
        " nosotros nuestro nuestra nuestros soy tengo vivo trabajo quiero prefiero estoy eu meu"
        " minha meus minhas nosso nossa sou tenho moro trabalho quero prefiro estou io mio mia miei"
        " mie noi nostro nostra sono ho lavoro voglio preferisco ik mijn wij onze ons"
        # in Swedish, Danish, Polish, Czech, Turkish, Finnish, Hungarian, Romanian and Indonesian
        " jag min mitt mina jeg mit moj moja moje mojego mojej mam mnie jestem mieszkam nazywam"
        " lubię pracuję chcę wolę nasz nasza nasze muj můj moji jsem bydlím ben benim biz bizim"
        " adım yaşıyorum çalışıyorum istiyorum minä minun meidän olen asun vagyok lakom enyém meu"
        " mea mei mele noi nostru sunt locuiesc saya aku kami"
        # in Russian, Ukrainian, Greek, Arabic, Hebrew and Hindi
        " я мой моя мое моё мои моего моей моих меня мне мы наш наша наше наши живу работаю хочу"
        " зовут мій моє мої мене мені ми εγώ μου μας εμείς είμαι έχω μένω أنا لي عندي نحن اسمي אני"
        " שלי לי אנחנו שלנו मैं मेरा मेरी मेरे हम हमारा हमारी"
        # what is to hold from now on
        " always never remember prefer immer nie niemals toujours jamais siempre nunca sempre"
        " всегда никогда"
    )
)
"""A word that means something else in another of these languages does no harm: a sentence more is
kept.
"""
_OF_SELF_UNSPACED = (
    "我", "咱", "俺", "私", "僕", "记住", "總是", "나는", "내 ", "저는", "제 ", "우리",
    "ฉัน", "ผม", "เรา",
)  # fmt: skip
_OF_SELF_FIRST = frozenset(("me", "mi"))
"""Of the speaker where a sentence begins with it: `Me llamo …`, not `Tell me …`."""


def spoken(said: Iterable[Said], budget: int, count: Callable[[str], int]) -> list[tuple[int, str]]:
    """The user's sentences that tell something, each with the index of its message, in the order in
    which they were said: as many as `budget` tokens hold. What he says of himself goes before what
    only has a number or a name in it, and the newest before the old.
    """
    personal: list[tuple[int, str]] = []
    others: list[tuple[int, str]] = []
    for each in said:
        if each.role is not Role.USER:
            continue
        for sentence in sentences(each.text):
            if speaks_of_self(sentence):
                personal.append((each.index, sentence))
            elif tells_something(sentence):
                others.append((each.index, sentence))
    chosen: list[tuple[int, int, str]] = []
    seen: set[str] = set()
    for kind in (personal, others):
        for place in range(len(kind) - 1, -1, -1):
            index, sentence = kind[place]
            folded = " ".join(words.words(sentence))
            cost = count(sentence) + 2
            if folded in seen or cost > budget:
                continue
            seen.add(folded)
            budget -= cost
            chosen.append((index, place, sentence))
    return [(index, sentence) for index, _, sentence in sorted(chosen)]


def text_of(sentences: Iterable[tuple[int, str]]) -> str:
    """The sentences as they are kept and sent."""
    lines = [f"- {sentence}" for _, sentence in sentences]
    return "\n".join([_LEAD, *lines]) if lines else _NOTHING


def sentences(text: str) -> list[str]:
    """The sentences of what somebody typed, but for questions, code and pastes."""
    found = []
    for match in _SENTENCES.finditer(_CODE.sub("\n", text)):
        sentence = " ".join(match[0].split())
        if len(sentence) <= _LONGEST and not is_question(sentence) and words.words(sentence):
            found.append(sentence)
    return found


def is_question(sentence: str) -> bool:
    """Whether a sentence asks."""
    return sentence.rstrip('"”»’)!. ').endswith(_QUESTION) or _OPENS_QUESTION in sentence


def speaks_of_self(sentence: str) -> bool:
    """Whether a sentence, which is not blank, has a word of the first person, in one of many
    languages, or lays something down.
    """
    if not sentence.isascii() and any(word in sentence for word in _OF_SELF_UNSPACED):
        return True
    said = words.words(sentence)
    return said[0] in _OF_SELF_FIRST or any(word in _OF_SELF for word in said)


def tells_something(sentence: str) -> bool:
    """Whether a sentence has a number or a name in it."""
    return bool(words.numbers(sentence) or words.names(sentence))
