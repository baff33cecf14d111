"""Masking in an export, and the warning of one that masks nothing. Imported where it is done: its
tables and `re` cost more than the start of the program.
"""

from __future__ import annotations

from synapse.app.redaction.redactor import Redactor
from synapse.cli.showing import redaction_report
from synapse.config.own_keys import own_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.archived import ArchivedSession
    from synapse.cli.context import Context


def redactor(context: Context, *, warn_only: bool = False) -> Redactor:
    """What masks, or only looks for secrets, as the user has configured it."""
    environ = context.environ
    return Redactor(
        words=context.settings.export_words,
        keys=own_keys(context.settings, environ),
        home=environ.get("HOME"),
        user=environ.get("USER") or environ.get("LOGNAME"),
        warn_only=warn_only,
    )


def warn_of_secrets(context: Context, archives: Iterable[ArchivedSession]) -> None:
    """Warn, in one line, of keys, tokens, passwords and the like in what will be exported."""
    looking = redactor(context, warn_only=True)
    for archived in archives:
        looking.look_through(archived)
    report = looking.report()
    if report.counts:
        context.record(secrets=redaction_report.facts(report))
        context.warn(f"{redaction_report.warning(report)}; --redact masks them")


def tell(context: Context, masking: Redactor) -> None:
    """Say on standard error what was masked and where."""
    report = masking.report()
    context.record(masked=redaction_report.facts(report))
    if not context.quiet:
        for line in redaction_report.masked(report):
            context.say(line)
