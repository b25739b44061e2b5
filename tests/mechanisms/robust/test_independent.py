"""Independent values (robust paper, Section 1.4): efficiency, revenue equivalence, one more bidder."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import linprog

from mechanisms.auctions import SecondPrice
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import Discrete, Exponential, JointDistribution, PowerLaw, Uniform
from mechanisms.outcome import Outcome
from mechanisms.robust import (
    FiniteAmbiguitySet,
    IndependentSet,
    MarkovSet,
    RegularFamily,
    one_more_bidder,
    worst_case_revenue,
)
from mechanisms.robust.independent import is_regular
from sim.audit import Instance, audit

GRID = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
STEP = 0.2
MEAN = 0.6


def laws(rng, count):
    """Random laws of one value on the grid, all positive."""
    return rng.dirichlet(np.full(GRID.size, 2.0), size=count)


def efficient_chances():
    """Who gets the good at each profile of two, ties to the first: shape (B, B) for each bidder."""
    first = (GRID[:, None] >= GRID).astype(float)
    return first, 1 - first


def best_efficient_revenue(possible):
    """Program: payments of both bidders that maximise the worst-case revenue of the efficient allocation.

    Interim incentive compatibility and individual rationality under every product law (Definitions 1.2.3
    and 1.2.4); the last variable is the worst-case revenue.
    """
    size, chances = GRID.size, efficient_chances()
    rows, limits = [], []
    for law in possible:
        revenue = np.outer(law, law)
        rows.append(np.append(-np.concatenate([revenue.ravel()] * 2), 1.0))
        limits.append(0.0)
        for bidder in (0, 1):
            q = chances[bidder] if bidder == 0 else chances[bidder].T  # own value first
            for own in range(size):
                for report in (None, *range(size)):
                    row = np.zeros((2, size, size))
                    pays = row[bidder] if bidder == 0 else row[bidder].T
                    pays[own] += law
                    worth = law @ q[own] * GRID[own]
                    if report is not None:
                        pays[report] -= law
                        worth -= law @ q[report] * GRID[own]
                    rows.append(np.append(row.ravel(), 0.0))
                    limits.append(worth)
    found = linprog(-np.eye(1, 2 * size**2 + 1, 2 * size**2)[0], A_ub=np.array(rows), b_ub=limits,
                    bounds=(None, None), method="highs")
    assert found.status == 0
    return -found.fun


@pytest.mark.parametrize("count", [1, 3])
def test_vickrey_is_the_best_efficient_rule_but_for_a_step(count):
    """Theorem 1.4.1. On a grid winners may be charged up to a step more: the next lower value is far."""
    possible = laws(np.random.default_rng(count), count)
    vickrey = worst_case_revenue(SecondPrice(), products(possible)).revenue
    best = best_efficient_revenue(possible)
    assert vickrey - 1e-9 <= best <= vickrey + STEP + 1e-9


def products(possible):
    """The set of laws of two independent values, each of one of these laws."""
    return FiniteAmbiguitySet([JointDistribution.product([Discrete(GRID, law)] * 2) for law in possible])


@dataclass(frozen=True, eq=False)
class WithBets(DirectMechanism):
    """Vickrey's auction, and each bidder bets on the other's value against its mean; stakes (2, B)."""

    stakes: np.ndarray

    def outcome(self, reports):
        """The stakes are by the bidder's own report."""
        sold = SecondPrice().outcome(reports)
        own = np.searchsorted(GRID, reports)
        stake = np.stack([self.stakes[0][own[..., 0]], self.stakes[1][own[..., 1]]], axis=-1)
        rival = np.where(np.isfinite(reports), reports, MEAN)[..., ::-1]  # who is silent bets on nothing
        return Outcome(sold.allocation, sold.payments + stake * (rival - MEAN))


def test_revenue_depends_on_the_allocation_alone():
    """Theorem 1.2.2: payments that differ from Vickrey's by bets of mean 0 under all laws earn the same.

    The audit finds truth a best reply under every law, and so for every attitude; the lowest value, which has
    no stake, has utility 0 whatever the other's value. Laws of other means tell the two apart.
    """
    rng = np.random.default_rng(9)
    known = products([mixed_to_mean(law, MEAN) for law in laws(rng, 6)])
    others = products(laws(rng, 6))
    plain, apart = (worst_case_revenue(SecondPrice(), some).revenue for some in (known, others))
    for _ in range(10):
        betting = WithBets(rng.normal(size=(2, GRID.size)) * (np.arange(GRID.size) > 0))
        lowest = betting.outcome(np.stack([np.full(GRID.size, GRID[0]), GRID], axis=-1))
        np.testing.assert_allclose(lowest.payments[:, 0], GRID[0] * lowest.allocation[:, 0], atol=1e-12)
        assert worst_case_revenue(betting, known).revenue == pytest.approx(plain, abs=1e-12)
        assert worst_case_revenue(betting, others).revenue != pytest.approx(apart, abs=1e-6)
        notions = ["knightian-ic", "knightian-ir", "maxmin-ic", "maxmin-ir"]
        found = audit(Instance(betting, known.distributions[0], ambiguity=known), notions)
        assert len(found) == len(notions)
        assert (found.verdict == "holds").all()


