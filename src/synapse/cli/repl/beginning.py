"""How a conversation at a prompt begins: in which session, with which question and files."""

from __future__ import annotations

from synapse.advice import ASK, Advice
from synapse.cli.asking.from_options import (
    branch,
    new_name,
    session_to_continue,
    turn_options,
)
from synapse.cli.asking.question import text_or_file
from synapse.cli.asking.question_files import attach
from synapse.cli.picker import CANCELLED, pick
from synapse.cli.repl.loop import Repl
from synapse.cli.repl.model_names import refuse_missing
from synapse.cli.repl.repl_conversation import ReplConversation
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from synapse.cli.context import Context
    from synapse.config.roles.role import RoleInUse


def converse(
    args: Namespace, context: Context, question: str, role: RoleInUse | None = None
) -> int:
    """Ask `question` if there is one, then talk until the user leaves, under the role if there is
    one; the exit status.
    """
    _refuse_what_is_no_dialogue(args, context)
    if args.no_save:
        context.use_memory_store()
    if args.pick:
        chosen = pick(context)
        if chosen is None:
            return CANCELLED
        args.session = chosen.session.id
    try:
        repl = _begun(args, context, role, resumed=not question)
        if args.model is not None and repl.conversation.can_answer:
            refuse_missing(context, repl.conversation.choice)
        if args.file:
            repl.conversation.attachments = tuple(attach(path, context) for path in args.file)
        return repl.run(question)
    finally:
        context.at_prompt = False


def _begun(args: Namespace, context: Context, role: RoleInUse | None, *, resumed: bool) -> Repl:
    """The REPL in the session that the options name; what was said last is shown if `resumed`."""
    options = turn_options(args)
    if args.format == "md":
        options = options.replace(format="text", render="raw")
    conversation = ReplConversation(context, options, saved=not args.no_save)
    summary = session_to_continue(args, context)
    if summary is not None and args.fork:
        summary = branch(args, context, summary)
    repl = Repl(context, conversation)
    conversation.set_default_model(args.provider, args.model)
    if summary is None:
        conversation.begin(name=new_name(args, context), system=_system(args, context))
        repl.welcome()
    elif resumed:
        repl.open(summary, provider=args.provider, model=args.model)
    else:
        conversation.open(summary, provider=args.provider, model=args.model)
    if role is not None:
        named = (args.provider, args.model)
        conversation.role.begin_with(role, named, with_system=args.system is None)
    return repl


def _system(args: Namespace, context: Context) -> str | None:
    if args.system is None:
        return None
    return text_or_file(args.system, "--system", context)


def _refuse_what_is_no_dialogue(args: Namespace, context: Context) -> None:
    if not (context.streams.stdin_is_terminal and context.stdout.is_terminal) or context.no_input:
        hint = Advice("Ask one question:  ", ASK, "Hello")
        raise UsageError("the prompt needs a terminal", hint)
    if args.format not in (None, "text", "md"):
        raise UsageError(f"--format {args.format} is for single questions, not for the prompt")
    if "-" in args.file:
        raise UsageError("-f - attaches standard input, which is the keyboard here")
