"""Time, the market, records, measurement and screens."""
