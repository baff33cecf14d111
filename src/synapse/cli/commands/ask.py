"""`synapse [ask] PROMPT…`: one question, one answer."""

from __future__ import annotations

from synapse.cli.asking.options import (
    add_answer_options,
    add_output_options,
    add_session_options,
    with_numbered_extract,
)
from synapse.cli.asking.question import Question, text_or_file
from synapse.cli.asking.turn import Turn, TurnOptions
from synapse.config.choosing import for_new_session, for_session
from synapse.errors import SynapseError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from synapse.cli.context import Context
    from synapse.cli.showing.output_file import OutputFile
    from synapse.config.choosing import Choice
    from synapse.domain import Session, SessionSummary

EXAMPLES = """examples:
  synapse "What is a monad?"
  git diff | synapse "Write a commit message"
  synapse -f chart.png -f data.csv "Does the chart show this?"
  synapse -c "And in one line?"
  synapse -s 4c3834c9 -m openai/gpt-6-sol "Check this again"
"""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("prompt", nargs="*", metavar="PROMPT", help="the question; -- ends the options")
    add("-r", "--repl", action="store_true", help="go on at a prompt, after the question if any")
    add_session_options(parser)
    add("-e", "--editor", action="store_true", help="write the question in your editor")
    add("--no-stdin", action="store_true", help="leave standard input alone")
    add_output_options(parser)
    add_answer_options(parser)


rewritten = with_numbered_extract


def run(args: Namespace, context: Context) -> int:
    """Ask, show the answer, say what became of it."""
    refuse_what_contradicts(args)
    check_output(args, context)
    if args.repl and (args.editor or args.output or args.format not in (None, "text", "md")):
        raise UsageError("-r begins a conversation; -e, -o, -x and JSON are for a single question")
    question = Question(args.prompt, context, files=args.file, no_stdin=args.no_stdin)
    if args.repl or _is_meant_as_a_repl(args, context, question):
        from synapse.cli.commands.repl import converse

        return converse(args, context, " ".join(question.words))
    if not args.editor:
        question.check()
    take_parameters(args.param, context)
    if args.pick:
        from synapse.cli.picker import CANCELLED, pick

        chosen = pick(context)
        if chosen is None:
            return CANCELLED
        args.session = chosen.session.id
    turn = _prepared(args, context)
    if args.editor:
        return _written(args, context, question, turn)
    return _asked(args, context, question, turn)


def _asked(args: Namespace, context: Context, question: Question, turn: Turn) -> int:
    prompt, attachments = question.read()
    turn.check(attachments)

    def take() -> int:
        if args.fork and turn.earlier is not None:
            turn.move_to(branch(args, context, turn.earlier))
        return turn.take(prompt, attachments)

    return to_output(args, context, take)


def _written(args: Namespace, context: Context, question: Question, turn: Turn) -> int:
    """Ask what the user writes now. The text stays where it is until the store has it."""
    from synapse.cli.asking.external_editor import Draft

    draft = Draft(context)
    question.words = [draft.write(" ".join(question.words))]
    try:
        question.check()
        status = _asked(args, context, question, turn)
    except SynapseError as error:
        if error.answer is None:
            error.hints = (*error.hints, draft.kept())
        else:
            draft.drop()
        raise
    draft.drop()
    return status


def check_output(args: Namespace, context: Context) -> OutputFile | None:
    """The file that `-o` names. Raises UsageError if it can't be written."""
    if args.output in (None, "-"):
        if args.force:
            raise UsageError("--force goes with -o FILE")
        return None
    from synapse.cli.showing.output_file import OutputFile

    return OutputFile(context, args.output, force=args.force)


def to_output(args: Namespace, context: Context, take: Callable[[], int]) -> int:
    """Take a turn whose answer goes where `-o` says."""
    file = check_output(args, context)
    if file is None:
        return take()
    with file:
        status = take()
        if status == 0:
            file.keep()
    return status


def _is_meant_as_a_repl(args: Namespace, context: Context, question: Question) -> bool:
    """Whether there is no question, and somebody who could type one."""
    return (
        not question.words
        and not question.reads_stdin
        and not args.editor
        and args.output is None
        and context.streams.stdin_is_terminal
        and context.stdout.is_terminal
        and not context.no_input
        and args.format in (None, "text", "md")
        and "-" not in args.file
    )


