"""The pages of `synapse help TOPIC`; what repeats a table of the program is made from it.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from _collections_abc import Mapping  # `collections` would be 7 million instructions more

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REFS = """A REF names a session. In this order:

  4c3834c9-…      a full id; hyphens and case don't matter
  docker-volumes  its exact name; case does not matter
  @1  @2  …       the last one used, the one before, …; @ is @1
  4c38            the beginning of its handle (the eight digits of lists), or of its id:
                  four digits or more
  94c3834c9       the end of its id: more than eight digits, which lists show where eight are
                  not its alone

id:4c38 and name:4c38 force a kind. A REF that fits several sessions is an error that lists them.

Without a REF: -c, synapse retry and @1 mean the session that was used last, in whatever terminal
that was; the line below an answer names it. To stay with the one of this terminal, name it: -s REF.

A title (sessions rename REF --title TEXT) is no REF: several sessions may have the same. Lists,
completion, the picker and sessions list QUERY know it.
"""

_SEARCH = """synapse sessions search QUERY finds messages in all sessions by what they say: the text
of questions, answers and attached texts, in any language. Neither case nor accents count.

  disk full               both words, wherever they stand in a message
  "disk full"             one after the other
  disk -full              the first, but not the second; -"…" and -(…) as well
  conf*                   words that begin so
  disk OR quota           one of them, or both; binds less than the blank
  (disk OR quota) full    grouped

Filters hold for the whole query, wherever they stand:

  role:user               also assistant, system, tool
  in:4c38  in:@1          in that session (help refs)
  in:reasoning            in what the model thought, instead of what it said
  name:docker             the session's name or title has this in it
  model:gpt               the model has this in its name; of a question, the session's
  provider:openai         the whole name
  tag:work                sessions tag REF work
  after:2w  before:2026-11-01
                          the times of --since; so are since: and until:
  has:attachment          a file went with it

Several of one name mean any of them: role:user role:tool. A dash leaves out: -tag:work. A value of
several words stands in quotes: name:"my notes".

Everything else is looked for as it is typed: C++, a.b.c, snake_case, don't, ->, --flag, f(x). What
looks like a filter and is none is a word, and a line says so. In Chinese, Japanese, Korean, Thai
and the like a part of what is written without spaces is found, too.

The shell takes quotes away: put the query between single ones.

  synapse sessions search '"no space left" -podman'

The newest messages come first; --rank puts the most relevant of the 2,000 newest first. #7 is
the number for sessions show REF --message 7. The exit status is 1 if nothing is found. In a pipe:
id, number, role, time, a piece of the text (help formats). At the prompt: /search WORDS goes on
where it was said.
"""

_FORMATS = """synapse ask --format (-F)
  text    the answer as it comes; in a pipe exactly the model's bytes and a newline
  md      the Markdown as it comes, on a terminal, too
  json    one object at the end: schema, session, message, elapsed_ms (--json)
  jsonl   one object a line: start, model (its name, from the provider), reasoning and delta
          (pieces), retry, then end or error

synapse sessions list --format
  table   for people; what a terminal gets
  tsv     id, updated, provider, model, messages, name, preview; what a pipe gets.
          Backslash, tab and line ends are written \\\\ \\t \\n \\r, what could act on a
          terminal \\x1b, \\u202e, …
  json    one object with all sessions (--json)
  jsonl   one object a line
  id      one id a line

synapse sessions search
          a terminal gets groups, a pipe tsv: id, message's number, role, time, a piece of the
          text; with -C a sixth field, match or context; with -l the fields of a list. --json:
          one object, with each whole message and the places (spans) of what matched

What fails ends in JSON, too, whatever it was: an object or event with error.code and
error.message. Within a schema number, JSON only ever gains fields. Times are RFC 3339 in UTC.
"""

_EXIT_CODES = """  0    done
  1    a negative answer: nothing found, you said no, a check found something
  2    usage: a flag or an argument can't be used as given
  3    there is no such session, or several
  4    no API key, or the provider rejected it
  5    the provider or the network failed, or the answer broke off (what came is saved)
  6    storage: locked, full, read-only, damaged, made by a newer version
  7    the configuration is invalid
  8    partly done
  70   a bug in synapse; the message names the report
  129  the terminal was closed
  130  Ctrl-C
  143  TERM
  141  the reader of the pipe went away
"""

_ENVIRONMENT = """  SYNAPSE_CONFIG             the configuration file
  SYNAPSE_PROVIDER           who answers
  SYNAPSE_MODEL              the model of new sessions
  SYNAPSE_DATABASE_URL       the database
  DATABASE_URL               the same, for whoever has no other project that uses it
  SYNAPSE_PAGER, PAGER       what shows long output
  SYNAPSE_ACCESSIBLE=1       output for screen readers (help accessibility)
  SYNAPSE_DEBUG=1            tracebacks
  VISUAL, EDITOR             what you write texts with
  NO_COLOR, CLICOLOR=0       colours off
  CLICOLOR_FORCE=1, FORCE_COLOR=1
                             colours on, in a pipe, too
  TERM                       the kind of terminal: has it colours, can the cursor be moved
  OPENAI_API_KEY, …          the key of each provider (help keys)
  http_proxy, https_proxy, all_proxy, no_proxy
                             the way to the network
  SSL_CERT_FILE, SSL_CERT_DIR
                             certificates to trust instead of the system's
  XDG_CONFIG_HOME, XDG_CACHE_HOME, XDG_STATE_HOME
                             where our folders are
  COLUMNS, LINES             the size of the terminal
  FORCE_HYPERLINK=1, =0      links that can be clicked, or never any