def mixed_to_mean(law, mean):
    """The law mixed with the highest or the lowest value so that it has the mean."""
    end = GRID[-1] if law @ GRID < mean else GRID[0]
    share = (mean - law @ GRID) / (end - law @ GRID)
    return (1 - share) * law + share * (end == GRID)


SETS = [
    IndependentSet((Uniform(0, 1), PowerLaw(2), PowerLaw(1.3)), 2),
    IndependentSet((Uniform(0.2, 1), Uniform(0, 1)), 5),
    RegularFamily(lambda rate: Exponential(rate), 0.5, 2.0, 3).among(4),
]


@pytest.mark.parametrize("possible", SETS, ids=repr)
def test_one_more_bidder_is_worth_more_than_the_best_rule(possible):
    """Theorem 1.4.3 (Bulow and Klemperer 1996 under ambiguity)."""
    compared = one_more_bidder(possible)
    assert compared.enough is True
    assert compared.least <= compared.most <= compared.vickrey
    grown = IndependentSet(possible.laws, possible.bidders + 1)
    assert worst_case_revenue(SecondPrice(), grown).revenue == pytest.approx(compared.vickrey, abs=1e-6)


def test_one_more_bidder_in_a_uniform_town():
    """Textbook figures: 1/2 for three bidders without reserve, 5/12 for two with reserve ½."""
    compared = one_more_bidder(IndependentSet((Uniform(0, 1),), 2))
    assert compared.vickrey == pytest.approx(1 / 2)
    assert compared.most == pytest.approx(5 / 12, abs=1e-5)


@pytest.mark.parametrize(("bidders", "mean"), [(2, 0.3), (2, 0.5), (10, 0.5), (100, 0.5)])
def test_one_more_bidder_is_not_enough_under_the_markov_set(bidders, mean):
    """After Proposition 1.5.10: the lottery among I secures more than Vickrey among I + 1."""
    compared = one_more_bidder(MarkovSet(bidders, mean))
    assert compared.enough is False
    assert compared.vickrey == pytest.approx(max(((bidders + 1) * mean - 1) / bidders, 0))


def test_the_bounds_may_leave_it_open():
    assert one_more_bidder(MarkovSet(2, 0.66)).enough is None
    with pytest.raises(TypeError, match="ambiguity must be"):
        one_more_bidder(3)


def test_regular_laws():
    """Exponential: φ(v) = v − 1/rate; PowerLaw is looked at by its own formula."""
    assert is_regular(Exponential(2))
    assert is_regular(Uniform(0, 3))
    for power in (0.5, 2.0):
        v = np.linspace(0.01, 1, 500)
        virtual = v - (1 - v**power) / (power * v ** (power - 1))
        assert is_regular(PowerLaw(power)) == bool((np.diff(virtual) >= 0).all())
    assert math.isfinite(Exponential(2).mean)


@dataclass(frozen=True, eq=False)
class OnGrid(DirectMechanism):
    """A rule for two bidders given by tables of own and rival's place in the grid, (2, B, B) each."""

    chances: np.ndarray
    paid: np.ndarray

    def outcome(self, reports):
        """Bids between the grid's values count as the next higher."""
        place = np.searchsorted(GRID, reports)
        seats, own, rival = np.arange(2), place, place[..., ::-1]
        return Outcome(self.chances[seats, own, rival], self.paid[seats, own, rival])


def envelope(chances):
    """(1.1) for chances (2, B, B) that are constant between the grid's values and 0 below: q v − Σ q h."""
    below = np.cumsum(STEP * chances, axis=1)[:, :-1]
    return chances * GRID[:, None] - np.pad(below, ((0, 0), (1, 0), (0, 0)))


def verdict(rule, known, notion):
    """What the audit says of lies among the types."""
    instance = Instance(rule, known.distributions[0], ambiguity=known, reports="types")
    return audit(instance, [notion]).verdict[0]


