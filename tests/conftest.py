"""Random instances: the same in every run, on any machine, however slow.

`--hypothesis-profile=fresh` searches among instances that no run has seen.
"""

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("fresh", deadline=None)
settings.load_profile("same")
