"""ℳ and its bounds from the paper's formulas: sums over profiles in plain loops, without the engine."""

from itertools import product

import numpy as np

from mechanisms.distributions import JointDistribution


def random_prior(rng, n, bound, sparse=0.3):
    """A correlated table with zeros; weights are small integers, so that ties are frequent."""
    weights = rng.integers(1, 5, (bound,) * n) * (rng.random((bound,) * n) > sparse)
    weights.flat[rng.integers(weights.size)] += 1
    return JointDistribution.from_table(weights / weights.sum())


def random_partitions(rng, prior, finer=3):
    """For each buyer random cells within each of her types."""
    own = np.indices(prior.shape)
    return tuple(own[i] * finer + rng.integers(0, finer, prior.shape) for i in range(prior.n))


def instances(seed, count, sizes=((2, 2), (2, 3), (2, 5), (3, 2), (3, 3), (3, 4))):
    """Random (prior, partitions), products among them."""
    rng = np.random.default_rng(seed)
    for k in range(count):
        n, bound = sizes[k % len(sizes)]
        prior = random_prior(rng, n, bound)
        if k % 3 == 0:
            prior = JointDistribution.product([prior.marginal(i) for i in range(n)])
        yield prior, random_partitions(rng, prior)


def star_of(values):
    """The first of the highest."""
    return max(range(len(values)), key=lambda i: (values[i], -i))


def classical(values, star):
    """The least value with which the star still is the star."""
    for value in range(max(values) + 1):
        if star_of([*values[:star], value, *values[star + 1 :]]) == star:
            return value
    raise AssertionError("the star is the star")


def belief_of(prior, partitions, j, profile):
    """j's true belief about the star's value: the prior given her cell, the star and the others' values."""
    star, bound = star_of(profile), prior.shape[0]
    masses = np.zeros(bound)
    for value in range(bound):
        other = (*profile[:star], value, *profile[star + 1 :])
        same_cell = partitions[j][other] == partitions[j][profile]
        if star_of(other) == star and same_cell:
            masses[value] = prior.table[other]
    return masses / masses.sum()


def tails(prior, partitions):
    """At each profile of the support: probability, price after tails before ε (None: unsold), beliefs."""
    for profile in product(*map(range, prior.shape)):
        if prior.table[profile] == 0:
            continue
        star = star_of(profile)
        beliefs = {
            j: belief_of(prior, partitions, j, profile) for j in range(prior.n) if j != star
        }
        first = beliefs[min(beliefs)]
        common = [first[v] if all(b[v] > 0 for b in beliefs.values()) else 0.0 for v in range(len(first))]
        known = [p * sum(common[p:]) / sum(common) for p in range(len(common))]
        best = min(p for p in range(len(known)) if known[p] >= max(known) - 1e-12)
        floor = classical(profile, star)
        price = floor if floor >= known[best] - 1e-12 else best
        yield prior.table[profile], profile, (price if profile[star] >= price else None), beliefs


def gross_tails(prior, partitions):
    """Expected revenue of the tails branch before discounts and rewards."""
    return sum(weight * (price or 0) for weight, _, price, _ in tails(prior, partitions))


def revenue(prior, partitions, delta, epsilon):
    """Expected net revenue of ℳ."""
    n, bound = prior.n, prior.shape[0]
    unit = delta * epsilon / (3 * n * bound)
    total = 0.0
    for weight, profile, price, beliefs in tails(prior, partitions):
        star = star_of(profile)
        heads = sum(p - epsilon for r in range(n) for p in range(profile[r] + 1)) / (n * bound)
        rewards = sum(unit * (1 + 2 * b[profile[star]] - b @ b) for b in beliefs.values())
        sale = 0.0 if price is None else price - epsilon
        total += weight * (delta * heads + (1 - delta) * (sale - rewards))
    return total


def star_benchmark(prior):
    """The displayed formula of Section 3.1, in loops."""
    total = 0.0
    for i in range(prior.n):
        for others in product(*(range(s) for j, s in enumerate(prior.shape) if j != i)):
            line = [(*others[:i], v, *others[i:]) for v in range(prior.shape[i])]
            masses = [prior.table[p] if star_of(p) == i else 0.0 for p in line]
            total += max(price * sum(masses[price:]) for price in range(len(masses)))
    return total