def rises_and_pays(rule, possible):
    """Proposition 1.2.2 (ii) between neighbours: under all laws chances do not fall, and payments follow.

    E m rises by at least v_k and at most v_{k+1} times what the chance rises by: (1.2) up to a step.
    """
    for law in possible:
        chance, paid = rule.chances @ law, rule.paid @ law
        rise, more = np.diff(chance, axis=1), np.diff(paid, axis=1)
        if (rise < -1e-12).any() or (more < GRID[:-1] * rise - 1e-12).any():
            return False
        if (more > GRID[1:] * rise + 1e-12).any():
            return False
    return True


def a_rule(rng, possible, falls):
    """Chances to win that bets on the rival disturb: they rise in one's own value on average, not always.

    Bidder 0 wins as often with the third value as with the second, but for a bet on the rival's value that is
    fair under all laws, or (`falls`) under all but the last, where it loses.
    """
    fair = np.linalg.svd(possible[:-1] if falls else possible)[2][2 if falls else 3:]
    bet = rng.normal(size=len(fair)) @ fair
    bet *= -np.sign(bet @ possible[-1]) if falls else 1
    chances = np.sort(rng.random((2, GRID.size, GRID.size)), axis=1) / 4 + 0.1
    chances[0, 2] = chances[0, 1] + 0.1 * bet / np.abs(bet).max()
    return OnGrid(chances, envelope(chances))


KINDS = [("fair", True), ("falls under one law", False), ("pays more", False), ("pays otherwise", True)]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("kind", "honest"), KINDS)
def test_knightian_incentives_are_rising_chances_and_their_payments(kind, honest, seed):
    """Proposition 1.2.2 (ii), both ways; the audit knows nothing of it.

    Chances that fall against some rivals but under no law on average are Knightian IC, and not ex-post IC;
    ones that fall under one law are not, nor are payments that rise by more than a step above (1.2). What is
    paid against which rival does not matter, as long as no law sees a difference.
    """
    rng = np.random.default_rng([122, seed])
    possible = laws(rng, 3)
    rule, known = a_rule(rng, possible, kind == "falls under one law"), products(possible)
    if kind == "pays more":
        rule = OnGrid(rule.chances, rule.paid + 0.2 * GRID[:, None])
    if kind == "pays otherwise":
        rule = OnGrid(rule.chances, rule.paid + rng.normal(size=(2, 5, 1)) * np.linalg.svd(possible)[2][3])
    assert rises_and_pays(rule, possible) == honest
    assert verdict(rule, known, "knightian-ic") == ("holds" if honest else "fails")
    assert verdict(rule, known, "ex-post-ic") == "fails"


def test_ex_post_incentives_are_rising_chances_and_their_payments():
    """Proposition 1.2.2 (i): against each rival value. One fall fails.

    The envelope's payments are the dearest on the grid: anything more fails. Up to a step less is honest.
    """
    rng = np.random.default_rng(1)
    known = products(laws(rng, 2))
    rising = np.sort(rng.random((2, GRID.size, GRID.size)), axis=1) / 2
    falling = rising.copy()
    falling[1, 3, 2] = falling[1, 2, 2] - 0.01
    assert verdict(OnGrid(rising, envelope(rising)), known, "ex-post-ic") == "holds"
    assert verdict(OnGrid(falling, envelope(falling)), known, "ex-post-ic") == "fails"
    step = STEP * (rising[0, 2, 4] - rising[0, 1, 4])
    for more, expected in ((0.01, "fails"), (-0.99, "holds"), (-1.01, "fails")):
        paid = envelope(rising)
        paid[0, 2:, 4] += more * step
        assert verdict(OnGrid(rising, paid), known, "ex-post-ic") == expected


@pytest.mark.parametrize("falls", [True, False])
def test_no_payments_mend_chances_that_fall_under_one_law(falls):
    """Proposition 1.2.2 (ii): then the program over all payments has no solution."""
    rng = np.random.default_rng(3)
    possible = laws(rng, 3)
    chances = a_rule(rng, possible, falls).chances[0]
    rows, limits = [], []
    for law in possible:
        for own, report in np.ndindex(GRID.size, GRID.size):
            row = np.zeros((GRID.size, GRID.size))
            row[own] += law
            row[report] -= law
            rows.append(row.ravel())
            limits.append(GRID[own] * (chances[own] - chances[report]) @ law)
    found = linprog(np.zeros(GRID.size**2), A_ub=np.array(rows), b_ub=limits, bounds=(None, None))
    assert found.status == (2 if falls else 0)
