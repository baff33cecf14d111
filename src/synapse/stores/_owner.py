"""Who is receiving an answer: recorded so that a reused process id fools nobody."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LEASE_SECONDS = 15.0
"""For which an owner holds an answer since it was last renewed; see SessionStore.renew_lease."""

_LARGEST_PID = (1 << 31) - 1
_DEAD = ("Z", "X", "x")
"""States of a process that has ended, and of which only the exit status is left."""
_STOPPED = ("T", "t")

receiving: set[str] = set()
"""Ids of the answers that this process is receiving now."""


def this_process() -> str:
    """`HOST|BOOT|PID NAMESPACE|PID|START`; what the platform does not tell is empty."""
    return "|".join((os.uname().nodename, *_kernel(), str(os.getpid()), _process(os.getpid())[1]))


def process_id(owner: str | None) -> int | None:
    """The process id in an owner's text; None where there is none that a process can have."""
    try:
        pid = int((owner or "").split("|")[3])
    except (IndexError, ValueError):
        return None
    return pid if 0 < pid <= _LARGEST_PID else None


def is_alive(owner: str | None, answer_id: str, lease_left: float | None) -> bool:
    """Whether the process that `owner` names still receives the answer.

    On this boot and in this process namespace the process table tells, and knows better than any
    lease: a zombie is dead; a stopped process is not, nor one of a machine that slept, though its
    lease of `lease_left` seconds has run out meanwhile; the start time tells a reused id. Where the
    system has no /proc, an id that exists is believed for as long as its lease lasts. An owner of
    an earlier boot of this host is gone. Of any other owner there is only the lease; one that lasts
    longer than any that is given is of a clock that was set back since, and worth nothing.
    """
    parts = (owner or "").split("|")
    pid = process_id(owner)
    if len(parts) != 5 or pid is None:
        return False
    host, boot, namespace, _, start = parts
    here = _kernel()
    holds = lease_left is not None and 0 < lease_left <= LEASE_SECONDS
    if (boot, namespace) == here and (all(here) or host == os.uname().nodename):
        own, began, _ = _process(os.getpid())
        if pid == os.getpid() and (not own or not start or start == began):
            return answer_id in receiving
        return _exists(pid, start) if own else _answers(pid) and holds
    if host == os.uname().nodename and here[0] and boot != here[0]:
        return False
    return holds


def owners(rows: list[tuple[Any, ...]]) -> list[tuple[str, str | None]]:
    """Id and owner of each answer that is being received, from rows of id, owner and the seconds
    that are left of the lease; None for an owner that is gone.
    """
    return [
        (id, owner if is_alive(owner, id, lease) else None)
        for id, owner, lease in ((row[0], _text(row[1]), row[2]) for row in rows)
    ]


def _text(owner: Any) -> Any:
    """Another program may have stored bytes."""
    return owner.decode("utf-8", "replace") if isinstance(owner, bytes) else owner


def is_stopped(owner: str | None) -> bool:
    """Whether a living owner has been stopped, by Ctrl-Z or a debugger. False if unknown."""
    pid = process_id(owner)
    return pid is not None and _process(pid)[2] in _STOPPED


def _kernel() -> tuple[str, str]:
    return (_read("/proc/sys/kernel/random/boot_id"), _link("/proc/self/ns/pid"))


def _exists(pid: int, start: str) -> bool:
    """By the process table; whether it is the process that began at `start`, if that is known."""
    found, began, state = _process(pid)
    return found and state not in _DEAD and start in ("", began)


def _answers(pid: int) -> bool:
    """Whether the id is in use, as far as any Unix tells: a zombie's is, too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _process(pid: int) -> tuple[bool, str, str]:
    """Whether it is in /proc, the clock ticks from boot to its start, and its state: fields 22
    and 3 of its stat (proc(5)).
    """
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (True, fields[19], fields[0]) if len(fields) > 19 else (False, "", "")


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
