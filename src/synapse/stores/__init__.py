"""The STORES table, and how a URL becomes a SessionStore."""
