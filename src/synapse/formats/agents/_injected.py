"""What an agent says in the name of the person who uses it."""

from __future__ import annotations

import re

_TAGS = re.compile(
    r"\s*<(environment_context|user_instructions|permissions instructions|skills?(?:_instructions)?"
    r"|plugins_instructions|apps_instructions|collaboration_mode|personality_spec|model_switch"
    r"|turn_aborted|user_shell_command|subagent_notification|hook_prompt|INSTRUCTIONS"
    r"|session_context|system-reminder|command-name|command-message|command-args"
    r"|command-contents|local-command-(?:stdout|stderr|caveat)|bash-(?:input|stdout|stderr)"
    r"|user-prompt-submit-hook|task-notification|ide_(?:opened_file|selection|diagnostics)"
    r"|state_snapshot|loaded_context|hook_context)\b[^>]*>"
)
_WORDS = re.compile(
    r"\s*(?:# AGENTS\.md instructions|# (?:CLAUDE|GEMINI)\.md\b|Caveat: The messages below were"
    r"|\[Request interrupted by user|This is the Gemini CLI\. We are setting up"
    r"|This session is being continued from a previous conversation)"
)
_REMINDER = re.compile(r"\s*<system-reminder>.*?</system-reminder>\s*", re.DOTALL)
_REQUEST = re.compile(r"^## My request for Codex:[ \t]*\n?", re.MULTILINE)


def is_injected(words: str) -> bool:
    """Whether the program wrote this, and no person."""
    return bool(_TAGS.match(words) or _WORDS.match(words))


def typed(words: str) -> tuple[str, str]:
    """What the person typed of a message, and what the program put around it."""
    if words.startswith("# Context from my IDE setup:") and (found := _REQUEST.search(words)):
        return words[found.end() :].strip(), words[: found.start()]
    if "<system-reminder>" in words:
        rest = _REMINDER.sub("\n", words).strip()
        return (rest, words) if rest else ("", words)
    return ("", words) if is_injected(words) else (words, "")
