"""What a search costs on a large archive: the index built, its size, queries, and others beside it.

    python benchmarks/search.py [MESSAGES] [--in FILE] [--llm PYTHON]

By default 100,000 messages, thrown away. Times are milliseconds of the processor in one process,
the median of many, for the twenty newest hits, and for the first; `×` is the ratio to the bare
FTS5 query on the same index, whose hits are not read. Then whole processes: where `rg` is
installed, it looks for the same words in an export of the same texts; with `--llm`, the Python of
an environment with the package `llm`, that does in its own store. With `--in` the database is
kept, and used again when it is there. A million messages take some 800 MB and three minutes to
write and to index.

While the index is built, another process stores a small turn every ten milliseconds, durably: how
long it waits is set against a time of peace before.
"""

from __future__ import annotations

import command_line

# isort: split
import os
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import bulk
import measure
import search_peers

from synapse.app import bulk_actions
from synapse.domain import SessionFilter
from synapse.search_query import AllOf, AnyOf, Not, Phrase, SearchQuery, Word
from synapse.stores import open_store
from synapse.stores.sqlite.search.asking import Asked
from synapse.stores.sqlite.search.index import index_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.search_query import Part
    from synapse.stores.sqlite.store import SqliteStore

_SYLLABLES = "ba ce di fo gu la me ni ro su ta ve wi xo zu kra stre pli mon der".split()
_HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
_CYRILLIC = "ба ве ги до жу за ли мо ну пе ра си то фу хо це ша щи эм ют".split()
_VOCABULARY = 100_000
_A_SESSION = 20
_LIMIT = 20
SECONDS = 30
"""Between two messages."""
_REPEATED = 15


def _word(number: int, syllables: list[str]) -> str:
    letters = []
    while True:
        number, place = divmod(number, len(syllables))
        letters.append(syllables[place])
        if number == 0:
            return "".join(letters)


class Texts:
    """Texts in three scripts whose words are as frequent as words are: by Zipf's law."""

    def __init__(self) -> None:
        self._chosen = random.Random(1)
        self.latin = [_word(number, _SYLLABLES) for number in range(_VOCABULARY)]
        self.cyrillic = [_word(number, _CYRILLIC) for number in range(_VOCABULARY // 4)]
        self._weights = list(accumulate(1 / (rank + 2.7) for rank in range(_VOCABULARY)))
        self._few = self._weights[: len(self.cyrillic)]
        self._han = self._weights[: len(_HAN)]

    def begin(self, number: int) -> None:
        """Make the texts from this number on the same, whatever was made before."""
        self._chosen.seed(number)

    def text(self, number: int) -> str:
        """The text of a message, some 280 bytes."""
        kind, choices = number % 10, self._chosen.choices
        if kind == 0:
            return "".join(choices(_HAN, cum_weights=self._han, k=90))
        if kind == 1:
            return " ".join(choices(self.cyrillic, cum_weights=self._few, k=28))
        words = choices(self.latin, cum_weights=self._weights, k=50)
        if number % 1000 == 7:
            words[3] = f"rareword{number // 1000}"
        words.append("oddly" if number % 2 else "evenly")
        if number % 100_003 == 50_000:
            words += ["oddly", "evenly"]
        return " ".join(words)


def make(path: str, messages: int) -> None:
    """Write a database with so many messages, twenty a session, the oldest first."""
    open_store(f"sqlite:{path}").close()
    database = apsw.Connection(path)
    database.pragma("synchronous", "OFF")
    triggers = database.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:  # what they derive of these is of no importance here
        database.execute(f'DROP TRIGGER "{name}"')
    texts = Texts()
    for first in range(0, messages, 20_000):
        with database:
            numbers = range(first, min(first + 20_000, messages))
            database.executemany(
                "INSERT INTO sessions (id, provider, model, created_at, updated_at, message_count,"
                " model_key, preview_key) VALUES (?, 'echo', 'echo', ?, ?, ?, 'echo', '')",
                (
                    (id_of(number, 0), moment(number), moment(number), _A_SESSION)
                    for number in numbers
                    if number % _A_SESSION == 0
                ),
            )
            database.executemany(
                "INSERT INTO messages (id, session_id, role, content, timestamp, seq)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (
                        id_of(number, 1),
                        id_of(number - number % _A_SESSION, 0),
                        "assistant" if number % 2 else "user",
                        texts.text(number),
                        moment(number),
                        number % _A_SESSION + 1,
                    )
                    for number in numbers
                ),
            )
    for _, sql in triggers:
        database.execute(str(sql))
    database.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    database.close()


