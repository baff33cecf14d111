"""The command line: finds the command, reads its words, runs it, says what came of it."""
