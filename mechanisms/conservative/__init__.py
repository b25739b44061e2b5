"""Conservative-Bayesian mechanisms (Azar, Chen and Micali 2010): sellers who know nothing."""
