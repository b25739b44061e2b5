"""Best sequential prices and the DSIC optimum against enumeration and Myerson's auction; bounds above it."""

import itertools
import math

import numpy as np
import pytest

from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.conservative import optimal_dsic
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.risk_averse import (
    SequentialPrices,
    TooLargeError,
    best_sequential_prices,
    deterministic,
    optimal_dsic_mechanism,
    optimal_dsic_utility,
    profile_bound,
    utility_bounds,
)
from mechanisms.risk_averse.buyers import buyers
from mechanisms.risk_averse.dsic_mixtures import slightly_tilted_choice, tilted_choice
from mechanisms.risk_averse.dsic_polygons import polygon_choice
from mechanisms.risk_averse.price_choices import PriceChoices
from mechanisms.utilities import CARA, CRRA, Capped, Linear, PiecewiseLinear
from tests.mechanisms.risk_averse.cases import FACTOR, enumerated_utility, instance, profiles


@pytest.mark.parametrize("seed", range(24))
def test_best_prices_against_all_prices(seed):
    values, probabilities, units, utility = instance(seed)
    best = best_sequential_prices(values, probabilities, units, utility)
    wanted = max(
        enumerated_utility(prices, values, probabilities, units, utility)
        for prices in itertools.product(*([*v, math.inf] for v in values))
    )
    assert best.expected_utility == pytest.approx(wanted, abs=1e-10)
    own = SequentialPrices(best.prices, units).expected_utility(values, probabilities, utility)
    assert own == pytest.approx(best.expected_utility, abs=1e-10)


def all_price_tables(values, probabilities, units, utility):
    """The DSIC optimum for two buyers: every table of prices for each, given the other's report."""
    grids = [sorted(v) for v in values]
    best = 0.0
    for tables in itertools.product(
        itertools.product([*grids[0], math.inf], repeat=len(grids[1])),
        itertools.product([*grids[1], math.inf], repeat=len(grids[0])),
    ):
        total = 0.0
        for types, chance in profiles(values, probabilities):
            offers = tables[0][grids[1].index(types[1])], tables[1][grids[0].index(types[0])]
            paid = [p for p, v in zip(offers, types, strict=True) if v >= p]
            if len(paid) > units:
                total = -math.inf
                break
            total += chance * float(utility(sum(paid)))
        best = max(best, total)
    return best


@pytest.mark.parametrize("seed", range(14))
def test_dsic_optimum_against_all_tables(seed):
    rng = np.random.default_rng(seed)
    _, _, units, utility = instance(seed)
    values = [rng.choice(np.arange(9.0), size, replace=False) for size in (3, 2)]
    probabilities = [rng.dirichlet(np.ones(size)) for size in (3, 2)]
    found = optimal_dsic_utility(values, probabilities, min(units, 2), utility)
    assert found == pytest.approx(
        all_price_tables(values, probabilities, min(units, 2), utility), abs=1e-8
    )


@pytest.mark.parametrize("seed", range(12))
def test_both_programs_have_the_same_optimum(seed):
    """Mixtures of outcomes and polygons, two formulations of the same choice."""
    values, probabilities, units, utility = instance(seed)
    priors = tuple(Discrete(v, p) for v, p in zip(values, probabilities, strict=True))
    choices = PriceChoices(priors, units, utility)
    choice, bound = polygon_choice(choices, None)
    optimum = optimal_dsic_utility(values, probabilities, units, utility)
    assert choices.expected_utility(choice) == pytest.approx(optimum, abs=1e-7)
    assert bound >= optimum - 1e-7


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("utility", [Capped(6.0), PiecewiseLinear([(0, 0), (3, 3), (9, 5)])], ids=repr)
def test_a_tilt_breaks_ties_without_loss(seed, utility):
    """Utilities of few pieces: the best choice for a strictly concave one close by is as good, and proved."""
    values, probabilities, units, _ = instance(seed)
    priors = tuple(Discrete(v, p) for v, p in zip(values, probabilities, strict=True))
    choices = PriceChoices(priors, units, utility)
    choice, bound = tilted_choice(choices)
    best = choices.expected_utility(polygon_choice(choices, None)[0])
    assert bound >= best - 1e-9
    assert bound == pytest.approx(best, rel=1e-6)
    assert choice is not None
    assert choices.expected_utility(choice) == pytest.approx(best, abs=1e-9)
    slight, its_bound = slightly_tilted_choice(choices, 60.0)
    assert best - 1e-9 <= its_bound <= best * (1 + 2e-7)
    assert choices.expected_utility(slight) == pytest.approx(best, rel=2e-7)


