"""Is a search by meaning worth having? Judged on fifty pairs of what was said and what somebody
types who remembers it in other words.

    pip install wordllama numpy tokenizers    # in an environment that has Synapse
    python benchmarks/meaning/judge.py

Each text of pairs.tsv is to be found among 2,000, by its paraphrase: by the words (the program's
own search for any of them, the most relevant first), by the weights that wordllama's wheel brings
(read as they are: a vector for each token, the mean of a text's tokens), by these without what all
texts have in common, by 256 bits instead of numbers, and by words and meaning together. Prints how
often the right text came first and among five, the mean of the reciprocal ranks, and what it cost.
"""

from __future__ import annotations

import inspect
import json
import os
import pkgutil
import random
import sys
import time
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from synapse import Role, Session, StoredMessage, open_store
from synapse.app.ranking import by_relevance
from synapse.search_query import AnyOf, SearchQuery, Word

TEXTS = 2_000
_SHORTEST, _LONGEST = 60, 400
_SEED = 12

_THINGS = """\
the nightly backup|our login page|the washing machine|my bicycle's rear brake|the tax form|the
kitchen tap|the unit test for payments|the search index|this landing page|our landlord|the
sourdough starter|the garden hose|the message queue|my left knee|the insurance company|the old
laptop|the CSV export|the staging cluster|the printer upstairs|our accountant|the guitar
amplifier|the deployment script|the router in the hall|the fridge|my thesis advisor|the mobile
app|the heating |the parser|the dentist|the data warehouse|the train to Basel|the cat|the
marketing team|the spreadsheet|the memory allocator|our neighbour|the coffee grinder|the
release notes|the API client|the wedding list""".replace("\n", " ")
_TROUBLES = """\
stops halfway through and says nothing|got slower since the last update|needs to be looked at
before Friday|costs more than we thought|works on one machine and fails on the other|makes a
strange noise in the morning|was promised for last week|gives a different result each
time|can't be reached from outside|is fine as long as nobody touches it|sends the same mail
twice|leaks a little every night|asks for a password again and again|lost what was entered
yesterday|is too complicated for a newcomer|does not fit into the box|has been waiting for an
answer since June|runs hot after an hour|shows yesterday's numbers|broke when the clocks were
changed""".replace("\n", " ")
_CURES = """\
check the log first and then the settings|I would ask for a second opinion|write it down and
wait a day|a smaller size would do|turn it off for ten minutes|compare it with the one from
last year|start with the simplest case that fails|call them before noon|replace the seal, it
costs two euros|measure before you change anything|put a limit on it|make a copy and try it
there|clean it with warm water|read the contract again, page three|do it by hand once and then
automate it|split it into two parts|it is probably the cable|let somebody else review it|go
back to the version from March|there is a form for that on their site""".replace("\n", " ")


def main() -> None:
    pairs = [
        line.split("\t")
        for line in Path(__file__).with_name("pairs.tsv").read_text("utf-8").splitlines()
    ]
    texts = [said for _, said, _ in pairs]
    texts += _others(TEXTS - len(texts))
    print(f"{len(pairs)} pairs among {len(texts):,} texts, Python {sys.version.split()[0]}")
    weights = Weights()
    begun = time.process_time()
    vectors = weights.vectors(texts)
    print(f"embedding: {len(texts) / (time.process_time() - begun):,.0f} texts/s of processor time")
    begun = time.process_time()
    by_words = [_ranks_by_words(texts, paraphrase) for _, _, paraphrase in pairs]
    print(f"words: {(time.process_time() - begun) / len(pairs) * 1000:.1f} ms a query")
    begun = time.process_time()
    asked = weights.vectors([paraphrase for _, _, paraphrase in pairs])
    by_meaning = [weights.nearest(vectors, each) for each in asked]
    print(f"meaning: {(time.process_time() - begun) / len(pairs) * 1000:.1f} ms a query")
    common = vectors.mean(axis=0)
    centred = weights.of_length_1(vectors - common)
    by_rest = [weights.nearest(centred, each) for each in weights.of_length_1(asked - common)]
    signs = (vectors > 0) * 2.0 - 1
    by_bits = [weights.nearest(signs, (each > 0) * 2.0 - 1) for each in asked]
    both = [_fused(*each) for each in zip(by_words, by_meaning, strict=True)]
    for name, chosen in (("English", {"en"}), ("others", {code for code, _, _ in pairs} - {"en"})):
        print(f"\n{name}: {'':8}  first  of five   MRR")
        for way, found in (
            ("words", by_words),
            ("meaning", by_meaning),
            ("centred", by_rest),
            ("256 bits", by_bits),
            ("both", both),
        ):
            ranks = [
                ranks.index(number) + 1
                for number, ((code, _, _), ranks) in enumerate(zip(pairs, found, strict=True))
                if code in chosen
            ]
            first = sum(rank == 1 for rank in ranks)
            five = sum(rank <= 5 for rank in ranks)
            mean = sum(1 / rank for rank in ranks) / len(ranks)
            print(
                f"  {way:12}  {first:2}/{len(ranks)}   {five:2}/{len(ranks)}   {mean:.2f}  {ranks}"
            )


