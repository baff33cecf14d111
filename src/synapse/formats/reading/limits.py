"""How much of a file is believed. What is beyond a limit is skipped or refused, with its reason.

A file is read in pieces, so its own size has no limit; what must be in memory at once has.
"""

from __future__ import annotations

HEAD = 64 * 1024
"""Bytes by which a file is recognized."""
CHUNK = 256 * 1024
"""Bytes that are read at once."""
LARGEST_ITEM = 64 * 1024 * 1024
"""Bytes of one conversation in a JSON file, of one line, of one cell of a table. The longest that
were seen in public have 50 MB, with screenshots in them; parsed, this takes up to 300 MB.
"""
DEEPEST = 400
"""Levels of arrays and objects within each other. Exports have up to 15, but for trees of messages
that are nested, with two levels a message. Python's own reader of JSON ends at 1,000, less what
the program stands on.
"""
LONGEST_NUMBER = 40
"""Digits of a number: Python refuses 4,301, and its time for them grows with their square."""
LARGEST_RATIO = 100
"""Times that a member of a zip is larger than what it was packed into. Text reaches 20; 1,000 is
what the method can do with zeros.
"""
SMALL = 16 * 1024 * 1024
"""Bytes below which the ratio says nothing: a short file of blanks does no harm."""
LARGEST_ARCHIVE = 64 * 1024 * 1024 * 1024
"""Bytes that all members of a zip may have together, unpacked."""
LARGEST_DIRECTORY = 64 * 1024 * 1024
"""Bytes of a zip's directory, which is held in memory, tenfold: half a million files."""
MOST_FILES = 200_000
"""Files of a folder that are looked at."""
LARGEST_ATTACHMENT = 32 * 1024 * 1024
"""Bytes of one picture or file that is taken along with a message; of a larger one, the name is."""