Flags win over the environment, the environment over config.toml. Every option of the
configuration has its variable:  synapse config show
"""

_API_KEYS = """An API key comes from the environment, the key store, or a command that prints it.
It is never given as a flag: other users of the machine could see it.

  export OPENAI_API_KEY=…            for this shell
  synapse keys set openai            stored for you alone (mode 0600)
  api_key_cmd = "pass show openai"   in [providers.openai] of config.toml

If a provider has several keys, the first of these is used:

  1  its environment variable; but not if config.toml has both an address and a key for it
  2  the key store (synapse keys set)
  3  what api_key_cmd prints
  4  api_key in config.toml
  5  the system's keychain (synapse keys set --keychain)

If no provider is chosen (-p, -m, SYNAPSE_PROVIDER, config.toml), the first that has a key in the
environment answers; else the first with one in the key store; else the first with api_key_cmd or
api_key. The order is
{providers}.
Without any key, the local model answers, if it is there.

  synapse keys list                  who has a key, and where it comes from
"""

_PROMPT = """synapse, synapse repl and -r talk at a prompt. These are its commands and keys (/help).

{commands_and_keys}
What begins with one slash is never sent, whether there is such a command or not.
"""

_PRIVACY = """Conversations are kept on this machine, as plain text, in a file that only you can
read (~/.config/synapse/sessions.db, mode 0600). They go to the provider that answers, and
nowhere else. OpenAI, Azure, Mistral and xAI are told the session's id beside them: by it they find
what they still have in their cache. It says when the session began, and nothing else of you;
cache = false in [providers.NAME] keeps it here.

  --no-save                          store nothing of this question
  synapse sessions delete REF        to the trash
  synapse sessions purge             destroy what is in the trash
"""

_ATTACHMENTS = """synapse -f FILE "question" sends a file with the question; -f can be repeated, and
-f - is what is piped in. It is kept with the message, and sent again when the session goes on,
also by another provider.

  texts    named parts of the question; up to input.max_bytes (1,048,576) bytes each.
           What is piped in beside a question is one, too, without a name
  images   png, jpeg, webp and gif, known by their content. Largest image in bytes:
           anthropic 3,750,000 · gemini 14,000,000 (no gif) · mistral 10,000,000 ·
           groq 3,000,000 · xai 20,000,000 (png, jpeg) · others 20,000,000.
           deepseek, local and echo take none; the model decides whether it can see

In a loop, a file on standard input is left to the loop that has begun to read it. This asks every
line:

  while read -r q; do synapse "$q"; done < questions.txt

A pipe does not show who reads it. There, say --no-stdin:

  cat questions.txt | while read -r q; do synapse --no-stdin "$q"; done

What can't be sent is an error before anything is stored; of a PDF, an office document or an
archive, it names the command that makes a text of it. Where a session goes on with a provider
that takes no images, the earlier ones stay where they are, and the model is told their names.

  synapse sessions show REF --message N --attachment K > FILE    writes one out
"""

_ACCESSIBILITY = """For screen readers and braille displays: nothing is redrawn, no cursor is moved,
nothing ticks. One line says that an answer is awaited, one that it is finished; tables are put
into words, frames are left out.

  SYNAPSE_ACCESSIBLE=1               for one command, or for the shell
  synapse config set ui.accessible true
                                     for good

Beside it:
  --render blocks                    each paragraph once, when it is finished
  ui.ascii = true                    nothing but ASCII in frames and signs
  NO_COLOR=1, --color never          no colours; nothing is said by colour alone
  --no-pager                         long output as it is
"""


def _api_keys() -> str:
    import textwrap  # heavy

    from synapse.providers import PROVIDERS

    names = ", ".join(name for name, row in PROVIDERS.items() if row.needs_key)
    return _API_KEYS.replace("{providers}", textwrap.fill(names, 98))


def _prompt() -> str:
    from synapse.cli.repl.setting_commands import commands_and_keys

    return _PROMPT.replace("{commands_and_keys}", commands_and_keys())


class _Topics(Mapping[str, str]):
    """Names of topics, in their order; a page is made when it is looked at."""

    def __init__(self, pages: dict[str, str | Callable[[], str]]) -> None:
        self._pages = pages

    def __getitem__(self, topic: str) -> str:
        page = self._pages[topic]
        return page if isinstance(page, str) else page()

    def __iter__(self) -> Iterator[str]:
        return iter(self._pages)

    def __len__(self) -> int:
        return len(self._pages)


TOPICS = _Topics(
    {
        "refs": _REFS,
        "search": _SEARCH,
        "formats": _FORMATS,
        "exit-codes": _EXIT_CODES,
        "environment": _ENVIRONMENT,
        "keys": _api_keys,
        "prompt": _prompt,
        "attachments": _ATTACHMENTS,
        "accessibility": _ACCESSIBILITY,
        "privacy": _PRIVACY,
    }
)
"""Topic → its page."""
