"""Roles: a system prompt, a model, parameters and a template for questions, under one name.

A role is a table `[roles.NAME]` of the configuration, or a file `roles/NAME.md` beside it.
"""
