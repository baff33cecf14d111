"""Templates of llm: `templates/NAME.yaml`, in which `$name` is a variable and `$input` the
question.
"""

from __future__ import annotations

import os
import sys
from string import Template

from synapse.errors import ImportFailed
from synapse.formats.reading.yaml_values import value_of
from synapse.formats.roles.foreign import ForeignRole, config_home, escaped, files_in, read, stem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_NAME = "llm"
_TAKEN = ("name", "prompt", "system", "model", "defaults", "options")
_INSTEAD = {"extract": "; -x does it", "extract_last": "; --extract-last does it"}
_SUFFIXES = (".yaml", ".yml")


def places(environ: Mapping[str, str], home: str) -> list[str]:
    """The folder of its templates."""
    own = environ.get("LLM_USER_PATH")
    if own:
        folder = own
    elif sys.platform == "darwin":
        folder = os.path.join(home, "Library/Application Support/io.datasette.llm")
    else:
        folder = os.path.join(config_home(environ, home), "io.datasette.llm")
    return [os.path.join(folder, "templates")]


def in_folder(folder: str) -> Iterator[ForeignRole]:
    """Its templates, where the folder is that of the templates or the one around it."""
    inner = os.path.join(folder, "templates")
    for name, path in files_in(inner if os.path.isdir(inner) else folder, *_SUFFIXES):
        if name not in ("roles", "config"):  # aichat's
            yield read(_NAME, name, path, _of_yaml)


def in_file(path: str) -> Iterator[ForeignRole] | None:
    """The template in a file; None for a file that is no YAML by its name."""
    return iter([read(_NAME, stem(path), path, _of_yaml)]) if path.endswith(_SUFFIXES) else None


def _of_yaml(role: ForeignRole, text: str) -> ForeignRole:
    try:
        found = value_of(text, "the file")
    except ImportFailed as error:
        raise ValueError(error.message) from error
    if isinstance(found, str):
        found = {"prompt": found}
    if not isinstance(found, dict):
        raise ValueError("it is no template: neither a text nor a list of names and values")
    notes = [f"{key} is not taken{_INSTEAD.get(key, '')}" for key in found if key not in _TAKEN]
    texts = {key: _text(found, key, notes) for key in ("prompt", "system", "model")}
    prompt, asked = _converted(texts["prompt"], "prompt", notes)
    system, named = _converted(texts["system"], "system", notes)
    if "input" in named:
        prompt, system, named = _without_input_in_system(prompt, system, asked, notes)
    if not named and texts["system"] and system:
        system = system.replace("{{", "{").replace("}}", "}")
    return role.replace(
        prompt=prompt,
        system=system,
        system_template=bool(named),
        model=texts["model"],
        parameters=_table(found, "options", notes),
        defaults=_table(found, "defaults", notes),
        notes=tuple(notes),
    )


def _without_input_in_system(
    prompt: str | None, system: str | None, asked: list[str], notes: list[str]
) -> tuple[str | None, str | None, list[str]]:
    """A system prompt is that of a conversation, and has no place for a question."""
    if not prompt:
        notes.append("its system prompt holds $input: it becomes the template of questions")
        return system, None, []
    notes.append("its system prompt holds $input: it stands above the question instead")
    both = f"{system}\n\n{prompt}"
    return (both if "input" in asked else f"{both}\n\n{{input}}"), None, []


def _text(found: dict[str, Any], key: str, notes: list[str]) -> str | None:
    value = found.get(key)
    if value is None or isinstance(value, str):
        return value or None
    notes.append(f"{key} is no text: not taken")
    return None


def _table(found: dict[str, Any], key: str, notes: list[str]) -> dict[str, Any]:
    value = found.get(key)
    if value is None or isinstance(value, dict):
        return {str(name): each for name, each in (value or {}).items()}
    notes.append(f"{key} is no list of names and values: not taken")
    return {}


def _converted(text: str | None, key: str, notes: list[str]) -> tuple[str | None, list[str]]:
    """The template in our notation, and its variables."""
    if text is None:
        return None, []
    pieces, names, position = [], [], 0
    for match in Template.pattern.finditer(text):
        pieces.append(escaped(text[position : match.start()]))
        position = match.end()
        name = match.group("named") or match.group("braced")
        if name:
            names.append(name)
            pieces.append(f"{{{name}}}")
        else:
            pieces.append("$")
            if match.group("invalid") is not None:
                line = text.count("\n", 0, match.start()) + 1
                notes.append(f'{key}: the "$" in line {line} stands for itself')
    pieces.append(escaped(text[position:]))
    return "".join(pieces), names
