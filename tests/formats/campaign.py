"""Imports of broken files, one after the other, in a process with bounded memory.

python tests/formats/campaign.py FIRST COUNT FOLDER     (20,000 by hand, a few hundred in the tests)

Prints what went wrong, and how many files gave sessions, were refused, or were passed over.
"""

from __future__ import annotations

import io
import resource
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from formats.mutations import mutated, samples
from synapse.app.importing import Tally, import_all, with_name
from synapse.archived import Unreadable
from synapse.errors import SynapseError, UsageError
from synapse.formats import importer
from synapse.formats.reading.detection import AUTO, found_in
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.archived import ArchivedSession, Remark
    from synapse.ports import SessionStore

MOST_MEMORY = 1 << 30
"""Bytes of addresses; Python, SQLite and the importers take a fifth of them."""


def read(path: Path) -> Iterator[ArchivedSession | Unreadable | Remark]:
    """As `sessions import` reads it."""
    for found in found_in(str(path), io.BytesIO(), AUTO):
        if isinstance(found, Unreadable):
            yield found
        else:
            yield from with_name(found.source.name, importer(found.program).read(found.source))


def fault_of(store: SessionStore, path: Path, seen: Counter[str]) -> str | None:
    """What is wrong with how the file was imported; None if it was right."""
    tally = Tally()
    try:
        import_all(store, read(path), tally)
    except UsageError as error:
        seen["not recognized"] += 1
        return _bad_words(error.message)
    except SynapseError as error:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return traceback.format_exc()
    seen["with sessions" if tally.sessions else "refused"] += 1
    seen["with failures"] += bool(tally.failed)
    for words in tally.failures:
        if path.name not in words and not words.startswith("session "):
            return f"does not tell the file: {words}"
        if (fault := _bad_words(words)) is not None:
            return fault
    for id in tally.new_ids:
        archived = store.archived_session(id)
        if archived is None:
            return f"{id} is told, but not there"
        places = [each.message.index for each in archived.messages]
        if places != list(range(1, len(places) + 1)):
            return f"{id} has the messages {places}"
    again = Tally()
    import_all(store, read(path), again)
    if again.new_ids or again.messages or again.failed != tally.failed:
        return f"the second time brought {again.new_ids}, {again.messages} messages"
    return None


def _bad_words(words: str) -> str | None:
    good = words and words.isprintable() and len(words) < 1000 and "Traceback" not in words
    return None if good else f"says {words!r:.300}"


def main(first: int, count: int, folder: Path) -> int:
    """The number of files that were imported in a wrong way."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    files = samples()
    seen: Counter[str] = Counter()
    faults = 0
    store: SessionStore | None = None
    for number in range(first, first + count):
        if store is None or number % 500 == 0:
            store = open_store(f"sqlite:{folder / f'{number}.db'}")
        name, content, story = mutated(number, files)
        path = folder / name
        path.write_bytes(content)
        fault = fault_of(store, path, seen)
        path.unlink()
        if fault is not None:
            faults += 1
            print(f"{story} of {name}: {fault}", flush=True)
    print(", ".join(f"{number} {what}" for what, number in sorted(seen.items())))
    return faults


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])), 100))
