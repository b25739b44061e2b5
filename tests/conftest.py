"""Random instances: the same in every run, on any machine, however slow. Long tests come first.

`--hypothesis-profile=fresh` searches among instances that no run has seen.
"""

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("fresh", deadline=None)
settings.load_profile("same")

LONG = ("tests/sim/page/", "tests/test_")
"""Where tests of a second and more are many: last, they would keep one core busy while the other waits."""


def pytest_collection_modifyitems(items):
    """Put them first, so that all cores are done at about the same time."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