def id_of(number: int, kind: int) -> str:
    """Of a session, kind 0, or a message."""
    return f"01900000-{number >> 16 & 0xFFFF:04x}-7{kind:03x}-8000-{number:012x}"


def moment(number: int) -> str:
    """When a message was said."""
    at = time.gmtime(1_600_000_000 + number * SECONDS)
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00", at)


def questions(texts: Texts) -> Iterator[tuple[str, Part]]:
    """What is looked for, and what it is called."""
    common = texts.latin
    yield "common word", Word(text=common[0])
    yield "word of one message in 1,000", Word(text=common[120])
    yield "rare word", Word(text="rareword50")
    yield "absent word", Word(text="absentword")
    yield "common AND common", AllOf(parts=(Word(text=common[1]), Word(text=common[2])))
    yield "common AND rare", AllOf(parts=(Word(text=common[1]), Word(text="rareword50")))
    yield "phrase of common words", Phrase(text=f"{common[0]} {common[1]}")
    yield "two Chinese characters", Word(text=_HAN[0] + _HAN[1])
    yield "one Chinese character", Word(text=_HAN[5])
    yield "Cyrillic word", Word(text=texts.cyrillic[40])
    yield "beginning, 3 letters", Word(text=common[120][:3], prefix=True)
    yield "beginning, 1 letter", Word(text="k", prefix=True)
    yield "common -common", AllOf(parts=(Word(text=common[3]), Not(part=Word(text=common[4]))))
    yield "OR", AnyOf(parts=(Word(text="rareword7"), Word(text=common[300])))
    yield "half AND the other half", AllOf(parts=(Word(text="oddly"), Word(text="evenly")))
    yield (
        "phrase that is nowhere, of words that are everywhere",
        Phrase(text=f"{common[0]} oddly {common[1]}"),
    )


def _milliseconds(act: Callable[[], Any]) -> float:
    taken: list[float] = []
    begun = time.monotonic()
    while len(taken) < _REPEATED and (len(taken) < 3 or time.monotonic() - begun < 3):
        start = _processor()
        act()
        taken.append((_processor() - start) * 1000)
    return statistics.median(taken)


