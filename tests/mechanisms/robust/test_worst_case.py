"""Worst-case expected revenue over sets of distributions: closed forms, programs, lists, families."""

import itertools

import numpy as np
import pytest

from mechanisms.auctions import AllPay, FirstPrice, PostedPrice, SecondPrice
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.distributions import AtomicPrior, JointDistribution, PowerLaw, Uniform
from mechanisms.robust import (
    GridMomentSet,
    HighestBidderLottery,
    IndependentSet,
    MarkovSet,
    MomentSet,
    RandomReserveLottery,
    RegularFamily,
    SupportSet,
    expected_revenue,
    worst_case_revenue,
)
from mechanisms.robust.finite_sets import FiniteAmbiguitySet
from tests.mechanisms.robust.programs import all_profiles, least_revenue

RULES = [SecondPrice(), SecondPrice(0.2), SecondPrice(0.41), SecondPrice(0.8)]


def attained(worst, mechanism):
    """The expected revenue under the distribution that is handed back."""
    return float(worst.distribution.expectation(mechanism.outcome(worst.distribution.profiles).revenue))


@pytest.mark.parametrize("bidders", [2, 3, 5])
@pytest.mark.parametrize("mean", [0.3, 0.6])
def test_programs_reach_the_closed_forms(bidders, mean):
    """The grid is refined just below the reserve, so that even infima that are not attained are found."""
    market = MarkovSet(bidders, mean)
    for rule in (*RULES, HighestBidderLottery(bidders, mean), RandomReserveLottery(bidders, mean)):
        closed = worst_case_revenue(rule, market)
        program = worst_case_revenue(rule, market, points=15, closed_form=False)
        assert closed.exact
        assert closed.side == "the infimum"
        assert not program.exact
        assert program.side == "at or above the infimum"
        assert program.revenue == pytest.approx(closed.revenue, abs=1e-7)
        for worst in (closed, program):
            assert (worst.distribution.mean >= mean - 1e-8).all()
            assert attained(worst, rule) == pytest.approx(closed.revenue, abs=2e-5)


@pytest.mark.parametrize(
    "rule", [MyersonAuction(Uniform(0, 1)), MyersonAuction(PowerLaw(0.5)), FirstPrice(0.3)]
)
def test_other_rules_by_an_independent_program(rule):
    """Among them the optimal auction for a wrongly believed prior, a second price auction."""
    values = np.unique([*np.linspace(0, 1, 25), *rule.breakpoints, *(b - 1e-9 for b in rule.breakpoints)])
    profiles = all_profiles(values, 2)
    expected = least_revenue(rule.outcome(profiles).revenue, profiles, 0.6)
    assert worst_case_revenue(rule, MarkovSet(2, 0.6), points=25).revenue == pytest.approx(expected, abs=1e-6)


def test_a_wrong_prior_secures_no_more_than_the_best_reserve():
    """Myerson for the uniform law has reserve ½ > 1/I: (μ − ½)/(1 − ½) = .2 for μ = .6, in R₃."""
    worst = worst_case_revenue(MyersonAuction(Uniform(0, 1)), MarkovSet(2, 0.6))
    assert worst.revenue == pytest.approx(0.2, abs=1e-6)


def test_a_finer_grid_never_finds_a_better_worst_case():
    rule, market = SecondPrice(0.37), MarkovSet(2, 0.55)
    found = [worst_case_revenue(rule, market, points=k, closed_form=False).revenue for k in (3, 5, 9, 17)]
    assert all(finer <= coarser + 1e-9 for coarser, finer in itertools.pairwise(found))
    assert min(found) >= worst_case_revenue(rule, market).revenue - 1e-8


@pytest.mark.parametrize("mean", [0.2, 0.7])
def test_full_surplus_is_the_mean(mean):
    """Proposition 1.5.3: a seller who knew the values would earn the highest, in the worst case μ."""
    for bidders in (2, 3, 4):
        worst = worst_case_revenue(FirstPrice(), MarkovSet(bidders, mean))  # pays the bid: the value itself
        assert worst.revenue == pytest.approx(mean, abs=1e-8)


def test_with_the_support_alone_vickrey_secures_the_least_value():
    """Theorem 1.3.1: v̲, in closed form and by program; a reserve above it secures nothing."""
    known = SupportSet(2, 0.25, 1.0)
    for closed_form in (True, False):
        assert worst_case_revenue(SecondPrice(), known, closed_form=closed_form).revenue == 0.25
        assert worst_case_revenue(SecondPrice(0.5), known, closed_form=closed_form).revenue == 0


