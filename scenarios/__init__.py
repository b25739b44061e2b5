"""Bazaar's experiments, that people run: one file each, parameters at the top, a story in the docstring."""
