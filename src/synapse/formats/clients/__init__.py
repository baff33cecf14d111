"""Importers for terminal clients like this one: llm, aichat, mods, the Rust Synapse."""
