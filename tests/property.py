"""Hypothesis strategies for the objects of the whole project: types, reports, priors, knowledge, utilities.

Probabilities are integer weights over their sum, with zeros; values are small integers or multiples of 1/4,
so that ties are frequent and sums are exact.
"""

import numpy as np
from hypothesis import strategies as st

from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.utilities import CARA, CRRA, Capped, Linear, PiecewiseLinear, Power


def _weights(size, at_least_one=True):
    """`size` integer weights, zeros included, not all zero."""
    weights = st.lists(st.integers(0, 4), min_size=size, max_size=size)
    return weights.filter(any) if at_least_one else weights


def grids(max_size=4):
    """Strictly increasing vectors of nonnegative type values, multiples of 1/4."""
    quarters = st.lists(st.integers(0, 40), min_size=1, max_size=max_size, unique=True)
    return quarters.map(lambda values: np.sort(values) / 4)


@st.composite
def type_profiles(draw, n=None, integers=False, max_value=10):
    """Profiles of n (by default 1 to 5) values in [0, max_value], integers or quarters; ties are frequent."""
    n = draw(st.integers(1, 5)) if n is None else n
    step = 1 if integers else 4
    values = draw(st.lists(st.integers(0, step * max_value), min_size=n, max_size=n))
    return np.array(values) / step


@st.composite
def reports(draw, n=None, max_value=10):
    """Reports of n buyers: values with ties, and -inf for a buyer who does not bid."""
    profile = draw(type_profiles(n=n, max_value=max_value))
    bids = draw(st.lists(st.booleans(), min_size=profile.size, max_size=profile.size))
    return np.where(bids, profile, -np.inf)


@st.composite
def discrete_distributions(draw, max_size=4, integers=False):
    """`Discrete` distributions on 1 to max_size values; some have probability 0. Integers are 0 .. B - 1."""
    values = draw(grids(max_size))
    if integers:
        values = np.arange(values.size)
    weights = np.array(draw(_weights(values.size)))
    return Discrete(values, weights / weights.sum())


@st.composite
def product_priors(draw, n=None, max_size=3, integers=False):
    """Joint tables of independent values for n (by default 1 to 3) buyers."""
    n = draw(st.integers(1, 3)) if n is None else n
    marginals = [draw(discrete_distributions(max_size=max_size, integers=integers)) for _ in range(n)]
    return JointDistribution.product(marginals)


@st.composite
def correlated_priors(draw, n=None, max_size=3, integers=False):
    """Joint tables with arbitrary weights, zeros included, for n (by default 1 to 3) buyers."""
    n = draw(st.integers(1, 3)) if n is None else n
    values = [draw(grids(max_size)) for _ in range(n)]
    if integers:
        values = [np.arange(grid.size) for grid in values]
    shape = [grid.size for grid in values]
    weights = np.array(draw(_weights(int(np.prod(shape))))).reshape(shape)
    return JointDistribution.from_table(weights / weights.sum(), values)


def finite_priors(n=None, max_size=3, integers=False):
    """Products and correlated tables."""
    sizes = {"n": n, "max_size": max_size, "integers": integers}
    return st.one_of(product_priors(**sizes), correlated_priors(**sizes))


@st.composite
def partitions(draw, shape, buyer, max_cells_per_type=3):
    """Cell labels of a table's shape: a partition of its profiles by a buyer who knows her own type."""
    size = int(np.prod(shape))
    finer = draw(st.lists(st.integers(0, max_cells_per_type - 1), min_size=size, max_size=size))
    own_type = np.indices(shape)[buyer]
    return own_type * max_cells_per_type + np.reshape(finer, shape)


@st.composite
def informed_priors(draw, n=None, max_size=3, integers=False):
    """Pairs (prior, partitions): a finite prior, and one partition of its profiles for each buyer."""
    prior = draw(finite_priors(n=n, max_size=max_size, integers=integers))
    return prior, tuple(draw(partitions(prior.shape, buyer)) for buyer in range(prior.n))


@st.composite
def _polygons(draw):
    """Piecewise linear utilities with one piece for losses and up to three for gains."""
    slopes = sorted(draw(st.lists(st.integers(1, 12), min_size=2, max_size=4)), reverse=True)
    gains = np.concatenate([[0.0], np.cumsum(slopes[1:])])
    return PiecewiseLinear([(-1.0, -float(slopes[0])), *zip(range(len(gains)), gains, strict=True)])


def utilities():
    """All attitudes to risk of the project, with moderate parameters."""
    return st.one_of(
        st.just(Linear()),
        st.floats(0.05, 2).map(CARA),
        st.floats(0, 0.9).map(CRRA),
        st.floats(0.1, 1).map(Power),
        st.floats(0.5, 20).map(Capped),
        _polygons(),
    )
