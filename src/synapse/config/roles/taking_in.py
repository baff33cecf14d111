"""Takes in roles of other programs: each becomes a role file."""

from __future__ import annotations

import os

from synapse import private_files
from synapse.config import kinds
from synapse.config.choosing import own_provider
from synapse.config.options import parameters
from synapse.config.roles import files
from synapse.config.roles.role import name_fault, template_fault
from synapse.formats.reading.yaml_values import yaml_text
from synapse.providers import PROVIDERS
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.config import Settings
    from synapse.formats.roles import ForeignRole

WRITTEN, REPLACED, SAME, KEPT, REFUSED = "written", "replaced", "same", "kept", "refused"
"""What can become of a role: a new file; another file's place; there already, as it is; there
already, different, and left alone; can't be taken in.
"""
_CLIENTS = {"claude": "anthropic", "google": "gemini", "vertexai": "gemini"}
"""What other programs call providers of ours."""


class Taken(Record):
    """What became of one role."""

    name: str
    program: str
    source: str
    path: str
    """The file that it is, or would be."""
    outcome: str
    notes: tuple[str, ...]
    """What could not be taken, or works in another way; of one that is refused, why."""


def take_in(
    foreign: ForeignRole, settings: Settings, *, force: bool = False, dry_run: bool = False
) -> Taken:
    """Write the role's file, or with `dry_run` find out what would become of it. A role that is
    there is replaced only with `force`. Raises OSError.
    """
    folder = files.folder_of(settings.config_file)
    fault = foreign.fault or name_fault(foreign.name)
    path = os.path.join(folder, foreign.name + files.SUFFIX) if fault is None else ""
    about = Taken(
        name=foreign.name,
        program=foreign.program,
        source=foreign.source,
        path=path,
        outcome=REFUSED,
        notes=(fault,) if fault is not None else foreign.notes,
    )
    if fault is not None:
        return about
    notes = [*foreign.notes]
    text = _document(foreign, path, settings, notes)
    about = about.replace(notes=tuple(dict.fromkeys(notes)))
    if foreign.name in settings.roles:
        hidden = f"[roles.{foreign.name}] of the configuration has this name"
        return about.replace(outcome=KEPT, notes=(*about.notes, hidden))
    outcome = WRITTEN
    if os.path.lexists(path):
        if _content(path) == text.encode():
            return about.replace(outcome=SAME)
        if not force:
            return about.replace(outcome=KEPT)
        outcome = REPLACED
    if not dry_run:
        private_files.make_folder(folder)
        private_files.write(path, text.encode(), replace=force)
    return about.replace(outcome=outcome)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(files.LARGEST + 1)
    except OSError:
        return None


def _document(foreign: ForeignRole, path: str, settings: Settings, notes: list[str]) -> str:
    """The text of its file."""
    front: dict[str, Any] = {}
    provider = _provider(foreign, settings, notes)
    for key, value in (
        ("provider", provider),
        ("model", _line(foreign.model, "model", notes)),
        ("parameters", _parameters(foreign, notes)),
        ("system_template", foreign.system_template),
        ("prompt", foreign.prompt),
        ("defaults", _defaults(foreign, notes)),
    ):
        if value:
            front[key] = value
    body = (foreign.system or "").strip("\n")
    text = files.written(front, body, yaml_text)
    fault = template_fault(files.role_of(foreign.name, path, text))
    if fault is not None:
        notes.append(f"it can't be used as it is: {fault}")
    return text


def _provider(foreign: ForeignRole, settings: Settings, notes: list[str]) -> str | None:
    if foreign.client is not None:
        name = _CLIENTS.get(foreign.client, foreign.client)
        if name in PROVIDERS or name in settings.providers:
            return name
        notes.append(f'there is no provider "{foreign.client}" here: its model alone is taken')
        return None
    if foreign.model is None:
        return None
    provider = own_provider(foreign.model)
    head = foreign.model.partition("/")[0]
    if provider is None and head not in PROVIDERS and head not in settings.providers:
        notes.append(f'"{foreign.model}" is asked of whoever is the provider then')
    return provider


def _line(text: str | None, key: str, notes: list[str]) -> str | None:
    try:
        return None if text is None else kinds.check(("word",), text)
    except ValueError as error:
        notes.append(f"{key} {error}: not taken")
        return None


def _parameters(foreign: ForeignRole, notes: list[str]) -> dict[str, Any]:
    known, found = parameters(), {}
    for name, value in foreign.parameters.items():
        if name not in known:
            notes.append(f"the option {name} is not taken")
        elif value is not None:
            try:
                checked = kinds.check(known[name].kind, value)
                found[name] = [*checked] if isinstance(checked, tuple) else checked
            except ValueError as error:
                notes.append(f"{name} {error}: not taken")
    return found


def _defaults(foreign: ForeignRole, notes: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in foreign.defaults.items():
        try:
            found |= kinds.check(("texts by name",), {name: value})
        except ValueError as error:
            notes.append(f"the default of {name} {error}: not taken")
    return found
