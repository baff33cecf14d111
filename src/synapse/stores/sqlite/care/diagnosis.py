"""What is, or may become, a trouble around a database file: disk, modes, engine, clock."""

from __future__ import annotations

import os
from shlex import quote

import apsw

from synapse.advice import ASK, RUN, Advice
from synapse.installing import install_hint
from synapse.ports import Finding
from synapse.stores.sqlite._files import size, wal_of
from synapse.stores.sqlite.connection import wal_is_safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_NETWORK_FILE_SYSTEMS = frozenset(
    "nfs nfs4 cifs smb smb3 smbfs afs ceph glusterfs lustre ncpfs 9p fuse.sshfs fuse.rclone".split()
)
_LITTLE_ROOM = 100 << 20
_LARGE_WAL = 64 << 20


def surroundings(path: str) -> Iterator[Finding]:
    """What can be told without opening the file."""
    yield _engine()
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        yield Finding(subject="folder", text=f"{folder} does not exist yet", ok=True)
        return
    yield _file_system(folder)
    yield _room(folder)
    yield _writable(path, folder)
    yield from _modes(path, folder)
    yield from _journal(path)


def _engine() -> Finding:
    version = apsw.sqlite_lib_version()
    if wal_is_safe(version):
        return Finding(subject="engine", text=f"SQLite {version}", ok=True)
    return Finding(
        subject="engine",
        text=f"SQLite {version} can corrupt a database that several processes write",
        hints=(install_hint("apsw>=3.51.3"),),
    )


def _file_system(folder: str) -> Finding:
    kind = file_system_of(folder)
    if kind in _NETWORK_FILE_SYSTEMS:
        return Finding(
            subject="file system",
            text=f"{folder} is on a network file system ({kind}), whose locks can't be relied on",
            hints=("Keep the database on a local disk",),
        )
    return Finding(subject="file system", text=kind or "unknown", ok=True)


def file_system_of(folder: str, mounts: str = "/proc/self/mountinfo") -> str:
    """The type of the file system that holds a folder, as Linux names it; empty if unknown."""
    best, kind = "", ""
    try:
        with open(mounts, encoding="utf-8", errors="replace") as file:
            for line in file:
                fields, _, tail = line.partition(" - ")
                point = fields.split()[4].encode().decode("unicode_escape")
                inside = folder == point or folder.startswith(point.rstrip("/") + "/")
                if inside and len(point) >= len(best):
                    best, kind = point, tail.split()[0]
    except (OSError, IndexError):
        return ""
    return kind


def _room(folder: str) -> Finding:
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    text = f"{free >> 20} MB free on the disk of {folder}"
    if free < _LITTLE_ROOM or disk.f_favail == 0 < disk.f_files:
        return Finding(
            subject="room", text=text, hints=("Make room: a full disk stores no conversation",)
        )
    return Finding(subject="room", text=text, ok=True)


def _writable(path: str, folder: str) -> Finding:
    """By trying: permission bits don't tell of a disk that is mounted read-only."""
    try:
        descriptor, probe = _probe(folder)
        os.close(descriptor)
        os.unlink(probe)
        if os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
            return Finding(
                subject="access", text=f"{path} can't be written", hints=("Check its owner",)
            )
    except OSError as error:
        return Finding(
            subject="access",
            text=f"{folder} can't be written: {error.strerror}",
            hints=(
                Advice(
                    "Check its owner and mode, or use another file:  ",
                    ASK,
                    database="FILE",
                    after=" …",
                ),
            ),
        )
    return Finding(subject="access", text="readable and writable", ok=True)


def _probe(folder: str) -> tuple[int, str]:
    path = os.path.join(folder, f".synapse-probe-{os.getpid()}")
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), path


def _modes(path: str, folder: str) -> Iterator[Finding]:
    private = True
    for name, allowed in ((folder, 0o700), (path, 0o600), (f"{path}-wal", 0o600)):
        try:
            mode = os.stat(name).st_mode & 0o777
        except OSError:
            continue
        if mode & ~allowed & 0o077:
            private = False
            yield Finding(
                subject="modes",
                text=f"others may read {name} (mode {mode:o})",
                hints=(Advice("", RUN, f"chmod {allowed:o} {quote(name)}"),),
            )
    if private:
        yield Finding(subject="modes", text="private", ok=True)


def _journal(path: str) -> Iterator[Finding]:
    wal = wal_of(path)
    if not os.path.exists(wal):
        return
    held = size(wal)
    if held > _LARGE_WAL:
        yield Finding(
            subject="journal",
            text=f"{wal} has grown to {held >> 20} MB: something reads all the time",
            hints=(Advice("Find who keeps the database open, then:  ", "db vacuum"),),
        )
    elif held:
        text = f"{wal}, a part of the database: {held >> 10} kB that are not in the main file yet"
        yield Finding(subject="journal", text=text, ok=True)
    else:
        yield Finding(subject="journal", text="empty: the main file is whole", ok=True)
