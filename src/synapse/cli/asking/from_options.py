"""What the options of a question mean: which session, which turn, which parameters.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.asking.turn import TurnOptions
from synapse.config.options import parameters
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary


def turn_options(args: Namespace) -> TurnOptions:
    """The TurnOptions for these arguments."""
    return TurnOptions(
        format=args.format or "text",
        render=args.render,
        thinking=args.show_thinking,
        streamed=not args.no_stream,
        timeout=args.timeout,
        wait=args.wait,
    )


def branch(args: Namespace, context: Context, earlier: SessionSummary) -> SessionSummary:
    """Create a branch of the session, to go on with instead."""
    from synapse.app.branches import fork

    name = new_name(args, context)
    branch, _ = fork(context.store, earlier, at=args.at, name=name)
    return context.store.get_summary(branch.id) or earlier


def refuse_what_contradicts(args: Namespace) -> None:
    """Raise UsageError for options that exclude each other."""
    chosen = {"-s": args.session is not None, "-c": args.go_on, "--pick": args.pick}
    named = [option for option, given in chosen.items() if given]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} both name a session; take one of them")
    continued = named[0] if named else None
    if continued and args.no_save:
        raise UsageError(f"{continued} goes on with a stored session; --no-save stores nothing")
    if continued and args.name is not None and not args.fork:
        raise UsageError(
            "--name is for a new session",
            Advice("Rename an old one:  ", "sessions rename", "REF", "NAME"),
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
    if args.session is None and not args.go_on:
        return None
    from synapse.app import references  # a million, of a new session none

    if args.session is not None:
        return references.resolve(context.store, args.session)
    return references.most_recent(context.store)


def new_name(args: Namespace, context: Context) -> str | None:
    """The value of --name, checked. Raises UsageError if no session can have it."""
    if args.name is None:
        return None
    from synapse.cli.asking.naming import free_name

    return free_name(args.name, context)


def take_parameters(pairs: list[str], context: Context) -> None:
    """Put the values of `--param K=V` into the settings."""
    if not pairs:
        return
    from synapse.config import kinds
    from synapse.suggestions import suggestion  # only after a typing error

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
