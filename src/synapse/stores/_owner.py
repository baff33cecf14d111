"""Who is receiving an answer: recorded so that a reused process id fools nobody."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta

FOREIGN_SILENCE_MINUTES = 15
"""After so many minutes without a checkpoint, an answer of another host counts as abandoned: a
live one is either checkpointed or ended by its stall time-out well before."""

receiving: set[str] = set()
"""Ids of the answers that this process is receiving now."""


def this_process() -> str:
    """`HOST|BOOT|PID NAMESPACE|PID|START`; what the platform does not tell is empty."""
    return "|".join(
        (os.uname().nodename, *_kernel(), str(os.getpid()), _start_time(os.getpid()) or "")
    )


def process_id(owner: str | None) -> int | None:
    """The process id in an owner's text."""
    try:
        return int((owner or "").split("|")[3])
    except (IndexError, ValueError):
        return None


def is_alive(owner: str | None, answer_id: str, silent_for: timedelta) -> bool:
    """Whether the process that `owner` names still receives the answer.

    On this boot and in this process namespace the process table tells (with the start time, so
    that a reused id is seen). An owner of an earlier boot of this host is gone. Of any other
    owner only the time since its last sign of life is known.
    """
    parts = (owner or "").split("|")
    if len(parts) != 5:
        return False
    host, boot, namespace, pid, start = parts
    if (boot, namespace) == _kernel():
        if int(pid) == os.getpid() and (not start or start == _start_time(os.getpid())):
            return answer_id in receiving
        return _process_exists(int(pid), start)
    if host == os.uname().nodename and boot != _kernel()[0]:
        return False
    return silent_for.total_seconds() < FOREIGN_SILENCE_MINUTES * 60


def _kernel() -> tuple[str, str]:
    return (_read("/proc/sys/kernel/random/boot_id"), _link("/proc/self/ns/pid"))


def _process_exists(pid: int, start: str) -> bool:
    if start:
        return _start_time(pid) == start
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start_time(pid: int) -> str | None:
    """Clock ticks from boot to the start of a process (proc(5), field 22 of stat)."""
    stat = _read(f"/proc/{pid}/stat")
    fields = stat.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else None


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
