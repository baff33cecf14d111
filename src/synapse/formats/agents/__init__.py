"""Coding agents: codex, Claude Code, gemini-cli, opencode, gptme, crush.

What they put into a person's mouth, their surroundings, files of instructions, reminders and the
echo of their own commands, is no question of that person: it is kept in `extra`, as `context` of
the next message or of the session. So are the instructions that an agent gives its model: they
speak of tools that are not there when a session is gone on with.
"""
