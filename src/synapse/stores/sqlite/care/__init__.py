"""Care for a database file, healthy or not: looked into, mended, copied, saved."""
