"""What is seen of the commands in README and docs, what they ask, and which can't be run here.

`test_documents.py` runs them. A command of a block `sh` that shows something has a line in SHOWS,
one that asks has its answers in ANSWERS; what can't be run is in NOT_RUN, with the reason. What
stands here and in no document is an error.
"""

from __future__ import annotations

NOT_RUN = {
    "synapse db copy postgresql:": "needs a server, which the tests of copies have",
    "synapse --db postgresql:": "needs a server, which the tests of copies have",
    "python3 -m venv": "fetches from a package index; tests/test_wheel.py installs without one",
    "pip install": "fetches from a package index",
    "pipx install": "fetches from a package index",
    "uv tool install": "fetches from a package index",
    "claude mcp add": "changes another program's configuration",
    "scripts/test": "runs these tests",
    "python scripts/declare.py": "writes into the sources; tests/test_house.py compares",
    "python scripts/manual.py": "writes into the documents; tests/cli/test_manual.py compares",
    "pytest tests/torture": "runs tests, for up to 20 minutes",
    "SYNAPSE_TEST_": "runs tests, for up to 20 minutes",
}
"""Beginnings of commands that can't be run here → why."""

ANSWERS = {
    "synapse": [("❯", "/quit\r")],
    "synapse repl -c": [("❯", "/quit\r")],
    'synapse -r "What is a monad?"': [("❯", "/quit\r")],
    "synapse keys set openai": [(":", "sk-of-the-documents\r")],
    "synapse sessions delete volumes @2": [("[y/N]", "y\r")],
    "synapse sessions purge": [("[y/N]", "y\r")],
    "synapse sessions delete --match rust --older-than 30d": [("[y/N]", "y\r")],
    "synapse config init": [("[whoever has a key]", "echo\r"), ("[echo]", "\r")],
}
"""Command → the end of the line on which it waits for somebody, and what is typed then."""

