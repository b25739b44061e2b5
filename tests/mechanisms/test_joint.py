"""Priors over type profiles: joint tables against hand computation and enumeration, and the large forms."""

import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms.distributions import (
    Discrete,
    IndependentPrior,
    JointDistribution,
    LogNormal,
    MixturePrior,
    Uniform,
)
from mechanisms.distributions import joint as joint_module
from tests.property import correlated_priors, finite_priors, informed_priors, product_priors

TABLE = np.array([[0.125, 0.25, 0.0], [0.0, 0.5, 0.125]])
PRIOR = JointDistribution.from_table(TABLE, values=[[1, 3], [0, 2, 5]])


def test_profiles_are_the_support_in_lexicographic_order():
    np.testing.assert_array_equal(PRIOR.profiles(), [[1, 0], [1, 2], [3, 2], [3, 5]])
    np.testing.assert_array_equal(PRIOR.support_indices(), [[0, 0], [0, 1], [1, 1], [1, 2]])
    np.testing.assert_array_equal(PRIOR.support_probabilities(), [0.125, 0.25, 0.5, 0.125])
    assert PRIOR.n == 2
    assert PRIOR.shape == (2, 3)


def test_default_values_are_integers_from_zero():
    prior = JointDistribution.from_table(TABLE)
    np.testing.assert_array_equal(prior.profiles(), prior.support_indices())


def test_marginals_are_sums_over_the_others():
    assert PRIOR.marginal(0) == Discrete([1, 3], [0.375, 0.625])
    assert PRIOR.marginal(1) == Discrete([0, 2, 5], [0.125, 0.75, 0.125])
    assert PRIOR.marginal((0, 1)) == PRIOR
    assert PRIOR.marginal((1, 0)) == JointDistribution.from_table(TABLE.T, PRIOR.values[::-1])
    assert PRIOR.marginal([1]).shape == (3,)


def test_three_buyers_marginal_in_any_order():
    weights = np.arange(24).reshape(2, 3, 4)
    prior = JointDistribution.from_table(weights / weights.sum())
    expected = np.einsum("abc->ca", weights) / weights.sum()
    np.testing.assert_allclose(prior.marginal((2, 0)).table, expected, atol=1e-15)


def test_conditioning_is_bayes_rule():
    posterior = PRIOR.condition({0: 3})
    np.testing.assert_allclose(posterior.table, [[0, 0, 0], [0, 0.8, 0.2]])
    assert posterior.marginal(1).pmf(5) == pytest.approx(0.2)
    mask = np.array([[True, False, True], [False, True, False]])
    np.testing.assert_allclose(PRIOR.condition(mask).table, [[0.2, 0, 0], [0, 0.8, 0]])
    assert PRIOR.condition({}) == PRIOR


@pytest.mark.parametrize("event", [{0: 1, 1: 5}, {1: 4}, {0: np.inf}, np.zeros((2, 3), dtype=bool)])
def test_conditioning_on_the_impossible_is_refused(event):
    with pytest.raises(ValueError, match="event must have positive probability"):
        PRIOR.condition(event)


def test_probability_of_profiles_on_and_off_the_grid():
    profiles = [[1, 2], [3, 0], [2, 2], [1, 6], [-np.inf, 0], [3, np.inf]]
    np.testing.assert_array_equal(PRIOR.probability(profiles), [0.25, 0, 0, 0, 0, 0])
    assert PRIOR.probability([3, 5]) == 0.125
    assert PRIOR.probability(np.ones((2, 3, 2))).shape == (2, 3)


def test_expectation_ignores_what_is_off_the_support():
    revenue = np.array([[8.0, 4.0, np.nan], [np.inf, 2.0, 16.0]])
    assert PRIOR.expectation(revenue) == 1 + 1 + 1 + 2
    np.testing.assert_array_equal(PRIOR.expectation(np.stack([revenue, 2 * revenue])), [5, 10])


def test_product_and_its_recognition():
    prior = JointDistribution.product([Discrete([0, 4], [0.25, 0.75]), Discrete([1, 2, 3], [0.5, 0, 0.5])])
    np.testing.assert_array_equal(prior.table, [[0.125, 0, 0.125], [0.375, 0, 0.375]])
    assert prior.shape == (2, 3)  # values of probability 0 stay on the grid
    assert prior.is_product()
    assert not PRIOR.is_product()
    assert PRIOR.is_product(tolerance=1)


