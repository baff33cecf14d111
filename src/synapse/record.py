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
    _known: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[dict[str, object]] = {}

    def __init_subclass__(cls) -> None:
        given = cls.__dict__
        annotated = given.get("__annotations__", {})
        own = [name for name in annotated if name[0] != "_"]
        cls._fields = cls._fields + tuple(own)
        cls._defaults = cls._defaults | {name: given[name] for name in own if name in given}
        cls._known = frozenset(cls._fields)

    if not TYPE_CHECKING:

        def __init__(self, **values):
            whole = self._defaults | values
            if whole.keys() != self._known:
                self._refuse(values)
            self.__dict__.update(whole)

        def _refuse(self, values):
            if missing := self._known - self._defaults.keys() - values.keys():
                raise TypeError(f"{type(self).__name__} needs {', '.join(sorted(missing))}")
            unknown = ", ".join(sorted(values.keys() - self._known))
            raise TypeError(f"{type(self).__name__} has no field {unknown}")

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
