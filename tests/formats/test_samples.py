"""Each sample is taken for what it is, and for nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imported import SAMPLES, database

from synapse.formats import IMPORTERS, importer
from synapse.formats.reading.sources import FileSource

if TYPE_CHECKING:
    from pathlib import Path

ASIDE = {"jan/thread.json": "the messages beside it are what is read"}
"""Samples that belong to others."""
FILES = {
    f"{folder.name}/{path.name}": path
    for folder in sorted(SAMPLES.iterdir())
    if folder.name in IMPORTERS
    for path in sorted(folder.iterdir())
}


@pytest.mark.parametrize("name", FILES)
def test_a_sample_is_known_by_its_program_alone(name: str, tmp_path: Path) -> None:
    path = FILES[name]
    if path.suffix == ".sql":
        path = database(tmp_path / "sample.db", path.read_text())
    source = FileSource(path)
    known = [each for each in IMPORTERS if importer(each).recognizes(source)]
    assert known == ([] if name in ASIDE else [name.split("/")[0]])


def test_no_sample_names_a_machine_or_a_person() -> None:
    for name, path in FILES.items():
        text = path.read_text()
        assert "/root/" not in text, name
        assert "/tmp/" not in text, name
        assert "/Users/" not in text, name
