"""The FORMATS table of what writes files, and the IMPORTERS table of what reads them.

A format is one file (or folder) and one row. Other packages add theirs through the entry points
`synapse.formats` and `synapse.importers`.
"""

from __future__ import annotations

from synapse.registry import Entry, choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from synapse.ports import ArchiveWriter, Exporter, Importer


class FormatEntry(Entry):
    """One row. `target` is the Exporter's class, called without arguments."""

    suffix: str
    """Of the file's name: `.jsonl`."""
    holds_many: bool = False
    """Whether one file can hold several sessions."""
    is_for_sharing: bool = True
    """Whether it is made for other people's eyes, so that secrets in it are warned about."""
    archive: str = ""
    """The class of its ArchiveWriter, called with the folder; empty if it has none."""


FORMATS = {
    "jsonl": FormatEntry(
        target="synapse.formats.jsonl:JsonlExporter",
        summary="one line a session and a message; lossless, for import and for scripts",
        suffix=".jsonl",
        holds_many=True,
        is_for_sharing=False,
    ),
    "json": FormatEntry(
        target="synapse.formats.json_document:JsonExporter",
        summary="one document; lossless, for import",
        suffix=".json",
        holds_many=True,
        is_for_sharing=False,
    ),
    "md": FormatEntry(
        target="synapse.formats.markdown_document:MarkdownExporter",
        summary="Markdown with front matter; can be imported again",
        suffix=".md",
    ),
    "html": FormatEntry(
        target="synapse.formats.html.page:HtmlExporter",
        summary="one self-contained page, to send and to read in a browser",
        suffix=".html",
        archive="synapse.formats.html.archive:HtmlArchive",
    ),
    "text": FormatEntry(
        target="synapse.formats.plain_text:TextExporter",
        summary="plain text, to read",
        suffix=".txt",
    ),
}
"""Name of `-F` → what writes it."""


class ImporterEntry(Entry):
    """One row. `target` is the Importer's class, called without arguments."""

    places: str = ""
    """The function that names where the program keeps its data on this machine; it is called
    without arguments and returns paths that exist. Empty if it keeps none, or nobody knows where.
    """


IMPORTERS: dict[str, ImporterEntry] = {
    "synapse": ImporterEntry(
        target="synapse.formats.synapse_files:SynapseImporter",
        summary="what `sessions export` writes: jsonl, json, Markdown",
    ),
    "chatgpt": ImporterEntry(
        target="synapse.formats.accounts.chatgpt:ChatGptImporter",
        summary="ChatGPT: the export of an account",
    ),
    "claude": ImporterEntry(
        target="synapse.formats.accounts.claude:ClaudeImporter",
        summary="Claude: the export of an account",
    ),
    "llm": ImporterEntry(
        target="synapse.formats.clients.llm:LlmImporter",
        summary="llm: its log, logs.db",
        places="synapse.formats.clients.llm:places",
    ),
    "aichat": ImporterEntry(
        target="synapse.formats.clients.aichat:AichatImporter",
        summary="aichat: its sessions, and its log, messages.md",
        places="synapse.formats.clients.aichat:places",
    ),
    "mods": ImporterEntry(
        target="synapse.formats.clients.mods:ModsImporter",
        summary="mods: mods.db with the files beside it",
        places="synapse.formats.clients.mods:places",
    ),
    "rust-synapse": ImporterEntry(
        target="synapse.formats.clients.rust_synapse:RustSynapseImporter",
        summary="the Rust Synapse: sessions.db",
        places="synapse.formats.clients.rust_synapse:places",
    ),
    "codex": ImporterEntry(
        target="synapse.formats.agents.codex:CodexImporter",
        summary="OpenAI codex: rollouts",
        places="synapse.formats.agents.codex:places",
    ),
    "claude-code": ImporterEntry(
        target="synapse.formats.agents.claude_code:ClaudeCodeImporter",
        summary="Claude Code: the sessions of its projects",
        places="synapse.formats.agents.claude_code:places",
    ),
    "gemini-cli": ImporterEntry(
        target="synapse.formats.agents.gemini_cli:GeminiCliImporter",
        summary="Google's gemini-cli: recordings of chats, and checkpoints",
        places="synapse.formats.agents.gemini_cli:places",
    ),
    "opencode": ImporterEntry(
        target="synapse.formats.agents.opencode:OpencodeImporter",
        summary="opencode: its database, the files before 1.2, exports",
        places="synapse.formats.agents.opencode:places",
    ),
    "crush": ImporterEntry(
        target="synapse.formats.agents.crush:CrushImporter",
        summary="crush: the databases of its projects",
        places="synapse.formats.agents.crush:places",
    ),
    "gptme": ImporterEntry(
        target="synapse.formats.agents.gptme:GptmeImporter",
        summary="gptme: logs with their branches",
        places="synapse.formats.agents.gptme:places",
    ),
    "open-webui": ImporterEntry(
        target="synapse.formats.apps.open_webui:OpenWebUiImporter",
        summary="Open WebUI: an export of chats, or webui.db",
        places="synapse.formats.apps.open_webui:places",
    ),
    "librechat": ImporterEntry(
        target="synapse.formats.apps.librechat:LibreChatImporter",
        summary="LibreChat: an exported conversation",
    ),
    "lm-studio": ImporterEntry(
        target="synapse.formats.apps.lm_studio:LmStudioImporter",
        summary="LM Studio: its conversations",
        places="synapse.formats.apps.lm_studio:places",
    ),
    "cherry-studio": ImporterEntry(
        target="synapse.formats.apps.cherry_studio:CherryStudioImporter",
        summary="Cherry Studio: a backup",
    ),
    "chatbox": ImporterEntry(
        target="synapse.formats.apps.chatbox:ChatboxImporter",
        summary="Chatbox: an export",
    ),
    "jan": ImporterEntry(
        target="synapse.formats.apps.jan:JanImporter",
        summary="Jan: the messages of its threads",
        places="synapse.formats.apps.jan:places",
    ),
    "sharegpt": ImporterEntry(
        target="synapse.formats.datasets.sharegpt:ShareGptImporter",
        summary="ShareGPT: JSON or JSONL with `conversations`",
    ),
    "openai": ImporterEntry(
        target="synapse.formats.datasets.openai_lines:OpenAiImporter",
        summary="JSONL with `messages`, as models are trained with",
    ),
}
"""Name of `--from` → what reads it, in the order in which they are asked whether they recognize a
file: a form that is a special case of another comes before it.
"""


def exporter(name: str) -> Exporter:
    """What writes this format. Raises ConfigError for an unknown one, with near names."""
    entry = choose(FORMATS, name, kind="format", group="synapse.formats")
    made: Exporter = entry.load()()
    return made


def archive_writer(entry: FormatEntry, folder: Path) -> ArchiveWriter:
    """What writes an archive of this format, which has one, into the folder."""
    made: ArchiveWriter = entry.replace(target=entry.archive).load()(folder)
    return made


def importer(name: str) -> Importer:
    """What reads this program's files. Raises ConfigError for an unknown one, with near names."""
    entry = choose(IMPORTERS, name, kind="program", group="synapse.importers")
    made: Importer = entry.load()()
    return made
