"""A title by a model, made beside the user: a process of its own, which nobody waits for.

It begins when an answer is stored and shown, neither delays the end of a run nor stands in the way
of the next question, and hears no Ctrl-C: it has no terminal. It ends by itself. What goes wrong in
it goes unsaid, as lists then show the first question.
"""

from __future__ import annotations

import os
import stat
import sys

from synapse.app.titles.making import make_title, may_be_titled
from synapse.config.choosing import for_session
from synapse.errors import SynapseError
from synapse.ports import Cancellation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

WORD = "__title"
"""The command of that process, which is no command for people."""
_SECONDS = 60
"""After which it ends, whatever it waits for."""
_MOST_DESCRIPTORS = 1_024


def begin_title(context: Context, session_id: str) -> None:
    """Have a title made if the session has just begun. Never fails."""
    try:
        begun = _begun(context, context.store.get_summary(session_id))
    except SynapseError:  # the answer is what was asked for, and it is there
        return
    if begun and context.verbose and not context.quiet:
        context.say("A title is being made in the background.")


def _begun(context: Context, summary: SessionSummary | None) -> bool:
    """Whether one is being made."""
    if summary is None or not may_be_titled(summary) or not hasattr(os, "posix_spawn"):
        return False
    settings = context.settings
    if ":memory:" in settings.database_url or not _is_file_or_none(context.config_path):
        return False  # what the other process could not read
    if _who(context, summary)[0] == "local" and settings.ui.title_model is None:
        return False  # a demo model, which would be loaded once more for it
    environ = {**context.environ, "SYNAPSE_DATABASE_URL": settings.database_url}
    if context.config_path:
        environ["SYNAPSE_CONFIG"] = os.path.abspath(context.config_path)
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    # -P: a file synapse.py in the working directory is not taken for the program
    command = [sys.executable, "-P", "-m", "synapse", WORD, summary.session.id]
    try:
        os.posix_spawn(sys.executable, command, environ, file_actions=nothing)
    except (OSError, ValueError):
        return False
    return True


def make(session_id: str, context: Context) -> int:
    """`synapse __title ID`: what that process does."""
    _detach()
    store = context.open_other(context.settings.database_url)
    try:
        summary = store.get_summary(session_id)
        if summary is None:
            return 1
        name, model = _who(context, summary)
        provider = context.provider(name, {"model": model, "total_timeout": _SECONDS / 2})
        os.chdir("/")  # nothing is unmounted, or removed, in vain because of this
        title = make_title(store, provider, session_id, model, Cancellation())
    except SynapseError:
        return 1
    finally:
        store.close()
    return 0 if title is not None else 1


def _detach() -> None:
    """Belong to no terminal, hold nothing open that others wait for, and end in time."""
    import signal  # a run that no start-up waits for

    try:
        os.setsid()
    except OSError:
        pass  # it leads a group already
    os.closerange(3, _MOST_DESCRIPTORS)
    signal.alarm(_SECONDS)


def _who(context: Context, summary: SessionSummary) -> tuple[str, str]:
    """The provider and the model that are asked for the title. Raises SynapseError."""
    choice = for_session(context, summary.session, None, context.settings.ui.title_model)
    return choice.provider, choice.model


def _is_file_or_none(path: str | None) -> bool:
    try:
        return not path or stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
