"""Every option there is: one table, from which all else follows.

Validation, `synapse config show`, `config.example.toml`, the documentation and completion are
made from it. A new option is one new row (and its field in `Settings`).

The rows are constants to the last string, so that the compiler folds the table into one object:
a start-up pays for reading it, and for an `Option` around each row.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Option(tuple["Any", ...]):
    """One row, by the names of its fields; it can be unpacked in their order, too."""

    __slots__ = ()

    @property
    def key(self) -> str:
        """Dotted, as in `config get`; `*` stands for a name of the user's choice."""
        return self[0]  # type: ignore[no-any-return]

    @property
    def kind(self) -> tuple[Any, ...]:
        """What values it takes, (name, *limits): see kinds.py."""
        return self[1]  # type: ignore[no-any-return]

    @property
    def default(self) -> Any:
        """The value without any configuration; None if there is none."""
        return self[2]

    @property
    def variable(self) -> str | None:
        """The environment variable that sets it."""
        return self[3]  # type: ignore[no-any-return]

    @property
    def example(self) -> Any:
        """A value for the documents, where there is no default."""
        return self[4]

    @property
    def summary(self) -> str:
        """What it is for, in a sentence or two."""
        return self[5]  # type: ignore[no-any-return]


_ROWS = (
    (
        "provider", ("word",), None, "SYNAPSE_PROVIDER", "deepseek",
        "Who answers. Default: the first provider that has a key, else the local model.",
    ),
    (
        "api_key", ("secret",), None, None, "...",
        "The key of `provider` (of deepseek, if none is named), as the Rust Synapse reads it."
        " The command `keys set` keeps it out of this file, which has to have mode 0600 with it.",
    ),
    (
        "model", ("word",), None, "SYNAPSE_MODEL", "deepseek-flash",
        "The model of new sessions: MODEL, PROVIDER/MODEL or an alias. Default: the provider's.",
    ),
    (
        "max_tokens", ("integer", 0, 100_000_000), None, "SYNAPSE_MAX_TOKENS", 4096,
        "The most tokens of an answer. Default, and 0: as many as the provider allows.",
    ),
    (
        "system_prompt", ("text",), None, "SYNAPSE_SYSTEM_PROMPT", "Answer briefly.",
        "What new sessions begin with.",
    ),
    (
        "system_prompt_file", ("path",), None, "SYNAPSE_SYSTEM_PROMPT_FILE",
        "~/.config/synapse/system.md",
        "The same, from a file. A relative path starts at the folder of the configuration."
        " Of the two, `system_prompt` wins.",
    ),
    (
        "session.database_url", ("database",), None, "DATABASE_URL",
        "sqlite:~/.config/synapse/sessions.db",
        "Where the sessions are kept: a URL, or the path of an SQLite file."
        " Default: sessions.db beside the configuration.",
    ),
    (
        "session.max_sessions", ("integer", 0, 1_000_000_000), 100, "SYNAPSE_MAX_SESSIONS", None,
        "Sessions above this number go into the trash, the least recently used first;"
        " 0: no limit.",
    ),
    (
        "session.retention_days", ("integer", 0, 36_500), 90, "SYNAPSE_RETENTION_DAYS", None,
        "Days without use after which a session goes into the trash; 0: it never does.",
    ),
    (
        "session.auto_cleanup", ("boolean",), True, "SYNAPSE_AUTO_CLEANUP", None,
        "Whether the two rules above are applied when Synapse starts, and the trash is emptied by"
        " age; false: everything is kept.",
    ),
    (
        "session.trash_days", ("integer", 0, 36_500, "never"), 30, "SYNAPSE_TRASH_DAYS", None,
        'Days in the trash after which a session is destroyed; 0: at once; "never": it stays.',
    ),
    (
        "session.busy_timeout", ("number", 0, 3600), 5.0, "SYNAPSE_BUSY_TIMEOUT", None,
        "Seconds to wait for another process that is writing to the database.",
    ),
    (
        "parameters.temperature", ("number", 0, 2), None, "SYNAPSE_TEMPERATURE", 0.7,
        "How random an answer is; 0: as little as possible. Default: the provider's.",
    ),
    (
        "parameters.top_p", ("number", 0, 1), None, "SYNAPSE_TOP_P", 0.9,
        "Choose among the likeliest words that together have this probability.",
    ),
    (
        "parameters.stop", ("texts",), None, "SYNAPSE_STOP", ("END",),
        "A text, or several, at which an answer stops.",
    ),
    (
        "parameters.seed", ("integer", -(2**63), 2**63 - 1), None, "SYNAPSE_SEED", 42,
        "Asked with the same number, a question gets the same answer, if the provider can.",
    ),
    (
        "parameters.frequency_penalty", ("number", -2, 2), None, "SYNAPSE_FREQUENCY_PENALTY", 0.5,
        "How much a word is avoided each time it was said.",
    ),
    (
        "parameters.presence_penalty", ("number", -2, 2), None, "SYNAPSE_PRESENCE_PENALTY", 0.5,
        "How much a word is avoided if it was said at all.",
    ),
    (
        "parameters.top_k", ("integer", 0, 2**31 - 1), None, "SYNAPSE_TOP_K", 40,
        "Choose among this many of the likeliest words.",
    ),
    (
        "parameters.min_p", ("number", 0, 1), None, "SYNAPSE_MIN_P", 0.05,
        "Choose only words that have at least this share of the likeliest one's probability.",
    ),
    (
        "parameters.repetition_penalty", ("number", 0, 2), None, "SYNAPSE_REPETITION_PENALTY", 1.1,
        "How much repetition is avoided; 1: not at all.",
    ),
    (
        "parameters.reasoning", ("word",), None, "SYNAPSE_REASONING", "low",
        "How much the model thinks before it answers: low, medium, high, or the provider's word.",
    ),
    (
        "context.strategy", ("choice", "summarize", "truncate", "error"), "summarize",
        "SYNAPSE_CONTEXT_STRATEGY", None,
        "What is done when a conversation outgrows the window: its older turns are summarised, or"
        " left out, or the question is refused. They stay in the session whatever is sent.",
    ),
    (
        "context.model", ("word",), None, "SYNAPSE_CONTEXT_MODEL", "deepseek/deepseek-v4-flash",
        "Who writes the summaries: MODEL, PROVIDER/MODEL or an alias. Default: who answers.",
    ),
    (
        "context.compact_at", ("share_or_tokens", 0.1, 256, 1_000_000_000), 0.8,
        "SYNAPSE_CONTEXT_COMPACT_AT", None,
        "How full the window may get before `strategy` is applied, which a line below an answer"
        ' announces: a share of it, or tokens, 95000 or "95k": some prices jump long before the'
        " window ends.",
    ),
    (
        "context.window", ("integer", 256, 1_000_000_000), None, "SYNAPSE_CONTEXT_WINDOW", 128_000,
        "Tokens of the window. Default: what is known of the model.",
    ),
    (
        "ui.color", ("choice", "auto", "always", "never"), "auto", "SYNAPSE_COLOR", None,
        "When to colour; auto: on a terminal, unless NO_COLOR and the like say otherwise.",
    ),
    (
        "ui.render", ("choice", "auto", "live", "blocks", "raw"), "auto", "SYNAPSE_RENDER", None,
        "How Markdown is shown; auto: live on a terminal that can, raw in a pipe.",
    ),
    (
        "ui.max_width", ("integer", 20, 10_000), 100, "SYNAPSE_MAX_WIDTH", None,
        "Columns at which prose is wrapped, however wide the terminal is.",
    ),
    (
        "ui.accessible", ("boolean",), False, "SYNAPSE_ACCESSIBLE", None,
        "Output for screen readers: nothing is redrawn, roles and tables are put into words.",
    ),
    (
        "ui.ascii", ("boolean", "auto"), "auto", "SYNAPSE_ASCII", None,
        "Nothing but ASCII in frames and signs; auto: where the locale is not UTF-8.",
    ),
    (
        "ui.cost", ("boolean",), False, "SYNAPSE_COST", None,
        "Whether the line below an answer says what it cost.",
    ),
    (
        "ui.picker", ("choice", "builtin", "fzf"), "builtin", "SYNAPSE_PICKER", None,
        "What chooses a session; fzf if it is installed.",
    ),
    (
        "ui.pager", ("text",), None, "SYNAPSE_PAGER", "less -FRX",
        "The command that shows long output. Default: $PAGER, else less.",
    ),
    (
        "ui.time", ("choice", "relative", "local", "iso"), "relative", "SYNAPSE_TIME", None,
        "How a terminal shows times.",
    ),
    (
        "ui.titles", ("choice", "off", "first", "model"), "first", "SYNAPSE_TITLES", None,
        "What lists show of a session that you gave no title: nothing, its first question, or a"
        " title that a model makes after the first answer, which is a request of its own.",
    ),
    (
        "ui.title_model", ("word",), None, "SYNAPSE_TITLE_MODEL", "openai/gpt-6-luna",
        "Who makes titles: MODEL, PROVIDER/MODEL or an alias. Default: whoever answered.",
    ),
    (
        "repl.keys", ("choice", "emacs", "vi"), "emacs", "SYNAPSE_REPL_KEYS", None,
        "The keys of the line editor.",
    ),
    (
        "export.format", ("choice", "md", "json", "jsonl", "html", "text"), "md",
        "SYNAPSE_EXPORT_FORMAT", None,
        "The format of an export that names none, where the file's name doesn't say it either.",
    ),
    (
        "export.always_redact", ("boolean",), False, "SYNAPSE_EXPORT_REDACT", None,
        "Whether every export is made as with --redact: keys, passwords, e-mail addresses and"
        " more are masked.",
    ),
    (
        "export.redact", ("redaction",), None, "SYNAPSE_EXPORT_REDACT_WORDS",
        ("Nordlicht", r"/ACME-\d+/"),
        "What --redact masks beside what it knows: words, in capital letters or not, and"
        " /regular expressions/. true: mask in every export, as always_redact does.",
    ),
    (
        "input.max_bytes", ("integer", 1, 1_000_000_000), 1_048_576, "SYNAPSE_INPUT_MAX_BYTES",
        None,
        "Bytes of standard input, or of one file, above which it is refused.",
    ),
    (
        "output.max_bytes", ("integer", 1, 1_000_000_000), 67_108_864, "SYNAPSE_OUTPUT_MAX_BYTES",
        None,
        "Bytes of one answer, what the model thinks included, above which it is broken off; what"
        " came is kept. An answer takes up to five times its bytes of memory.",
    ),
)  # fmt: skip

