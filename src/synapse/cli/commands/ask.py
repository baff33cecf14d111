"""`synapse [ask] PROMPT…`: one question, one answer."""

from __future__ import annotations

from synapse import ids
from synapse.cli.choice import for_new_session, for_session
from synapse.cli.interruption import Interruption, OutputStopped
from synapse.cli.prompt import Question, text_or_file
from synapse.domain import Status
from synapse.errors import AnswerSpilled, CredentialsError, ProviderError, SynapseError, UsageError
from synapse.ports import Cancellation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.answers import Presenter
    from synapse.cli.context import Context
    from synapse.domain import Session, SessionSummary, StoredMessage
    from synapse.ports import LlmProvider

EXAMPLES = """examples:
  synapse "What is a monad?"
  git diff | synapse "Write a commit message"
  synapse -c "And in one line?"
  synapse -s 4c3834c9 -m openai/gpt-6-sol "Check this again"
"""

_CUT_AT_LIMIT = ("length", "max_tokens")
_WINDOW_FULL = "model_context_window_exceeded"


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("prompt", nargs="*", metavar="PROMPT", help="the question; -- ends the options")
    add("-s", "--session", metavar="REF", help="go on with that session (help refs)")
    add("-c", "--continue", dest="go_on", action="store_true", help="go on with the last one used")
    add("--name", help="name of the new session")
    add("-m", "--model", metavar="MODEL", help="a model, PROVIDER/MODEL, or an alias")
    add("-p", "--provider", metavar="PROVIDER", help="who answers; echo repeats, offline")
    add("-S", "--system", metavar="TEXT|@FILE", help="system prompt of the new session")
    add("-F", "--format", choices=("text", "md", "json", "jsonl"), help="of the answer")
    add("--json", action="store_const", const="json", dest="format", help="= --format json")
    add("--no-save", action="store_true", help="store nothing at all")
    add("--no-stdin", action="store_true", help="leave standard input alone")
    add("--no-stream", action="store_true", help="have the answer sent in one piece")
    add("--param", action="append", default=[], metavar="K=V", help="temperature=0.2, seed=7, …")
    add("--timeout", type=_seconds, metavar="S", help="give up after S seconds of silence")


def run(args: Namespace, context: Context) -> int:
    """Ask, show the answer, say what became of it."""
    _refuse_what_contradicts(args)
    question = Question(args.prompt, context, no_stdin=args.no_stdin)
    question.check()
    _take_parameters(args.param, context)
    turn = Turn(args, context)
    return turn.take(question.text())


