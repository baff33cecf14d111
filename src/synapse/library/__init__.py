"""The interface for programs, as `cli` is the one for people: see docs/library.md."""
