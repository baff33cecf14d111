"""`synapse db copy URL`: the whole archive into another database, of the same or another engine."""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.app.copying import Copying, total_of
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.tables import count
from synapse.cli.showing.progress import ProgressBar
from synapse.errors import DatabaseMissing, MigrationError, PartlyDone, UsageError
from synapse.stores import without_password

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.app.copying import Copied, Left
    from synapse.cli.context import Context
    from synapse.domain import SessionTotals
    from synapse.ports import SessionStore

EXAMPLES = """\
examples (what is copied, and how it is verified: docs/servers.md):
  synapse db copy postgresql://server/archive
  synapse --db postgresql://server/archive db copy archive.db
  synapse db copy archive.db
"""

_MOST_TOLD = 10
_IN_MEMORY = ":memory:"


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("url", metavar="URL", help="the other database: a URL, or a file's path")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Copy what is not there yet, and verify it."""
    context.open_to_read().close()  # a mistyped --db must not become an empty archive
    source = context.store
    with _opened(context, args.url) as target:
        _refuse_the_same(source, target)
        copied = _copy(context, source, target)
        there = total_of(target)
    _tell_of_verified(context, copied, there)
    if copied.left:
        raise _partly(context, copied)
    return 0


def _opened(context: Context, url: str) -> SessionStore:
    """A file is made if it isn't there; in a server's database nothing is made unasked."""
    try:
        return context.open_other(url)
    except (DatabaseMissing, MigrationError) as error:
        ready = Advice("Set it up, then copy:  ", "db init", database=without_password(url))
        init = any(isinstance(hint, Advice) and hint.verb == "db init" for hint in error.hints)
        raise type(error)(error.message, *([ready] if init else error.hints)) from None


def _refuse_the_same(source: SessionStore, target: SessionStore) -> None:
    here, there = source.location, target.location
    if _IN_MEMORY in (here, there):
        raise UsageError("a database in memory is gone with the command: there is nothing to copy")
    if here == there or _is_one_file(here, there):
        raise UsageError(
            f"{there} is the database in use itself",
            Advice("Say which one to copy:  ", "db copy", there, database="OTHER"),
        )


def _is_one_file(here: str, there: str) -> bool:
    return os.path.exists(here) and os.path.exists(there) and os.path.samefile(here, there)


def _copy(context: Context, source: SessionStore, target: SessionStore) -> Copied:
    with ProgressBar(context, "Copying", total_of(source).messages, of="messages") as bar:

        def wait(number: int) -> None:
            bar.hide()
            whose = count(number, "session")
            context.hint(f"Waiting for the answers in {whose} (Ctrl-C leaves them) …")

        copying = Copying(source, target, progress=bar.update, on_wait=wait)
        stopped = True
        try:
            copying.run()
            stopped = False
        finally:
            bar.hide()
            _tell(context, source, target, copying.copied, stopped=stopped)
    target.catch_up_search()
    return copying.copied


def _tell(
    context: Context, source: SessionStore, target: SessionStore, copied: Copied, *, stopped: bool
) -> None:
    context.record(
        location=source.location,
        target=target.location,
        copied=copied.new,
        updated=copied.updated,
        unchanged=copied.unchanged,
        messages=copied.messages,
        equal=copied.equal,
        merged=copied.merged,
        left=[{"session": left.handle, "reason": left.reason} for left in copied.left],
    )
    if context.quiet:
        return
    parts = [f"Copied {count(copied.new, 'session')} to {target.location}"]
    if copied.updated:
        parts.append(f"{copied.updated:,} updated")
    if copied.unchanged:
        parts.append(f"{copied.unchanged:,} already there")
    context.say(f"{', '.join(parts)} ({count(copied.messages, 'message')}).")
    if stopped:
        context.say("Stopped. Run the same command again to go on.")


def _tell_of_verified(context: Context, copied: Copied, there: SessionTotals) -> None:
    """By count and hash. What else the target holds is no fault."""
    others = there.sessions - copied.sessions
    context.record(only_there=max(0, others))
    if context.quiet:
        return
    equal = f"{count(copied.equal, 'session')} and {count(copied.equal_messages, 'message')}"
    context.say(f"Verified: {equal} have the same hashes on both sides.")
    if copied.merged:
        what = f"{count(copied.merged, 'session')} had more there"
        context.say(f"{what}; nothing of that was lost, nor of what is here.")
    if others > 0:
        are = "is" if others == 1 else "are"
        context.say(f"{count(others, 'session')} there {are} not part of this archive.")


def _partly(context: Context, copied: Copied) -> PartlyDone:
    left = copied.left
    for one in left[:_MOST_TOLD]:
        context.say(f"left: {one.handle} {_reason(one)}")
    if left[_MOST_TOLD:]:
        context.say(f"… and {len(left) - _MOST_TOLD:,} more")
    again = all(one.is_in_use for one in left)
    hint = "Run the same command again when the answers are there" if again else ""
    what = f"{count(len(left), 'session')} of {copied.sessions + len(left):,} could not be copied"
    return PartlyDone(what, *([hint] if hint else ["What is copied stays; run it again to retry"]))


def _reason(left: Left) -> str:
    return left.reason if left.is_in_use else f"failed: {left.reason}"
