"""What a start does beside its command, and what it says of it.

A database is brought up to date, answers that could not be saved earlier are brought in, sessions
that are no longer to be kept go to the trash.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse.app.cleanup import clean_up as apply_retention
from synapse.errors import StorageError
from synapse.paths import temporary_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from synapse.cli.context import Context
    from synapse.cli.showing.progress import ProgressBar
    from synapse.ports import SessionStore, Upgrading


def bring_in_spilled_answers(store: SessionStore, context: Context) -> None:
    """Store what an earlier run could not save, and say so. Never fails: it stays where it is."""
    # By name, then by the first bytes: the module that reads them costs more than this start.
    folders = (context.spill_folder, temporary_dir(context.environ))
    files = [path for folder in folders for path in _answers_in(folder)]
    if not files:
        return
    from synapse.app.spill_owner import may_belong_to

    if not any(may_belong_to(path, store.location) for path in files):
        return
    from synapse.app.spill import recover  # only after a fault
    from synapse.cli.listing.tables import count

    left: list[str] = []
    try:
        recovered = recover(
            store, context.spill_folder, lambda path, reason: left.append(f"{path}: {reason}")
        )
    except StorageError:  # it stays where it is until the next start
        return
    if recovered:
        context.say(f"Brought in {count(recovered, 'answer')} that could not be saved earlier.")
    if left:
        others = f" (and {len(left) - 1:,} more like it)" if left[1:] else ""
        context.warn(f"left where it is: {left[0]}{others}; move it away if you don't want it")


def warn_of_exposed_secrets(url: str, context: Context) -> None:
    """Say what others may read on this way to a server: a password on the command line, or
    everything, if it goes over the network as it is. Once a run.
    """
    from synapse.stores import host_in_clear_text, without_password

    behind_db = url == context.flags.get("session.database_url")
    is_typed = behind_db or url != context.settings.database_url
    if is_typed and url != without_password(url):
        where = "behind --db" if behind_db else "in the command"
        context.warn(
            f"everybody on this machine can see the password {where} while this runs.",
            "Keep it in ~/.pgpass or ~/.my.cnf, or give the URL as SYNAPSE_DATABASE_URL.",
        )
    host = host_in_clear_text(url)
    if host is not None:
        context.warn(
            f"passwords and texts may go to {host} unencrypted: its sslmode says so.",
            "Take it out of the URL, or say sslmode=verify-full.",
        )


def _answers_in(folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in os.listdir(folder) if name.startswith("answer-")]
    except OSError:
        return []


def clean_up(context: Context, spare: Collection[str]) -> None:
    """Put sessions that the configuration no longer keeps into the trash, and say so."""
    report = apply_retention(context.store, context.settings.retention, spare)
    if report:
        from synapse.cli.listing.trash import say_cleaned_up

        say_cleaned_up(context, report, context.settings.retention)
    elif report.jump is not None:
        from synapse.cli.listing.trash import clock_jump_line

        if line := clock_jump_line(report.jump):
            context.say(line)


class UpgradeProgress:
    """Hears how far it is: a bar for each step that takes a while; in the end, where the backup
    is.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._bar: ProgressBar | None = None
        self._progress: Upgrading | None = None

    def __call__(self, upgrading: Upgrading) -> None:
        if self._progress is None or self._progress.step != upgrading.step:
            from synapse.cli.showing.progress import ProgressBar

            self._end_bar()
            self._bar = ProgressBar(
                self._context, upgrading.step, upgrading.total, of=upgrading.unit
            )
        self._progress = upgrading
        assert self._bar is not None
        self._bar.update(upgrading.done, upgrading.total)

    def end(self, *, well: bool) -> None:
        """The store is open, or can't be."""
        self._end_bar()
        if self._progress is not None and well and not self._context.quiet:
            self._context.say(
                "The database was brought up to date. As it was before, it is kept in"
                f" {self._progress.backup}"
            )

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.__exit__()
            self._bar = None
