"""The door for people: the command line."""

from synapse.light.imports import shorten

shorten()
