"""Slash commands about the prompt itself, who answers, and how."""

from __future__ import annotations

import shlex

from synapse.cli.asking.from_options import take_parameters
from synapse.cli.asking.question import text_or_file
from synapse.cli.asking.question_files import attach
from synapse.cli.asking.roles import pairs
from synapse.cli.listing.tables import table
from synapse.cli.repl.model_names import shown
from synapse.cli.repl.slash_commands import COMMANDS
from synapse.cli.showing.pager import page
from synapse.config.options import parameters
from synapse.config.roles.finding import role_names
from synapse.config.roles.role import OFF
from synapse.errors import UsageError
from synapse.terminal.fold import fold_page
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.repl.state import ReplState

_KEYS = """
  Enter             send; after \\ or within ``` a new line
  Alt-Enter Ctrl-J  new line
  Up Down           earlier questions that begin like it
  Ctrl-R            search them
  Tab               complete commands, names and files
  Ctrl-X Ctrl-E     write in your editor
  Ctrl-C            stop; clear the line; twice: quit
  Esc Esc           /undo: take back the last question
  Ctrl-O            show what was pasted, whole
  Ctrl-Z            suspend
  Alt-M             Markdown as it is, or rendered
  @FILE             in a question: send that file along
  !COMMAND          run it; the output goes along
  //…               a question that begins with a slash
"""


_WAY_BACK = "Back to the prompt:  q   Further:  the space bar"
"""What leaves every pager that is in use."""


def help(repl: ReplState, _: str) -> None:
    """List the commands and the keys."""
    text = fold_page(commands_and_keys(), repl.context.stdout.width(repl.context.environ))
    if text.count("\n") >= repl.context.stdout.height(repl.context.environ):
        text = f"{_WAY_BACK}\n\n{text}\n{_WAY_BACK}\n"
    page(repl.context, [text])


def quit(repl: ReplState, _: str) -> None:
    """Leave."""
    repl.is_over = True


def commands_and_keys() -> str:
    """The commands and the keys, for whoever reads of them anywhere."""
    rows = [
        (f"  /{name} {command.words}".rstrip(), command.summary)
        for name, command in COMMANDS.items()
    ]
    return "".join(f"{line}\n" for line in table(rows)) + _KEYS


def model(repl: ReplState, name: str) -> None:
    """Say who answers, or have another one answer from now on."""
    if name:
        repl.conversation.choose(name)
        return
    repl.context.say(
        f"{shown(repl.conversation.choice)}  Change it:  /model NAME  (Tab lists them)"
    )


def system(repl: ReplState, text: str) -> None:
    """Say which system prompt is sent, or set it: what the session begins with, or, once something
    has been asked, what holds from now on; `-` for none.
    """
    conversation = repl.conversation
    if not text:
        shown = conversation.system_prompt_now() or "There is no system prompt."
        repl.context.stdout.show(f"{shown}\n")
        return
    prompt = "" if text == "-" else text_or_file(text, "/system", repl.context)
    if conversation.summary is None:
        conversation.system_prompt = prompt
        begins = "with it" if prompt else "without a system prompt"
        repl.context.say(f"The session will begin {begins}.")
        return
    conversation.change_system_prompt(prompt)
    holds = "It holds" if prompt else "No system prompt is sent"
    repl.context.say(f"{holds} from the next question on, and is kept with the session.")


def role(repl: ReplState, text: str) -> None:
    """Say which role is on and which there are, put one on with its variables, or end it."""
    conversation = repl.conversation
    if not text:
        _say_roles(repl)
        return
    try:
        name, *given = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"/role {text}: {error}") from error
    if name == OFF:
        ended = conversation.role.take_off()
        repl.context.say(f'The role "{ended}" is off.' if ended else "No role is on.")
        return
    conversation.role.put_on(name, pairs(given))
    repl.context.say(f'The role "{name}" holds from the next question on. End it:  /role {OFF}')


def _say_roles(repl: ReplState) -> None:
    on = repl.conversation.role.name
    now = f'The role "{on}" is on. End it:  /role {OFF}' if on else "No role is on."
    names = role_names(repl.context.settings)
    known = f"There are:  {', '.join(map(clean_line, names))}" if names else "There are no roles."
    repl.context.say(now)
    repl.context.say(known)


def param(repl: ReplState, pair: str) -> None:
    """Say which generation parameters are set; set one, or take it back (`K=`)."""
    name, _, value = pair.partition("=")
    option = parameters().get(name)
    if pair.endswith("=") and option is not None and not value:
        repl.context.flags.pop(option.key, None)
        repl.context.forget_settings()
    elif pair:
        _set_parameter(repl, pair)
    settings = repl.context.settings
    set_now = {"max_tokens": settings.max_tokens} if settings.max_tokens else {}
    shown = [f"{name}={value}" for name, value in {**set_now, **settings.parameters}.items()]
    repl.context.say("  ".join(shown) or "No parameter is set:  /param temperature=0.2")


def _set_parameter(repl: ReplState, pair: str) -> None:
    """Raises UsageError, and sets nothing, for what is no parameter or whoever answers does not
    take.
    """
    before = {**repl.context.flags}
    try:
        take_parameters([pair], repl.context)
        repl.context.forget_settings()
        repl.conversation.check_parameters()
    except UsageError as error:
        repl.context.flags = before
        repl.context.forget_settings()
        error.message = error.message.replace("--param", "/param")
        raise


def file(repl: ReplState, path: str) -> None:
    """Attach a file to the next question, or say what is attached; `-` takes all of it back."""
    conversation = repl.conversation
    if path == "-":
        conversation.attachments = ()
    elif path:
        conversation.attachments = (*conversation.attachments, attach(path, repl.context, "/file "))
    say_what_is_attached(repl)


def say_what_is_attached(repl: ReplState) -> None:
    """Name the files that go with the next question."""
    attached = repl.conversation.attachments
    if not attached:
        repl.context.say("Nothing is attached:  /file PATH")
        return
    names = clean_line(", ".join(file.name for file in attached))
    goes = "goes" if len(attached) == 1 else "go"
    repl.context.say(f"{names} {goes} with the next question. Take back:  /file -")


def key(repl: ReplState, provider: str) -> None:
    """Store the key of a provider."""
    if not provider:
        raise UsageError("the key of which provider?", "For example:  /key openai")
    repl.run_command("keys", "set", provider)
    repl.conversation.forget_providers()


def raw(repl: ReplState, _: str) -> None:
    """Show the next answers rendered, or as they come."""
    repl.context.say(repl.toggle_raw())
