"""`synapse sessions context REF`: what would be sent to the model, token by token."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.app.context.estimate import family_of
from synapse.app.context.planning import limits
from synapse.app.context.view import view, with_recalled_turns
from synapse.cli.asking.measuring import measured_for, remember
from synapse.cli.listing import context_table
from synapse.cli.picker import CANCELLED, named_or_picked
from synapse.cli.showing.pager import page
from synapse.config.choosing import Choice, for_session
from synapse.domain import Role, StoredMessage
from synapse.errors import SynapseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("ref", nargs="?", metavar="REF", help="which session (help refs)")
    add("prompt", nargs="*", metavar="PROMPT", help="with this as the next question")
    add("-m", "--model", metavar="MODEL", help="for a model, PROVIDER/MODEL, or an alias")
    add("-p", "--provider", metavar="PROVIDER", help="for that provider")
    add("--full", action="store_true", help="the very texts, as they would be sent")
    add("--deleted", action="store_true", help="look in the trash")
    add("-F", "--format", choices=("table", "tsv", "json"), help="table on a terminal, else tsv")
    add("--json", action="store_const", const="json", dest="format", help="= --format json")


def run(args: Namespace, context: Context) -> int:
    """Show what would be sent of a session. Sends nothing, and changes nothing."""
    usage = Advice("Name it:  ", "sessions context", "REF")
    found = named_or_picked(context, args.ref, instead=usage, deleted=args.deleted)
    if found is None:
        return CANCELLED
    measured = _measured(args, context, found)
    kind = args.format or ("table" if context.stdout.is_terminal else "tsv")
    if kind == "json":
        from synapse.cli.listing.json_output import write_json  # loads what only JSON needs

        write_json(context, context_table.as_object(measured, texts=args.full))
    elif args.full:
        page(context, map(context.stdout.exact, context_table.as_texts(measured)))
    elif kind == "tsv":
        context.stdout.write("".join(context_table.as_tsv(measured)))
    else:
        page(context, context_table.as_table(context, measured))
    return 0


def _measured(
    args: Namespace, context: Context, found: SessionSummary
) -> context_table.MeasuredSession:
    session = found.session
    history = context.store.get_messages(session.id)
    if args.prompt:
        question = StoredMessage.new(session.id, Role.USER, " ".join(args.prompt))
        last = history[-1].index if history else 0
        history.append(question.replace(index=last + 1))
    choice = _choice(args, context, found)
    answered = next(
        (m.model for m in reversed(history) if m.role is Role.ASSISTANT and not m.superseded), None
    )
    who = measured_for(context, choice, session, answered)
    seen = view(
        session,
        history,
        context.store.summaries(session.id),
        who.asked,
        who.capabilities.images,
    )
    remember(context, who.asked, seen.measured)
    settings = context.settings
    window = who.window.tokens if who.window is not None else None
    bounds = limits(window, settings.compact_at, settings.max_tokens)
    if args.prompt:
        family = family_of(who.asked.provider, who.asked.model)
        seen = with_recalled_turns(seen, context.store, session, bounds, family)
    return context_table.MeasuredSession(
        session=found,
        asked=who.asked,
        view=seen,
        window=who.window,
        limits=bounds,
    )


def _choice(args: Namespace, context: Context, found: SessionSummary) -> Choice:
    """Who would be asked; a provider of another program that is not configured here, too."""
    try:
        return for_session(context, found.session, args.provider, args.model)
    except SynapseError:
        if args.provider or args.model:
            raise
        return Choice(provider=found.session.provider, model=found.session.model)
