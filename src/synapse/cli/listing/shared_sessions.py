"""Sessions of others that were shown to the user, for `sessions list --shared`."""

from __future__ import annotations

from synapse.cli.listing.tables import table, tsv_row
from synapse.errors import UsageError
from synapse.human_time import in_style
from synapse.terminal import style
from synapse.terminal.cells import clip, width
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from synapse.cli.context import Context
    from synapse.ports import SharedSession

_LEAST_PREVIEW = 10
_HEADS = ["ID", "UPDATED", "OWNER", "RIGHT", "PREVIEW"]


def list_shared(args: Namespace, context: Context, *, chosen: bool) -> int:
    """Write what was shared; `chosen` says that other options choose among sessions. 1 if there is
    nothing.
    """
    if chosen or args.deleted or args.sort != "updated" or args.reverse:
        raise UsageError("--shared lists all that was shared: it goes with -n and -F only")
    found = context.sharing.shared_sessions(args.limit or None)
    format = args.format or ("table" if context.stdout.is_terminal else "tsv")
    if format in ("json", "jsonl"):
        _write_json(context, found, lines=format == "jsonl")
    elif format == "id":
        context.stdout.show("".join(f"{shared.summary.session.id}\n" for shared in found))
    elif format == "tsv":
        _write_tsv(context, found, header=args.header)
    elif found:
        context.stdout.show(_table(found, args, context))
    if not found and not context.quiet:
        context.say("Nobody has shared a session with you.")
    return 0 if found else 1


def _right(shared: SharedSession) -> str:
    return "write" if shared.may_write else "read"


def _write_tsv(context: Context, found: list[SharedSession], *, header: bool) -> None:
    """The usual fields, then the owner and `read` or `write`."""
    from synapse.cli.listing.summaries import TSV_HEADER, tsv_fields  # as the list itself

    rows = [tsv_row((*TSV_HEADER, "owner", "right"))] if header else []
    rows += [
        tsv_row((*tsv_fields(shared.summary), shared.owner, _right(shared))) for shared in found
    ]
    context.stdout.write("".join(rows))


def _write_json(context: Context, found: list[SharedSession], *, lines: bool) -> None:
    from synapse.cli.listing.json_objects import session_object  # as the list itself
    from synapse.cli.listing.json_output import SCHEMA, write_json, write_json_line

    objects = [
        {**session_object(shared.summary), "owner": shared.owner, "may_write": shared.may_write}
        for shared in found
    ]
    if not lines:
        write_json(context, {"schema": SCHEMA, "sessions": objects})
        return
    for each in objects:
        write_json_line(context, {"schema": SCHEMA, **each})


def _table(found: list[SharedSession], args: Namespace, context: Context) -> str:
    ellipsis = context.glyphs().ellipsis
    time = args.time or context.settings.ui.time
    rows = [[*_HEADS[:-1], "|"]]
    for shared in found:
        session = shared.summary.session
        identity = session.id if args.full else session.handle
        moment = in_style(time, session.updated_at)
        rows.append([identity, moment, clean_line(shared.owner), _right(shared), "|"])
    frames = table(rows)
    room = max(_LEAST_PREVIEW, context.stdout.width(context.environ) - width(frames[0]) + 1)
    texts = ["PREVIEW"]
    texts += [
        clip(clean_line(shared.summary.session.name or shared.summary.headline), room, ellipsis)
        for shared in found
    ]
    lines = [(frame[:-1] + text).rstrip() for frame, text in zip(frames, texts, strict=True)]
    lines[0] = style.paint(style.style(context.color_level(), style.BOLD), lines[0])
    return "\n".join(lines) + "\n"
