"""Masking in exports what is nobody else's business, and finding it.

`redactor.Redactor` is the door. Imported only by an export: it costs a start more than it weighs.
Which ways were measured, and why these are ours: docs/redaction.md.
"""
