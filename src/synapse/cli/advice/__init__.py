"""Advice in the words of where it is read: a command of the shell, or what the prompt takes."""
