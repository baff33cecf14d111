"""Titles of sessions that a model makes: what it is asked, and whether its word is taken."""
