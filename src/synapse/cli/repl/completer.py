"""Tab: commands, sessions, models and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.completion import Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from synapse.cli.asking.roles import role_candidates
from synapse.cli.listing.tables import count
from synapse.cli.picker.matching import said_in
from synapse.cli.repl.mentions import unfinished
from synapse.cli.repl.model_names import known_models
from synapse.cli.repl.slash_commands import COMMANDS
from synapse.config.roles.role import OFF
from synapse.errors import SynapseError
from synapse.human_time import relative
from synapse.terminal.cells import clip
from synapse.terminal.safe import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prompt_toolkit.completion import CompleteEvent

    from synapse.cli.context import Context
    from synapse.config.choosing import Choice
    from synapse.domain import SessionSummary

_RECENT = 500
"""Sessions among which a word is looked for; a handle or an exact name finds any."""
_MOST = 50
_HEADLINE_COLUMNS = 40
_LEAST_SAID = 2
"""Characters of a word that is looked for in what was said, too."""


class TabCompleter(Completer):
    """What the input up to the cursor may go on with."""

    def __init__(self, context: Context, current_choice: Callable[[], Choice | None]) -> None:
        self._context = context
        self._current_choice = current_choice
        self._paths = PathCompleter(expanduser=True)

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """See Completer."""
        try:
            yield from self._completions(document, complete_event)
        except SynapseError:  # Tab is no place for errors
            return

    def _completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
        text = document.text_before_cursor
        head, blank, rest = text.partition(" ")
        if text.startswith("/") and not blank:
            yield from _commands(text)
            return
        command = COMMANDS.get(head[1:]) if text.startswith("/") else None
        kind = command.completes if command is not None else ""
        if kind == "sessions":
            yield from self._sessions(rest)
        elif kind == "models":
            yield from self._models(rest)
        elif kind == "tags":
            yield from self._tags(rest)
        elif kind == "roles":
            yield from self._roles(rest)
        elif kind == "paths":
            yield from self._files(rest, event)
        else:
            yield from self._mentions(text, event)

    def _mentions(self, text: str, event: CompleteEvent) -> Iterator[Completion]:
        """Files behind an `@`, in quotes if there are blanks in the name."""
        found = unfinished(text)
        if found is None:
            return
        typed, quoted = found
        for file in self._files(typed, event):
            path = typed[: len(typed) + file.start_position] + file.text
            if quoted or " " not in path:
                yield file
            else:
                yield Completion(f'"{path}', -len(typed), display=file.display)

    def _files(self, path: str, event: CompleteEvent) -> Iterable[Completion]:
        return self._paths.get_completions(Document(path), event)

    def _sessions(self, typed: str) -> Iterator[Completion]:
        for summary in self._matching(typed.casefold())[:_MOST]:
            session = summary.session
            headline = clip(clean_line(summary.headline), _HEADLINE_COLUMNS)
            yield Completion(
                session.name or session.handle,
                start_position=-len(typed),
                display_meta=f"{headline} · {relative(session.updated_at)}",
            )

    def _matching(self, typed: str) -> list[SessionSummary]:
        store = self._context.store
        digits = typed.replace("-", "")
        found = store.find_by_prefix(digits) if digits and _is_hex(digits) else []
        found += store.find_by_name(typed) if typed else []
        for summary in store.list_sessions(limit=_RECENT):
            session = summary.session
            texts = (session.name or "", session.title or "", summary.preview)
            if any(typed in text.casefold() for text in texts):
                found.append(summary)
        known = {summary.session.id: summary for summary in found}
        if len(known) < _MOST and len(typed) >= _LEAST_SAID:
            found += [hit.session for hit in said_in(store, typed, set(known))[0]]
        return list({summary.session.id: summary for summary in found}.values())

    def _tags(self, typed: str) -> Iterator[Completion]:
        word = typed.rpartition(" ")[2]
        for tag, sessions in self._context.store.tags():
            if tag.casefold().startswith(word.removeprefix("-").casefold()):
                dash = "-" if word.startswith("-") else ""
                many = count(sessions, "session")
                yield Completion(f"{dash}{tag}", start_position=-len(word), display_meta=many)

    def _roles(self, typed: str) -> Iterator[Completion]:
        word = typed.rpartition(" ")[2]
        known = role_candidates(self._context, typed.split(" "))
        if word == typed and OFF.startswith(word):
            known.append((OFF, "no role"))
        for value, note in known:
            yield Completion(value, start_position=-len(word), display_meta=note)

    def _models(self, typed: str) -> Iterator[Completion]:
        wanted = typed.casefold()
        for name, note in known_models(self._context, self._current_choice()):
            if wanted in name.casefold():
                yield Completion(name, start_position=-len(typed), display_meta=note)


def _commands(typed: str) -> Iterator[Completion]:
    for name, command in COMMANDS.items():
        if f"/{name}".startswith(typed):
            usage = f"/{name} {command.words}".rstrip()
            yield Completion(
                f"/{name}" + (" " if command.words else ""),
                start_position=-len(typed),
                display=usage,
                display_meta=command.summary,
            )


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdef" for character in text)