def test_mixture_on_the_union_of_grids():
    low = JointDistribution.product([Discrete([0, 1], [0.5, 0.5])] * 2)
    high = JointDistribution.product([Discrete([1, 5], [0.5, 0.5]), Discrete([1], [1])])
    mixed = JointDistribution.mixture([0.75, 0.25], [low, high])
    assert mixed.shape == (3, 2)
    assert mixed.probability([1, 1]) == 0.75 / 4 + 0.25 / 2
    assert mixed.probability([5, 1]) == 0.125
    assert mixed.probability([5, 0]) == 0
    assert not mixed.is_product()


def test_from_data_counts_rows():
    prior = JointDistribution.from_data([[1, 2], [3, 2], [1, 2], [3, 0]])
    np.testing.assert_array_equal(prior.table, [[0, 0.5], [0.25, 0.25]])
    np.testing.assert_array_equal(prior.profiles(), [[1, 2], [3, 0], [3, 2]])


def test_arrays_cannot_be_written_and_are_copies():
    table = TABLE.copy()
    prior = JointDistribution.from_table(table)
    table[0, 0] = 9
    assert prior.table[0, 0] == 0.125
    for array in (prior.table, prior.values[0], prior.support_indices(), prior.support_probabilities()):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_equality_hash_and_pickle():
    same = JointDistribution.from_table(TABLE.tolist(), values=[[1.0, 3.0], [0.0, 2.0, 5.0]])
    assert same == PRIOR
    assert hash(same) == hash(PRIOR)
    assert JointDistribution.from_table(TABLE) != PRIOR
    assert JointDistribution.from_table(TABLE[::-1], PRIOR.values) != PRIOR
    assert PRIOR != "prior"
    copy = pickle.loads(pickle.dumps(PRIOR))
    assert copy == PRIOR
    assert not copy.table.flags.writeable
    assert repr(PRIOR) == "<JointDistribution of shape (2, 3), 4 profiles in the support>"


def test_a_coarse_sum_is_rescaled_and_a_fine_one_kept():
    tenths = np.array([0.7, 0.2, 0.1])
    assert tenths.sum() != 1
    np.testing.assert_array_equal(JointDistribution.from_table(tenths).table, tenths)
    coarse = JointDistribution.from_table([0.5, 0.5 + 5e-10])
    assert coarse.table.sum() == pytest.approx(1, abs=1e-15)


def test_sample_frequencies():
    """Each profile's share of 4,000 draws is within Hoeffding's bound, wrong once in 10^9 seeds for each."""
    sample = PRIOR.sample(np.random.default_rng(11), 4_000)
    assert sample.shape == (4_000, 2)
    shares = (sample[:, None, :] == PRIOR.profiles()).all(axis=-1).mean(axis=0)
    assert shares.sum() == 1  # nothing off the support
    assert np.abs(shares - PRIOR.support_probabilities()).max() <= np.sqrt(np.log(2e9) / (2 * 4_000))
    assert PRIOR.sample(np.random.default_rng(0), (2, 5)).shape == (2, 5, 2)


def test_uniforms_pick_profiles_in_order():
    u = np.array([[0.0], [0.1249], [0.125], [0.374], [0.375], [0.874], [0.875], [1.0]])
    expected = [[1, 0], [1, 0], [1, 2], [1, 2], [3, 2], [3, 2], [3, 5], [3, 5]]
    np.testing.assert_array_equal(PRIOR.from_uniforms(u), expected)


@settings(max_examples=40)
@given(informed_priors())
def test_cells_of_a_partition_average_back_to_the_prior(informed):
    """Total probability: posteriors weighted by their cells are the prior; and each knows her own type."""
    prior, partitions = informed
    for buyer, labels in enumerate(partitions):
        average = np.zeros(prior.shape)
        for label in np.unique(labels):
            weight = prior.table[labels == label].sum()
            if weight > 0:
                posterior = prior.condition(labels == label)
                average += weight * posterior.table
                assert np.unique(posterior.support_indices()[:, buyer]).size == 1
        np.testing.assert_allclose(average, prior.table, atol=1e-15)