def test_moment_sets_hold_the_markov_set():
    means = tuple(lambda profiles, i=i: profiles[..., i] for i in range(2))
    as_moments = MomentSet(2, means, (0.5, 0.5))
    for rule in (*RULES, HighestBidderLottery(2, 0.5)):
        assert worst_case_revenue(rule, as_moments, points=30).revenue == pytest.approx(
            worst_case_revenue(rule, MarkovSet(2, 0.5)).revenue, abs=1e-6
        )


def test_more_knowledge_never_hurts():
    """With E[v_1 v_2] >= .3 added to the means: at least as much, and for Vickrey more than nothing."""
    functions = (lambda v: v[..., 0], lambda v: v[..., 1], lambda v: v[..., 0] * v[..., 1])
    informed = MomentSet(2, functions, (0.5, 0.5, 0.3))
    for rule in RULES:
        plain = worst_case_revenue(rule, MarkovSet(2, 0.5), points=40, closed_form=False).revenue
        assert worst_case_revenue(rule, informed, points=40).revenue >= plain - 1e-9
    assert worst_case_revenue(SecondPrice(), informed, points=40).revenue == pytest.approx(0.3, abs=1e-6)


def test_finite_sets_and_grids():
    one = JointDistribution([[0.2, 0.2], [0.5, 0.1]], [[0, 1], [0, 1]])
    two = JointDistribution(np.full((2, 2), 0.25), [[0, 1], [0, 1]])
    worst = worst_case_revenue(SecondPrice(), FiniteAmbiguitySet((two, one)))
    assert worst.exact
    assert worst.revenue == pytest.approx(0.1)
    assert worst.distribution == one
    grid = worst_case_revenue(SecondPrice(), MarkovSet(2, 0.7).on_grid([0.0, 1.0]))
    assert grid.revenue == pytest.approx(0.4)  # Pr[both 1] >= .7 + .7 − 1
    assert grid.distribution.expectation(grid.distribution.values[0][:, None] * np.ones(2)) >= 0.7 - 1e-9


def test_conditional_expectations_of_moment_sets():
    """Charnes and Cooper by hand: given v_1 = 1 on {0, 1}², μ = .9: least E[v_2] = (.9 − .1)/.9.

    On that grid distributionally robust notions are weaker than ex-post ones; with a further value that may
    carry the mean they agree (Proposition 1.5.1).
    """
    low = MarkovSet(2, 0.9).on_grid([0.0, 1.0])
    own_is_one = np.array([[False, False], [True, True]])
    second = np.array([[0.0, 1.0], [0.0, 1.0]])
    assert low.least_expectation(second, own_is_one) == pytest.approx(8 / 9)
    assert low.greatest_expectation(second, own_is_one) == pytest.approx(1)
    finer = MarkovSet(2, 0.9).on_grid([0.0, 0.95, 1.0])
    event = np.zeros((3, 3), dtype=bool)
    event[2] = True
    assert finer.least_expectation(np.tile([0.0, 0.95, 1.0], (3, 1)), event) == pytest.approx(0, abs=1e-9)


def test_conditional_expectations_against_random_members():
    """No distribution of the set has less; 200 random ones, found by rejection."""
    rng, grid = np.random.default_rng(8), np.array([0.0, 0.4, 1.0])
    chosen = MarkovSet(2, 0.45).on_grid(grid)
    function, event = rng.random((3, 3)), rng.random((3, 3)) < 0.5
    least, greatest = chosen.least_expectation(function, event), chosen.greatest_expectation(function, event)
    tried = 0
    while tried < 200:
        table = rng.dirichlet(np.full(9, 0.5)).reshape(3, 3)
        means = (table.sum(axis=1) @ grid, table.sum(axis=0) @ grid)
        if min(means) >= 0.45 and table[event].sum() > 0:
            tried += 1
            assert least - 1e-9 <= (table * function)[event].sum() / table[event].sum() <= greatest + 1e-9
    worst = chosen.worst_distribution(function, event)
    assert worst.condition(event).expectation(function) == pytest.approx(least)


def test_independent_laws_one_by_one():
    laws = (Uniform(0, 1), PowerLaw(2), PowerLaw(1.2))
    worst = worst_case_revenue(SecondPrice(0.3), IndependentSet(laws, 2))
    each = [expected_revenue(SecondPrice(0.3), law, 2) for law in laws]
    assert worst.revenue == min(each)
    assert worst.distribution.marginals[0] == laws[int(np.argmin(each))]


