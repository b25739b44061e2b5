"""How fast customers queue: a coffee shop of 100,000 customers."""

from __future__ import annotations

import time

from scenarios.coffee_shop import Parameters, build
from tests.benchmarks.measure import Figure

CUSTOMERS = 100_000


def figures():
    """Yield the figures one by one."""
    counters = len(build(Parameters()).plans)
    until = CUSTOMERS / counters
    market = build(Parameters(until=until))
    start = time.perf_counter()
    market.advance_to(until)
    seconds = time.perf_counter() - start
    served = len(market.records["customers"])
    yield Figure(f"coffee_shop with {served:,} customers", seconds, "seconds", 30)