@settings(max_examples=40)
@given(correlated_priors())
def test_conditioning_against_exact_fractions(prior):
    weights = [Fraction(float(p)).limit_denominator(10_000) for p in prior.table.ravel()]
    keep = np.arange(prior.table.size) % 2 == 0
    total = sum(w for w, kept in zip(weights, keep, strict=True) if kept)
    if total > 0:
        expected = [float(w / total) if kept else 0.0 for w, kept in zip(weights, keep, strict=True)]
        ours = prior.condition(keep.reshape(prior.shape)).table.ravel()
        np.testing.assert_allclose(ours, expected, atol=1e-12)


@settings(max_examples=30)
@given(finite_priors())
def test_profiles_carry_all_the_probability(prior):
    np.testing.assert_array_equal(prior.probability(prior.profiles()), prior.support_probabilities())
    assert prior.expectation(np.ones(prior.shape)) == pytest.approx(1)
    for buyer, grid in enumerate(prior.values):
        along = [-1 if i == buyer else 1 for i in range(prior.n)]
        own_value = np.broadcast_to(grid.reshape(along), prior.shape)
        assert prior.expectation(own_value) == pytest.approx(prior.marginal(buyer).mean)


@settings(max_examples=30)
@given(product_priors())
def test_products_are_recognised_and_rebuilt_from_marginals(prior):
    assert prior.is_product()
    rebuilt = JointDistribution.product([prior.marginal(i) for i in range(prior.n)])
    np.testing.assert_allclose(rebuilt.table, prior.table, atol=1e-15)


