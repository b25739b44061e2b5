"""The incentive audit: what a lie is worth in any mechanism, under every notion of incentive compatibility."""
