"""What to do next, as a noun: whoever tells it finds the words.

An error or a finding says what can be done about it: what (the verb), with what (the arguments
and options), and the words that lead there. The command line tells it as a command, the prompt as
what can be typed there, and a program that uses the library looks at the verb.

Advice("Store one:  ", "keys set", "openai")
Advice("See which:  ", "models", provider="openai")
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

ASK = "ask"
RETRY = "retry"
CONTINUE = "continue"
"""Have an answer that broke off continued; without options only where its session is at hand."""
CHOOSE_MODEL = "choose model"
"""Have another model answer from now on."""
SET_VARIABLE = "set variable"
"""An environment variable; its name and its value are the arguments."""
RUN = "run"
"""Another program; the argument is its command line."""
TAKE_BACK_PARAMETER = "take back parameter"
"""One that was set at the prompt; its name is the argument."""


class Advice:
    """One thing that the user can do next."""

    __slots__ = ("after", "arguments", "before", "options", "verb")

    def __init__(
        self, before: str, verb: str, *arguments: str, after: str = "", **options: str | bool
    ) -> None:
        self.before = before
        """The words that lead there, with the blanks behind them: `Store one:  `."""
        self.verb = verb
        """A command's name, such as `keys set`, or one of the constants above."""
        self.arguments = arguments
        self.after = after
        """Words behind it that only make sense where it is told as a command."""
        self.options = options
        """By name: session, provider, model, file, at, since, limit, title, into, format, output,
        database, config hold a value; go_on, prompt, fork, wait, all, deleted, repair, force, scan,
        dry_run are true.
        """

    def of_session(self, handle: str) -> Advice:
        """The same advice, but for this session, even if another one is the last one by then."""
        options = {"session": handle, **self.options}
        return Advice(self.before, self.verb, *self.arguments, after=self.after, **options)

    def __str__(self) -> str:
        """For whoever has no way of its own to tell it: `Store one (keys set openai)`."""
        named = [f"{name} {value}" for name, value in self.options.items() if value is not True]
        what = ", ".join([" ".join((self.verb, *self.arguments)), *named])
        return f"{self.before.rstrip(' :')} ({what})"

    def __repr__(self) -> str:
        return f"Advice({self.before!r}, {self.verb!r}, {self.arguments!r}, {self.options!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Advice) and self._all() == other._all()

    def __hash__(self) -> int:
        return hash((self.before, self.verb, self.arguments))

    def _all(self) -> tuple[object, ...]:
        return self.before, self.verb, self.arguments, self.after, self.options


if TYPE_CHECKING:
    Hint: TypeAlias = "str | Advice"
    """A line below an error: what is to be known, or what can be done."""
