"""Immutable records: what `dataclasses` offers the domain, without its start-up cost.

`dataclasses` would cost a start-up 47 million instructions on top of `re`, and `typing` 16
(valgrind, CPython 3.11); a whole `synapse sessions list` has 40 to spend. Type checkers see
these classes as frozen, keyword-only dataclasses.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self, dataclass_transform
else:

    def dataclass_transform(**_):
        return lambda cls: cls


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record:
    """Base of the domain's nouns: keyword-only, frozen, compared by value.

    Fields are the annotated names of the class; a value beside an annotation is the default.
    Raises TypeError for a missing or an unknown field, AttributeError for an assignment.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _required: ClassVar[frozenset[str]] = frozenset()
    _known: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[dict[str, object]] = {}

    def __init_subclass__(cls) -> None:
        annotated = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 (inspect: 67 million)
        own = [name for name in annotated if not name.startswith("_")]
        cls._fields = cls._fields + tuple(own)
        defaults = {name: cls.__dict__[name] for name in own if name in cls.__dict__}
        cls._defaults = cls._defaults | defaults
        cls._known = frozenset(cls._fields)
        cls._required = cls._known - cls._defaults.keys()

    if not TYPE_CHECKING:

        def __init__(self, **values):
            if not self._required <= values.keys():
                missing = ", ".join(sorted(self._required - values.keys()))
                raise TypeError(f"{type(self).__name__} needs {missing}")
            if not values.keys() <= self._known:
                unknown = ", ".join(sorted(values.keys() - set(self._fields)))
                raise TypeError(f"{type(self).__name__} has no field {unknown}")
            self.__dict__.update(self._defaults)
            self.__dict__.update(values)

        def __setattr__(self, name, value):
            raise AttributeError(f"{type(self).__name__} is immutable; use .replace({name}=…)")

        def __delattr__(self, name):
            raise AttributeError(f"{type(self).__name__} is immutable")

    def replace(self, **changes: Any) -> Self:
        """A copy in which the named fields have other values."""
        return type(self)(**{**self.__dict__, **changes})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *(self.__dict__[name] for name in self._fields)))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self._fields)
        return f"{type(self).__name__}({fields})"
