"""`datetime`. Up to Python 3.11 it runs through its whole Python version first, and then takes
the C version's names: 6 million. Later versions take the C version at once.
"""

from __future__ import annotations

import sys

__all__ = ["UTC", "datetime", "timedelta"]

TYPE_CHECKING = False
if TYPE_CHECKING or sys.version_info >= (3, 12):
    from datetime import UTC, datetime, timedelta
else:
    try:
        from _datetime import UTC, datetime, timedelta
    except ImportError:
        from datetime import UTC, datetime, timedelta