SENT = "loopback-1 was sent"
SHOWS = {
    # db copy
    "synapse db copy archive.db": "messages have the same hashes on both sides.",
    # docs/servers.md
    "synapse db init": "The database is ready: postgresql://",
    # docs/html.md
    "synapse sessions export docker -F html -o docker.html": "Exported 1 session to docker.html (",
    "synapse sessions export --all -F html -o library": "sessions to library/index.html (",
    # README: how long
    "synapse config set session.auto_cleanup false": "Set session.auto_cleanup to false in ~",
    "synapse models pull local": "The local model is here already, and intact: ~/.cache/synapse",
    # ask
    'synapse "What is a monad?"': f"{SENT} 1: What is a monad?",
    'git diff | synapse "Write a commit message"': "+Volumes outlive their containers, and images.",
    'synapse -c "Shorter"': f"{SENT} 3: Shorter",
    'synapse -s 4c3834c9 "And then?"': f"{SENT} 3: And then?",
    'synapse -s docker -m anthropic/claude-sonnet-5-5 "Check this"': (
        "claude-sonnet-5-5 was sent 3: And then? Check this"
    ),
    'synapse -c --fork "What if not?"': f"{SENT} 5: What if not?",
    "synapse retry": f"{SENT} 5: What if not?",
    'synapse --role translator "Good morning"': f"{SENT} 1: Into German: Good morning",
    'synapse --role translator --var language=Greek "Good morning"': (
        f"{SENT} 1: Into Greek: Good morning"
    ),
    "synapse roles": "translator Into {language}: {input}",
    "synapse roles translator": "Role: translator Variables: language=German",
    "synapse config import-roles -n": "2 roles would be taken in, 0 not.",
    "synapse config import-roles --from aichat": "1 role taken in, 0 not.",
    "synapse config import-roles ~/.config/fabric/patterns/summarize": "1 role taken in, 0 not.",
    'synapse --name volumes -S "You are terse." "Explain volumes"': f"{SENT} 2: Explain volumes",
    'synapse -f notes.md -f chart.png "What do they say?"': (
        '[image] What do they say? <file name="notes.md"> Volumes outlive'
    ),
    'synapse --no-save "Forget this"': "not saved",
    'synapse --json "Hello" | jq .message.content': f'"{SENT} 1: Hello"',
    'while read -r q; do synapse "$q"; done < questions.txt': f"{SENT} 1: And a functor?",
    'cat questions.txt | while read -r q; do synapse --no-stdin "$q"; done': (
        f"{SENT} 1: And a functor?"
    ),
    "synapse": "Type a question; /help lists the commands",
    # find, keep, delete
    "synapse sessions": "4c3834c9 yesterday",
    "synapse sessions search docker volumes": "#1 user Explain docker volumes",
    "synapse sessions search '\"does the data\" role:user' -C 1": "#2 assistant So: …",
    "synapse sessions search '\"does the data\" -podman after:3mo'": (
        "#1 user Where does the data of docker go?"
    ),
    "synapse sessions search role:user data -C 1": "#1 user Where does the data of docker go?",
    "synapse sessions export --redact -F html -o talk.html": "Masked nothing: no secret",
    "synapse sessions export --all --redact -F jsonl -o archive.jsonl": (
        "sessions to archive.jsonl"
    ),
    "synapse sessions show 4c3834c9": "Where does the data of docker go?",
    "synapse sessions rename @1 volumes": '4c3834c9 is called "volumes" now.',
    'synapse sessions rename @1 --title "Volumes, or where the data goes"': (
        '4c3834c9 has the title "Volumes, or where the data goes" now.'
    ),
    "synapse sessions tag volumes @2 work": "2 sessions (6 messages) have the tag work now.",
    "synapse sessions pin volumes": "is pinned.",
    "synapse sessions delete volumes @2": "Undo: synapse sessions restore 4c3834c9 9c0d1e2f",
    "synapse sessions restore volumes": 'Restored 4c3834c9 "volumes" (3 messages).',
    "synapse sessions delete --match rust --older-than 30d": "Deleted 0a1b2c3d (3 messages).",
    "synapse sessions purge": "Destroyed 2 sessions (6 messages).",
    "synapse sessions list docker --since 2w": "docker · Explain docker volumes",
    "synapse sessions context volumes": "would be sent about 23 tokens",
    "synapse sessions context @1": "3 user about 6 23 And then?",
    'synapse sessions context @1 "And now?"': "4 user about 6 29 And now?",
    "synapse sessions context @1 --full": "--- user #3 --- And then?",
    "synapse sessions context @1 --json": '"fate": "sent"',
    "synapse sessions stats": "total 2 6",
    "synapse config set ui.cost true": "Set ui.cost to true in ~/.config/synapse/config.toml",
    "synapse sessions stats --cost": "CACHED TOKENS OUT COST",
    "synapse sessions stats --cost --by model": "MODEL TOKENS IN CACHED",
    "synapse sessions stats --cost --by model --since 30d": "total 0 0 0",
    # out and in again
    "synapse sessions export 4c3834c9 -o volumes.html": "Exported 1 session to volumes.html (",
    "synapse sessions export --all -F jsonl -o archive.jsonl": "4 sessions to archive.jsonl (",
    "synapse sessions export --all -F jsonl | ssh other synapse sessions import -": ("imported ("),
    "ssh other synapse sessions export --all -F jsonl | synapse sessions import -": (
        "0 imported, 4 already here (0 messages)."
    ),
    "synapse sessions import --scan": "synapse sessions import ~/.config/io.datasette.llm/logs.db",
    "synapse sessions import ~/.config/io.datasette.llm/logs.db": " imported (",
    "synapse sessions export @1 -o volumes.html": "Exported 1 session to volumes.html (",
    "synapse sessions import chatgpt-export.zip": "1 imported (2 messages).",
    "synapse sessions import -n ~/.config/io.datasette.llm/logs.db": "would be imported",
    # keys and the database
    "synapse keys set openai": "Stored the key …ents for openai in ~",
    "synapse models -p openai": "openai qwen/qwen3",
    "synapse db backup ~/synapse.db": "Backed up to ~/synapse.db",
    "synapse db check": "Nothing is wrong with ~/.config/synapse/sessions.db.",
    "synapse doctor": "ok database: ~/.config/synapse/sessions.db",
    # docs/commands.md
    'synapse -f chart.png -f data.csv "Does the chart show this?"': (
        '[image] Does the chart show this? <file name="data.csv"> day,turns'
    ),
    'synapse -c "And in one line?"': f"{SENT} 3: And then? And in one line?",
    'synapse -s 4c3834c9 -m openai/gpt-6-sol "Check this again"': "gpt-6-sol was sent 3",
    "synapse repl -c": "0 new messages · resume: synapse -r -s 4c3834c9",
    'synapse -r "What is a monad?"': f"{SENT} 1: What is a monad?",
    "synapse models": "ollama loopback-1 unknown – – default",
    "synapse models -p openrouter qwen": "openrouter qwen/qwen3",
    "synapse models -p openai --refresh": "openai qwen/qwen3",
    "synapse config init": "Wrote ~/.config/synapse/config.toml.",
    "synapse config init --provider openai --model gpt-6-luna --no-input": (
        "Wrote ~/.config/synapse/config.toml."
    ),
    "pass show openai | synapse config init --provider openai --key-stdin": (
        "Stored the key …ents for openai in ~"
    ),
    "pass show openai | synapse keys set openai": "Stored the key …ents for openai in ~",
    "synapse completion fish --install": "Wrote ~/.config/fish/completions/synapse.fish",
}
"""Command → what the terminal shows then, among other things; runs of blanks count as one."""

SILENT = ("export ", "source ")
"""Beginnings of commands that show nothing."""
