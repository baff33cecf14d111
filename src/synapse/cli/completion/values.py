"""The values that options and words can have, by what their help calls them: REF, MODEL, …

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse.cli.commands import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from synapse.cli.completion.candidates import Candidate, CompletionRequest
    from synapse.cli.declared import Argument

FILES = ":files"
"""The line that asks for file names."""
_MOST = 100
"""Candidates; more can't be read."""
_IN_THE_TRASH = {("sessions", "restore"), ("sessions", "purge")}


def values(argument: Argument, current: str, request: CompletionRequest) -> Iterable[Candidate]:
    """The candidates for a value of which `current` has been typed."""
    if argument.choices:
        return [(choice, "") for choice in argument.choices if choice.startswith(current)]
    find = _BY_METAVAR.get(argument.metavar)
    return find(current, request) if find is not None else []


def _sessions(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    """The name of a session inserts it, else its handle; an id that is being typed stays one."""
    from synapse.stores import sessions_for_completion

    deleted = request.path in _IN_THE_TRASH or "deleted" in request.given
    url = request.context.settings.database_url
    for id, name, title, preview, used, handle in sessions_for_completion(
        url, current, deleted=deleted, limit=_MOST
    ):
        if id in request.words or handle in request.words or name in request.words:
            continue
        typed_id = len(current) > 8 and id.startswith(current.lower())
        value = id if typed_id else name if _is_plain(name, current) else handle
        told = (name if value != name else handle, title or preview, used[:10])
        yield value, " · ".join(part for part in told if part)


def _is_plain(name: str, current: str) -> bool:
    """Whether a name can be inserted: it is one word, and a typed handle stays a handle."""
    plain = name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return plain and current.lower() in name.lower()


def _tags(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    from synapse.stores import tags_for_completion

    wanted = current.removeprefix("#").casefold()
    for tag, sessions in tags_for_completion(request.context.settings.database_url):
        if tag.casefold().startswith(wanted):
            yield tag, f"{sessions:,} session{'' if sessions == 1 else 's'}"


def _of_a_query(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    """The filters of a search, and the values that are known of some; in lists only tags."""
    if request.path[-1:] != ("search",):
        if current.startswith("tag:") and request.path[:1] == ("sessions",):
            yield from ((f"tag:{tag}", told) for tag, told in _tags(current[4:], request))
        return
    from synapse.app.query_filters import NAMES, ROLES

    dash = "-" if current.startswith("-") else ""
    name, colon, value = current.removeprefix(dash).partition(":")
    if not colon:
        yield from _starting(((f"{dash}{known}:", "") for known in NAMES), current)
        return
    find = {"in": _sessions, "tag": _tags, "model": _models, "provider": _providers}.get(name)
    known: Iterable[Candidate] = find(value, request) if find is not None else ()
    if name == "role":
        known = _starting(((role, "") for role in ROLES), value)
    elif name == "has":
        known = _starting([("attachment", "")], value)
    for found, description in known:
        yield f"{dash}{name}:{found}", description


def _models(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    from synapse.cli.completion.known_models import models

    found = models(request.given.get("provider"), request.context)
    at_first = [row for row in found if row[0].startswith(current)]
    return iter((at_first or [row for row in found if current.lower() in row[0].lower()])[:_MOST])


def _providers(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    from synapse.providers import PROVIDERS

    known = {name: row.summary for name, row in PROVIDERS.items()}
    for name, options in request.context.settings.providers.items():
        known.setdefault(name, options.base_url or "")
    yield from _starting(known.items(), current)


def _keys(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    from synapse.config.options import OPTIONS

    yield from _starting(((option.key, option.summary) for option in OPTIONS), current)


def _value_of_key(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    from synapse.config.kinds import expected
    from synapse.config.options import OPTIONS

    for option in OPTIONS:
        if request.words[:1] == [option.key]:
            words = expected(option.kind)
            if option.key == "provider":
                yield from _providers(current, request)
            elif option.key == "model":
                yield from _models(current, request)
            yield from _starting(((word, "") for word in words), current)


def _parameters(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    from synapse.config.options import parameters

    known = parameters().items()
    yield from _starting(((f"{name}=", option.summary) for name, option in known), current)


def _roles(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    from synapse.cli.asking.roles import role_candidates

    yield from role_candidates(request.context, [current])


def _variables_of_role(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    from synapse.cli.asking.roles import role_candidates

    role = request.given.get("role")
    if role:
        yield from role_candidates(request.context, [role, current])


def _topics(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    from synapse.cli.help.topics import TOPICS

    known = {name: command.summary for name, command in COMMANDS.items()}
    if request.words:
        group = COMMANDS.get(request.words[0])
        known = {n: c.summary for n, c in group.subcommands.items()} if group else {}
    else:
        known |= dict.fromkeys(TOPICS, "a topic")
    yield from _starting(known.items(), current)


def _files(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    yield FILES, ""


def _file_behind_at(current: str, request: CompletionRequest) -> Iterator[Candidate]:
    """`@FILE`, which no shell completes by itself."""
    if current.startswith("@"):
        yield from files("@", current[1:])


def files(before: str, current: str) -> Iterator[Candidate]:
    """Files behind something that no shell takes for the beginning of their names."""
    folder, beginning = os.path.split(current)
    shown = f"{before}{folder.rstrip('/')}/" if folder else before
    try:
        entries = sorted(os.scandir(os.path.expanduser(folder) or "."), key=lambda e: e.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(beginning):
            yield f"{shown}{entry.name}{'/' if entry.is_dir() else ''}", ""


def _starting(known: Iterable[Candidate], current: str) -> Iterator[Candidate]:
    return (row for row in known if row[0].startswith(current))


_BY_METAVAR: dict[str, Callable[[str, CompletionRequest], Iterator[Candidate]]] = {
    "REF": _sessions,
    "TAG": _tags,
    "QUERY": _of_a_query,
    "MODEL": _models,
    "M": _models,
    "PROVIDER": _providers,
    "P": _providers,
    "KEY": _keys,
    "VALUE": _value_of_key,
    "K=V": _parameters,
    "ROLE": _roles,
    "NAME=VALUE": _variables_of_role,
    "TOPIC": _topics,
    "FILE": _files,
    "NEW": _files,
    "URL": _files,
    "TEXT|@FILE": _file_behind_at,
}
