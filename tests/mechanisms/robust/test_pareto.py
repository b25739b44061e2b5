"""Pareto robust optimality and efficiency on grids (robust paper, Section 1.3)."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from mechanisms.auctions import PostedPrice, SecondPrice
from mechanisms.conversation import DirectMechanism
from mechanisms.outcome import Outcome
from mechanisms.robust import (
    HighestBidderLottery,
    Improvement,
    RandomReserveLottery,
    pareto_improvement,
)
from tests.mechanisms.robust.programs import gains_of_lies


@dataclass(frozen=True)
class ToTheFirst(DirectMechanism):
    """Bidder 0 gets the good for the lowest value."""

    price: float

    def outcome(self, reports):
        gets = np.zeros(np.shape(reports))
        gets[..., 0] = 1
        return Outcome(gets, self.price * gets)


@dataclass(frozen=True)
class ReserveAgainstNothing(DirectMechanism):
    """Vickrey's auction, with a reserve only for who meets a rival of value 0."""

    reserve: float

    def outcome(self, reports):
        sale = SecondPrice().outcome(reports)
        free = (sale.allocation == 1) & (sale.payments == 0)
        buys = np.asarray(reports) >= self.reserve
        return Outcome(np.where(free, sale.allocation * buys, sale.allocation),
                       np.where(free, self.reserve * buys, sale.payments))


def check_witness(found, standard):
    """The better rule is feasible, ex-post IC by all pairs of values, ex-post IR, and earns as said."""
    values, chances, paid = found.values, found.outcome.allocation, found.outcome.payments
    profiles = np.stack(np.meshgrid(*[values] * chances.shape[-1], indexing="ij"), axis=-1)
    utility = chances * profiles - paid
    assert chances.min() >= -1e-8
    assert chances.sum(axis=-1).max() <= 1 + 1e-8
    assert utility.min() >= -1e-8
    for i in range(chances.shape[-1]):
        q, m, u = (np.moveaxis(part[..., i], i, 0) for part in (chances, paid, utility))
        for own, report in itertools.product(range(values.size), repeat=2):
            assert (values[own] * q[report] - m[report] - u[own]).max() <= 1e-7
    np.testing.assert_allclose(found.gains, paid.sum(axis=-1) - standard.outcome(profiles).revenue, atol=1e-9)
    assert found.gains.min() >= -1e-8


@pytest.mark.parametrize(("low", "steps"), [(0.1, 4), (0.25, 4), (0.5, 4), (0.5, 6), (0.8, 3)])
def test_how_far_vickrey_is_dominated_on_a_grid(low, steps):
    """At (v̄, v̲) by h v̄/(v̲ + h), and nowhere by more: proof in docs/theory/robust.md."""
    values = np.linspace(low, 1, steps + 1)
    step = values[1] - values[0]
    gains = {
        at: pareto_improvement(SecondPrice(), 2, values, at).largest_gain
        for at in itertools.product(range(steps + 1), repeat=2)
    }
    assert gains[steps, 0] == pytest.approx(step / (low + step))
    assert max(gains.values()) == pytest.approx(step / (low + step))
    best = pareto_improvement(SecondPrice(), 2, values, (steps, 0))
    assert best.dominates
    np.testing.assert_array_equal(sorted(best.profile), [low, 1])
    check_witness(best, SecondPrice())


def test_domination_vanishes_with_the_step_where_the_lowest_value_is_positive():
    """Proposition 1.3.2 in the limit; with the lowest value 0 the whole range is gained on every grid."""
    positive = [pareto_improvement(SecondPrice(), 2, np.linspace(0.5, 1, k + 1), (k, 0)).largest_gain
                for k in (2, 4, 8, 16)]
    assert positive == sorted(positive, reverse=True)
    assert positive[-1] < 0.06
    for k in (2, 4, 8):
        assert pareto_improvement(SecondPrice(), 2, np.linspace(0, 1, k + 1), (k, 0)).largest_gain == (
            pytest.approx(1)
        )


