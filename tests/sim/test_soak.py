"""A soak: ten million messages streamed to the disk, in memory that does not grow."""

import sys

import pytest

from tests.sim.command import run

SOAK = """
import resource, sys
import numpy as np
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Shading, Truthful
from mechanisms.auctions import AscendingClock, SecondPrice
from mechanisms.distributions import Uniform
from sim.market import Market, Panel
from sim.records import Records, prepare_directory

resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))
millions, mechanism = int(sys.argv[1]), {"sealed": SecondPrice(), "clock": AscendingClock()}[sys.argv[2]]
people = Population([Group(Truthful()), Group(Shading(0.8))], np.arange(100) % 2, latency=0.01)
records = Records(prepare_directory("soak"))
market = Market(people, [SellerPlan(mechanism)], [Panel()], Uniform(0, 1), 0, records)
held = []
for million in range(millions):
    while len(records["messages"]) < (million + 1) * 1_000_000:
        market.advance_to(market.now + 50)
    with open("/proc/self/statm") as memory:
        held.append(int(memory.read().split()[1]) * resource.getpagesize())
market.finish()
print(*held)
print(len(records["messages"]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited and read as on Linux")
@pytest.mark.parametrize(("kind", "millions"), [("sealed", 10), ("clock", 2)])
def test_memory_is_flat_after_the_first_million(kind, millions, tmp_path):
    answer = run("-c", SOAK, millions, kind, folder=tmp_path, wait=1800)
    assert answer.code == 0, answer.err
    held, messages = answer.out.splitlines()
    first, *later = map(int, held.split())
    assert int(messages) >= millions * 1_000_000
    assert max(later) <= 2**30
    assert max(later) <= 1.1 * first + 2**25
