"""Sessions as tables, as text and for programs."""
