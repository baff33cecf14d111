"""The house's door for programs, as `cli` is the one for people: see docs/library.md."""
