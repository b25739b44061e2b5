"""What an audit costs: small instances exactly, and samples in evaluated reports a second."""

from __future__ import annotations

import numpy as np

from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.distributions import IndependentPrior, Uniform
from sim.audit import Effort, audit, standard_instance
from sim.audit.sampled.sampling import Sampler
from sim.audit.sampled.trial import rows_to_try
from tests.benchmarks.measure import Figure, seconds


def figures():
    """Yield the figures one by one."""
    for mechanism in (SecondPrice(), FirstPrice()):
        instance = standard_instance(mechanism, np.arange(6), n=3)
        spent = min(seconds(lambda instance=instance: audit(instance)) for _ in range(3))
        yield Figure(f"exact audit, {mechanism.name}, 3 buyers, 6 types, all notions", spent, "seconds", 1.0)
    yield sample_figure(SecondPrice(), 2, 1)
    yield sample_figure(SecondPrice(), 3, 1)
    yield sample_figure(FirstPrice(), 2, 1)
    yield sample_figure(FirstPrice(), 2, 16)


def sample_figure(mechanism, buyers, types):
    """Nanoseconds a deviation evaluated on a profile, for one buyer of some types; 10⁷ a second are 100."""
    effort = Effort(profiles=100_000, types=types + 1, deviations=64)
    sampler = Sampler(mechanism, IndependentPrior.identical(Uniform(0, 1), buyers))
    values = sampler.types(0, effort.types)[:types]
    tried = sampler.deviations(0, values, rows_to_try(sampler, effort.deviations))
    evaluated = effort.profiles * len(tried.rows) * types
    rng = np.random.default_rng(1)
    spent = min(seconds(lambda: sampler.moments(tried, effort.profiles, rng)) for _ in range(3))
    name = f"sampled audit, {mechanism.name}, {buyers} buyers, {types} types, 10⁵ profiles × 64 deviations"
    return Figure(name, 1e9 * spent / evaluated, "ns a report", 100.0)
