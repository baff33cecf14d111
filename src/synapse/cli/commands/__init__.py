"""The COMMANDS table: what a word on the command line means.

A command is a module of this package with two functions: `arguments(parser)` adds its options
and words to an argparse parser, `run(args, context)` does it, says what came of it and returns
the exit status; EXAMPLES stands below its options in help. After a change of `arguments` or
EXAMPLES, run scripts/declare.py: help, completion, the manual and the parser read what it writes
(see `declared`). Only the module of the command that runs is imported.
"""

from __future__ import annotations

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Command(Record):
    """One row: where a command lives and what help says of it."""

    summary: str
    """One line, without a full stop."""
    module: str = ""
    """Its module in this package; a group of subcommands has none."""
    words: str = ""
    """What follows the options, in the notation of help: `[PROMPT…]`, `REF…`."""
    subcommands: Mapping[str, Command] = {}
    """Of a group: its commands by name."""
    default: str = ""
    """Of a group: the subcommand that is meant when none is named."""


_SESSIONS = {
    "list": Command(
        module="sessions.list", words="[QUERY]", summary="sessions, the last used first"
    ),
    "show": Command(module="sessions.show", words="[REF]", summary="a session and its messages"),
    "context": Command(
        module="sessions.context",
        words="[REF] [PROMPT…]",
        summary="what would be sent to the model, token by token",
    ),
    "search": Command(
        module="sessions.search", words="QUERY…", summary="find what was said, in any session"
    ),
    "rename": Command(
        module="sessions.rename",
        words="[REF] [NAME]",
        summary="give a session a name or a title, or take it",
    ),
    "delete": Command(
        module="sessions.delete", words="[REF…]", summary="move sessions to the trash"
    ),
    "restore": Command(
        module="sessions.restore", words="[REF…]", summary="take sessions out of the trash"
    ),
    "purge": Command(
        module="sessions.purge", words="[REF…]", summary="destroy what is in the trash"
    ),
    "export": Command(
        module="sessions.export", words="[REF…]", summary="write sessions into files"
    ),
    "import": Command(
        module="sessions.importing",
        words="PATH…",
        summary="take in sessions of other machines and programs",
    ),
    "compact": Command(
        module="sessions.compact", words="[REF]", summary="summarise the older turns of a session"
    ),
    "fork": Command(module="sessions.fork", words="[REF]", summary="branch a session off"),
    "pin": Command(module="sessions.pin", words="REF…", summary="spare sessions from clean-ups"),
    "unpin": Command(module="sessions.unpin", words="REF…", summary="let clean-ups take them"),
    "tag": Command(module="sessions.tag", words="REF… TAG", summary="file sessions under a word"),
    "untag": Command(module="sessions.untag", words="REF… TAG", summary="take that word off them"),
    "tags": Command(module="sessions.tags", summary="the words that sessions are filed under"),
    "prune": Command(module="sessions.prune", summary="move old or surplus ones to the trash"),
    "stats": Command(module="sessions.stats", summary="how much was said, when and with whom"),
}

_DB = {
    "path": Command(module="db.path", summary="where the conversations are"),
    "info": Command(module="db.info", summary="counts and sizes"),
    "init": Command(module="db.init", summary="set the database up"),
    "members": Command(module="db.members", summary="who may use it (--add, --remove)"),
    "grant": Command(module="db.grant", words="REF ROLE", summary="show a session to somebody"),
    "revoke": Command(module="db.revoke", words="REF ROLE", summary="take that back"),
    "check": Command(module="db.check", summary="look for damage, and repair it (--repair)"),
    "backup": Command(module="db.backup", words="FILE", summary="copy it while others write"),
    "restore": Command(module="db.restore", words="FILE", summary="make a backup the database"),
    "copy": Command(module="db.copy", words="URL", summary="copy all into another database"),
    "vacuum": Command(module="db.vacuum", summary="give unused room back to the disk"),
    "recover": Command(module="db.recover", summary="bring back what a failure left behind"),
}

_CONFIG = {
    "path": Command(module="config.path", summary="where the configuration file is"),
    "show": Command(module="config.show", summary="every option, its value and its origin"),
    "get": Command(module="config.get", words="KEY", summary="one value"),
    "set": Command(module="config.set", words="KEY VALUE", summary="change one option in the file"),
    "unset": Command(module="config.unset", words="KEY", summary="go back to the default"),
    "edit": Command(module="config.edit", summary="the file in your editor, checked afterwards"),
    "check": Command(module="config.check", summary="all that is wrong with the configuration"),
    "init": Command(module="config.init", summary="write a file to start from"),
    "import-roles": Command(
        module="config.import_roles",
        words="[PATH…]",
        summary="take in roles of aichat, templates of llm, patterns of fabric",
    ),
}

_KEYS = {
    "set": Command(module="keys.set", words="PROVIDER", summary="store an API key"),
    "list": Command(module="keys.list", summary="which providers have a key, and from where"),
    "remove": Command(module="keys.remove", words="PROVIDER", summary="forget a stored API key"),
}

COMMANDS: dict[str, Command] = {
    "ask": Command(
        module="ask", words="[PROMPT…]", summary="ask a question (also without the word ask)"
    ),
    "repl": Command(
        module="repl", summary="a conversation at a prompt (synapse alone does it, too)"
    ),
    "retry": Command(module="retry", summary="ask the last question again"),
    "sessions": Command(
        subcommands=_SESSIONS, default="list", summary="list, show, delete, restore sessions"
    ),
    "roles": Command(module="roles", words="[NAME]", summary="the roles that --role takes"),
    "models": Command(
        module="models", words="[QUERY]", summary="list models; pull local: get the local one"
    ),
    "config": Command(
        subcommands=_CONFIG, default="show", summary="show, change, check the configuration"
    ),
    "keys": Command(subcommands=_KEYS, default="list", summary="store API keys, for you alone"),
    "db": Command(
        subcommands=_DB, default="info", summary="look after the database: backup, check, restore"
    ),
    "doctor": Command(module="doctor", summary="look for what is wrong, or may become so"),
    "mcp": Command(module="mcp", summary="let coding agents look into your sessions, read-only"),
    "completion": Command(
        module="completion", words="SHELL", summary="completion of the command line by your shell"
    ),
    "help": Command(module="help", words="[TOPIC]", summary="explain a command or a topic"),
}

ALIASES = {"session": "sessions", "ls": "list", "rm": "delete"}
"""Other words for the same commands, at any level; documented, and kept for ever."""

RESERVED = ("browse",)
"""Words that later versions will give a meaning: never sent to a model as a question."""
