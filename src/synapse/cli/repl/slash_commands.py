"""The slash commands: one row each."""

from __future__ import annotations

from synapse.record import Record


class SlashCommand(Record):
    """What a word behind a slash does."""

    run: str
    """`module:function` of this package. It is given the state of the prompt, and what follows the
    word, without blanks at its ends."""
    summary: str
    words: str = ""
    """What follows, in the notation of help; "" if nothing may."""
    completes: str = ""
    """What Tab offers after it: `sessions`, `models`, `roles`, `tags` or `paths`."""


COMMANDS = {
    "help": SlashCommand(run="setting_commands:help", summary="these commands, and the keys"),
    "quit": SlashCommand(run="setting_commands:quit", summary="leave (Ctrl-D)"),
    "new": SlashCommand(run="session_commands:new", words="[NAME]", summary="begin a new session"),
    "sessions": SlashCommand(
        run="session_commands:sessions", words="[QUERY]", summary="choose a session to go on with"
    ),
    "open": SlashCommand(
        run="session_commands:open_session",
        words="[REF]",
        summary="go on with a session",
        completes="sessions",
    ),
    "search": SlashCommand(
        run="search_commands:search", words="WORDS", summary="find what was said, go on there"
    ),
    "show": SlashCommand(
        run="session_commands:show", words="[N]", summary="the session, or its message N"
    ),
    "export": SlashCommand(
        run="session_commands:export",
        words="[FMT] [FILE]",
        summary="write the session into a file",
        completes="paths",
    ),
    "history": SlashCommand(
        run="session_commands:history", summary="your questions, with their numbers"
    ),
    "rename": SlashCommand(run="session_commands:rename", words="NAME", summary="name the session"),
    "title": SlashCommand(
        run="session_commands:title", words="[TEXT]", summary="what the session is about, for lists"
    ),
    "tag": SlashCommand(
        run="search_commands:tag",
        words="[WORD…]",
        summary="file it under words; -WORD takes off",
        completes="tags",
    ),
    "fork": SlashCommand(
        run="session_commands:fork_session",
        words="[N]",
        summary="go on in a branch, from message N",
    ),
    "retry": SlashCommand(
        run="answer_commands:retry",
        words="[MODEL]",
        summary="ask the last question again",
        completes="models",
    ),
    "continue": SlashCommand(run="answer_commands:go_on", summary="have the last answer continued"),
    "undo": SlashCommand(run="session_commands:undo", summary="take back a question, or /delete"),
    "edit": SlashCommand(
        run="session_commands:edit",
        words="[N]",
        summary="use your editor; ask question N anew",
    ),
    "delete": SlashCommand(run="session_commands:delete", summary="move the session to the trash"),
    "model": SlashCommand(
        run="setting_commands:model", words="[MODEL]", summary="who answers", completes="models"
    ),
    "system": SlashCommand(
        run="setting_commands:system",
        words="[TEXT|@FILE]",
        summary="the system prompt, for what follows",
        completes="at-paths",
    ),
    "role": SlashCommand(
        run="setting_commands:role",
        words="[NAME|off]",
        summary="a system prompt, model, … by name",
        completes="roles",
    ),
    "param": SlashCommand(
        run="setting_commands:param", words="[K=V]", summary="temperature=0.2, seed=7, …"
    ),
    "file": SlashCommand(
        run="setting_commands:file",
        words="[PATH]",
        summary="attach a file to the next question",
        completes="paths",
    ),
    "key": SlashCommand(
        run="setting_commands:key", words="PROVIDER", summary="store an API key, without showing it"
    ),
    "copy": SlashCommand(
        run="answer_commands:copy",
        words="[code [N]|N]",
        summary="an answer or code to the clipboard",
    ),
    "save": SlashCommand(
        run="answer_commands:save",
        words="FILE",
        summary="write the last answer to a new file",
        completes="paths",
    ),
    "tokens": SlashCommand(run="answer_commands:tokens", summary="what the session has used"),
    "compact": SlashCommand(
        run="session_commands:compact",
        words="[FOCUS]",
        summary="have the older turns summarised",
    ),
    "raw": SlashCommand(run="setting_commands:raw", summary="Markdown as it is, or not (Alt-M)"),
}

OTHER_NAMES = {
    "exit": "quit",
    "q": "quit",
    "?": "help",
    "h": "help",
    "clear": "new",
    "list": "sessions",
    "ls": "sessions",
    "resume": "open",
    "rm": "delete",
    "find": "search",
    "models": "model",
    "roles": "role",
}
"""What fingers type that know other programs."""