class Turn:
    """One turn of one session: everything is chosen and checked when it is made."""

    def __init__(self, args: Namespace, context: Context) -> None:
        self.context = context
        self.saved = not args.no_save
        self.format: str = args.format or "text"
        self.streamed = not args.no_stream
        self.earlier = _session_to_continue(args, context)
        self.named = args.go_on
        if self.earlier is None:
            self.choice = for_new_session(context, args.provider, args.model)
        else:
            self.choice = for_session(context, self.earlier.session, args.provider, args.model)
        # The model, too: one that is a file is looked for before anything is stored.
        changes: dict[str, object] = {"model": self.choice.model}
        if args.timeout is not None:
            changes["timeout"] = args.timeout
        # No key, no turn: before anything is stored, and before anything is read.
        self.provider: LlmProvider = context.provider(self.choice.provider, changes)
        self.session = self._session(args)
        self.cancellation = Cancellation()

    def _session(self, args: Namespace) -> Session:
        if self.earlier is not None:
            return self.earlier.session
        name = _free_name(args.name, self.context) if args.name is not None else None
        system = (
            text_or_file(args.system, "--system", self.context)
            if args.system is not None
            else self.context.settings.system_prompt
        )
        from synapse.app.conversation import start_session

        store = self.context.store if self.saved else None
        session = start_session(store, self.choice.provider, self.choice.model)
        return session.with_name(name).with_system_prompt(system or None)

    def take(self, prompt: str) -> int:
        """Ask `prompt`; the exit status."""
        from synapse.cli.answers import presenter
        from synapse.cli.waiting import WaitingLine

        waiting = WaitingLine(self.context, self.choice.model)
        shown = presenter(self.format, self.context, self.session if self.saved else None, waiting)
        self._tell_of_the_model()
        self._tell_of_a_cut_off_answer()
        with Interruption(
            self.cancellation, self.context.stdout, waiting.erase_now
        ) as interruption:
            waiting.start()
            try:
                answer = self._reply(prompt, shown)
            except OutputStopped:
                return self._stopped(shown, interruption)
            except SynapseError as error:
                waiting.stop()
                return self._failed(error, shown)
            finally:
                waiting.stop()
            return self._answered(answer, shown, interruption)

    def _reply(self, prompt: str, shown: Presenter) -> StoredMessage:
        from synapse import paths
        from synapse.app.conversation import reply

        settings = self.context.settings
        return reply(
            self.context.store if self.saved else None,
            self.provider,
            self.session,
            prompt,
            create=self.earlier is None,
            show=shown.show,
            cancellation=self.cancellation,
            model=self.choice.model,
            max_tokens=settings.max_tokens,
            parameters=tuple(settings.parameters.items()),
            stream=self.streamed,
            spill_folder=paths.state_dir(self.context.environ),
        )

    def _answered(self, answer: StoredMessage, shown: Presenter, interruption: Interruption) -> int:
        if answer.status is Status.INTERRUPTED:
            return self._stopped(shown, interruption, answer)
        shown.finish(answer)
        self._notice_the_end(answer)
        self._footer(answer)
        if self.saved:
            self.context.clean_up({self.session.id})
        return interruption.status or 0

    def _stopped(
        self, shown: Presenter, interruption: Interruption, answer: StoredMessage | None = None
    ) -> int:
        """Say that the answer was stopped, if there still is somebody to hear it; `answer` is
        None if even showing it was stopped.
        """
        try:
            if answer is None:
                shown.break_off()
            else:
                shown.finish(answer)
            self._say_stopped(shown.characters if answer is None else len(answer.content))
        except BrokenPipeError:
            pass
        return interruption.status or 0

    def _failed(self, error: SynapseError, shown: Presenter) -> int:
        """Show what came all the same; the error goes on, with what is kept of the turn."""
        from synapse.domain import StoredMessage

        answer = error.answer if isinstance(error.answer, StoredMessage) else None
        shown.fail(error.code(), error.message, answer)
        if answer is not None and not isinstance(error, AnswerSpilled):
            error.hints = (*error.hints, *self._kept(answer, error))
        raise error

    def _kept(self, answer: StoredMessage, error: SynapseError) -> list[str]:
        if not self.saved or not isinstance(error, (ProviderError, CredentialsError)):
            return []
        handle = ids.handle(self.session.id)
        if answer.content:
            return [
                f"The partial answer ({len(answer.content):,} characters) is saved in {handle}."
                f' Go on:  synapse -s {handle} "go on"'
            ]
        return [f'Your question is saved in {handle}. Again:  synapse -s {handle} "…"']

    def _say_stopped(self, characters: int) -> None:
        if self.context.quiet:
            return
        if not self.saved:
            self.context.say("Stopped. Nothing was saved (--no-save).")
        elif characters:
            self.context.say(
                f"Stopped. The partial answer ({characters:,} characters) is saved."
                " Go on:  synapse -c"
            )
        else:
            self.context.say("Stopped. Your question is saved. Go on:  synapse -c")

    def _notice_the_end(self, answer: StoredMessage) -> None:
        if answer.finish_reason in _CUT_AT_LIMIT:
            limit = self.context.settings.max_tokens
            what = f"max_tokens ({limit:,})" if limit else "the provider's limit of tokens"
            self._notice(f'The answer hit {what}. Go on:  synapse -c "continue"')
        elif answer.finish_reason == _WINDOW_FULL:
            self._notice("The model's context window is full; the answer was cut off.")
        elif not answer.content:
            self._notice("The answer is empty.")

    def _notice(self, text: str) -> None:
        if not self.context.quiet:
            self.context.say(text)

    def _tell_of_the_model(self) -> None:
        """What a provider wants known of its model, once a session."""
        notice: str | None = getattr(self.provider, "notice", None)
        if notice and self.earlier is None:
            self.context.hint(notice)

    def _tell_of_a_cut_off_answer(self) -> None:
        if self.earlier is not None and self.earlier.last_status is not Status.COMPLETE:
            self.context.hint(f"⚠ the last answer was cut off ({self.earlier.last_status.value})")

    def _footer(self, answer: StoredMessage) -> None:
        if not self.context.stderr.is_terminal or self.context.quiet:
            return
        from synapse.cli.footer import footer

        self.context.stderr.write(
            footer(self.context, self.session if self.saved else None, answer, self.named) + "\n"
        )


def _refuse_what_contradicts(args: Namespace) -> None:
    continued = "-s" if args.session is not None else "-c" if args.go_on else None
    if args.session is not None and args.go_on:
        raise UsageError("-s and -c both name a session; take one of them")
    if continued and args.no_save:
        raise UsageError(f"{continued} goes on with a stored session; --no-save stores nothing")
    if continued and args.name is not None:
        raise UsageError(
            "--name is for a new session", "Rename an old one:  synapse sessions rename REF NAME"
        )
    if continued and args.system is not None:
        raise UsageError("--system is for a new session; this one has its own system prompt")
    if args.no_save and args.name is not None:
        raise UsageError("--name has no use with --no-save: nothing is stored")


def _session_to_continue(args: Namespace, context: Context) -> SessionSummary | None:
    from synapse.app import sessions

    if args.session is not None:
        return sessions.resolve(context.store, args.session)
    return sessions.most_recent(context.store) if args.go_on else None


def _free_name(name: str, context: Context) -> str:
    from synapse.app.sessions import check_name
    from synapse.cli.terminal.cells import width

    name = check_name(name, width)
    taken = context.store.find_by_name(name)
    if taken:
        from shlex import quote

        raise UsageError(
            f'the name "{name}" belongs to {ids.handle(taken[0].session.id)}',
            f"Go on with it:  synapse -s {quote(name)} …",
        )
    return name


def _take_parameters(pairs: list[str], context: Context) -> None:
    """Put `--param K=V` where the configuration's parameters are."""
    if not pairs:
        return
    from synapse.config import kinds
    from synapse.config.options import OPTIONS
    from synapse.registry import suggestion

    known = {
        row[0].partition(".")[2]: row[1] for row in OPTIONS if row[0].startswith("parameters.")
    }
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
            context.flags[f"parameters.{name}"] = kinds.parse(known[name], text)
        except ValueError as error:
            raise UsageError(f"--param {pair}: {name} {error}") from error


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise ValueError
    return seconds


_seconds.__name__ = "number of seconds"
