"""Runs: scenarios, their parameters and registry, logged bids, and a run from start to end."""
