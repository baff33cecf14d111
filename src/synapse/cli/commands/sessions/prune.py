"""`synapse sessions prune`: the clean-up of the start, by hand and with rules of one's own."""

from __future__ import annotations

import re

from synapse import timestamps
from synapse.advice import Advice
from synapse.app.cleanup_by_tag import among_tagged
from synapse.cli.asking.confirm import confirm
from synapse.cli.commands.db.info import size
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.tables import count
from synapse.cli.listing.trash import undo
from synapse.errors import UsageError
from synapse.human_time import UNITS, local_time, parse_past, split_duration
from synapse.light.dates import timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from datetime import datetime

    from synapse.cli.context import Context
    from synapse.domain import CleanupPlan, CleanupResult, Retention


_ALL_OF_THEM = Advice("All of them:  ", "sessions delete", after=" …")


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("--older-than", metavar="T", help="what was not used for: 90d, 24h, 12w, 3mo, 1y")
    add("--keep", type=int, metavar="N", help="all but the N last used")
    add("--empty", action="store_true", help="those without any message")
    add("--max-size", metavar="S", help="all but the last used, up to S (500MB) of text and files")
    add("--tag", metavar="TAG", help="by these rules, only among the sessions with this tag")
    add("-n", "--dry-run", action="store_true", help="only say what would be done")
    add("-y", "--yes", action="store_true", help="don't ask")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Move to the trash what the rules name; pinned sessions stay."""
    rules = _rules(args, context)
    if args.tag is not None:
        return _prune_tagged(args, context, rules)
    plan = context.store.plan_cleanup(rules)
    if not _goes_on(args, context, plan, rules):
        return _status(args, plan)
    result = context.store.cleanup(rules)
    _record(context, result, result.total, dry_run=False)
    context.say(f"Moved {count(result.total, 'session')} to the trash.", undo([]))
    return 0


def _prune_tagged(args: Namespace, context: Context, rules: Retention) -> int:
    if args.max_size is not None:
        raise UsageError("--max-size counts all sessions; it can't be said with --tag")
    pruning = among_tagged(context.store, rules, args.tag)
    if not _goes_on(args, context, pruning.plan, rules):
        return _status(args, pruning.plan)
    moved = context.store.trash_sessions(pruning.ids)
    _record(context, pruning.plan, len(moved), dry_run=False)
    back = Advice("Undo:  ", "sessions restore", tag=args.tag)
    context.say(f"Moved {count(len(moved), 'session')} to the trash.", back)
    return 0


def _goes_on(args: Namespace, context: Context, plan: CleanupPlan, rules: Retention) -> bool:
    """Say what the rules name; whether it is to be done."""
    context.say(_described(plan, rules, args.older_than))
    _record(context, plan, 0 if not args.dry_run else plan.total, dry_run=args.dry_run)
    if not plan.total or args.dry_run:
        return False
    if args.yes or _agreed(context, plan):
        return True
    context.say("Nothing was moved.")
    return False


def _status(args: Namespace, plan: CleanupPlan) -> int:
    """Of what was not done: 1 if the user said no."""
    return 1 if plan.total and not args.dry_run else 0


def _record(
    context: Context, done: CleanupPlan | CleanupResult, sessions: int, *, dry_run: bool
) -> None:
    reasons = {"age": done.by_retention, "empty": done.by_emptiness}
    reasons |= {"limit": done.by_limit, "size": done.by_size}
    context.record(dry_run=dry_run, sessions=sessions, reasons=reasons)


def _rules(args: Namespace, context: Context) -> Retention:
    """The configured rules, unless the options name others. The trash is left alone."""
    rules = context.settings.retention.replace(trash_days=None)
    now = timestamps.now()
    if not args.empty and (args.older_than, args.keep, args.max_size) == (None, None, None):
        return rules.replace(unused_since=_days_before(now, rules.retention_days))
    if args.keep is not None and args.keep < 1:
        raise UsageError("--keep takes a number from 1", _ALL_OF_THEM)
    return rules.replace(
        retention_days=0,
        unused_since=None if args.older_than is None else _unused_since(args.older_than, now),
        empty=args.empty,
        max_sessions=args.keep or 0,
        max_size=0 if args.max_size is None else _bytes(args.max_size),
    )


def _days_before(now: datetime, days: int) -> datetime | None:
    """The configured rule as a moment, so that the plan and what is done after the question mean
    the same sessions; None if there is no such rule.
    """
    return now - timedelta(days=days) if days > 0 else None


def _unused_since(text: str, now: datetime) -> datetime:
    moment = parse_past("--older-than", text, now)
    if now - moment < timedelta(days=1):
        raise UsageError(
            f"--older-than {text}: less than a day is nothing to prune by",
            Advice("All of them:  ", "sessions delete", all=True),
        )
    return moment


_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def _bytes(text: str) -> int:
    """`500MB`, `1.5 GB`, `2g`, `64KiB`, or a number of bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?", text.strip().lower())
    if found is None or (found[3] and not found[2]):
        raise UsageError(f"--max-size {text}: write it as 500MB, 2GB, …")
    unit = _UNITS[found[2]] if not found[3] else 1024 ** (" kmgt".index(found[2]))
    size = int(float(found[1]) * unit)
    if not 0 < size < 2**62:
        raise UsageError(f"--max-size {text} is no size to prune by", _ALL_OF_THEM)
    return size


def _described(plan: CleanupPlan, rules: Retention, older_than: str | None) -> str:
    """`not used for 90 days: 31 · empty: 3 · over 100: 6 · spared because pinned: 4`."""
    parts = []
    if rules.unused_since is not None:
        unused = _unused(rules, rules.unused_since, older_than)
        parts.append(f"not used {unused}: {plan.by_retention:,}")
    if rules.empty:
        parts.append(f"empty: {plan.by_emptiness:,}")
    if rules.max_sessions:
        parts.append(f"over {rules.max_sessions:,}: {plan.by_limit:,}")
    if rules.max_size:
        parts.append(f"over {size(rules.max_size)}: {plan.by_size:,}")
    if plan.pinned:
        parts.append(f"spared because pinned: {plan.pinned:,}")
    return " · ".join(parts) or "No rule is set: everything is kept."


def _unused(rules: Retention, moment: datetime, older_than: str | None) -> str:
    """`for 90 days`, `for 12 weeks`, `since 1 Nov 2026 00:00`."""
    if older_than is None:
        return f"for {count(rules.retention_days, 'day')}"
    number, unit = split_duration(older_than.strip())
    return f"for {count(int(number), UNITS[unit][0])}" if unit else f"since {local_time(moment)}"


def _agreed(context: Context, plan: CleanupPlan) -> bool:
    return confirm(context, f"Move {count(plan.total, 'session')} to the trash?", [])
