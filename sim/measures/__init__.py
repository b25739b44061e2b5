"""What is measured of a run: means with intervals, benchmarks, losses, plots."""
