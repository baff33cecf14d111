"""Each sample is taken for what it is, and for nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from imported import SAMPLES, database

from synapse.archived import ArchivedSession
from synapse.domain import Role
from synapse.formats import IMPORTERS, importer
from synapse.formats.reading.sources import FileSource

if TYPE_CHECKING:
    from pathlib import Path

ASIDE = {"jan/thread.json": "the messages beside it are what is read"}
"""Samples that belong to others."""
FILES = {
    path.relative_to(SAMPLES).as_posix(): path
    for folder in sorted(SAMPLES.iterdir())
    if folder.name in IMPORTERS
    for path in sorted(folder.rglob("*"))
    if path.is_file()
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
        text = path.read_bytes().decode("utf-8", "replace")
        assert "/root/" not in text, name
        assert "/tmp/" not in text, name
        assert "/Users/" not in text, name


CANARY = "sk-canary-0123456789abcdef"


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".json", ".jsonl"))])
def test_no_key_of_a_provider_comes_along(name: str, tmp_path: Path) -> None:
    """A key beside everything that is known, in every object of the file."""
    if name in ASIDE:
        return
    path = tmp_path / FILES[name].name
    content = FILES[name].read_text()
    texts = content.splitlines() if path.suffix == ".jsonl" else [content]
    path.write_text("\n".join(json.dumps(_with_keys(json.loads(text))) for text in texts))
    found = list(importer(name.split("/")[0]).read(FileSource(path)))
    assert any(isinstance(each, ArchivedSession) for each in found)
    assert CANARY not in repr([_told(each) for each in found])


def _with_keys(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_keys(each) for each in value]
    if isinstance(value, dict):
        return {"apiKey": CANARY, **{name: _with_keys(each) for name, each in value.items()}}
    return value


def _told(archived: object) -> object:
    """What is known of a session outside of what tools were called with, which is shown as well."""
    if not isinstance(archived, ArchivedSession):
        return archived
    said = [message for message in archived.messages if message.message.role is not Role.TOOL]
    return archived.session, archived.extra, said
