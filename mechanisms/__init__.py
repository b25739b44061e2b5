"""What is played: the mathematics of mechanism design; no clock, no agents."""