def test_a_family_of_laws_is_searched():
    """Uniform on [0, b] with b in [1, 2]: Vickrey's revenue b/3 is least at b = 1; a reserve has the same."""
    family = RegularFamily(lambda b: Uniform(0, b), 1.0, 2.0, 2)
    worst = worst_case_revenue(SecondPrice(), family)
    assert worst.revenue == pytest.approx(1 / 3)
    assert worst.distribution.marginals[0].support == (0, pytest.approx(1.0))
    inner = RegularFamily(lambda m: Uniform(1 - abs(m), 1 + abs(m) + 0.1), -0.5, 0.5, 2)
    least = min(expected_revenue(SecondPrice(0.95), inner.at(m), 2) for m in np.linspace(-0.5, 0.5, 401))
    assert worst_case_revenue(SecondPrice(0.95), inner).revenue == pytest.approx(least, abs=1e-4)


@pytest.mark.parametrize("bidders", [2, 3])
def test_expected_revenue_of_general_rules(bidders):
    """The ordered quadrature against one integral for second price auctions; Uniform: (n − 1)/(n + 1)."""
    for law in (Uniform(0, 1), PowerLaw(2)):
        for reserve in (0.0, 0.3):
            general = expected_revenue.dispatch(object)(SecondPrice(reserve), law, bidders)
            assert general == pytest.approx(expected_revenue(SecondPrice(reserve), law, bidders), abs=1e-5)
    assert expected_revenue(SecondPrice(), Uniform(0, 1), bidders) == pytest.approx(
        (bidders - 1) / (bidders + 1)
    )


def test_what_is_refused():
    market = MarkovSet(2, 0.5)
    with pytest.raises(TypeError, match="mechanism must have a closed rule"):
        worst_case_revenue(PostedPrice(0.5), market)
    with pytest.raises(TypeError, match="ambiguity must be an ambiguity set, got 3"):
        worst_case_revenue(SecondPrice(), 3)
    with pytest.raises(ValueError, match="points must be at least 2, got 1"):
        worst_case_revenue(SecondPrice(), market, points=1)
    with pytest.raises(ValueError, match="at most 500000 profiles"):
        worst_case_revenue(AllPay(), MarkovSet(3, 0.5), points=100)
    for bound in (1.0, 1.5):  # no Slater point; empty
        with pytest.raises(ValueError, match="exceeds them all"):
            worst_case_revenue(SecondPrice(), MomentSet(2, (lambda v: v[..., 0],), (bound,)))
    with pytest.raises(ValueError, match="bidders must be at most 3"):
        expected_revenue(AllPay(), Uniform(0, 1), 4)


def test_sets_that_are_refused():
    first = (lambda v: v[..., 0],)
    with pytest.raises(ValueError, match="exceeds them all"):
        MomentSet(2, first, (1.0,)).on_grid([0.0, 0.5, 1.0])  # not empty, but no Slater point
    with pytest.raises(ValueError, match="exceeds them all"):
        GridMomentSet([[0, 1], [0, 1]], np.array([[[0, 0], [1, 1]]]), [1.5])
    with pytest.raises(ValueError, match="least must be one for each of 1 functions, got 2"):
        MomentSet(2, first, (0.1, 0.2))
    with pytest.raises(ValueError, match=r"functions\[0\] must return shape \(2, 2\)"):
        MomentSet(2, (lambda v: v,), (0.1,)).on_grid([0.0, 1.0])
    with pytest.raises(ValueError, match=r"upper must be > 0\.5"):
        SupportSet(2, 0.5, 0.5)
    with pytest.raises(ValueError, match="bidders must be at least 2"):
        SupportSet(1)
    with pytest.raises(ValueError, match="values must increase within"):
        MarkovSet(2, 0.5).on_grid([0.0, 2.0])
    with pytest.raises(ValueError, match="at least one distribution"):
        IndependentSet((), 2)
    with pytest.raises(TypeError, match=r"laws\[0\] must be a ContinuousDistribution"):
        IndependentSet((0.5,), 2)
    with pytest.raises(ValueError, match="must be regular"):
        IndependentSet((bimodal(),), 2)
    with pytest.raises(ValueError, match="profiles must be rows"):
        AtomicPrior([0.5], [1.0])


def bimodal():
    """A density with a deep valley: the virtual value falls there."""
    from mechanisms.distributions import PiecewiseUniform

    return PiecewiseUniform([0, 1, 2, 3], [0.45, 0.05, 0.5])
