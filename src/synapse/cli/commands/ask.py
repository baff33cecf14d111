"""`synapse [ask] PROMPT…`: one question, one answer.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.advice import ASK, Advice
from synapse.app.conversation import start_session
from synapse.cli.asking.from_options import (
    branch,
    new_name,
    refuse_what_contradicts,
    session_to_continue,
    take_parameters,
    turn_options,
)
from synapse.cli.asking.options import (
    add_answer_options,
    add_output_options,
    add_session_options,
    with_numbered_extract,
)
from synapse.cli.asking.question import Question, text_or_file
from synapse.cli.asking.turn import Turn
from synapse.config.choosing import for_new_session, for_session
from synapse.errors import SynapseError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from synapse.cli.context import Context
    from synapse.cli.showing.output_file import OutputFile
    from synapse.config.choosing import Choice
    from synapse.config.roles.role import RoleInUse
    from synapse.domain import Session, SessionSummary

EXAMPLES = """examples:
  synapse "What is a monad?"
  git diff | synapse "Write a commit message"
  synapse -f chart.png -f data.csv "Does the chart show this?"
  synapse -c "And in one line?"
  synapse -s 4c3834c9 -m openai/gpt-6-sol "Check this again"
  synapse --role translator --var language=Greek "Good morning"
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
    take_parameters(args.param, context)
    role = _role(args, context)
    alone = role is not None and not role.role.asks_for_input
    question = Question(
        args.prompt, context, files=args.file, no_stdin=args.no_stdin, optional=alone
    )
    if args.repl or (not alone and _is_meant_as_a_repl(args, context, question)):
        from synapse.cli.repl.beginning import converse

        return converse(args, context, " ".join(question.words), role)
    if not args.editor:
        question.check()
    if args.pick:
        from synapse.cli.picker import CANCELLED, pick

        chosen = pick(context)
        if chosen is None:
            return CANCELLED
        args.session = chosen.session.id
    turn = _prepared(args, context, role)
    if args.editor:
        return _written(args, context, question, turn, role)
    return _asked(args, context, question, turn, role)


def _role(args: Namespace, context: Context) -> RoleInUse | None:
    """The role that the options name, in force from now on."""
    if args.role is None and not args.var:
        return None
    from synapse.cli.asking.roles import role_of

    return role_of(args, context)


def _asked(
    args: Namespace, context: Context, question: Question, turn: Turn, role: RoleInUse | None
) -> int:
    prompt, attachments = question.read()
    if role is not None:
        prompt = role.phrased(prompt)
    turn.check(attachments)

    def take() -> int:
        if args.fork and turn.earlier is not None:
            turn.move_to(branch(args, context, turn.earlier))
        return turn.run(prompt, attachments)

    return to_output(args, context, take)


def _written(
    args: Namespace, context: Context, question: Question, turn: Turn, role: RoleInUse | None
) -> int:
    """Ask what the user writes now. The text stays where it is until the store has it."""
    from synapse.cli.asking.external_editor import Draft

    draft = Draft(context)
    question.words = [draft.write(" ".join(question.words))]
    try:
        question.check()
        status = _asked(args, context, question, turn, role)
    except SynapseError as error:
        if error.answer is None:
            error.hints = (*error.hints, draft.kept())
        else:
            draft.drop()
        raise
    draft.drop()
    return status


def check_output(args: Namespace, context: Context) -> OutputFile | None:
    """The file that `-o` names; None without `-o`. Raises UsageError if it can't be written."""
    if args.output in (None, "-"):
        if args.force:
            raise UsageError("--force goes with -o FILE")
        return None
    from synapse.cli.showing.output_file import OutputFile

    return OutputFile(context, args.output, force=args.force)


def to_output(args: Namespace, context: Context, take: Callable[[], int]) -> int:
    """Take a turn and write its answer where `-o` says."""
    file = check_output(args, context)
    if file is None:
        return take()
    with file:
        status = take()
        if status == 0:
            file.commit()
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


def _prepared(args: Namespace, context: Context, role: RoleInUse | None) -> Turn:
    """The turn, with everything chosen and checked. No key, no turn: that is found before
    anything is stored, and before standard input is read.
    """
    earlier = session_to_continue(args, context)
    if earlier is not None:
        return continued(args, context, earlier, not args.session, role)
    choice = for_new_session(context, args.provider, args.model)
    _name_the_other(context, choice)
    options = turn_options(args).replace(saved=not args.no_save)
    provider = context.provider(choice.provider, options.changes(choice))
    session = _new_session(args, context, choice, role)
    return Turn(context, choice, provider, session, options)


def continued(
    args: Namespace,
    context: Context,
    earlier: SessionSummary,
    named: bool,
    role: RoleInUse | None = None,
) -> Turn:
    """A turn of a stored session; `named` if the footer has to say of which."""
    session = earlier.session
    if role is not None:
        from synapse.cli.asking.roles import under_role

        session = under_role(context, session, role.role)
    choice = for_session(context, session, args.provider, args.model)
    _name_the_other(context, choice)
    options = turn_options(args).replace(named=named)
    provider = context.provider(choice.provider, options.changes(choice))
    turn = Turn(context, choice, provider, earlier.session, options, earlier)
    turn.new_system = role.system if role is not None else None
    return turn


def _name_the_other(context: Context, choice: Choice) -> None:
    """Say who else may have been meant by a model's name."""
    if choice.also is not None and not context.quiet:
        provider, model = choice.also
        there = Advice(f"Of {provider} itself:  ", ASK, provider=provider, model=model, after=" …")
        context.say(f"{choice.model} is asked of {choice.provider}.", there)


def _new_session(
    args: Namespace, context: Context, choice: Choice, role: RoleInUse | None
) -> Session:
    name = new_name(args, context)
    system = context.settings.system_prompt
    if args.system is not None:
        system = text_or_file(args.system, "--system", context)
    elif role is not None and role.system is not None:
        system = role.system
    store = None if args.no_save else context.store
    session = start_session(store, choice.provider, choice.model)
    return session.with_name(name).with_system_prompt(system or None)
