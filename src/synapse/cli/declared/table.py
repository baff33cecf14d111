"""What each command declares, written by scripts/declare.py: see the package. Change the
`arguments` of the command's module instead, and run the script.
"""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DECLARED: dict[str, dict[str, Any]] = {
    '': {
        'arguments': (
            {'names': ('--config',), 'dest': 'config', 'metavar': 'FILE', 'help': 'read this configuration file'},
            {'names': ('--db',), 'dest': 'db', 'metavar': 'URL', 'help': 'the database: sqlite:PATH, or a path'},
            {'names': ('--color',), 'dest': 'color', 'choices': ('auto', 'always', 'never'), 'help': 'colours on the terminal'},
            {'names': ('--accessible',), 'dest': 'accessible', 'default': False, 'action': 'store_true', 'help': 'for screen readers: nothing drawn or redrawn'},
            {'names': ('-q', '--quiet'), 'dest': 'quiet', 'default': False, 'action': 'store_true', 'help': 'no footer, no hints'},
            {'names': ('-v', '--verbose'), 'dest': 'verbose', 'default': False, 'action': 'store_true', 'help': 'more detail on standard error'},
            {'names': ('--no-input',), 'dest': 'no_input', 'default': False, 'action': 'store_true', 'help': 'never ask; fail and name the flag instead'},
            {'names': ('--no-pager',), 'dest': 'no_pager', 'default': False, 'action': 'store_true', 'help': 'never start a pager'},
            {'names': ('--debug',), 'dest': 'debug', 'default': False, 'action': 'store_true', 'help': 'show the traceback of an error'},
        ),
    },
    'ask': {
        'arguments': (
            {'dest': 'prompt', 'nargs': '*', 'metavar': 'PROMPT', 'help': 'the question; -- ends the options'},
            {'names': ('-r', '--repl'), 'dest': 'repl', 'default': False, 'action': 'store_true', 'help': 'go on at a prompt, after the question if any'},
            {'names': ('-s', '--session'), 'dest': 'session', 'metavar': 'REF', 'help': 'go on with that session (help refs)'},
            {'names': ('-c', '--continue'), 'dest': 'go_on', 'default': False, 'action': 'store_true', 'help': 'go on with the last one used'},
            {'names': ('--pick',), 'dest': 'pick', 'default': False, 'action': 'store_true', 'help': 'choose the session to go on with from a list'},
            {'names': ('--fork',), 'dest': 'fork', 'default': False, 'action': 'store_true', 'help': 'with -s or -c: branch first, leave the original'},
            {'names': ('--at',), 'dest': 'at', 'type': 'builtins:int', 'metavar': 'N', 'help': 'with --fork: branch after message N'},
            {'names': ('--name',), 'dest': 'name', 'help': 'name of the new session, or of the branch'},
            {'names': ('-S', '--system'), 'dest': 'system', 'metavar': 'TEXT|@FILE', 'help': 'system prompt of the new session'},
            {'names': ('--role',), 'dest': 'role', 'metavar': 'ROLE', 'help': 'a system prompt, a model and more by one name (help roles)'},
            {'names': ('--var',), 'dest': 'var', 'action': 'append', 'default': [], 'metavar': 'NAME=VALUE', 'help': 'a variable of the role'},
            {'names': ('-f', '--file'), 'dest': 'file', 'action': 'append', 'default': [], 'metavar': 'FILE', 'help': 'attach a text or an image (png, jpeg, webp, gif); repeatable; - is standard input'},
            {'names': ('--no-save',), 'dest': 'no_save', 'default': False, 'action': 'store_true', 'help': 'store nothing at all'},
            {'names': ('-e', '--editor'), 'dest': 'editor', 'default': False, 'action': 'store_true', 'help': 'write the question in your editor'},
            {'names': ('--no-stdin',), 'dest': 'no_stdin', 'default': False, 'action': 'store_true', 'help': 'leave standard input alone'},
            {'names': ('-x', '--extract'), 'dest': 'format', 'action': 'store_const', 'const': 'code', 'help': 'only its first fenced code block; -x N: the Nth'},
            {'names': ('--extract-nth',), 'dest': 'format', 'type': 'synapse.cli.asking.options:_nth_block', 'metavar': 'N', 'help': 'only its Nth one'},
            {'names': ('--extract-last',), 'dest': 'format', 'action': 'store_const', 'const': 'last-code', 'help': 'only its last one'},
            {'names': ('-o', '--output'), 'dest': 'output', 'metavar': 'FILE', 'help': 'the answer goes into a new file, once complete'},
            {'names': ('--force',), 'dest': 'force', 'default': False, 'action': 'store_true', 'help': 'with -o: overwrite the file if it exists'},
            {'names': ('-m', '--model'), 'dest': 'model', 'metavar': 'MODEL', 'help': 'a model, PROVIDER/MODEL, or an alias'},
            {'names': ('-p', '--provider'), 'dest': 'provider', 'metavar': 'PROVIDER', 'help': 'who answers; echo repeats, offline'},
            {'names': ('-F', '--format'), 'dest': 'format', 'choices': ('text', 'md', 'json', 'jsonl'), 'help': 'of the answer'},
            {'names': ('--render',), 'dest': 'render', 'choices': ('auto', 'live', 'blocks', 'raw'), 'help': 'how Markdown is shown (live)'},
            {'names': ('--show-thinking',), 'dest': 'show_thinking', 'default': False, 'action': 'store_true', 'help': 'show what the model thinks, too'},
            {'names': ('--json',), 'dest': 'format', 'action': 'store_const', 'const': 'json', 'help': '= --format json'},
            {'names': ('--wait',), 'dest': 'wait', 'default': False, 'action': 'store_true', 'help': 'wait while another terminal is in the session'},
            {'names': ('--no-stream',), 'dest': 'no_stream', 'default': False, 'action': 'store_true', 'help': 'have the answer sent in one piece'},
            {'names': ('--param',), 'dest': 'param', 'action': 'append', 'default': [], 'metavar': 'K=V', 'help': 'temperature=0.2, seed=7, …'},
            {'names': ('--timeout',), 'dest': 'timeout', 'type': 'synapse.cli.asking.options:_seconds', 'metavar': 'S', 'help': 'give up after S seconds of silence'},
        ),
        'examples': 'examples:\n  synapse "What is a monad?"\n  git diff | synapse "Write a commit message"\n  synapse -f chart.png -f data.csv "Does the chart show this?"\n  synapse -c "And in one line?"\n  synapse -s 4c3834c9 -m openai/gpt-6-sol "Check this again"\n  synapse --role translator --var language=Greek "Good morning"\n',
        'rewrite': 'synapse.cli.asking.options:with_numbered_extract',
    },
    'repl': {
        'arguments': (
            {'names': ('-s', '--session'), 'dest': 'session', 'metavar': 'REF', 'help': 'go on with that session (help refs)'},
            {'names': ('-c', '--continue'), 'dest': 'go_on', 'default': False, 'action': 'store_true', 'help': 'go on with the last one used'},
            {'names': ('--pick',), 'dest': 'pick', 'default': False, 'action': 'store_true', 'help': 'choose the session to go on with from a list'},
            {'names': ('--fork',), 'dest': 'fork', 'default': False, 'action': 'store_true', 'help': 'with -s or -c: branch first, leave the original'},
            {'names': ('--at',), 'dest': 'at', 'type': 'builtins:int', 'metavar': 'N', 'help': 'with --fork: branch after message N'},
            {'names': ('--name',), 'dest': 'name', 'help': 'name of the new session, or of the branch'},
            {'names': ('-S', '--system'), 'dest': 'system', 'metavar': 'TEXT|@FILE', 'help': 'system prompt of the new session'},
            {'names': ('--role',), 'dest': 'role', 'metavar': 'ROLE', 'help': 'a system prompt, a model and more by one name (help roles)'},
            {'names': ('--var',), 'dest': 'var', 'action': 'append', 'default': [], 'metavar': 'NAME=VALUE', 'help': 'a variable of the role'},
            {'names': ('-f', '--file'), 'dest': 'file', 'action': 'append', 'default': [], 'metavar': 'FILE', 'help': 'attach a text or an image (png, jpeg, webp, gif); repeatable; - is standard input'},
            {'names': ('--no-save',), 'dest': 'no_save', 'default': False, 'action': 'store_true', 'help': 'store nothing at all'},
            {'names': ('-m', '--model'), 'dest': 'model', 'metavar': 'MODEL', 'help': 'a model, PROVIDER/MODEL, or an alias'},
            {'names': ('-p', '--provider'), 'dest': 'provider', 'metavar': 'PROVIDER', 'help': 'who answers; echo repeats, offline'},
            {'names': ('-F', '--format'), 'dest': 'format', 'choices': ('text', 'md', 'json', 'jsonl'), 'help': 'of the answer'},
            {'names': ('--render',), 'dest': 'render', 'choices': ('auto', 'live', 'blocks', 'raw'), 'help': 'how Markdown is shown (live)'},
            {'names': ('--show-thinking',), 'dest': 'show_thinking', 'default': False, 'action': 'store_true', 'help': 'show what the model thinks, too'},
            {'names': ('--json',), 'dest': 'format', 'action': 'store_const', 'const': 'json', 'help': '= --format json'},
            {'names': ('--wait',), 'dest': 'wait', 'default': False, 'action': 'store_true', 'help': 'wait while another terminal is in the session'},
            {'names': ('--no-stream',), 'dest': 'no_stream', 'default': False, 'action': 'store_true', 'help': 'have the answer sent in one piece'},
            {'names': ('--param',), 'dest': 'param', 'action': 'append', 'default': [], 'metavar': 'K=V', 'help': 'temperature=0.2, seed=7, …'},
            {'names': ('--timeout',), 'dest': 'timeout', 'type': 'synapse.cli.asking.options:_seconds', 'metavar': 'S', 'help': 'give up after S seconds of silence'},
        ),
        'examples': 'examples:\n  synapse                            a new session\n  synapse repl -c                    go on with the last one used\n  synapse -r "What is a monad?"      a first question, then the prompt\n',
    },
    'retry': {
        'arguments': (
            {'names': ('-s', '--session'), 'dest': 'session', 'metavar': 'REF', 'help': 'in that session; else in the last one used'},
            {'names': ('-x', '--extract'), 'dest': 'format', 'action': 'store_const', 'const': 'code', 'help': 'only its first fenced code block; -x N: the Nth'},
            {'names': ('--extract-nth',), 'dest': 'format', 'type': 'synapse.cli.asking.options:_nth_block', 'metavar': 'N', 'help': 'only its Nth one'},
            {'names': ('--extract-last',), 'dest': 'format', 'action': 'store_const', 'const': 'last-code', 'help': 'only its last one'},
            {'names': ('-o', '--output'), 'dest': 'output', 'metavar': 'FILE', 'help': 'the answer goes into a new file, once complete'},
            {'names': ('--force',), 'dest': 'force', 'default': False, 'action': 'store_true', 'help': 'with -o: overwrite the file if it exists'},
            {'names': ('-m', '--model'), 'dest': 'model', 'metavar': 'MODEL', 'help': 'a model, PROVIDER/MODEL, or an alias'},
            {'names': ('-p', '--provider'), 'dest': 'provider', 'metavar': 'PROVIDER', 'help': 'who answers; echo repeats, offline'},
            {'names': ('-F', '--format'), 'dest': 'format', 'choices': ('text', 'md', 'json', 'jsonl'), 'help': 'of the answer'},
            {'names': ('--render',), 'dest': 'render', 'choices': ('auto', 'live', 'blocks', 'raw'), 'help': 'how Markdown is shown (live)'},
            {'names': ('--show-thinking',), 'dest': 'show_thinking', 'default': False, 'action': 'store_true', 'help': 'show what the model thinks, too'},
            {'names': ('--json',), 'dest': 'format', 'action': 'store_const', 'const': 'json', 'help': '= --format json'},
            {'names': ('--wait',), 'dest': 'wait', 'default': False, 'action': 'store_true', 'help': 'wait while another terminal is in the session'},
            {'names': ('--no-stream',), 'dest': 'no_stream', 'default': False, 'action': 'store_true', 'help': 'have the answer sent in one piece'},
            {'names': ('--param',), 'dest': 'param', 'action': 'append', 'default': [], 'metavar': 'K=V', 'help': 'temperature=0.2, seed=7, …'},
            {'names': ('--timeout',), 'dest': 'timeout', 'type': 'synapse.cli.asking.options:_seconds', 'metavar': 'S', 'help': 'give up after S seconds of silence'},
        ),
        'rewrite': 'synapse.cli.asking.options:with_numbered_extract',
    },
    'sessions list': {
        'arguments': (
            {'dest': 'query', 'nargs': '?', 'metavar': 'QUERY', 'help': 'with this in name, title, preview; tag:WORD'},
            {'names': ('--since',), 'dest': 'since', 'metavar': 'T', 'help': 'only those used since: 90d, 2w, today, 2026-11-01'},
            {'names': ('--until',), 'dest': 'until', 'metavar': 'T', 'help': 'only those last used before'},
            {'names': ('--model',), 'dest': 'model', 'metavar': 'M', 'help': 'only those whose model has this in its name'},
            {'names': ('--provider',), 'dest': 'provider', 'metavar': 'P', 'help': 'only those of this provider'},
            {'names': ('--tag',), 'dest': 'tag', 'metavar': 'TAG', 'help': 'only those with this tag'},
            {'names': ('--named',), 'dest': 'named', 'default': False, 'action': 'store_true', 'help': 'only those that have a name'},
            {'names': ('--sort',), 'dest': 'sort', 'choices': ('updated', 'created', 'messages', 'name'), 'default': 'updated', 'help': 'what comes first (updated)'},
            {'names': ('-R', '--reverse'), 'dest': 'reverse', 'default': False, 'action': 'store_true', 'help': 'the other way round'},
            {'names': ('-n', '--limit'), 'dest': 'limit', 'type': 'synapse.cli.command_line.numbers:number', 'default': 20, 'metavar': 'N', 'help': 'how many (20); 0: all'},
            {'names': ('-a', '--all'), 'dest': 'limit', 'action': 'store_const', 'const': 0, 'help': 'all of them'},
            {'names': ('--full',), 'dest': 'full', 'default': False, 'action': 'store_true', 'help': 'whole ids on a terminal, too'},
            {'names': ('--time',), 'dest': 'time', 'choices': ('relative', 'local', 'iso'), 'help': 'how the table shows times (relative)'},
            {'names': ('--deleted',), 'dest': 'deleted', 'default': False, 'action': 'store_true', 'help': 'what is in the trash'},
            {'names': ('--shared',), 'dest': 'shared', 'default': False, 'action': 'store_true', 'help': 'what others have shared with you (docs/servers.md)'},
            {'names': ('-F', '--format'), 'dest': 'format', 'choices': ('table', 'tsv', 'json', 'jsonl', 'id'), 'help': 'a table on a terminal, tsv elsewhere'},
            {'names': ('--json',), 'dest': 'format', 'action': 'store_const', 'const': 'json', 'help': '= --format json'},
            {'names': ('--header',), 'dest': 'header', 'default': False, 'action': 'store_true', 'help': 'name the columns of tsv'},
        ),
    },
    'sessions show': {
        'arguments': (
            {'dest': 'ref', 'nargs': '?', 'metavar': 'REF', 'help': 'which session (help refs)'},
            {'names': ('--last',), 'dest': 'last', 'type': 'synapse.cli.commands.sessions.show:_count', 'metavar': 'N', 'help': 'only the last N messages'},
            {'names': ('--message',), 'dest': 'message', 'metavar': 'N[-M]', 'help': 'only these; a single one exactly, without a header'},
            {'names': ('--attachment',), 'dest': 'attachment', 'type': 'builtins:int', 'metavar': 'K', 'help': 'with --message: what goes with it, exactly'},
            {'names': ('--role',), 'dest': 'role', 'choices': ('system', 'user', 'assistant', 'tool'), 'help': 'only messages of this role'},
            {'names': ('--raw',), 'dest': 'raw', 'default': False, 'action': 'store_true', 'help': 'the Markdown as it is stored, on a terminal, too'},
            {'names': ('--rendered',), 'dest': 'rendered', 'default': False, 'action': 'store_true', 'help': 'as on a terminal, into a pipe, too'},
            {'names': ('--deleted',), 'dest': 'deleted', 'default': False, 'action': 'store_true', 'help': 'look in the trash'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'one JSON object'},
        ),
    },
    'sessions context': {
        'arguments': (
            {'dest': 'ref', 'nargs': '?', 'metavar': 'REF', 'help': 'which session (help refs)'},
            {'dest': 'prompt', 'nargs': '*', 'metavar': 'PROMPT', 'help': 'with this as the next question'},
            {'names': ('-m', '--model'), 'dest': 'model', 'metavar': 'MODEL', 'help': 'for a model, PROVIDER/MODEL, or an alias'},
            {'names': ('-p', '--provider'), 'dest': 'provider', 'metavar': 'PROVIDER', 'help': 'for that provider'},
            {'names': ('--full',), 'dest': 'full', 'default': False, 'action': 'store_true', 'help': 'the very texts, as they would be sent'},
            {'names': ('--deleted',), 'dest': 'deleted', 'default': False, 'action': 'store_true', 'help': 'look in the trash'},
            {'names': ('-F', '--format'), 'dest': 'format', 'choices': ('table', 'tsv', 'json'), 'help': 'table on a terminal, else tsv'},
            {'names': ('--json',), 'dest': 'format', 'action': 'store_const', 'const': 'json', 'help': '= --format json'},
        ),
    },
    'sessions search': {
        'arguments': (
            {'dest': 'query', 'nargs': '*', 'metavar': 'QUERY', 'help': 'what to look for; several words are joined'},
            {'names': ('-n', '--limit'), 'dest': 'limit', 'type': 'synapse.cli.command_line.numbers:number', 'metavar': 'N', 'help': 'how many messages (20); 0: all'},
            {'names': ('-s', '--session'), 'dest': 'session', 'metavar': 'REF', 'help': 'only in this session (help refs)'},
            {'names': ('--role',), 'dest': 'role', 'choices': ('system', 'user', 'assistant', 'tool'), 'help': 'only messages of this role'},
            {'names': ('--tag',), 'dest': 'tag', 'metavar': 'TAG', 'help': 'only in sessions with this tag'},
            {'names': ('--since',), 'dest': 'since', 'metavar': 'T', 'help': 'only messages since: 90d, 2w, today, 2026-11-01'},
            {'names': ('--until',), 'dest': 'until', 'metavar': 'T', 'help': 'only messages before'},
            {'names': ('-C', '--context'), 'dest': 'context', 'type': 'synapse.cli.command_line.numbers:number', 'default': 0, 'metavar': 'N', 'help': 'N messages around each'},
            {'names': ('-l', '--list'), 'dest': 'list', 'default': False, 'action': 'store_true', 'help': 'only the sessions'},
            {'names': ('--count',), 'dest': 'count', 'default': False, 'action': 'store_true', 'help': 'only how many there are'},
            {'names': ('--rank',), 'dest': 'rank', 'default': False, 'action': 'store_true', 'help': 'the most relevant first, of the 2,000 newest'},
            {'names': ('--deleted',), 'dest': 'deleted', 'default': False, 'action': 'store_true', 'help': 'look in the trash'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'one JSON object'},
        ),
        'examples': 'examples (the language: synapse help search):\n  synapse sessions search docker volumes\n  synapse sessions search \'"does the data" -podman after:3mo\'\n  synapse sessions search role:user data -C 1\n',
        'rewrite': 'synapse.cli.commands.sessions.search:rewritten',
    },
    'sessions rename': {
        'arguments': (
            {'dest': 'ref', 'nargs': '?', 'metavar': 'REF', 'help': 'which session (help refs)'},
            {'dest': 'name', 'nargs': '?', 'metavar': 'NAME', 'help': 'what to call it'},
            {'names': ('--no-name',), 'dest': 'no_name', 'default': False, 'action': 'store_true', 'help': 'take its name away'},
            {'names': ('--title',), 'dest': 'title', 'metavar': 'TEXT', 'help': 'what it is about, for lists: any text, no REF'},
            {'names': ('--no-title',), 'dest': 'no_title', 'default': False, 'action': 'store_true', 'help': 'take its title away'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions delete': {
        'arguments': (
            {'dest': 'refs', 'nargs': '*', 'metavar': 'REF', 'help': 'which sessions (help refs)'},
            {'names': ('--match',), 'dest': 'match', 'metavar': 'QUERY', 'help': 'all with this in name, title or preview; tag:WORD'},
            {'names': ('--tag',), 'dest': 'tag', 'metavar': 'TAG', 'help': 'all with this tag'},
            {'names': ('--older-than',), 'dest': 'older_than', 'metavar': 'T', 'help': 'all that were last used before: 90d, 3mo, 2026-11-01'},
            {'names': ('-a', '--all'), 'dest': 'all', 'default': False, 'action': 'store_true', 'help': 'all that are not pinned'},
            {'names': ('--purge',), 'dest': 'purge', 'default': False, 'action': 'store_true', 'help': 'destroy them at once, without the trash'},
            {'names': ('-n', '--dry-run'), 'dest': 'dry_run', 'default': False, 'action': 'store_true', 'help': 'only say what would be done'},
            {'names': ('-y', '--yes'), 'dest': 'yes', 'default': False, 'action': 'store_true', 'help': "don't ask"},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions restore': {
        'arguments': (
            {'dest': 'refs', 'nargs': '*', 'metavar': 'REF', 'help': 'which sessions (help refs)'},
            {'names': ('-a', '--all'), 'dest': 'all', 'default': False, 'action': 'store_true', 'help': 'everything in the trash'},
            {'names': ('--since',), 'dest': 'since', 'metavar': 'T', 'help': 'everything that was deleted since: 2h, today, 2026-11-01'},
            {'names': ('--tag',), 'dest': 'tag', 'metavar': 'TAG', 'help': 'everything with this tag'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions purge': {
        'arguments': (
            {'dest': 'refs', 'nargs': '*', 'metavar': 'REF', 'help': 'which sessions of the trash; none: all of them'},
            {'names': ('--older-than',), 'dest': 'older_than', 'metavar': 'T', 'help': 'only what was deleted before: 30d, 2w, 2026-11-01'},
            {'names': ('--tag',), 'dest': 'tag', 'metavar': 'TAG', 'help': 'only what has this tag'},
            {'names': ('-n', '--dry-run'), 'dest': 'dry_run', 'default': False, 'action': 'store_true', 'help': 'only say what would be done'},
            {'names': ('-y', '--yes'), 'dest': 'yes', 'default': False, 'action': 'store_true', 'help': "don't ask"},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions export': {
        'arguments': (
            {'dest': 'refs', 'nargs': '*', 'metavar': 'REF', 'help': 'which sessions (help refs); the last used one'},
            {'names': ('-a', '--all'), 'dest': 'all', 'default': False, 'action': 'store_true', 'help': 'all; of jsonl and json, the trash too'},
            {'names': ('--match',), 'dest': 'match', 'metavar': 'QUERY', 'help': 'all with this in name, title or preview; tag:WORD'},
            {'names': ('--tag',), 'dest': 'tag', 'metavar': 'TAG', 'help': 'all with this tag'},
            {'names': ('--deleted',), 'dest': 'deleted', 'default': False, 'action': 'store_true', 'help': 'only what is in the trash'},
            {'names': ('-F', '--format'), 'dest': 'format', 'metavar': 'FORMAT', 'help': 'as jsonl, json, md, html, text (export.format)'},
            {'names': ('-o', '--output'), 'dest': 'output', 'metavar': 'PATH', 'help': 'a file, a folder for a file each, or -'},
            {'names': ('--force',), 'dest': 'force', 'default': False, 'action': 'store_true', 'help': 'write over files that are there'},
            {'names': ('--redact',), 'dest': 'redact', 'default': False, 'action': 'store_true', 'help': 'mask keys, passwords, addresses, names of homes'},
            {'names': ('--no-redact',), 'dest': 'no_redact', 'default': False, 'action': 'store_true', 'help': 'mask nothing, whatever is configured'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
        'examples': 'examples:\n  synapse sessions export 4c3834c9 -o volumes.html\n  synapse sessions export --all -F jsonl -o archive.jsonl\n  synapse sessions export --all -F jsonl | ssh other synapse sessions import -\n',
    },
    'sessions import': {
        'arguments': (
            {'dest': 'paths', 'nargs': '*', 'metavar': 'PATH', 'help': 'files, zips, folders; -: standard input'},
            {'names': ('--from',), 'dest': 'program', 'default': 'auto', 'metavar': 'PROGRAM', 'help': 'whose they are (auto)'},
            {'names': ('--scan',), 'dest': 'scan', 'default': False, 'action': 'store_true', 'help': 'look for what other programs keep on this machine'},
            {'names': ('-n', '--dry-run'), 'dest': 'dry_run', 'default': False, 'action': 'store_true', 'help': 'only say what would come'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
        'examples': 'examples (which programs, and where they keep their data: docs/import.md):\n  synapse sessions import --scan\n  synapse sessions import chatgpt-export.zip\n  synapse sessions import -n ~/.config/io.datasette.llm/logs.db\n',
    },
    'sessions compact': {
        'arguments': (
            {'dest': 'ref', 'nargs': '?', 'metavar': 'REF', 'help': 'which session (help refs)'},
            {'names': ('--focus',), 'dest': 'focus', 'metavar': 'TEXT', 'help': 'what the summary is to heed above all'},
            {'names': ('--fresh',), 'dest': 'fresh', 'default': False, 'action': 'store_true', 'help': 'from the originals, not from the last summary'},
            {'names': ('-m', '--model'), 'dest': 'model', 'metavar': 'MODEL', 'help': 'who writes it: a model, PROVIDER/MODEL, or an alias'},
            {'names': ('--undo',), 'dest': 'undo', 'default': False, 'action': 'store_true', 'help': 'take the last summary away again'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions fork': {
        'arguments': (
            {'dest': 'ref', 'nargs': '?', 'metavar': 'REF', 'help': 'which session (help refs)'},
            {'names': ('--at',), 'dest': 'at', 'type': 'builtins:int', 'metavar': 'N', 'help': 'branch after message N; else after the last'},
            {'names': ('--name',), 'dest': 'name', 'help': 'name of the new session'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions pin': {
        'arguments': (
            {'dest': 'refs', 'nargs': '+', 'metavar': 'REF', 'help': 'which sessions (help refs)'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions unpin': {
        'arguments': (
            {'dest': 'refs', 'nargs': '+', 'metavar': 'REF', 'help': 'which sessions (help refs)'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions tag': {
        'arguments': (
            {'dest': 'refs', 'nargs': '+', 'metavar': 'REF', 'help': 'which sessions (help refs)'},
            {'dest': 'tag', 'metavar': 'TAG', 'help': 'one word; # in front of it is left out'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions untag': {
        'arguments': (
            {'dest': 'refs', 'nargs': '+', 'metavar': 'REF', 'help': 'which sessions (help refs)'},
            {'dest': 'tag', 'metavar': 'TAG', 'help': 'one word; # in front of it is left out'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions tags': {
        'arguments': (
            {'names': ('--deleted',), 'dest': 'deleted', 'default': False, 'action': 'store_true', 'help': 'of what is in the trash'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'one JSON object'},
        ),
    },
    'sessions prune': {
        'arguments': (
            {'names': ('--older-than',), 'dest': 'older_than', 'metavar': 'T', 'help': 'what was not used for: 90d, 24h, 12w, 3mo, 1y'},
            {'names': ('--keep',), 'dest': 'keep', 'type': 'builtins:int', 'metavar': 'N', 'help': 'all but the N last used'},
            {'names': ('--empty',), 'dest': 'empty', 'default': False, 'action': 'store_true', 'help': 'those without any message'},
            {'names': ('--max-size',), 'dest': 'max_size', 'metavar': 'S', 'help': 'all but the last used, up to S (500MB) of text and files'},
            {'names': ('--tag',), 'dest': 'tag', 'metavar': 'TAG', 'help': 'by these rules, only among the sessions with this tag'},
            {'names': ('-n', '--dry-run'), 'dest': 'dry_run', 'default': False, 'action': 'store_true', 'help': 'only say what would be done'},
            {'names': ('-y', '--yes'), 'dest': 'yes', 'default': False, 'action': 'store_true', 'help': "don't ask"},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'sessions stats': {
        'arguments': (
            {'names': ('--by',), 'dest': 'by', 'choices': ('day', 'week', 'month', 'model', 'provider', 'session', 'role'), 'default': 'month', 'help': 'what is summed (month)'},
            {'names': ('--cost',), 'dest': 'cost', 'default': False, 'action': 'store_true', 'help': 'what answers cost, and their tokens'},
            {'names': ('--since',), 'dest': 'since', 'metavar': 'T', 'help': 'only messages since: 90d, 2w, 2026-11-01'},
            {'names': ('-F', '--format'), 'dest': 'format', 'choices': ('table', 'tsv', 'json'), 'help': 'table on a terminal, else tsv'},
            {'names': ('--json',), 'dest': 'format', 'action': 'store_const', 'const': 'json', 'help': '= --format json'},
        ),
    },
    'roles': {
        'arguments': (
            {'dest': 'name', 'nargs': '?', 'metavar': 'ROLE', 'help': 'show this one, with its prompts'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'one JSON object'},
        ),
        'examples': 'examples:\n  synapse roles\n  synapse roles translator\n  synapse --role translator --var language=Greek "Good morning"\n',
    },
    'models': {
        'arguments': (
            {'dest': 'words', 'nargs': '*', 'metavar': 'QUERY', 'help': 'a part of the name; or: pull local'},
            {'names': ('-p', '--provider'), 'dest': 'provider', 'metavar': 'PROVIDER', 'help': 'whose models; default: who answers now'},
            {'names': ('--refresh',), 'dest': 'refresh', 'default': False, 'action': 'store_true', 'help': 'ask the provider, not the stored list'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'as JSON'},
        ),
        'examples': 'examples:\n  synapse models                      what is configured, then what your provider offers\n  synapse models -p openrouter qwen   those of OpenRouter with "qwen" in their names\n  synapse models -p openai --refresh  ask OpenAI, instead of the list of the last 24 hours\n  synapse models pull local           fetch the weights of the local model (93 MB)\n',
    },
    'config path': {
        'arguments': (
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'config show': {
        'arguments': (
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': "one object, with every value's type"},
            {'names': ('--set',), 'dest': 'only_set', 'default': False, 'action': 'store_true', 'help': 'only what is not the default'},
        ),
    },
    'config get': {
        'arguments': (
            {'dest': 'key', 'metavar': 'KEY', 'help': 'an option, such as session.max_sessions'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'config set': {
        'arguments': (
            {'dest': 'key', 'metavar': 'KEY', 'help': 'an option, such as session.max_sessions'},
            {'dest': 'value', 'metavar': 'VALUE', 'nargs': '+', 'help': 'several make a list'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'config unset': {
        'arguments': (
            {'dest': 'key', 'metavar': 'KEY', 'help': 'an option or a table, as the file has it'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'config edit': {
        'arguments': (
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'config check': {
        'arguments': (
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'config init': {
        'arguments': (
            {'names': ('-p', '--provider'), 'dest': 'provider', 'metavar': 'PROVIDER', 'help': 'who answers'},
            {'names': ('-m', '--model'), 'dest': 'model', 'metavar': 'MODEL', 'help': 'the model of new sessions'},
            {'names': ('--key-stdin',), 'dest': 'key_stdin', 'default': False, 'action': 'store_true', 'help': 'store the key that comes from standard input'},
            {'names': ('--force',), 'dest': 'force', 'default': False, 'action': 'store_true', 'help': 'write over the file that is there'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
        'examples': 'examples:\n  synapse config init\n  synapse config init --provider openai --model gpt-6-luna --no-input\n  pass show openai | synapse config init --provider openai --key-stdin\n',
    },
    'config import-roles': {
        'arguments': (
            {'dest': 'paths', 'nargs': '*', 'metavar': 'PATH', 'help': 'files or folders; without, where they are kept'},
            {'names': ('--from',), 'dest': 'program', 'choices': ('fabric', 'aichat', 'llm'), 'help': 'only what this program has'},
            {'names': ('-n', '--dry-run'), 'dest': 'dry_run', 'default': False, 'action': 'store_true', 'help': 'write nothing, say what would come'},
            {'names': ('--force',), 'dest': 'force', 'default': False, 'action': 'store_true', 'help': 'replace roles that are there already'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
        'examples': 'examples:\n  synapse config import-roles -n\n  synapse config import-roles --from aichat\n  synapse config import-roles ~/.config/fabric/patterns/summarize\n',
    },
    'keys set': {
        'arguments': (
            {'dest': 'provider', 'metavar': 'PROVIDER', 'help': 'whose key it is'},
            {'names': ('--keychain',), 'dest': 'keychain', 'default': False, 'action': 'store_true', 'help': "store it in the system's keychain, not in a file"},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
        'examples': 'examples:\n  synapse keys set openai\n  pass show openai | synapse keys set openai\n',
    },
    'keys list': {
        'arguments': (
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'one object'},
        ),
    },
    'keys remove': {
        'arguments': (
            {'dest': 'provider', 'metavar': 'PROVIDER', 'help': 'whose key it is'},
            {'names': ('--keychain',), 'dest': 'keychain', 'default': False, 'action': 'store_true', 'help': "the one in the system's keychain, not the file's"},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db path': {
        'arguments': (
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db info': {
        'arguments': (
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'one JSON object'},
        ),
    },
    'db init': {
        'arguments': (
            {'names': ('--distributed',), 'dest': 'distributed', 'default': False, 'action': 'store_true', 'help': 'divide the tables between machines (citus)'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db members': {
        'arguments': (
            {'names': ('--add',), 'dest': 'add', 'action': 'append', 'default': [], 'metavar': 'ROLE', 'help': 'let it in; repeatable'},
            {'names': ('--remove',), 'dest': 'remove', 'action': 'append', 'default': [], 'metavar': 'ROLE', 'help': 'keep it out; its sessions stay'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db grant': {
        'arguments': (
            {'dest': 'ref', 'metavar': 'REF', 'help': 'which session (help refs)'},
            {'dest': 'role', 'nargs': '?', 'metavar': 'ROLE', 'help': 'to whom; without it: who sees it now'},
            {'names': ('--write',), 'dest': 'write', 'default': False, 'action': 'store_true', 'help': 'let them go on with it, too'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db revoke': {
        'arguments': (
            {'dest': 'ref', 'metavar': 'REF', 'help': 'which session (help refs)'},
            {'dest': 'role', 'metavar': 'ROLE', 'help': 'from whom'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db check': {
        'arguments': (
            {'names': ('--repair',), 'dest': 'repair', 'default': False, 'action': 'store_true', 'help': 'recompute everything that can be recomputed'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db backup': {
        'arguments': (
            {'dest': 'file', 'metavar': 'FILE', 'help': 'where to write the copy'},
            {'names': ('--force',), 'dest': 'force', 'default': False, 'action': 'store_true', 'help': 'overwrite the file if it exists'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db restore': {
        'arguments': (
            {'dest': 'file', 'metavar': 'FILE', 'help': 'a backup'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db copy': {
        'arguments': (
            {'dest': 'url', 'metavar': 'URL', 'help': "the other database: a URL, or a file's path"},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
        'examples': 'examples (what is copied, and how it is verified: docs/servers.md):\n  synapse db copy postgresql://server/archive\n  synapse --db postgresql://server/archive db copy archive.db\n  synapse db copy archive.db\n',
    },
    'db vacuum': {
        'arguments': (
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'db recover': {
        'arguments': (
            {'names': ('--into',), 'dest': 'into', 'metavar': 'NEW', 'help': 'save what can still be read into this new database'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
    'doctor': {
        'arguments': (
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'one JSON object'},
        ),
    },
    'mcp': {
        'arguments': (
        ),
        'examples': 'example (your agent starts it; docs/mcp.md has the configuration of several):\n  claude mcp add --scope user synapse -- synapse mcp\n',
    },
    'completion': {
        'arguments': (
            {'dest': 'shell', 'choices': ('bash', 'zsh', 'fish', 'powershell'), 'metavar': 'SHELL', 'help': 'bash, zsh, fish or powershell'},
            {'names': ('--install',), 'dest': 'install', 'default': False, 'action': 'store_true', 'help': 'write it where the shell looks for such scripts'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
        'examples': 'examples:\n  source <(synapse completion bash)      for this shell\n  synapse completion fish --install      for all that are started from now on\n',
    },
    'help': {
        'arguments': (
            {'dest': 'topic', 'nargs': '*', 'metavar': 'TOPIC', 'help': 'a command, or a topic'},
            {'names': ('--json',), 'dest': 'json', 'default': False, 'action': 'store_true', 'help': 'what came of it as one JSON object'},
        ),
    },
}
