"""A turn on the command line: asks, shows, and says what became of it.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import time

from synapse.advice import CONTINUE, RETRY, Advice
from synapse.app.conversation import reply
from synapse.cli.asking.configured_policy import policy_of
from synapse.cli.showing.rendering import presenter
from synapse.domain import Status, StoredMessage
from synapse.errors import AnswerSpilled, SessionBusy, StoreUnreachable, SynapseError
from synapse.ports import Cancellation, capabilities_of
from synapse.record import Record
from synapse.terminal.interruption import Interruption, OutputStopped
from synapse.terminal.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.cli.context import Context
    from synapse.cli.showing.answers import Presenter
    from synapse.cli.showing.verbose import Details
    from synapse.config.choosing import Choice
    from synapse.domain import Attachment, Session, SessionSummary
    from synapse.ports import LlmProvider, StreamEvent
    from synapse.terminal.typed_ahead import TypedAhead

_CUT_AT_LIMIT = (
    "length", "max_tokens", "max_output_tokens", "max_completion_tokens", "model_length",
)  # fmt: skip
"""The words of all vendors, in lower case."""
_WINDOW_FULL = "model_context_window_exceeded"
_NEARLY = 0.9
"""Share of max_tokens from which on it was that which ended an answer: tokens are not all told."""
_WAIT_SECONDS = 0.2
_LONG = 10_000
"""Tokens; no model is known whose price jumps for shorter questions."""


class TurnOptions(Record):
    """How a turn is taken, for all commands that ask."""

    saved: bool = True
    """False: nothing is stored at all."""
    format: str = "text"
    """How the answer is shown: text, md, json or jsonl."""
    render: str | None = None
    """How Markdown is shown: live, blocks, raw or auto; None: as configured."""
    thinking: bool = False
    """Whether to show what the model thinks before it answers."""
    streamed: bool = True
    """False: the provider sends the answer in one piece."""
    timeout: float | None = None
    """Seconds of silence after which the answer counts as failed; None: as configured."""
    wait: bool = False
    """Wait while another terminal is answering in the session, instead of failing."""
    named: bool = False
    """True if the user did not say which session: the footer then names it."""

    def changes(self, choice: Choice) -> dict[str, object]:
        """What they change of the configuration of the provider that is asked. The model, too: one
        that is a file is looked for before anything is stored.
        """
        changed: dict[str, object] = {"model": choice.model}
        if self.timeout is not None:
            changed["timeout"] = self.timeout
        return changed


class Turn:
    """One turn of one session. Everything is chosen and checked before `run`."""

    def __init__(
        self,
        context: Context,
        choice: Choice,
        provider: LlmProvider,
        session: Session,
        options: TurnOptions,
        earlier: SessionSummary | None = None,
    ) -> None:
        self.context = context
        self.choice = choice
        self.provider = provider
        self.session = session
        self.options = options
        self.earlier = earlier
        """The session as the store has it; None for a new one."""
        self.cancellation = Cancellation()
        self.typed_ahead: TypedAhead | None = None
        """Keeps what is typed meanwhile, if there is a prompt that it can appear at."""
        self.details: Details | None = None
        """Set if the user wants to know more."""
        self.new_system: str | None = None
        """A system prompt that holds from this question on; "" for none, None: as it is."""

    def check(self, attachments: tuple[Attachment, ...]) -> None:
        """Raise UsageError for attachments that can't be sent to the provider."""
        if attachments:
            from synapse.app.attachments import check

            check(attachments, self.provider)

    def move_to(self, summary: SessionSummary) -> None:
        """Take the turn in this stored session instead."""
        self.session, self.earlier = summary.session, summary

    def run(self, prompt: str | None, attachments: tuple[Attachment, ...] = ()) -> int:
        """Ask `prompt`, or the last question again if it is None. Returns the exit status."""
        screen = Screen(self.context.stdout, self.typed_ahead)
        shown = presenter(
            self.options.format,
            self.options.render,
            self.options.thinking,
            self.context,
            self.session if self.options.saved else None,
            self.choice.model,
            screen,
        )

        def leave_now() -> None:
            shown.leave_now()
            screen.give_back()

        if self.context.verbose and not self.context.quiet:
            from synapse.cli.showing.verbose import Details

            asks = prompt is not None
            self.details = Details(self.context, self.provider, self.choice.model, asks=asks)
        self._tell_beforehand()
        outputs = (self.context.stdout, self.context.stderr)
        with (
            Interruption(self.cancellation, outputs, leave_now) as interruption,
            screen,
        ):
            try:
                return self._run_shown(prompt, attachments, shown, screen, interruption)
            except OutputStopped:  # what was to be said last
                return interruption.status or 0

    def _run_shown(
        self,
        prompt: str | None,
        attachments: tuple[Attachment, ...],
        shown: Presenter,
        screen: Screen,
        interruption: Interruption,
    ) -> int:
        shown.start()
        try:
            answer = self._reply(prompt, attachments, shown, screen)
        except OutputStopped as stopped:
            kept = stopped.__dict__.get("answer")
            return self._given_up(kept, shown, interruption)
        except SynapseError as error:
            shown.stop_waiting()
            if isinstance(error, SessionBusy) and interruption.status is not None:
                shown.fail(error, None)
                return interruption.status  # the user did not want to wait any longer
            if (
                isinstance(error, AnswerSpilled | StoreUnreachable)
                and interruption.status is not None
            ):
                # the user did not want to wait for the store; what is kept where is said
                error.exit_status = interruption.status
            return self._failed(error, shown)
        finally:
            shown.stop_waiting()
        return self._answered(answer, shown, interruption)

    def _reply(
        self,
        prompt: str | None,
        attachments: tuple[Attachment, ...],
        shown: Presenter,
        screen: Screen,
    ) -> StoredMessage:
        """`reply`, again and again while the session is busy, if the user wants to wait."""
        told = False
        while True:
            try:
                return self._reply_once(prompt, attachments, shown, screen)
            except SessionBusy as busy:
                if not self.options.wait or self.cancellation:
                    raise
                if not told:
                    self._notice(f"{busy.message}; waiting for it (Ctrl-C stops)")
                told = True
                time.sleep(_WAIT_SECONDS)

    def _reply_once(
        self,
        prompt: str | None,
        attachments: tuple[Attachment, ...],
        shown: Presenter,
        screen: Screen,
    ) -> StoredMessage:
        settings = self.context.settings
        show: Callable[[StreamEvent], object] = shown.show
        tick = screen.with_keys(shown.tick)
        if self.details is not None:
            show, tick = self.details.watching(show, tick)
        return reply(
            self.context.store if self.options.saved else None,
            self.provider,
            self.session,
            prompt,
            create=self.earlier is None,
            show=show,
            tick=tick,
            cancellation=self.cancellation,
            model=self.choice.model,
            max_tokens=settings.max_tokens,
            parameters=tuple(settings.parameters.items()),
            stream=self.options.streamed,
            spill_folder=self.context.spill_folder,
            attachments=attachments,
            max_bytes=settings.output_max_bytes,
            policy=policy_of(self.context, self.choice, self.provider),
            goes_on=self.context.at_prompt,
            new_system=self.new_system,
            prices=settings.prices,
        )

    def _answered(self, answer: StoredMessage, shown: Presenter, interruption: Interruption) -> int:
        if answer.status is Status.INTERRUPTED:
            return self._stopped(answer, shown, interruption)
        shown.finish(answer)
        self._notice_the_end(answer)
        self._tell_cliff(answer)
        self._tell_details(answer)
        self._footer(answer)
        if self.options.saved:
            self.context.clean_up({self.session.id})
            if self.context.settings.ui.titles == "model" and answer.content:
                from synapse.cli.asking.titles import begin_title  # few want one

                begin_title(self.context, self.session.id)
        return interruption.status or 0

    def _stopped(self, answer: StoredMessage, shown: Presenter, interruption: Interruption) -> int:
        """Say that the answer was stopped, if there still is somebody to hear it."""
        try:
            shown.finish(answer)
            self._tell_details(answer)
            self._say_stopped(len(answer.content))
        except BrokenPipeError:
            pass
        return interruption.status or 0

    def _given_up(self, answer: object, shown: Presenter, interruption: Interruption) -> int:
        """As `_stopped`, where what shows the answer takes nothing any more; `answer` is what is
        kept.
        """
        try:
            shown.break_off()
            if self.context.stderr.has_room():  # it may be the same terminal
                self._say_stopped(
                    len(answer.content) if isinstance(answer, StoredMessage) else shown.characters
                )
        except BrokenPipeError:
            pass
        return interruption.status or 0

    def _failed(self, error: SynapseError, shown: Presenter) -> int:
        """Show what came all the same; the error goes on, with what is kept of the turn."""
        answer = error.answer if isinstance(error.answer, StoredMessage) else None
        shown.fail(error, answer)
        if answer is not None:
            self._tell_details(answer)
        from synapse.cli.failing.turn_hints import hints_after

        error.hints = hints_after(self, error, answer)
        raise error

    def _say_stopped(self, characters: int) -> None:
        if self.context.quiet:
            return
        if not self.options.saved:
            self.context.say("Stopped. Nothing was saved (--no-save).")
            return
        saved = f"The partial answer ({characters:,} characters)" if characters else "Your question"
        self.context.say(f"Stopped. {saved} is saved.", *self._ways_on(characters))

    def _ways_on(self, characters: int) -> list[Advice]:
        """After an answer that was stopped, of which so much is there."""
        go_on = Advice("Go on:  ", CONTINUE, go_on=True)
        if not self.context.at_prompt:
            return [go_on]
        return [go_on, Advice(" ", RETRY)] if characters else [Advice("Again:  ", RETRY)]

    def _notice_the_end(self, answer: StoredMessage) -> None:
        reason = (answer.finish_reason or "").strip().lower()
        if reason in _CUT_AT_LIMIT:
            limit, received = self.context.settings.max_tokens, answer.usage.output_tokens
            by_us = limit and (received is None or received > limit * _NEARLY)
            what = f"max_tokens ({limit:,})" if by_us else "the provider's limit of tokens"
            go_on = Advice("Go on:  ", CONTINUE, "continue", go_on=True)
            self._notice(f"The answer hit {what}.", *([go_on] if self.options.saved else []))
        elif reason == _WINDOW_FULL:
            self._notice("The model's context window is full; the answer was cut off.")
        elif not answer.content:
            self._notice("The answer is empty.")

    def _tell_cliff(self, answer: StoredMessage) -> None:
        if not self.context.quiet and (answer.usage.input_tokens or 0) >= _LONG:
            from synapse.cli.showing.price_cliffs import cliff_line  # few questions are as long

            line = cliff_line(self.context, self.choice, self.provider, answer)
            if line is not None:
                self._notice(line)

    def _tell_details(self, answer: StoredMessage) -> None:
        if self.details is not None:
            self.details.tell(answer, saved=self.options.saved)

    def _notice(self, text: str, *then: Advice) -> None:
        if not self.context.quiet:
            self.context.say(text, *then)

    def _tell_beforehand(self) -> None:
        """What a reader should know before the answer comes."""
        last = Status.COMPLETE if self.earlier is None else self.earlier.last_status
        if last is not Status.COMPLETE and not self.context.at_prompt:
            self.context.hint(f"⚠ the last answer was cut off ({last.value})")
        notice = capabilities_of(self.provider).notice
        if notice is not None and self.earlier is None:
            self.context.hint(notice)

    def _footer(self, answer: StoredMessage) -> None:
        if not self.context.stderr.is_terminal or self.context.quiet:
            return
        from synapse.cli.showing.context_usage import context_usage_line
        from synapse.cli.showing.footer import first_run_line, footer

        self.context.stderr.write(
            footer(
                self.context,
                self.session if self.options.saved else None,
                answer,
                self.options.named,
            )
            + "\n"
        )
        saved = self.options.saved
        full = context_usage_line(self.context, self.choice, self.provider, answer, saved=saved)
        first = first_run_line(self.context, self.choice) if saved else None
        for line in (full, first):
            if line is not None:
                self.context.say(line)