def test_the_counterexample_with_lowest_value_0():
    """A reserve against rivals of value 0 is ex-post IC and IR, and earns never less than Vickrey."""
    rule, rng = ReserveAgainstNothing(0.6), np.random.default_rng(10)
    values = rng.random((5000, 2)) * (rng.random((5000, 2)) < 0.6)
    outcome = rule.outcome(values)
    assert (values * outcome.allocation >= outcome.payments).all()
    for bidder in (0, 1):
        lies = np.where(rng.random(5000) < 0.2, 0.0, rng.random(5000))
        assert gains_of_lies(rule, values, lies, bidder).max() <= 1e-12
    more = outcome.revenue - SecondPrice().outcome(values).revenue
    gained = (values.min(axis=1) == 0) & (values.max(axis=1) >= 0.6)
    assert 0 < gained.sum() < gained.size
    np.testing.assert_allclose(more, np.where(gained, 0.6, 0.0), atol=1e-15)


def test_giving_it_to_the_first_bidder_is_dominated():
    """It secures the lowest value as Vickrey does, which earns never less and mostly more (Section 1.3)."""
    values = np.linspace(0.4, 1, 4)
    profiles = np.stack(np.meshgrid(values, values, indexing="ij"), axis=-1)
    rule = ToTheFirst(0.4)
    vickrey, plain = SecondPrice().outcome(profiles).revenue, rule.outcome(profiles).revenue
    assert (vickrey >= plain).all()
    assert ((vickrey > plain) == (profiles.min(axis=-1) > 0.4)).all()
    found = pareto_improvement(rule, 2, values)
    assert found.dominates
    assert found.gains.sum() >= (vickrey - plain).sum() - 1e-9
    check_witness(found, rule)


def test_a_rule_that_takes_all_is_not_dominated():
    """Against one rival of one value nothing can be added: a price at the top value, nobody else matters."""
    values = np.array([0.5, 1.0])
    highest = pareto_improvement(SecondPrice(), 2, values)
    best = ReserveAgainstNothing(0.0)
    assert highest.dominates
    assert not pareto_improvement(_Table(highest.outcome), 2, values).dominates
    assert best.outcome(np.array([0.5, 1.0])).revenue == 0.5


@dataclass(frozen=True)
class _Table(DirectMechanism):
    """A rule on the grid {.5, 1}² given by its outcome there."""

    table: Outcome

    def outcome(self, reports):
        place = tuple(np.moveaxis((np.asarray(reports) > 0.75).astype(int), -1, 0))
        return Outcome(self.table.allocation[place], self.table.payments[place])


def charged_all(rule, values):
    """The same chances, with payments that leave each bidder the least that IC and IR on the grid ask for."""
    profiles = np.stack(np.meshgrid(values, values, indexing="ij"), axis=-1)
    chances = rule.outcome(profiles).allocation
    kept = np.zeros_like(chances)
    for i in (0, 1):
        own, left = np.moveaxis(chances[..., i], i, 0), np.moveaxis(kept[..., i], i, 0)
        left[1:] = np.cumsum(np.diff(values)[:, None] * own[:-1], axis=0)
    return Outcome(chances, chances * profiles - kept), profiles


FOR_THE_INTERVAL = [
    SecondPrice(), SecondPrice(0.3), HighestBidderLottery(2, 0.5), HighestBidderLottery(2, 0.3, "winner"),
    RandomReserveLottery(2, 0.5),
]