def _prepared(args: Namespace, context: Context) -> Turn:
    """The turn, with everything chosen and checked. No key, no turn: that is found before
    anything is stored, and before standard input is read.
    """
    earlier = session_to_continue(args, context)
    if earlier is not None:
        return continued(args, context, earlier, not args.session)
    choice = for_new_session(context, args.provider, args.model)
    options = turn_options(args).replace(saved=not args.no_save)
    provider = context.provider(choice.provider, changes(args, choice))
    return Turn(context, choice, provider, _new_session(args, context, choice), options)


def continued(args: Namespace, context: Context, earlier: SessionSummary, named: bool) -> Turn:
    """A turn of a stored session; `named` if the footer has to say of which."""
    choice = for_session(context, earlier.session, args.provider, args.model)
    provider = context.provider(choice.provider, changes(args, choice))
    options = turn_options(args).replace(named=named)
    return Turn(context, choice, provider, earlier.session, options, earlier)


def turn_options(args: Namespace) -> TurnOptions:
    """What the answer options say."""
    return TurnOptions(
        format=args.format or "text",
        render=args.render,
        thinking=args.show_thinking,
        streamed=not args.no_stream,
        timeout=args.timeout,
        wait=args.wait,
    )


def changes(args: Namespace, choice: Choice) -> dict[str, object]:
    """What the options change of a provider's configuration. The model, too: one that is a file
    is looked for before anything is stored.
    """
    changed: dict[str, object] = {"model": choice.model}
    if args.timeout is not None:
        changed["timeout"] = args.timeout
    return changed


def branch(args: Namespace, context: Context, earlier: SessionSummary) -> SessionSummary:
    """A branch of the session, to go on with instead."""
    from synapse.app.branches import fork

    name = new_name(args, context)
    branch, _ = fork(context.store, earlier, at=args.at, name=name)
    return context.store.get_summary(branch.id) or earlier


def _new_session(args: Namespace, context: Context, choice: Choice) -> Session:
    from synapse.app.conversation import start_session

    name = new_name(args, context)
    system = (
        text_or_file(args.system, "--system", context)
        if args.system is not None
        else context.settings.system_prompt
    )
    store = None if args.no_save else context.store
    session = start_session(store, choice.provider, choice.model)
    return session.with_name(name).with_system_prompt(system or None)


def refuse_what_contradicts(args: Namespace) -> None:
    """Raise UsageError for options that don't go together."""
    chosen = {"-s": args.session is not None, "-c": args.go_on, "--pick": args.pick}
    named = [option for option, given in chosen.items() if given]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} both name a session; take one of them")
    continued = named[0] if named else None
    if continued and args.no_save:
        raise UsageError(f"{continued} goes on with a stored session; --no-save stores nothing")
    if continued and args.name is not None and not args.fork:
        raise UsageError(
            "--name is for a new session", "Rename an old one:  synapse sessions rename REF NAME"
        )
    if continued and args.system is not None:
        raise UsageError("--system is for a new session; this one has its own system prompt")
    if args.fork and not continued:
        raise UsageError("--fork branches off a session: name it with -s or -c")
    if args.at is not None and not args.fork:
        raise UsageError("--at says where to branch: it goes with --fork")
    if args.no_save and args.name is not None:
        raise UsageError("--name has no use with --no-save: nothing is stored")


def session_to_continue(args: Namespace, context: Context) -> SessionSummary | None:
    """The stored session that the options name; None for a new one."""
    from synapse.app import references

    if args.session is not None:
        return references.resolve(context.store, args.session)
    return references.most_recent(context.store) if args.go_on else None


def new_name(args: Namespace, context: Context) -> str | None:
    """What --name says. Raises UsageError if it can't be given to a session."""
    if args.name is None:
        return None
    from synapse.cli.asking.naming import free_name

    return free_name(args.name, context)


def take_parameters(pairs: list[str], context: Context) -> None:
    """Put `--param K=V` where the configuration has `max_tokens` and its parameters."""
    if not pairs:
        return
    from synapse.config import kinds
    from synapse.config.options import parameters
    from synapse.registry import suggestion

    known = parameters()
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or name not in known:
            near = suggestion(name, list(known))
            raise UsageError(
                f"--param {pair}: "
                + (f'no parameter "{name}"' if equals else "write it as NAME=VALUE")
                + (f'; did you mean "{near}"?' if near and near != name else ""),
                f"There are:  {', '.join(known)}",
            )
        try:
            context.flags[known[name].key] = kinds.parse(known[name].kind, text)
        except ValueError as error:
            raise UsageError(f"--param {pair}: {name} {error}") from error
