"""Roles of aichat: `roles/NAME.md`, and the older `roles.yaml` with all of them.

A role that holds `__INPUT__` is a template of questions, any other a system prompt. Pairs of
`### INPUT:` and `### OUTPUT:` in one are examples, which aichat sends as messages; here they stay
where they are, in the system prompt, from which they can't be taken for something that was said.
"""

from __future__ import annotations

import os
import re
import sys

from synapse.errors import ImportFailed
from synapse.formats.reading.small_texts import small_text
from synapse.formats.reading.yaml_values import value_of
from synapse.formats.roles.foreign import ForeignRole, config_home, escaped, files_in, read, stem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_NAME = "aichat"
_FRONT = re.compile(r"\A\s*-{3,}[ \t]*\n(.*?)^-{3,}[ \t]*(?:\n|\Z)(.*)", re.DOTALL | re.MULTILINE)
_INPUT = "__INPUT__"
_EXAMPLE = re.compile(r"^### (INPUT|OUTPUT):", re.MULTILINE)
_VARIABLE = re.compile(r"\{\{__(os|os_distro|os_family|arch|shell|locale|now|cwd)__\}\}")
_ANY_VARIABLE = re.compile(r"\{\{__\w+__\}\}")
_TAKEN = ("name", "prompt", "model", "temperature", "top_p")


def places(environ: Mapping[str, str], home: str) -> list[str]:
    """The folder of its configuration, and of its roles where that is elsewhere."""
    folder = environ.get("AICHAT_CONFIG_DIR")
    if not folder and sys.platform == "darwin":
        folder = os.path.join(home, "Library/Application Support/aichat")
    own = environ.get("AICHAT_ROLES_DIR")
    return [folder or os.path.join(config_home(environ, home), _NAME), *([own] if own else [])]


def in_folder(folder: str) -> Iterator[ForeignRole]:
    """Its roles, where the folder is that of the configuration or of the roles."""
    roles = os.path.join(folder, "roles")
    for name, path in files_in(roles if os.path.isdir(roles) else folder, ".md"):
        yield read(_NAME, name, path, _of_markdown)
    old = os.path.join(folder, "roles.yaml")
    if os.path.isfile(old):
        yield from _listed(old)


def in_file(path: str) -> Iterator[ForeignRole] | None:
    """The role or the roles in a file; None for a file that is none of aichat's."""
    if path.endswith(".md"):
        return iter([read(_NAME, stem(path), path, _of_markdown)])
    if path.endswith((".yaml", ".yml")) and _is_list(path):
        return _listed(path)
    return None


def _is_list(path: str) -> bool:
    try:
        return isinstance(value_of(small_text(path), path), list)
    except (ImportFailed, ValueError, OSError):
        return False


def _listed(path: str) -> Iterator[ForeignRole]:
    whole = ForeignRole(name=stem(path), program=_NAME, source=path)
    try:
        found = value_of(small_text(path), "the file")
    except ImportFailed as error:
        yield whole.replace(fault=error.message)
        return
    except (ValueError, OSError) as error:
        yield whole.replace(fault=str(error))
        return
    for number, each in enumerate(found if isinstance(found, list) else [], 1):
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            yield whole.replace(name=f"{whole.name}[{number}]", fault="it has no name")
            continue
        role = whole.replace(name=each["name"])
        prompt = each.get("prompt")
        if prompt is not None and not isinstance(prompt, str):
            yield role.replace(fault="its prompt is no text")
        else:
            yield _role(role, each, (prompt or "").strip())


def _of_markdown(role: ForeignRole, text: str) -> ForeignRole:
    match = _FRONT.match(text)
    if match is None:
        return _role(role, {}, text.strip())
    try:
        front = value_of(match.group(1), "what stands in front")
    except ImportFailed as error:
        raise ValueError(error.message) from error
    if front is not None and not isinstance(front, dict):
        raise ValueError("what stands in front is no list of names and values")
    return _role(role, front or {}, match.group(2).strip())


def _role(role: ForeignRole, front: dict[str, Any], text: str) -> ForeignRole:
    notes = [f"{key} is not taken" for key in front if key not in _TAKEN]
    model = front.get("model")
    if model is not None and not isinstance(model, str):
        notes.append("model is no text: not taken")
        model = None
    client, colon, name = (model or "").partition(":")
    role = role.replace(
        client=client if colon else None,
        model=(name if colon else model) or None,
        parameters={key: front[key] for key in ("temperature", "top_p") if key in front},
    )
    if _EXAMPLE.search(text):
        notes.append("its examples (### INPUT: and ### OUTPUT:) are sent in the system prompt")
    if "{{__now__}}" in text:
        notes.append(
            "{now} changes with every question: the provider's cache of what was sent before is"
            " of no use then; {date} changes once a day"
        )
    template, has_variables = _template(text, notes)
    if _INPUT in text:
        prompt = "{input}".join(template.split(_INPUT))
        return role.replace(prompt=prompt, notes=tuple(notes))
    system = template if has_variables else text
    return role.replace(system=system or None, system_template=has_variables, notes=tuple(notes))


def _template(text: str, notes: list[str]) -> tuple[str, bool]:
    """The text as a template, and whether it has a variable."""
    pieces, position = [], 0
    for match in _VARIABLE.finditer(text):
        pieces += [_escaped(text[position : match.start()], notes), f"{{{match.group(1)}}}"]
        position = match.end()
    pieces.append(_escaped(text[position:], notes))
    return "".join(pieces), len(pieces) > 1


def _escaped(text: str, notes: list[str]) -> str:
    for unknown in _ANY_VARIABLE.findall(text):
        notes.append(f"{unknown} is left as it stands")
    return escaped(text)