@pytest.mark.parametrize("values", [np.linspace(0, 1, 4), np.linspace(0.25, 1, 4)], ids=["from 0", "above 0"])
@pytest.mark.parametrize("rule", FOR_THE_INTERVAL, ids=repr)
def test_rules_for_the_interval_are_dominated_on_a_grid_by_their_own_chances(rule, values):
    """Why the audit does not ask: they keep less than a grid allows. Proof in docs/theory/robust.md."""
    charged, profiles = charged_all(rule, values)
    gains = charged.revenue - rule.outcome(profiles).revenue
    assert gains.min() >= -1e-12
    assert gains.max() > 0.01
    check_witness(Improvement(values, charged, gains), rule)
    found = pareto_improvement(rule, 2, values)
    assert found.dominates
    assert found.gains.sum() >= gains.sum() - 1e-9


def test_charged_all_vickreys_chances_are_undominated_on_two_values():
    """So a grid's verdict is about what is kept: the auction itself is dominated there."""
    values = np.linspace(0.5, 1, 2)
    charged, _ = charged_all(SecondPrice(), values)
    assert pareto_improvement(SecondPrice(), 2, values).dominates
    assert not pareto_improvement(_Table(charged), 2, values).dominates


@pytest.mark.parametrize(
    ("rule", "low", "least"),
    [(SecondPrice(), 0.5, 0.0), (SecondPrice(), 0.0, 1.0), (ToTheFirst(0.5), 0.5, 0.0),
     (HighestBidderLottery(2, 0.5), 0.0, HighestBidderLottery(2, 0.5).sigma)],
    ids=repr,
)
def test_gains_fall_as_grids_get_finer(rule, low, least):
    """At (v̄, v̲) and (v̄, v̄), on nested grids, down to what is gained on the interval at (v̄, v̲).

    With v̲ = 0 Vickrey loses a price of v̄ to rivals of value 0; the lottery the same on the mass (I − 1) σ*
    of low prices.
    """
    for corner in ((-1, 0), (-1, -1)):
        gains = []
        for steps in (2, 4, 8):
            at = tuple(place % (steps + 1) for place in corner)
            values = np.linspace(low, 1, steps + 1)
            gains.append(pareto_improvement(rule, 2, values, at).gains[at])
        assert all(finer <= coarser + 1e-9 for coarser, finer in itertools.pairwise(gains))
        if corner == (-1, 0):
            assert gains[-1] >= least - 1e-9


def test_the_limit_tells_what_is_dominated_on_the_interval():
    """Where the better rule is known on the interval, every grid's bound is at least its gain."""
    for steps in (2, 4, 8):
        values = np.linspace(0.5, 1, steps + 1)
        first = pareto_improvement(ToTheFirst(0.5), 2, values, (steps, steps))
        assert first.gains[-1, -1] >= 0.5 - 1e-9  # Vickrey's
        values = np.linspace(0, 1, 5 * steps + 1)
        reserve = pareto_improvement(SecondPrice(), 2, values, (5 * steps, 0))
        assert reserve.gains[-1, 0] >= 0.6 - 1e-9  # of the reserve .6 against rivals of value 0
        lottery, better = (kind(2, 0.5).outcome(np.ones(2)).revenue
                           for kind in (HighestBidderLottery, RandomReserveLottery))
        found = pareto_improvement(HighestBidderLottery(2, 0.5), 2, values, (5 * steps, 5 * steps))
        assert found.gains[-1, -1] >= better - lottery - 1e-9


def test_three_bidders():
    values = np.linspace(0.4, 1, 4)
    found = pareto_improvement(SecondPrice(), 3, values)
    check_witness(found, SecondPrice())
    assert found.dominates


def test_what_is_refused():
    with pytest.raises(TypeError, match="mechanism must have a closed rule"):
        pareto_improvement(PostedPrice(0.5), 2, [0, 1])
    with pytest.raises(ValueError, match="bidders must be at least 2"):
        pareto_improvement(SecondPrice(), 1, [0, 1])
    with pytest.raises(ValueError, match="values must increase"):
        pareto_improvement(SecondPrice(), 2, [1, 0])
    with pytest.raises(ValueError, match="at most 20000 unknowns"):
        pareto_improvement(SecondPrice(), 3, np.linspace(0, 1, 20))
