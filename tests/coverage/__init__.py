"""How often the intervals that scenarios print cover the truth: a study, `make coverage`."""
