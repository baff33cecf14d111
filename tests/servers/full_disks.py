"""What must hold, whatever the engine, when the server's disk is full and has room again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from program import Ran, run
from torture.talk import Talker, answer

from synapse.app import spill
from synapse.app.conversation import reply, start_session
from synapse.domain import Role, Status
from synapse.errors import AnswerSpilled, StorageError
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from small_disk import SmallDisk

LARGE = (4, 1 << 20)
"""Pieces of an answer that needs room, and their size."""
_MIDDLING = (2, 1 << 19)
_SESSIONS = 8


def fill_in_a_turn(url: str, disk: SmallDisk, revive: Callable[[], None], spills: Path) -> str:
    """The disk is full before a turn begins; what came of it. Later there is room again."""
    small = (3, 30)
    with open_store(url) as store:
        session = start_session(store, "talker", "talker")
        reply(store, Talker(*small), session, "before", create=True)
        disk.fill()
        talker, said = Talker(*LARGE), ""
        try:
            reply(store, talker, session, "during", create=False, spill_folder=str(spills))
            outcome = "saved"
        except AnswerSpilled as error:
            outcome, said = "kept in a file", error.message
        except StorageError as error:
            outcome, said = "not sent", error.message
        assert (outcome == "not sent") == (not talker.asked)
        assert "\n" not in said
        assert (outcome == "saved") == (said == "")
    disk.free()
    revive()
    prompts = ["before", *["during"] * bool(talker.asked), "after"]
    with open_store(url) as store:
        assert spill.recover(store, str(spills)) == (outcome == "kept in a file")
        reply(store, Talker(*small), session, "after", create=False)
        messages = store.get_messages(session.id)
        assert [m.index for m in messages] == list(range(1, len(messages) + 1))
        asked = [m.content for m in messages if m.role is Role.USER]
        # one that was not sent may have been stored: the reply to its COMMIT was lost
        assert asked in (prompts, ["before", "during", "after"])
        answers = {m.content for m in messages if m.status is Status.COMPLETE}
        for prompt in prompts:
            assert answer(prompt, *(LARGE if prompt == "during" else small)) in answers
    return outcome


def fill_in_commands(
    url: str, disk: SmallDisk, revive: Callable[[], None], folder: Path
) -> dict[str, int]:
    """The disk is full when `db copy` and `sessions import` write; then they are run once more.
    How many sessions are there after each of the four.
    """
    there: dict[str, int] = {}
    for name in ("copied", "imported"):
        source, export = folder / f"{name}.db", folder / f"{name}.jsonl"
        _make_sessions(source, name)
        here, everything = {"SYNAPSE_DATABASE_URL": str(source)}, ("--all", "-F", "jsonl")
        exported = run("sessions", "export", *everything, "-o", str(export), environ=here)
        assert exported.status == 0, exported
        if name == "copied":
            command, environ = ["db", "copy", url], here
        else:
            command, environ = ["sessions", "import", str(export)], {"SYNAPSE_DATABASE_URL": url}
        disk.fill()
        ran = run(*command, environ=environ)
        if ran.status:
            check_told(ran)
        disk.free()
        revive()
        there[f"{name}, full"] = _whole(url, name)
        # an engine may find room in files of its own, in which something was rolled back
        assert (ran.status == 0) == (there[f"{name}, full"] == _SESSIONS)
        again = run(*command, environ=environ)
        assert again.status == 0, again
        there[name] = _whole(url, name)
        assert there[name] == _SESSIONS
    return there


def _make_sessions(file: Path, name: str) -> None:
    with open_store(f"sqlite:{file}") as store:
        for number in range(_SESSIONS):
            session = start_session(store, "talker", "talker")
            reply(store, Talker(*_MIDDLING), session, f"{name} {number}", create=True)


def _whole(url: str, name: str) -> int:
    """How many of these sessions are there; each is whole, or not there at all."""
    with open_store(url) as store:
        mine = [found for found in store.list_sessions() if found.preview.startswith(name)]
        for summary in mine:
            prompt, reply = store.get_messages(summary.session.id)
            assert reply.content == answer(prompt.content, *_MIDDLING)
    return len(mine)


def check_told(ran: Ran) -> None:
    """One message, with the status of its class."""
    assert ran.status == 6, ran
    lines = ran.err.splitlines()
    assert sum(line.startswith("error: ") for line in lines) == 1, ran
    assert "Traceback" not in ran.err
