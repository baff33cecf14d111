"""The pages of `synapse help TOPIC`."""

from __future__ import annotations

_REFS = """A REF names a session. In this order:

  4c3834c9-…      a full id; hyphens and case don't matter
  docker-volumes  its exact name; case does not matter
  @1  @2  …       the last one used, the one before, …; @ is @1
  4c38            the beginning of its handle (the eight digits of lists), or of its id:
                  four digits or more

id:4c38 and name:4c38 force a kind. A REF that fits several sessions is an error that lists them.
"""

_FORMATS = """synapse ask --format (-F)
  text    the answer as it comes; in a pipe exactly the model's bytes and a newline
  md      the Markdown as it comes, on a terminal, too
  json    one object at the end: schema, session, message, elapsed_ms (--json)
  jsonl   one object a line: start, delta …, then end or error

synapse sessions list --format
  table   for people; what a terminal gets
  tsv     id, updated, provider, model, messages, name, preview; what a pipe gets.
          Backslash, tab and line ends are written \\\\ \\t \\n \\r
  json    one object with all sessions (--json)
  jsonl   one object a line
  id      one id a line

Within a schema number, JSON only ever gains fields. Times are RFC 3339 in UTC.
"""

_EXIT_CODES = """  0    done
  1    a negative answer: you said no, a check found something
  2    usage: a flag or an argument can't be used as given
  3    there is no such session, or several
  4    no API key, or the provider rejected it
  5    the provider or the network failed, or the answer broke off (what came is saved)
  6    storage: locked, full, read-only, damaged, made by a newer version
  7    the configuration is invalid
  8    partly done
  70   a bug in synapse; the message names the report
  129  the terminal was closed       130  Ctrl-C       143  TERM
  141  the reader of the pipe went away
"""

_ENVIRONMENT = """  SYNAPSE_CONFIG             the configuration file
  SYNAPSE_PROVIDER           who answers
  SYNAPSE_MODEL              the model of new sessions
  DATABASE_URL               the database
  SYNAPSE_PAGER, PAGER       what shows long output
  SYNAPSE_DEBUG=1            tracebacks
  NO_COLOR, CLICOLOR_FORCE   colours off, on
  OPENAI_API_KEY, …          the key of each provider (help keys)
  COLUMNS, LINES             the size of the terminal

Flags win over the environment, the environment over config.toml. Every option of the
configuration has its variable:  synapse config show
"""

_KEYS = """An API key comes from the environment, the key store, or a command that prints it.
It is never given as a flag: other users of the machine could see it.

  export OPENAI_API_KEY=…            for this shell
  synapse keys set openai            stored for you alone (mode 0600)
  api_key_cmd = "pass show openai"   in [providers.openai] of config.toml
"""

_PRIVACY = """Conversations are kept on this machine, as plain text, in a file that only you can
read (~/.config/synapse/sessions.db, mode 0600). They go to the provider that answers, and
nowhere else.

  --no-save                          store nothing of this question
  synapse sessions delete REF        to the trash
  synapse sessions purge             destroy what is in the trash
"""

TOPICS = {
    "refs": _REFS,
    "formats": _FORMATS,
    "exit-codes": _EXIT_CODES,
    "environment": _ENVIRONMENT,
    "keys": _KEYS,
    "privacy": _PRIVACY,
}
"""Topic → its page."""
