"""Fuzzing of the readers of what providers send."""
