"""Exit codes of the command, and how wide it prints."""

WIDTH = 80
BAD_INPUT, BREACH, SOME_FAILED, INTERRUPTED = 2, 1, 3, 130