@pytest.mark.slow
@pytest.mark.parametrize("units", [2, 3])
def test_a_capped_seller_of_three_buyers_with_eight_values(units):
    """Ties beyond what a search tree settles: proved all the same, and above the best sequential prices."""
    rng = np.random.default_rng(2)
    values = [rng.choice(np.arange(1.0, 13.0), 8, replace=False) for _ in range(3)]
    probabilities = list(rng.dirichlet(np.ones(8), size=3))
    design = optimal_dsic_mechanism(values, probabilities, units, Capped(10.0))
    assert design.certificate >= 1 - 1e-7
    prices = best_sequential_prices(values, probabilities, units, Capped(10.0)).expected_utility
    assert FACTOR * design.value <= prices <= design.value


@pytest.mark.parametrize("seed", range(20))
def test_order_of_the_optima_and_their_bounds(seed):
    """(1 − 1/e) OPT <= best sequential prices <= OPT <= each upper bound."""
    values, probabilities, units, utility = instance(seed)
    optimum = optimal_dsic_utility(values, probabilities, units, utility)
    best = best_sequential_prices(values, probabilities, units, utility).expected_utility
    assert FACTOR * optimum - 1e-9 <= best <= optimum + 1e-9
    bounds = utility_bounds(values, probabilities, units, utility)
    assert bounds.jensen >= optimum - 1e-9
    assert bounds.counted >= optimum - 1e-9
    assert bounds.capped >= optimum - 1e-9


@pytest.mark.parametrize("seed", range(7))
def test_the_profile_bound_is_above_the_optimum(seed):
    """Over all profiles without error; over a sample of them with four standard errors added."""
    values, probabilities, units, utility = instance(seed)
    optimum = optimal_dsic_utility(values, probabilities, units, utility)
    exact = profile_bound(values, probabilities, units, utility, np.random.default_rng(seed), profiles=300)
    assert exact.standard_error == 0
    assert exact.bound >= optimum - 1e-9
    assert exact.bound <= 1.35 * optimum
    sampled = profile_bound(values, probabilities, units, utility, np.random.default_rng(seed), profiles=3)
    assert sampled.bound == pytest.approx(sampled.estimate + 4 * sampled.standard_error)


def test_a_sample_agrees_with_all_profiles():
    """The estimate lies within five errors of the bound over all profiles, or little above."""
    values, probabilities = [[1.0, 3.0, 4.0, 7.0]] * 4, [[0.4, 0.3, 0.2, 0.1]] * 4
    rng = np.random.default_rng(3)
    exact = profile_bound(values, probabilities, 2, CRRA(0.5), rng, profiles=256)
    sampled = profile_bound(values, probabilities, 2, CRRA(0.5), rng, profiles=255)
    assert (exact.standard_error, sampled.standard_error > 0) == (0, True)
    assert sampled.estimate >= exact.bound - 5 * sampled.standard_error
    assert sampled.estimate <= 1.02 * exact.bound + 5 * sampled.standard_error


