"""The audit of samples: it finds planted flaws and known gains, and never says that something holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.strategies import Equilibrium
from mechanisms.auctions import AllPay, AscendingClock, FirstPrice, SecondPrice
from mechanisms.distributions import IndependentPrior, JointDistribution, MixturePrior, Uniform
from sim.audit import Effort, Instance, audit, audit_sample, sampled_utility_loss
from sim.audit.sampled.montecarlo import OF_SETS, SAMPLED, concave_rise
from tests.sim.audit.examples import P1, P2, EitherWay, Flawed, Gamble, HalfAllPay, Spoken

UNIFORM = IndependentPrior.identical(Uniform(0, 1), 2)
SMALL = Effort(profiles=8_000, types=8, deviations=33)


def line(frame, notion):
    """One row, with its interval as numbers if it fails."""
    (found,) = frame[frame.notion == notion].to_dict("records")
    return found


def ends(interval):
    return tuple(float(end) for end in interval.strip("[]").split(","))


@pytest.mark.parametrize("mechanism", [SecondPrice(), FirstPrice(), AllPay(), SecondPrice(reserve=0.5)])
def test_a_sample_never_says_holds(mechanism):
    assert len(audit_sample(mechanism, UNIFORM, effort=SMALL)) == len(SAMPLED) - len(OF_SETS)
    frame = audit_sample(mechanism, UNIFORM, list(SAMPLED), effort=SMALL)
    assert len(frame) == len(SAMPLED)
    assert "exact" not in set(frame.interval)
    assert all(verdict == "fails" or verdict.endswith(" found") for verdict in frame.verdict)


@pytest.mark.parametrize("seed", range(5))
def test_truth_in_second_price_passes(seed):
    effort = Effort(profiles=8_000, types=8, deviations=33, seed=seed)
    frame = audit_sample(SecondPrice(), UNIFORM, effort=effort)
    assert not (frame.verdict == "fails").any()
    bound = line(frame, "Bayesian IC")["gain"]
    assert 0 <= bound < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_first_price_gain_is_found(seed):
    """Of n = 2 with uniform values, type v gains v²/4 by bidding v/2; the bid b gains b (v - b)."""
    effort = Effort(profiles=20_000, types=8, deviations=33, seed=seed)
    found = line(audit_sample(FirstPrice(), UNIFORM, effort=effort), "Bayesian IC")
    value, bid = float(found["type"]), float(found["says"])
    assert value == pytest.approx(15 / 16, rel=1e-3)  # the highest of 8 types
    low, high = ends(found["interval"])
    centre, half = (low + high) / 2, (high - low) / 2
    assert abs(bid * (value - bid) - centre) < 2 * half  # twice the 95 % interval
    assert found["gain"] == pytest.approx(value**2 / 4, abs=0.01)


def test_equilibrium_of_first_price_passes():
    names = ["bayesian-ic", "interim-ir"]
    frame = audit_sample(FirstPrice(), UNIFORM, names, effort=SMALL, strategies=Equilibrium())
    assert not (frame.verdict == "fails").any()


def test_a_roof_between_two_points_is_not_overlooked():
    """The roof -|x - 1/2| on -1, 0, 1, 2: both points beside its top are alike, and 1/2 below its top."""
    points = np.arange(-1.0, 3.0)
    assert concave_rise(points, -np.abs(points - 0.5)[None]) >= 0.5


@settings(max_examples=100)
@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=12, unique_by=lambda x: round(x, 3)),
    st.lists(st.tuples(st.floats(-3, 3), st.floats(-1, 1)), min_size=1, max_size=5),
)
def test_concave_gains_rise_no_further(points, lines):
    """Gains that are the least of some lines are concave, and greatest where lines cross or at the ends."""
    slopes, heights = np.array(lines).T
    grid = np.sort(points)

    def gain(x):
        return (heights + slopes * np.asarray(x)[..., None]).min(axis=-1)

    with np.errstate(divide="ignore", invalid="ignore"):
        crossings = ((heights[:, None] - heights) / (slopes - slopes[:, None])).ravel()
    inside = crossings[(crossings > grid[0]) & (crossings < grid[-1])]
    highest = gain(np.concatenate([inside, grid])).max()
    rise = concave_rise(grid, gain(grid)[None])
    assert highest <= gain(grid).max() + rise + 1e-6


def test_gains_at_the_end_of_the_grid_may_rise_beside_it():
    assert concave_rise(np.arange(3.0), np.array([[0.0, -0.5, -2.0]])) == pytest.approx(1.0)
    assert concave_rise(np.arange(3.0), np.array([[0.0, -1.0, -2.0]])) == 0


@pytest.mark.parametrize("bonus", [0.1, 0.5])
def test_a_planted_flaw_fails(bonus):
    """A bonus for a report b of at most 0.05: type v gains bonus + (v b - b²/2) - v²/2 on average."""
    frame = audit_sample(Flawed(bonus, 0.05), UNIFORM, effort=Effort(20_000, types=8, deviations=33))
    for notion in ("dominant-strategy IC", "ex-post IC"):
        found = line(frame, notion)
        assert found["verdict"] == "fails"
        assert found["gain"] == pytest.approx(bonus)
        assert found["buyer"] == 0
    found = line(frame, "Bayesian IC")
    assert found["verdict"] == "fails"
    value, report = float(found["type"]), float(found["says"])
    assert report <= 0.05
    low, high = ends(found["interval"])
    expected = bonus + value * report - report**2 / 2 - value**2 / 2
    assert abs(expected - (low + high) / 2) < high - low + 1e-4


def test_ambiguity_on_a_sample():
    """The robust paper's example: maxmin holds, a sample finds nothing; the others fail, by 4/3 or 2/3."""
    names = ["knightian-ic", "maxmin-ic", "hurwicz-ic", "bayesian-set-ic", "maxmin-ir"]
    effort = Effort(8_000, types=2)
    frame = audit_sample(HalfAllPay(), P1, names, effort=effort, ambiguity=(P2,), amounts=(0.0, 4.0))
    frame = frame.set_index("notion")
    for notion, gain in (
        ("Knightian IC (distributionally robust)", 4 / 3),
        ("Hurwicz IC", 2 / 3),
        ("Bayesian IC over the set", 2 / 3),
    ):
        assert frame.loc[notion, "verdict"] == "fails"
        low, high = ends(frame.loc[notion, "interval"])
        assert low - (high - low) / 2 < gain < high + (high - low) / 2
        assert frame.loc[notion, "type"] == "4"
    assert frame.loc["maxmin IC", "verdict"].endswith("found")
    assert frame.loc["maxmin IR", "verdict"].endswith("found")
    assert frame.loc["maxmin IC", "gain"] >= 0


