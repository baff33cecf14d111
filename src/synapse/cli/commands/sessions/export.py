"""`synapse sessions export`: conversations as files, for import elsewhere and for people."""

from __future__ import annotations

import os
from functools import partial

from synapse.advice import Advice
from synapse.app.exporting import all_sessions, archives, file_name
from synapse.app.references import resolve_all
from synapse.app.tags import typed_filter
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.tables import count
from synapse.cli.showing import export_output
from synapse.cli.showing.progress import ProgressBar
from synapse.errors import UsageError
from synapse.formats import FORMATS, FormatEntry, archive_writer, exporter
from synapse.private_files import make_folder
from synapse.registry import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from typing import Any

    from synapse.app.redaction.redactor import Redactor
    from synapse.archived import ArchivedSession
    from synapse.cli.context import Context
    from synapse.domain import Session, SessionFilter, SessionSummary

_STANDARD_OUTPUT = "-"

EXAMPLES = """\
examples:
  synapse sessions export 4c3834c9 -o volumes.html
  synapse sessions export --all -F jsonl -o archive.jsonl
  synapse sessions export --all -F jsonl | ssh other synapse sessions import -
"""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("refs", nargs="*", metavar="REF", help="which sessions (help refs); the last used one")
    add("-a", "--all", action="store_true", help="all; of jsonl and json, the trash too")
    add("--match", metavar="QUERY", help="all with this in name, title or preview; tag:WORD")
    add("--tag", metavar="TAG", help="all with this tag")
    add("--deleted", action="store_true", help="only what is in the trash")
    add("-F", "--format", metavar="FORMAT", help=f"as {', '.join(FORMATS)} (export.format)")
    add("-o", "--output", metavar="PATH", help="a file, a folder for a file each, or -")
    add("--force", action="store_true", help="write over files that are there")
    add("--redact", action="store_true", help="mask keys, passwords, addresses, names of homes")
    add("--no-redact", action="store_true", help="mask nothing, whatever is configured")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Write the sessions."""
    name = _format_name(args, context)
    entry = choose(FORMATS, name, kind="format", group="synapse.formats")
    assert isinstance(entry, FormatEntry)
    chosen = _chosen(args, context, entry)
    to_stdout = args.output in (None, _STANDARD_OUTPUT)
    if to_stdout:
        if args.json:
            raise UsageError("--json tells what was written into a file: it needs -o PATH")
        _refuse_several(args, chosen, entry, name)
    if args.redact and args.no_redact:
        raise UsageError("--redact and --no-redact exclude each other")
    if args.redact or (context.settings.export_redact and not args.no_redact):
        return _write_redacted(args, context, name, entry, chosen)
    if entry.is_for_sharing and not (to_stdout and context.stdout.is_terminal):
        from synapse.cli.commands.sessions.redacting import warn_of_secrets  # needs `re`

        warn_of_secrets(context, chosen.archives())
    return _write(args, context, name, entry, chosen)


def _write_redacted(
    args: Namespace, context: Context, name: str, entry: FormatEntry, chosen: _Chosen
) -> int:
    from synapse.cli.commands.sessions.redacting import redactor, tell  # need `re`

    chosen.masking = redactor(context)
    status = _write(args, context, name, entry, chosen)
    tell(context, chosen.masking)
    return status


def _write(
    args: Namespace, context: Context, name: str, entry: FormatEntry, chosen: _Chosen
) -> int:
    if args.output in (None, _STANDARD_OUTPUT):
        return _to_stdout(context, name, chosen)
    if _is_folder(args.output) or (chosen.may_be_several and not entry.holds_many):
        return _to_folder(args, context, name, entry, chosen)
    return _to_file(args, context, name, chosen)


class _Chosen:
    """The sessions to export; listed anew each time they are asked for."""

    def __init__(self, context: Context, given: list[SessionSummary] | None) -> None:
        self.store = context.store
        self.given = given
        self.which: SessionFilter | None = None
        self.parts: tuple[bool, ...] = (False,)
        self.masking: Redactor | None = None
        self.may_be_several = given is None or len(given) > 1

    def summaries(self) -> Iterator[SessionSummary]:
        if self.given is not None:
            yield from self.given
            return
        for deleted in self.parts:
            yield from all_sessions(self.store, self.which, deleted=deleted)

    def archives(self) -> Iterator[ArchivedSession]:
        found = archives(self.store, (summary.session.id for summary in self.summaries()))
        return found if self.masking is None else map(self.masking.archived, found)

    def sessions(self) -> Iterator[Session]:
        """As the export names them."""
        found = (summary.session for summary in self.summaries())
        return found if self.masking is None else map(self.masking.unnoted, found)


def _format_name(args: Namespace, context: Context) -> str:
    """`-F`, else what the name of the file says, else the configured one."""
    if args.format is not None:
        return str(args.format)
    ending = os.path.splitext(args.output or "")[1].lower()
    for name, entry in FORMATS.items():
        if ending == entry.suffix:
            return name
    return context.settings.export_format


def _chosen(args: Namespace, context: Context, entry: FormatEntry) -> _Chosen:
    ruled = args.all or args.match is not None or args.tag is not None
    if ruled and args.refs:
        raise UsageError("name the sessions to export, or say which: --all, --match, --tag")
    if not ruled and not args.deleted:
        return _Chosen(context, _named(args, context))
    if args.refs:
        return _Chosen(context, resolve_all(context.store, args.refs, deleted=True))
    chosen = _Chosen(context, None)
    if args.match is not None or args.tag is not None:
        chosen.which = typed_filter(args.match, args.tag)
    with_trash = args.all and not args.deleted and not entry.is_for_sharing
    chosen.parts = (False, True) if with_trash else (args.deleted,)
    return chosen


def _named(args: Namespace, context: Context) -> list[SessionSummary]:
    if args.refs:
        return resolve_all(context.store, args.refs)
    last = context.store.last_used()
    if last is None:
        raise UsageError("there is no session to export")
    return [last]


def _refuse_several(args: Namespace, chosen: _Chosen, entry: FormatEntry, name: str) -> None:
    if entry.holds_many or not chosen.may_be_several:
        return
    which: dict[str, Any] = {"all": True} if args.all else {}
    raise UsageError(
        f"several sessions can't be one {name} file",
        Advice("A file each:  ", "sessions export", *args.refs, format=name, output="DIR", **which),
        Advice("All in one:  ", "sessions export", *args.refs, format="jsonl", **which),
    )


def _is_folder(path: str) -> bool:
    return path.endswith(("/", os.sep)) or os.path.isdir(os.path.expanduser(path))


def _to_stdout(context: Context, name: str, chosen: _Chosen) -> int:
    with _Counter(context, chosen) as counter:
        export_output.to_stdout(
            context.stdout, lambda file: exporter(name).write(counter.archives(), file)
        )
    return 0


def _to_file(args: Namespace, context: Context, name: str, chosen: _Chosen) -> int:
    path = os.path.expanduser(args.output)
    if os.path.lexists(path) and not args.force:
        raise export_output.exists(path)
    with _Counter(context, chosen) as counter:
        size = export_output.to_file(
            path, lambda file: exporter(name).write(counter.archives(), file), force=args.force
        )
    _tell(context, counter.done, [path], size)
    return 0


def _to_folder(
    args: Namespace, context: Context, name: str, entry: FormatEntry, chosen: _Chosen
) -> int:
    folder = os.path.expanduser(args.output)
    if entry.archive and chosen.may_be_several:
        return _to_archive(args, context, entry, chosen)
    _refuse_taken(folder, entry, chosen, args.force)
    try:
        make_folder(os.path.abspath(folder))
    except OSError as error:
        raise UsageError(f"can't make the folder {folder}: {error.strerror}") from error
    paths, size = [], 0
    with _Counter(context, chosen) as counter:
        for archived in counter.archives():
            path = os.path.join(folder, file_name(archived.session, entry.suffix))
            write = partial(exporter(name).write, (archived,))
            size += export_output.to_file(path, write, force=args.force)
            paths.append(path)
    _tell(context, counter.done, paths, size)
    return 0


def _to_archive(args: Namespace, context: Context, entry: FormatEntry, chosen: _Chosen) -> int:
    """Several sessions of a format that ties them together, with an index and a search."""
    from pathlib import Path  # only archives are written by paths

    folder = os.path.expanduser(args.output)
    if not args.force and os.path.isdir(folder) and os.listdir(folder):
        raise export_output.exists(folder)
    try:
        writer = archive_writer(entry, Path(folder))
    except OSError as error:
        raise UsageError(f"can't make the folder {folder}: {error.strerror}") from error
    with _Counter(context, chosen) as counter:
        first, size = export_output.to_archive(folder, writer, counter.archives())
    _tell(context, counter.done, [first], size)
    return 0


def _refuse_taken(folder: str, entry: FormatEntry, chosen: _Chosen, force: bool) -> None:
    """Before anything is written."""
    if force or not os.path.isdir(folder):
        return
    for session in chosen.sessions():
        path = os.path.join(folder, file_name(session, entry.suffix))
        if os.path.lexists(path):
            raise export_output.exists(path)


class _Counter:
    """Counts what is exported, and shows how far it is."""

    def __init__(self, context: Context, chosen: _Chosen) -> None:
        self.done = 0
        self._chosen = chosen
        self._bar = ProgressBar(context, "Exporting", 0, of="sessions")

    def archives(self) -> Iterator[ArchivedSession]:
        for archived in self._chosen.archives():
            yield archived
            self.done += 1
            self._bar.update(self.done)

    def __enter__(self) -> _Counter:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.hide()


def _tell(context: Context, sessions: int, paths: list[str], size: int) -> None:
    context.record(sessions=sessions, files=paths, bytes=size)
    if context.quiet:
        return
    where = paths[0] if len(paths) == 1 else f"{len(paths):,} files"
    context.say(f"Exported {count(sessions, 'session')} to {where} ({size:,} bytes).")