@pytest.mark.parametrize("size", [1e-7, 1e-3, 1e6, 1e10])
@pytest.mark.parametrize("caution", [Capped, CARA])
def test_nothing_depends_on_the_unit_of_money(size, caution):
    """Values times s, with U_s(s x) = s U(x): all optima and bounds are s times as much."""
    values, probabilities, units, _ = instance(8)
    small, large = (
        (caution(5.0), caution(5.0 * size)) if caution is Capped else (CARA(0.3), CARA(0.3 / size))
    )
    scaled = [size * np.asarray(v) for v in values]
    for found in (
        lambda *case: best_sequential_prices(*case).expected_utility,
        optimal_dsic_utility,
        lambda *case: utility_bounds(*case).least,
    ):
        one, many = found(values, probabilities, units, small), found(scaled, probabilities, units, large)
        assert many == pytest.approx(size * one, rel=1e-7)


def test_the_optimum_is_the_mechanism_it_comes_with():
    """Its table, played at every profile, never sells more than k units, and has the utility it says."""
    values, probabilities, units, utility = instance(9)
    design = optimal_dsic_mechanism(values, probabilities, units, utility)
    total = 0.0
    for types, chance in profiles(values, probabilities):
        outcome = design.mechanism.outcome(np.array(types))
        assert outcome.allocation.sum() <= units + 1e-9
        total += chance * float(utility(outcome.payments.sum()))
    assert total == pytest.approx(design.value, abs=1e-9)
    assert design.certificate == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_linear_utility_is_myersons_revenue(seed):
    values, probabilities, units, _ = instance(seed)
    priors = [Discrete(v, p) for v, p in zip(values, probabilities, strict=True)]
    found = optimal_dsic_utility(values, probabilities, units, Linear())
    assert found == pytest.approx(optimal_revenue(priors, units=units), abs=1e-7)
    bounds = utility_bounds(values, probabilities, units, Linear())
    assert bounds.least == pytest.approx(found, abs=1e-7)


@pytest.mark.parametrize("seed", range(12))
def test_one_unit_is_myerson_on_utilities(seed):
    """k = 1: at most one buyer pays, so that values may be rescaled by U."""
    values, probabilities, _, utility = instance(seed)
    rescaled = [Discrete(utility(np.asarray(v)), p) for v, p in zip(values, probabilities, strict=True)]
    found = optimal_dsic_utility(values, probabilities, 1, utility)
    assert found == pytest.approx(optimal_revenue(rescaled), abs=1e-7)


@pytest.mark.parametrize("seed", range(7))
def test_the_counted_bound_is_the_optimum_for_one_unit(seed):
    """At b = 0 it is Myerson's revenue on U(v); a greater b cannot do better."""
    values, probabilities, _, utility = instance(seed)
    optimum = optimal_dsic_utility(values, probabilities, 1, utility)
    assert utility_bounds(values, probabilities, 1, utility).counted == pytest.approx(optimum, abs=1e-7)


def test_linear_utility_of_three_buyers_against_the_linear_program_over_profiles():
    rng = np.random.default_rng(5)
    values = [np.sort(rng.choice(np.arange(1.0, 9.0), 3, replace=False)) for _ in range(3)]
    probabilities = [rng.dirichlet(np.ones(3)) for _ in range(3)]
    joint = JointDistribution.product([Discrete(*pair) for pair in zip(values, probabilities, strict=True)])
    wanted = optimal_dsic(joint, units=2).revenue
    assert optimal_dsic_utility(values, probabilities, 2, Linear()) == pytest.approx(wanted, abs=1e-6)


def test_example_1_under_dominant_strategies():
    """Two units, values 1 with ε, else 0, U = min(t, ε): the price 1 to both is worth 2ε² − ε³."""
    for e in (0.1, 0.3):
        found = optimal_dsic_utility([[0, 1], [0, 1]], [[1 - e, e]] * 2, 2, Capped(e))
        assert found == pytest.approx(2 * e**2 - e**3, abs=1e-9)


def test_bounds_of_a_large_instance_are_above_any_design():
    """200 buyers: the bounds against the best single price."""
    grid, weights = np.arange(1.0, 21.0), np.full(20, 0.05)
    bounds = utility_bounds([grid] * 200, [weights] * 200, 10, CRRA(0.5))
    single = max(
        SequentialPrices((price,) * 200, 10).expected_utility([grid] * 200, [weights] * 200, CRRA(0.5))
        for price in (15.0, 18.0, 19.0, 20.0)
    )
    assert 0.95 * bounds.least <= single <= bounds.least