class Weights:
    """A vector for each token of English, and how a text is cut into tokens."""

    def __init__(self) -> None:
        spec = find_spec("wordllama")
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        begun = time.process_time()
        self._numpy = import_module("numpy")
        tokenizers = import_module("tokenizers")
        imported = time.process_time()
        self._tokenizer = tokenizers.Tokenizer.from_file(
            str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json")
        )
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        raw = (folder / "weights" / "l2_supercat_256.safetensors").read_bytes()
        size = int.from_bytes(raw[:8], "little")
        [(_, told)] = [each for each in json.loads(raw[8 : 8 + size]).items() if "shape" in each[1]]
        begin, end = told["data_offsets"]
        data = raw[8 + size + begin : 8 + size + end]
        kind = {"F16": "float16", "F32": "float32"}[told["dtype"]]
        matrix = self._numpy.frombuffer(data, dtype=kind).reshape(told["shape"])
        self._matrix = matrix.astype("float32")
        print(
            f"imports: {imported - begun:.2f} s of processor time, weights and tokenizer:"
            f" {time.process_time() - imported:.2f} s, {len(raw) / 1e6:.1f} MB"
        )

    def vectors(self, texts: list[str]) -> Any:
        """A row for each, of length 1."""
        numpy = self._numpy
        rows = []
        for encoded in self._tokenizer.encode_batch(texts, add_special_tokens=False):
            tokens = self._matrix[encoded.ids or [0]]
            rows.append(tokens.mean(axis=0))
        return self.of_length_1(numpy.stack(rows))

    def of_length_1(self, vectors: Any) -> Any:
        """The same directions."""
        return vectors / self._numpy.linalg.norm(vectors, axis=1, keepdims=True)

    def nearest(self, vectors: Any, one: Any) -> list[int]:
        """The numbers of all rows, the nearest first."""
        found: list[int] = self._numpy.argsort(-(vectors @ one), kind="stable").tolist()
        return found


_STORES: dict[int, Any] = {}


def _ranks_by_words(texts: list[str], query: str) -> list[int]:
    """All texts, by the program's search for any of the words; those that it does not find last."""
    if id(texts) not in _STORES:
        store = open_store(":memory:")
        session = Session.new("echo", "echo")
        store.create_session(session)
        for text in texts:
            store.add_message(StoredMessage.new(session.id, Role.USER, text))
        _STORES[id(texts)] = store
    words = tuple(Word(text=word) for word in query.replace(":", " ").replace(",", " ").split())
    hits = _STORES[id(texts)].search(
        SearchQuery(expression=words[0] if len(words) == 1 else AnyOf(parts=words))
    )
    found = [hit.message.index - 1 for hit in by_relevance(hits)]
    known = set(found)
    rest = [number for number in range(len(texts)) if number not in known]
    random.Random(_SEED).shuffle(rest)
    return found + rest


def _fused(*ways: list[int]) -> list[int]:
    """Reciprocal rank fusion."""
    scores: dict[int, float] = {}
    for ranks in ways:
        for rank, number in enumerate(ranks, 1):
            scores[number] = scores.get(number, 0.0) + 1 / (60 + rank)
    return sorted(scores, key=lambda number: -scores[number])


def _others(count: int) -> list[str]:
    """Half of them made of pieces that could be about the same things, half of them what the
    standard library says of itself.
    """
    choose = random.Random(_SEED)
    things, troubles, cures = (all.split("|") for all in (_THINGS, _TROUBLES, _CURES))
    made: set[str] = set()
    while len(made) < count // 2:
        thing, trouble, cure = (choose.choice(each).strip() for each in (things, troubles, cures))
        made.add(f"{thing[0].upper()}{thing[1:]} {trouble}; {cure}.")
    documents = _documents()
    return sorted(made) + choose.sample(documents, count - len(made))


def _documents() -> list[str]:
    found = set()
    warnings.simplefilter("ignore")  # of what is old in the library
    skip = {"antigravity", "this", "idlelib", "lib2to3", "test", "turtledemo", "tkinter", "turtle"}
    for module in sorted(sys.stdlib_module_names - skip):
        if module.startswith("_") or not _is_pure(module):
            continue
        try:
            members = vars(import_module(module)).values()
        except Exception:
            continue
        for member in [*members]:
            for each in [member, *(vars(member).values() if inspect.isclass(member) else ())]:
                text = getattr(each, "__doc__", None)
                if isinstance(text, str) and len(text) >= _SHORTEST:
                    found.add(" ".join(text.split())[:_LONGEST])
    return sorted(found)


def _is_pure(module: str) -> bool:
    return any(each.name == module for each in pkgutil.iter_modules([os.path.dirname(os.__file__)]))


if __name__ == "__main__":
    main()
