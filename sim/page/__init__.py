"""The page in the browser: a Mesa SolaraViz page for every scenario that has a market."""
