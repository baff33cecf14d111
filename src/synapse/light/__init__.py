"""Parts of the standard library without what makes them dear to import.

Every module here is taken on the way of each command, and says what it saves (instructions,
CPython 3.11; a Python that does nothing takes 38 million). To a type checker each is the original.
"""
