"""YAML as programs write it that mean JSON by it: without aliases, which can make a small file
endless, and with the scalars of YAML 1.2 only, so that a text such as `12:30` or `yes` stays one.
"""

from __future__ import annotations

import re

import yaml

from synapse.errors import ImportFailed
from synapse.formats.reading.limits import LARGEST_ITEM
from synapse.formats.reading.texts import clean, utf8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.ports import ImportSource

_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""With libyaml where PyYAML was built with it: ten times as fast."""


class _Loader(_Safe):  # type: ignore[misc]  # chosen when it runs
    """Constructs nothing but what JSON has."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _expression, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]{1,40}", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_expression})$"), _first
    )


def yaml_value(source: ImportSource) -> Any:
    """The value of the file's first document. Raises ImportFailed."""
    try:
        with source.open() as file:
            content = utf8(file).read(LARGEST_ITEM + 1)
    except OSError as error:
        raise ImportFailed(f"{source.name}: can't be read: {error.strerror or error}") from error
    if len(content) > LARGEST_ITEM:
        raise ImportFailed(f"{source.name}: larger than {LARGEST_ITEM >> 20} MiB")
    return value_of(content.decode("utf-8", "replace"), source.name)


def value_of(text: str, name: str) -> Any:
    """The value of the text's first document; `name` is what to call it. Raises ImportFailed."""
    try:
        return _parsed(_readable(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ImportFailed(f"{name}: line {line:,}: {error.problem or 'no YAML'}") from error
    except RecursionError as error:
        raise ImportFailed(f"{name}: too many levels within each other") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ImportFailed(f"{name}: no YAML: {error}") from error


def _parsed(text: str) -> Any:
    if "&" in text:  # without an anchor there is no alias
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise yaml.YAMLError("an alias, which no program writes here")
    return yaml.load(text, Loader=_Loader)


def _readable(text: str) -> str:
    """Without the control characters that YAML does not allow."""
    return _CONTROLS.sub("\ufffd", clean(text))


_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")


class _Dumper(yaml.SafeDumper):
    """Writes what `_Loader` reads as the same: texts that it would take for something else are in
    quotes, several lines stand as they are.
    """


_OWN = yaml.SafeDumper.yaml_implicit_resolvers
_Dumper.yaml_implicit_resolvers = {
    first: [*_OWN.get(first, []), *_Loader.yaml_implicit_resolvers.get(first, [])]
    for first in {*_OWN, *_Loader.yaml_implicit_resolvers}
}


def _text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def yaml_text(values: dict[str, Any]) -> str:
    """The values as YAML that `value_of` reads."""
    text: str = yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=98)
    if _read_again(text) != values:  # blanks and lines that a block of text can't hold
        text = yaml.safe_dump(values, default_style='"', sort_keys=False)
    return text


def _read_again(text: str) -> Any:
    try:
        return value_of(text, "")
    except ImportFailed:
        return None
