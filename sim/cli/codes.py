"""Exit codes of the command, and how wide and how long it prints."""

WIDTH = 100
BAD_INPUT, BREACH, SOME_FAILED, INTERRUPTED = 2, 1, 3, 130
LONGEST_MESSAGE = 3_000
"""Characters of an error."""
