"""The PROVIDERS table, and how a row of it becomes an LlmProvider."""
