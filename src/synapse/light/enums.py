"""`StrEnum`. `enum`, with what it imports, costs 9 to 16 million, and each class one more."""

from __future__ import annotations

__all__ = ["StrEnum"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import StrEnum
else:

    class _Members(type):
        """What the class itself can: `Role("user")`, `Role["USER"]`, `for role in Role`."""

        def __new__(metacls, name, bases, namespace):
            members = {
                key: value
                for key, value in namespace.items()
                if isinstance(value, str) and not key.startswith("_")
            }
            rest = {key: value for key, value in namespace.items() if key not in members}
            cls = super().__new__(metacls, name, bases, rest)
            by_value = {}
            for key, value in members.items():
                member = str.__new__(cls, value)
                str.__setattr__(member, "__dict__", {"name": key, "value": value})
                type.__setattr__(cls, key, member)
                by_value[value] = member
            type.__setattr__(cls, "_by_value", by_value)
            return cls

        def __call__(cls, value):
            try:
                return cls._by_value[value]
            except (KeyError, TypeError):
                raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

        def __getitem__(cls, name):
            for member in cls:
                if member.name == name:
                    return member
            raise KeyError(name)

        def __iter__(cls):
            return iter(cls._by_value.values())

        def __len__(cls):
            return len(cls._by_value)

        def __contains__(cls, value):
            return value in cls._by_value

        def __bool__(cls):
            return True

        def __setattr__(cls, name, value):
            raise AttributeError(f"cannot reassign member {name!r}")

        def __repr__(cls):
            return f"<enum {cls.__name__!r}>"

        @property
        def __members__(cls):
            return {member.name: member for member in cls}

    class StrEnum(str, metaclass=_Members):
        """Texts of a closed set, each of which is the same object wherever it occurs."""

        def __setattr__(self, name, value):
            raise AttributeError(f"cannot set {name!r} of {self!r}")

        def __repr__(self):
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __str__(self):
            return self.value

        def __reduce_ex__(self, protocol):
            return type(self), (self.value,)

        def __copy__(self):
            return self

        def __deepcopy__(self, memo):
            return self