@settings(max_examples=20)
@given(correlated_priors(n=2), correlated_priors(n=2), st.integers(0, 4))
def test_mixture_probabilities_are_the_weighted_sum(first, second, quarter):
    share = quarter / 4
    mixed = JointDistribution.mixture([share, 1 - share], [first, second])
    grid = np.stack(np.meshgrid(*mixed.values, indexing="ij"), axis=-1)
    expected = share * first.probability(grid) + (1 - share) * second.probability(grid)
    np.testing.assert_allclose(mixed.table, expected, atol=1e-15)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: JointDistribution.from_table([[0.5, 0.4]]), ValueError, "table must sum to 1, not 0.9"),
        (
            lambda: JointDistribution.from_table([1.5, -0.5]),
            ValueError,
            "table must be nonnegative, not -0.5",
        ),
        (lambda: JointDistribution.from_table([np.nan, 1]), ValueError, "not NaN"),
        (lambda: JointDistribution.from_table(1.0), ValueError, "table must have an axis for each buyer"),
        (lambda: JointDistribution.from_table([["a"]]), TypeError, "table must hold real numbers"),
        (lambda: JointDistribution.from_table(TABLE, [[0, 1]]), ValueError, "one grid for each of 2 buyers"),
        (
            lambda: JointDistribution.from_table([1.0], [[0, 1]]),
            ValueError,
            r"values\[0\] must have length 1",
        ),
        (lambda: JointDistribution.from_table([0.5, 0.5], [[1, 1]]), ValueError, "must strictly increase"),
        (lambda: JointDistribution.product([]), ValueError, "at least one distribution"),
        (lambda: JointDistribution.product([Uniform()]), TypeError, r"marginals\[0\] must be a Discrete"),
        (lambda: JointDistribution.mixture([1], [PRIOR, PRIOR]), ValueError, "one for each of 2 components"),
        (
            lambda: JointDistribution.mixture([0.5, 0.5], [PRIOR, PRIOR.marginal((0,))]),
            ValueError,
            r"same number of buyers, not \[2, 1\]",
        ),
        (lambda: JointDistribution.from_data([1, 2]), ValueError, "rows of an array"),
        (lambda: JointDistribution.from_data([[1, np.nan]]), ValueError, "profiles must be finite"),
        (lambda: PRIOR.probability([np.nan, 0]), ValueError, "profile must not be NaN"),
        (lambda: PRIOR.probability([1, 2, 3]), ValueError, "last axis of 2"),
        (lambda: PRIOR.expectation([1, 2]), ValueError, "must end in the table's shape"),
        (lambda: PRIOR.marginal(2), ValueError, r"buyers must be in 0 .. 1, not 2"),
        (lambda: PRIOR.marginal(-1), ValueError, r"buyers must be in 0 .. 1, not -1"),
        (lambda: PRIOR.marginal((0, 0)), ValueError, "buyers must be distinct"),
        (lambda: PRIOR.marginal(0.5), TypeError, "integer"),
        (lambda: PRIOR.condition({2: 1}), ValueError, r"buyers must be in 0 .. 1"),
        (lambda: PRIOR.condition({0: np.nan}), ValueError, "event must not be NaN"),
        (lambda: PRIOR.condition(np.ones((2, 3))), TypeError, "event must be boolean"),
        (lambda: PRIOR.condition(np.ones(3, dtype=bool)), ValueError, "event must have the table's shape"),
        (lambda: PRIOR.from_uniforms([0.5, 0.5]), ValueError, "last axis of 1"),
        (lambda: PRIOR.from_uniforms([1.5]), ValueError, r"u must be in \[0, 1\], not 1.5"),
        (lambda: IndependentPrior([]), ValueError, "at least one distribution"),
        (lambda: IndependentPrior([3]), TypeError, r"marginals\[0\] must be a Distribution"),
        (lambda: IndependentPrior.identical(Uniform(), 0), ValueError, "n must be >= 1, not 0"),
        (lambda: MixturePrior([0.5, 0.5], [PRIOR]), ValueError, "one for each of 1 components"),
        (lambda: MixturePrior([1], [Uniform()]), TypeError, r"components\[0\] must be a Prior"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_tables_that_are_too_large_are_refused_with_their_size(monkeypatch):
    monkeypatch.setattr(joint_module, "MAX_CELLS", 99)
    die = Discrete(np.arange(10), np.full(10, 0.1))
    with pytest.raises(ValueError, match=r"at most 99 cells, not 100, of shape \(10, 10\)"):
        JointDistribution.product([die, die])


def test_independent_prior_draws_each_buyers_quantile():
    marginals = [Uniform(), LogNormal(), Uniform(), Discrete([1, 2], [0.5, 0.5])]
    prior = IndependentPrior(marginals)
    u = np.random.default_rng(3).random((6, 4))
    expected = np.stack([m.quantile(u[:, i]) for i, m in enumerate(marginals)], axis=-1)
    np.testing.assert_allclose(prior.from_uniforms(u), expected, rtol=1e-14)
    assert prior.sample(np.random.default_rng(3), 6).tolist() == prior.from_uniforms(u).tolist()


def test_a_further_buyer_changes_nobody_elses_value():
    u = np.random.default_rng(4).random((5, 4))
    three = IndependentPrior.identical(Uniform(2, 3), 3)
    four = IndependentPrior([*three.marginals, Uniform(0, 9)])
    np.testing.assert_array_equal(four.from_uniforms(u)[:, :3], three.from_uniforms(u[:, :3]))


def test_mixture_prior_draws_the_component_first():
    poor, rich = IndependentPrior.identical(Uniform(0, 1), 2), IndependentPrior.identical(Uniform(5, 6), 2)
    prior = MixturePrior([0.25, 0, 0.75], [poor, PRIOR, rich])
    assert prior.uniforms_per_profile == 3
    u = np.array([[0.2, 0.5, 0.25], [0.25, 0.5, 0.25], [1.0, 0.5, 0.25]])
    np.testing.assert_allclose(prior.from_uniforms(u), [[0.5, 0.25], [5.5, 5.25], [5.5, 5.25]])
    sample = prior.sample(np.random.default_rng(1), (2, 500))
    assert sample.shape == (2, 500, 2)
    assert ((sample < 1).all(axis=-1) | (sample > 5).all(axis=-1)).all()


def test_a_component_of_weight_zero_is_never_chosen():
    ends = np.array([0.0, 1.0])
    prior = IndependentPrior.identical(Uniform(), 1)
    for weights, expected in [([0, 0.5, 0.5, 0], [1, 2]), ([0, 1], [1, 1]), ([1, 0], [0, 0])]:
        mixture = MixturePrior(weights, [prior] * len(weights))
        np.testing.assert_array_equal(mixture.component_of(ends), expected)


def test_structured_priors_compare_and_pickle():
    prior = MixturePrior([0.5, 0.5], [IndependentPrior.identical(Uniform(), 2), PRIOR])
    copy = pickle.loads(pickle.dumps(prior))
    assert copy == prior
    assert hash(copy) == hash(prior)
    assert repr(prior.components[0]) == "IndependentPrior.identical(Uniform(low=0.0, high=1.0), n=2)"
