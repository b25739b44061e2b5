"""What buyers know of one another: partitions, networks, beliefs."""