def test_staying_away_from_an_ambiguous_loss():
    """All-pay truth: type v loses v - v² under U[0, 1] and v - v²/2 under U[0, 2]."""
    other = IndependentPrior.identical(Uniform(0, 2), 2)
    names = ["maxmin-ir", "bayesian-set-ir"]
    frame = audit_sample(AllPay(), UNIFORM, names, effort=SMALL, ambiguity=(other,))
    assert (frame.verdict == "fails").all()
    value = 15 / 16  # where v - v²/2 is greatest among the types
    assert frame.gain[0] == pytest.approx(value - value**2 / 2, abs=0.03)


def test_finite_priors_agree_with_the_exact_audit():
    table = np.array([[4, 1, 1], [1, 3, 2], [1, 2, 5]]) / 20
    prior = JointDistribution(table, [[0, 1, 2], [0, 1, 2]])
    reports = np.linspace(0, 2.1, 22)
    exact = audit(Instance(FirstPrice(), prior, extra_reports=reports), ["bayesian-ic"]).iloc[0]
    found = line(audit_sample(FirstPrice(), prior, effort=Effort(20_000, deviations=22)), "Bayesian IC")
    assert found["verdict"] == "fails"
    low, high = ends(found["interval"])
    # the closer search may find a bid just above a type's, which is off the exact audit's grid
    assert exact.gain - (high - low) < found["gain"] < exact.gain + 0.1 + (high - low)


def test_lotteries_average_over_branches_and_lose_in_each():
    prior = JointDistribution([1.0], [[1.0]])
    effort = Effort(profiles=8, types=2, deviations=2)
    frame = audit_sample(Gamble(-2.0, 3.0), prior, effort=effort)
    assert line(frame, "ex-post IR")["gain"] == pytest.approx(2.0)
    assert line(frame, "interim IR")["verdict"] == "no gain above 0 found"


def test_conversations_are_audited_by_playing_them():
    effort = Effort(profiles=60, types=3, deviations=16)
    frame = audit_sample(AscendingClock(), UNIFORM, effort=effort)
    assert not (frame.verdict == "fails").any()
    found = line(audit_sample(Spoken(FirstPrice()), UNIFORM, effort=effort), "ex-post IC")
    assert found["verdict"] == "fails"
    assert " then " in found["says"]


def test_one_draw_of_a_coin_is_no_average():
    prior = JointDistribution([0.5, 0.5])
    effort = Effort(profiles=40, types=2, deviations=4)
    titles = set(audit_sample(Spoken(EitherWay()), prior, effort=effort).notion)
    assert "dominant-strategy IC" in titles
    assert not {"truthful in expectation", "ex-post IC"} & titles


def test_utility_loss_of_truth_in_first_price():
    """E[v²/4] = 1/12, and v²/4 for the highest type; truth earns nothing."""
    frame = sampled_utility_loss(FirstPrice(), UNIFORM, effort=SMALL).set_index("buyer")
    assert frame.loc["all", "mean"] == pytest.approx(1 / 12, abs=0.01)
    assert frame.loc["all", "maximum"] == pytest.approx((15 / 16) ** 2 / 4, abs=0.02)
    assert frame.loc["all", "utility"] == 0


def test_utility_loss_of_the_equilibrium():
    """It earns E[v²/2] = 1/6, and loses nothing but the sample's noise."""
    frame = sampled_utility_loss(FirstPrice(), UNIFORM, effort=SMALL, strategies=Equilibrium())
    frame = frame.set_index("buyer")
    assert frame.loc["all", "utility"] == pytest.approx(1 / 6, abs=0.01)
    assert frame.loc["all", "relative_mean"] < 0.01
    assert frame.loc["all", "relative_maximum"] < 0.03


def test_what_samples_refuse():
    with pytest.raises(ValueError, match="notion is 'two-step-values'; on a sample it must be one of"):
        audit_sample(FirstPrice(), UNIFORM, ["two-step-values"])
    with pytest.raises(ValueError, match="profiles must be at least 4, got 3"):
        Effort(profiles=3)
    with pytest.raises(TypeError, match=r"JointDistribution, got MixturePrior$"):
        audit_sample(FirstPrice(), MixturePrior([1.0], [UNIFORM]))
    with pytest.raises(ValueError, match="strategies must be one Strategy"):
        audit_sample(FirstPrice(), UNIFORM, strategies=(Equilibrium(),))
