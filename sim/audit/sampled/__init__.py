"""The audit of a sample: chosen on one half, tested on the other."""