@pytest.mark.parametrize("units", [0, -2])
@pytest.mark.parametrize("function", [best_sequential_prices, optimal_dsic_utility, utility_bounds])
def test_bad_units(function, units):
    with pytest.raises(ValueError, match=f"units must be at least 1, got {units}"):
        function([[1.0]], [[1.0]], units, Linear())


@pytest.mark.parametrize("function", [best_sequential_prices, optimal_dsic_utility, utility_bounds])
def test_bad_buyers_and_utilities(function):
    with pytest.raises(ValueError, match="probabilities must sum to 1"):
        function([[1.0, 2.0]], [[0.5, 0.4]], 1, Linear())
    with pytest.raises(ValueError, match="utility must be concave"):
        function([[1.0, 2.0]], [[0.5, 0.5]], 1, np.square)
    with pytest.raises(ValueError, match="values must be positive for some buyer"):
        best_sequential_prices([[0.0]], [[1.0]], 1, Linear())


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(ValueError, match="seconds must be > 0"):
        optimal_dsic_utility([[1.0, 2.0]], [[0.5, 0.5]], 1, Capped(1.0), seconds=0)


def test_too_large_for_exact_methods():
    grid, weights = np.arange(1.0, 11.0), np.full(10, 0.1)
    with pytest.raises(TooLargeError, match="make 40000 choices of a price, more than 6000; utility_bounds"):
        optimal_dsic_utility([grid] * 4, [weights] * 4, 2, CARA(0.1))
    with pytest.raises(TooLargeError, match="3 prices and 99 units have 171700 collections"):
        best_sequential_prices([grid[:3]] * 99, [np.full(3, 1 / 3)] * 99, 99, CARA(0.1))
    with pytest.raises(TooLargeError, match="use fewer profiles, or utility_bounds"):
        profile_bound([grid] * 60, [weights] * 60, 20, CARA(0.1), np.random.default_rng(0), profiles=10**5)


def test_large_searches_are_refused_before_they_begin(monkeypatch):
    """30 alike buyers: (40 choose 10) choices; 8 different ones of 8 values: 9⁸."""
    def begin(*_):
        raise AssertionError("a search was begun")

    monkeypatch.setattr(deterministic, "best_of", begin)
    grid, weights = np.arange(1.0, 11.0), np.full(10, 0.1)
    with pytest.raises(TooLargeError, match="30 buyers have 847,660,528 choices of prices, more than"):
        best_sequential_prices([grid] * 30, [weights] * 30, 2, CARA(0.1))
    rng = np.random.default_rng(0)
    with pytest.raises(TooLargeError, match="8 buyers have 43,046,721 choices"):
        best_sequential_prices([grid[:8]] * 8, list(rng.dirichlet(np.ones(8), size=8)), 2, CARA(0.1))
    with pytest.raises(AssertionError, match="a search was begun"):
        best_sequential_prices([grid[:8]] * 7, list(rng.dirichlet(np.ones(8), size=7)), 2, CARA(0.1))


@pytest.mark.parametrize("seed", range(6))
def test_choices_are_counted(seed):
    """Against a list of them, those that differ only in who of alike buyers has which price counted once."""
    values, probabilities, _, _ = instance(seed)
    values, probabilities = [*values, values[0]], [*probabilities, probabilities[0]]
    priors = buyers(values, probabilities)
    kinds = [priors.index(prior) for prior in priors]
    own = [[*(v for v, f in zip(prior.values, prior.probabilities, strict=True) if v * f > 0), math.inf]
           for prior in priors]
    listed = {tuple(sorted(zip(kinds, choice, strict=True))) for choice in itertools.product(*own)}
    assert deterministic.count_choices(priors) == len(listed)
