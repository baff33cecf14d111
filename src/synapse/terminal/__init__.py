"""Text on a terminal: what is safe to show, how wide it is, how it is styled."""