# The same for keys in which `*` stands for a name of the user's choice.
_NAMED_ROWS = (
    (
        "aliases.*", ("word",), None, None, "deepseek/deepseek-flash",
        "A short name for MODEL or PROVIDER/MODEL.",
    ),
    (
        "roles.*.description", ("word",), None, None, "Translates into another language.",
        "What the role is for, in lists.",
    ),
    (
        "roles.*.system", ("text",), None, None, "You translate; say nothing else.",
        "The system prompt.",
    ),
    (
        "roles.*.system_file", ("path",), None, None, "translator.txt",
        "The same, from a file. A relative path starts at the folder of the configuration."
        " Of the two, `system` wins.",
    ),
    (
        "roles.*.system_template", ("boolean",), False, None, None,
        "Whether the system prompt is a template, too; else it is sent as it stands.",
    ),
    (
        "roles.*.prompt", ("text",), None, None, "Translate into {language}:\n\n{input}",
        "The template of questions: {input} is what was typed, {NAME} a variable, {{ a brace.",
    ),
    (
        "roles.*.defaults", ("texts by name",), None, None, {"language": "German"},
        "Values of variables that need not be given (--var NAME=VALUE).",
    ),
    (
        "roles.*.provider", ("word",), None, None, "openai",
        "Who answers.",
    ),
    (
        "roles.*.model", ("word",), None, None, "gpt-6-luna",
        "The model: MODEL, PROVIDER/MODEL or an alias.",
    ),
    (
        "roles.*.parameters", ("generation parameters",), None, None, {"temperature": 0.2},
        "Parameters as in [parameters], and max_tokens.",
    ),
    (
        "prices.*.input", ("number", 0, 1_000_000), None, None, 0.25,
        "Dollars for a million tokens that are sent. What the configuration says of a model's"
        " prices stands in place of what Synapse knows of them.",
    ),
    (
        "prices.*.cached", ("number", 0, 1_000_000), None, None, 0.025,
        "The same for those that the provider has read from its cache. Not set: unknown, like the"
        " cost of an answer for which there were such.",
    ),
    (
        "prices.*.cache_write", ("number", 0, 1_000_000), None, None, 0.3125,
        "The same for those that it has put into its cache.",
    ),
    (
        "prices.*.output", ("number", 0, 1_000_000), None, None, 1.5,
        "Dollars for a million tokens of answers.",
    ),
    (
        "providers.*.kind", ("choice", "openai", "anthropic", "responses"), None, None,
        "openai",
        "The wire format of a server that Synapse does not know. Default: openai.",
    ),
    (
        "providers.*.base_url", ("url",), None, None, "http://localhost:11434/v1",
        "Where the server is: http://, https:// or unix:.",
    ),
    (
        "providers.*.like", ("word",), None, None, "openai",
        "The provider of Synapse whose format the server speaks: its fields, its parameters, its"
        " roles. Without a base_url: another account there.",
    ),
    (
        "providers.*.headers", ("headers",), None, None, {"X-Team": "blue"},
        "Headers that are added to every request.",
    ),
    (
        "providers.*.query", ("query",), None, None, {"api-version": "v1"},
        "Query parameters that are added to every address.",
    ),
    (
        "providers.*.extra_body", ("json",), None, None, {"service_tier": "flex"},
        "Fields that are merged into the body of every question.",
    ),
    (
        "providers.*.usage", ("boolean",), None, None, False,
        "false: don't ask for token counts in a stream (stream_options).",
    ),
    (
        "providers.*.max_tokens_field", ("field",), None, None, "max_completion_tokens",
        "The server's name of the field for the most tokens of an answer.",
    ),
    (
        "providers.*.cache", ("boolean",), None, None, False,
        "false: don't tell the provider what to cache, nor by the session's id which turns belong"
        " together. true: tell a server of your own, too.",
    ),
    (
        "providers.*.api_key_env", ("word",), None, None, "MY_SERVER_KEY",
        "The environment variable that holds the key.",
    ),
    (
        "providers.*.api_key_cmd", ("word",), None, None, "pass show my-server",
        "A command that prints the key.",
    ),
    (
        "providers.*.api_key", ("secret",), None, None, "...",
        "The key itself. The command `keys set` keeps it out of this file."
        " A file with a key in it has to have mode 0600.",
    ),
    (
        "providers.*.model", ("word",), None, None, "qwen3",
        "The model if none is named; for `local`, the path of a GGUF file.",
    ),
    (
        "providers.*.connect_timeout", ("number", 0.001, 3600), 5.0, None, None,
        "Seconds to wait for a connection.",
    ),
    (
        "providers.*.timeout", ("number", 0.001, 86_400), 120.0, None, None,
        "Seconds without a part of the answer, after which it is given up; comments in the stream,"
        " which only keep the connection open, don't count.",
    ),
    (
        "providers.*.total_timeout", ("number", 0.001, 86_400), None, None, 600.0,
        "Seconds an answer may take in all. Default: no limit.",
    ),
    (
        "providers.*.attempts", ("integer", 1, 20), 3, None, None,
        "The most attempts for a request that fails, where another one may succeed.",
    ),
)  # fmt: skip

OPTIONS = tuple(map(Option, _ROWS))
NAMED_OPTIONS = tuple(map(Option, _NAMED_ROWS))


def parameters() -> dict[str, Option]:
    """The options that `--param NAME=VALUE` can set, by that name."""
    return {
        option.key.removeprefix("parameters."): option
        for option in OPTIONS
        if option.key == "max_tokens" or option.key.startswith("parameters.")
    }
