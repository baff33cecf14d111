"""The words of all conversations of an archive, in files that its index page can load.

There is no server to ask, so the page loads words by their beginnings: all that share their first
two characters are in the same of at most 256 files, `search/N.js`. Such a file is a script that
hands over a list: a word, the numbers of the conversations that have it (each less the one before
it), the next word, and so on. What a word is, `index.js` must see in the same way.
"""

from __future__ import annotations

import functools
import json
import os
import re
import tempfile
import unicodedata
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

_LONGEST = 24
"""Characters of a word that count: what is longer is a key or a number, found by its beginning."""
_BUCKETS = 256
_FEW = 20_000
"""Words of conversations that one file should have; it has more if they share beginnings."""
_HELD = 200_000
"""Words of conversations that are held in memory before they go to the disk."""
_WORD = re.compile(r"\w+")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
"""Scripts that put no spaces between words: of their texts, every two characters are a word."""
_RUNS = re.compile(f"([{_UNSPACED}]+)|[^{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


def words_of(text: str) -> set[str]:
    """The words of a text as they are looked up: folded, without accents, clipped."""
    if text.isascii():
        return {word[:_LONGEST] for word in _WORD.findall(text.lower())}
    found: set[str] = set()
    for word in _WORD.findall(_folded(text)):
        for run in _RUNS.finditer(word):
            if not run[1]:
                found.add(run[0][:_LONGEST])
                continue
            found.update(run[1][at : at + 2] for at in range(len(run[1])))
    return found


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).lower().replace("ς", "σ")
    return "".join([sign for sign in decomposed if not _is_mark(sign)])


@functools.lru_cache(maxsize=4_096)
def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign) == "Mn"


def bucket_of(word: str) -> int:
    """The number of the file that a word is in, if there are as many as there can be."""
    key = word[: 1 if _IS_UNSPACED.match(word) else 2]
    total = 0
    units = key.encode("utf-16-le", "surrogatepass")
    for at in range(0, len(units), 2):
        total = total * 31 + int.from_bytes(units[at : at + 2], "little") & 0x7FFFFFFF
    return total % _BUCKETS


class WordFiles:
    """Gathers words and writes the files. Memory does not grow with the number of conversations:
    what is too much waits on the disk.
    """

    def __init__(self) -> None:
        self._held: list[list[tuple[str, int]]] = [[] for _ in range(_BUCKETS)]
        self._count = 0
        self._total = 0
        self._away: BinaryIO | None = None
        """A file without a name, which goes with the process, however that ends."""
        self._places: list[list[tuple[int, int]]] = [[] for _ in range(_BUCKETS)]
        """Where in it words of a bucket are: offsets and lengths."""

    def add(self, number: int, words: set[str]) -> None:
        """Add words of a conversation; numbers may only grow, and may come several times."""
        for word in words:
            self._held[bucket_of(word)].append((word, number))
        self._count += len(words)
        self._total += len(words)
        if self._count >= _HELD:
            self._put_away()

    def write(self, write_file: Callable[[str, bytes], object]) -> int:
        """Write each file by its name; returns how many there are."""
        files = 1
        while files < _BUCKETS and self._total > files * _FEW:
            files *= 2
        for file in range(files):
            found: dict[str, list[int]] = {}
            for bucket in range(file, _BUCKETS, files):
                for word, number in self._words(bucket):
                    numbers = found.setdefault(word, [])
                    if not numbers or numbers[-1] != number:
                        numbers.append(number)
            write_file(f"{file}.js", _script(file, found))
        self.close()
        return files

    def close(self) -> None:
        """Give up what waits on the disk."""
        if self._away is not None:
            self._away.close()
            self._away = None

    def __del__(self) -> None:
        self.close()  # of an archive that was not finished

    def _put_away(self) -> None:
        if self._away is None:
            self._away = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
        offset = self._away.seek(0, os.SEEK_END)
        for bucket, held in enumerate(self._held):
            if held:
                text = "".join([f"{word}\t{number}\n" for word, number in held])
                length = self._away.write(text.encode("utf-8", "surrogatepass"))
                self._places[bucket].append((offset, length))
                offset += length
                held.clear()
        self._count = 0

    def _words(self, bucket: int) -> Iterator[tuple[str, int]]:
        for offset, length in self._places[bucket]:
            assert self._away is not None
            self._away.seek(offset)
            text = self._away.read(length).decode("utf-8", "surrogatepass")
            for line in text.split("\n")[:-1]:
                word, _, number = line.partition("\t")
                yield word, int(number)
        yield from self._held[bucket]


def _script(file: int, found: dict[str, list[int]]) -> bytes:
    flat: list[object] = []
    for word in sorted(found):
        numbers = found[word]
        flat += [word, [b - a for a, b in zip([0, *numbers], numbers, strict=False)]]
    # ASCII, so that no encoding is guessed and no separator of lines is in it.
    return f"synapseWords({file},{json.dumps(flat, separators=(',', ':'))});\n".encode("ascii")
