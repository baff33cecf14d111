"""Searching on a server: an index of terms names the messages that may match, their texts decide.

The index is the table `words`, which is written late (`catching_up`) by whoever searches; what is
not in it yet (`messages.indexed`) is read instead. Both are walked from the newest backwards.
"""
