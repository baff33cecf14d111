"""`synapse sessions compact REF`: have the older turns of a session summarised, now."""

from __future__ import annotations

from _queue import Empty, SimpleQueue
from _thread import start_new_thread

from synapse.advice import Advice
from synapse.app.context.on_demand import Request, take_back
from synapse.cli.asking.configured_policy import summariser_named
from synapse.cli.asking.measuring import measured_for
from synapse.cli.listing.json_objects import session_name
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.summary_object import summary_object
from synapse.cli.listing.tables import count
from synapse.cli.picker import CANCELLED, named_or_picked
from synapse.cli.showing.compactions import waiting_words, what_stands_line
from synapse.cli.showing.waiting import WaitingLine
from synapse.config.choosing import for_session
from synapse.errors import UsageError
from synapse.ports import Cancellation
from synapse.terminal.interruption import Interruption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.app.context import Summariser
    from synapse.app.context.compaction import Outcome
    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_NOTHING_CHANGED = 1
_HEARING_SECONDS = 0.1


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("ref", nargs="?", metavar="REF", help="which session (help refs)")
    add("--focus", metavar="TEXT", help="what the summary is to heed above all")
    add("--fresh", action="store_true", help="from the originals, not from the last summary")
    add(
        "-m", "--model", metavar="MODEL", help="who writes it: a model, PROVIDER/MODEL, or an alias"
    )
    add("--undo", action="store_true", help="take the last summary away again")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Summarise a session, or take its summary away. What was said stays, whatever is sent."""
    usage = Advice("Name it:  ", "sessions compact", "REF")
    found = named_or_picked(context, args.ref, instead=usage)
    if found is None:
        return CANCELLED
    context.record(session=session_name(found.session), summary=None)
    if args.undo:
        if args.focus or args.fresh or args.model:
            raise UsageError("--undo stands alone: it makes no summary")
        return _undo(context, found)
    return _compact(args, context, found)


def _undo(context: Context, found: SessionSummary) -> int:
    taken = take_back(context.store, found.session.id)
    if taken is None:
        context.say("Nothing to undo: no summary stands for any message of this session.")
        return _NOTHING_CHANGED
    gone, standing = taken
    context.record(summary=None if standing is None else summary_object(standing))
    rest = (
        "what was said is sent as it is" if standing is None else "the one before it stands again"
    )
    context.say(f"The summary of {count(gone.messages, 'message')} is gone; {rest}.")
    return 0


def _compact(args: Namespace, context: Context, found: SessionSummary) -> int:
    session = found.session
    named = args.model or context.settings.context_model
    who = measured_for(context, for_session(context, session, None, None), session)
    window = None if who.window is None else who.window.tokens
    focus = " ".join(args.focus.split()) if args.focus else None
    request = Request(context.store, session, who.asked, window, focus=focus, fresh=args.fresh)
    summariser = summariser_named(
        context, named or session.model, None if named else session.provider
    )
    writer = summariser if request.needs_model(summariser, named=named is not None) else None
    outcome, status = _made(context, request, writer)
    if status:
        context.say("Stopped. Nothing has changed.")
        return status
    if outcome.error is not None:
        raise outcome.error
    if outcome.summary is None:
        context.say(f"Nothing has changed: {outcome.reason}.")
        return _NOTHING_CHANGED
    context.record(summary=summary_object(outcome.summary))
    context.say(what_stands_line(context, outcome.summary, ""))
    return 0


def _made(context: Context, request: Request, summariser: Summariser | None) -> tuple[Outcome, int]:
    """What came of it, and the exit status if the user stopped it. The model is asked in a thread
    of its own, so that a signal is heard whatever the transport does.
    """
    cancellation = Cancellation()
    told: SimpleQueue[Outcome | BaseException] = SimpleQueue()

    def work() -> None:
        try:
            told.put(request.fulfil(summariser, cancellation))
        except BaseException as error:  # it belongs to the caller's thread
            told.put(error)

    waiting = WaitingLine(context, waiting_words(request.messages))
    with Interruption(
        cancellation, (context.stdout, context.stderr), waiting.erase_now
    ) as interruption:
        waiting.start()
        start_new_thread(work, ())
        try:
            while True:
                try:
                    outcome = told.get(timeout=_HEARING_SECONDS)
                    break
                except Empty:
                    pass
        finally:
            waiting.stop()
    if isinstance(outcome, BaseException):
        raise outcome
    stopped = outcome.summary is None and interruption.status is not None
    return outcome, (interruption.status or 0) if stopped else 0
