"""`signal`. Its Python half makes enumerations of the C half's numbers, and `enum` with what it
imports costs 9 to 16 million.

`signal.SIGINT` is a plain number here, and equal to what `signal` has. There is no `Signals`.
"""

from __future__ import annotations

__all__ = ["signal"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    try:
        import _signal as signal
    except ImportError:
        import signal