def _processor() -> float:
    """Seconds of the processor, of this process and of those that it has started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main() -> None:
    """Build, measure, print the tables."""
    kept = option("--in", "a file")
    llm = option("--llm", "the Python that has it")
    messages = command_line.number(1, 100_000, "messages", least=5000)
    folder = tempfile.mkdtemp(prefix="synapse-benchmark-")
    path = kept or f"{folder}/sessions.db"
    try:
        if not os.path.exists(path):
            make(path, messages)
        _measure(path, Path(folder), Path(llm) if llm else None)
    finally:
        shutil.rmtree(folder)


def option(name: str, what: str) -> str:
    """The value of an option, which is taken out of the arguments; empty if it is not given."""
    if name not in sys.argv:
        return ""
    at = sys.argv.index(name)
    if len(sys.argv) < at + 2:
        command_line.wrong(f"{name} needs {what}")
    value = sys.argv[at + 1]
    del sys.argv[at : at + 2]
    return value


def _measure(path: str, folder: Path, llm: Path | None) -> None:
    store: Any
    with open_store(f"sqlite:{path}") as store:
        database = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        [(messages, size)] = database.execute(
            "SELECT count(*), sum(octet_length(content)) FROM messages"
        )
        print(f"{messages:,} messages, {size / messages:.0f} bytes of text each\n")
        shards = index_state(store._connection).shards
        if not shards:
            _before_the_index(store)
            _build(store, messages, f"sqlite:{path}")
        shards = index_state(store._connection).shards
        held = sum(_held(database, shard) for shard in shards)
        print(f"index: {held / messages:.0f} bytes a message, {held / size:.0%} of the text\n")
        _ask(store, database, shards)
        search_peers.beside(path, database, folder, _looked_for(Texts()), llm)
        database.close()


def _held(database: apsw.Connection, shard: int) -> int:
    found: Any = database.execute(f"SELECT sum(length(block)) FROM search_{shard}_data")
    [(held,)] = found
    return int(held)


def _before_the_index(store: SqliteStore) -> None:
    for name, word in (("absent", "absentword"), ("common", Texts().latin[0])):
        start = _processor()
        list(store.search(SearchQuery(expression=Word(text=word)), limit=_LIMIT))
        taken = _processor() - start
        print(f"never indexed, {name} word: {taken * 1000:,.0f} ms")


def _build(store: SqliteStore, messages: int, url: str) -> None:
    writer = bulk.Writer(url)
    time.sleep(bulk.PEACE)
    peace = bulk.row("nothing", bulk.PEACE, 0, writer.waits())
    writer = bulk.Writer(url)
    start, busy = time.perf_counter(), time.process_time()
    store.catch_up_search(everything=True)
    taken, busy = time.perf_counter() - start, time.process_time() - busy
    waits = bulk.row("indexing", taken, 0, writer.waits())
    which = SessionFilter(provider="writer", model="writer")
    for _ in bulk_actions.act_on_each_page(store, which, store.delete_sessions, deleted=False):
        pass  # or they would be the newest messages, in which nothing is found
    print(
        f"indexed: {taken:,.0f} s, {busy:,.0f} s of processor, {messages / busy:,.0f} messages a"
        " second of it\n"
    )
    headings = ("work beside", "s", "", "writes", "wait p50 ms", "p99", "longest")
    print(measure.table(headings, [peace, waits]) + "\n")


def _ask(store: SqliteStore, database: apsw.Connection, shards: list[int]) -> None:
    print(f"{'query':54}{'ms':>9}{'FTS5':>9}{'×':>7}{'first':>9}")
    for name, part in questions(Texts()):
        query = SearchQuery(expression=part)
        ours = _milliseconds(partial(_first_hits, store, query, _LIMIT))
        first = _milliseconds(partial(_first_hits, store, query, 1))
        match = Asked(part, in_reasoning=False).match
        floor = _milliseconds(partial(_bare, database, shards, match))
        print(f"{name:54}{ours:9.2f}{floor:9.2f}{ours / floor:7.1f}{first:9.2f}")


def _first_hits(store: SqliteStore, query: SearchQuery, limit: int) -> None:
    list(store.search(query, limit=limit))


def _bare(database: apsw.Connection, shards: list[int], match: str | None) -> None:
    for shard in sorted(shards, reverse=True):
        found = database.execute(
            f"SELECT rowid FROM search_{shard}(?) ORDER BY rowid DESC LIMIT {_LIMIT}", (match,)
        ).fetchall()
        if len(found) == _LIMIT:
            break


def _looked_for(texts: Texts) -> dict[str, str]:
    common = texts.latin
    return {
        "common word": common[0],
        "word of one message in 1,000": common[120],
        "rare word": "rareword50",
        "absent word": "absentword",
        "phrase of common words": f"{common[0]} {common[1]}",
        "two Chinese characters": _HAN[0] + _HAN[1],
        "Cyrillic word": texts.cyrillic[40],
    }


if __name__ == "__main__":
    main()
