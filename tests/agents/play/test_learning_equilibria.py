"""Learning from nothing: where theory knows the equilibrium, what is lost against it at the end.

The loss that is allowed is stated for each equilibrium and learner, at the horizon of `learning_cases`. It
was chosen as about twice the greatest loss over the seeds 0 to 4. The seeds that are tested, 100 to 113, had
no part in that. If all of m fresh seeds stay below, then with 95% confidence a share of at least 0.05^(1/m)
of all seeds do, for each case by itself: 80% for these m = 14. By default one seed runs, which shows that
nothing is broken and no more; the others run with `-m slow`. Wide limits (EXP3-IX; all-pay) say that a
learner is on the way, not that it has arrived; all are below what those lose who have learned nothing.

Two limits were chosen anew, after the seeds 100 to 113 had been seen, and are tested on 200 to 213:
fictitious play with five in first price had lost 20% in one of them, and not below 7% as was thought; for
regret matching in all-pay the first limit was above the loss of the untaught.

Covered: the equilibria of `learning_cases`, by Hedge, regret matching, fictitious play and gradient play
where bidders are alike and know their values (first price with 2 and 5 uniform values, risk-averse bidders, a
power law; second price; all-pay). By all but gradient play where they are not alike (uniform values with a
common lower end; Kaplan-Zamir on overlapping and on disjoint intervals). By gradient play alone where types
are signals, or in core-selecting auctions: there the loss is found by quadrature over bid functions, which
those who mix do not have.

Not covered. Gradient play among bidders who are not alike: it does not settle, and after 300 to 1200 rounds
loses from a few percent to more than all of the weak bidder's equilibrium utility. EXP3-IX beyond two
bidders: bandits need far longer. The uniform-price auction of two units: learners choose one share of the
value for all units, and the equilibrium bids the value for the first and nothing for the second. All-pay with
four, where the losses are 20% to 110%. Exponential values, mineral rights with five, and correlated values of
the local bidders.
"""

import numpy as np
import pytest

from tests.agents.play.learning_cases import Case, bid_function

FRESH = range(100, 114)
CHOSEN_ANEW = {"five in first price, fictitious play", "all-pay, regret matching"}
"""Cases whose seeds come 100 later."""

FULL_INFORMATION = ("hedge", "regret matching", "fictitious play", "gradient")
ALLOWED = {
    "first price": dict(zip((*FULL_INFORMATION, "exp3"), (0.07, 0.10, 0.10, 0.04, 0.25), strict=True)),
    "second price": dict(zip((*FULL_INFORMATION, "exp3"), (0.02, 0.004, 0.001, 0.001, 0.20), strict=True)),
    "all-pay": dict(zip((*FULL_INFORMATION, "exp3"), (0.10, 0.30, 0.30, 0.20, 0.30), strict=True)),
    "five in first price": dict(zip(FULL_INFORMATION, (0.10, 0.05, 0.35, 0.03), strict=True)),
    "risk-averse": dict(zip(FULL_INFORMATION, (0.06, 0.05, 0.12, 0.03), strict=True)),
    "power law": dict(zip(FULL_INFORMATION, (0.15, 0.15, 0.30, 0.03), strict=True)),
    "asymmetric": {"hedge": 0.06, "regret matching": 0.07, "fictitious play": 0.20, "exp3": 0.25},
    "asymmetric from 1": {"hedge": 0.15, "regret matching": 0.15, "fictitious play": 0.15},
    "Kaplan-Zamir, overlapping": {"hedge": 0.10, "regret matching": 0.10, "fictitious play": 0.25},
    "Kaplan-Zamir, disjoint": {"hedge": 0.14, "regret matching": 0.12, "fictitious play": 0.30},
    "affiliated first price": {"gradient": 0.04},
    "affiliated second price": {"gradient": 0.001},
    "mineral rights": {"gradient": 0.08},
    "wallet first price": {"gradient": 0.08},
    "wallet second price": {"gradient": 0.001},
    "nearest zero": {"gradient": 0.005},
    "nearest bid": {"gradient": 0.002},
    "nearest VCG": {"gradient": 0.003},
}
"""The greatest loss, of the equilibrium's utility, by game and learner."""

STARTS_THERE = {
    Case("second price", "fictitious play"),
    Case("second price", "gradient"),
    Case("affiliated second price", "gradient"),
    Case("wallet first price", "gradient"),
}
"""Where the untaught bid their type, and that is the equilibrium: they have only to stay."""

CASES = [Case(game, learner) for game, allowed in ALLOWED.items() for learner in allowed]


def name(case):
    return f"{case.game}, {case.learner}"


@pytest.mark.parametrize(
    "seed", [FRESH[0], *(pytest.param(seed, marks=pytest.mark.slow) for seed in FRESH[1:])]
)
@pytest.mark.parametrize("case", CASES, ids=name)
def test_ends_near_equilibrium(case, seed):
    later = 100 if name(case) in CHOSEN_ANEW else 0
    assert case.loss(case.taught(seed + later)) < ALLOWED[case.game][case.learner]


@pytest.mark.parametrize("case", CASES, ids=name)
def test_only_those_who_learn_come_so_near(case):
    """The untaught lose more than is allowed, unless what they begin with is the equilibrium."""
    assert (case.loss(case.untaught()) < ALLOWED[case.game][case.learner]) == (case in STARTS_THERE)


def test_bids_are_near_where_the_loss_identifies_them():
    """First price, two uniform values: against equilibrium play a bid b <= 1/2 loses 2 (v/2 - b)^2.

    So a bid is known up to the root of half its loss. Of the learned bids, those at most 1/2 are compared.
    """
    case = Case("first price", "gradient")
    values = (np.arange(64) + 0.5) / 64
    bids = bid_function(case.equilibrium, case.taught(FRESH[0]), 0)(values)
    lost = values**2 / 2 - case.equilibrium.interim_utility(0, values, bids)
    within = bids <= 0.5
    assert within.mean() > 0.9
    np.testing.assert_allclose(lost[within], 2 * (values / 2 - bids)[within] ** 2, atol=1e-12)
    assert np.sqrt(np.mean((values / 2 - bids)[within] ** 2)) < np.sqrt(ALLOWED[case.game][case.learner] / 12)


def test_bids_that_cannot_win_are_not_identified():
    """Kaplan-Zamir on disjoint intervals: no bid below 3 wins, so that any such bid loses nothing."""
    game = Case("Kaplan-Zamir, disjoint", "hedge").equilibrium
    assert not game.interim_utility(0, np.array([1.0, 1.0, 2.5]), np.array([0.0, 2.9, 1.0])).any()
