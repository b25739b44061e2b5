"""Regret bounds of one decision repeated, with utilities in [0, 1]: random, adversarial and adaptive ones."""

import numpy as np
import pytest

from agents.learners import Exp3, Hedge, RegretMatching, exp3, hedge, regret_matching

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
K = len(SHARES)


def random_utilities(rng, t, mixture):
    return rng.random(K)


def one_is_better(rng, t, mixture):
    return (rng.random(K) < np.array([0.5, 0.5, 0.5, 0.6, 0.5])).astype(float)


def against_the_favourite(rng, t, mixture):
    """Adaptive: whatever is most likely brings nothing."""
    return (np.arange(K) != mixture.argmax()).astype(float)


def alternating(rng, t, mixture):
    """What defeats follow-the-leader."""
    return np.array([t % 2, 1 - t % 2, 0, 0, 0], dtype=float)


def in_phases(rng, t, mixture):
    return (np.arange(K) == (t // 250) % K).astype(float)


ADVERSARIES = (random_utilities, one_is_better, against_the_favourite, alternating, in_phases)


def regrets(learner, adversary, rounds, seed):
    """Of the mixtures in expectation, and of what was drawn from them."""
    rng = np.random.default_rng(seed)
    play = learner.decide()
    mixture = next(play)
    total, expected, drawn = np.zeros(K), 0.0, 0.0
    for t in range(rounds):
        utilities = adversary(rng, t, mixture)
        chosen = int(rng.choice(K, p=mixture))
        total, expected, drawn = total + utilities, expected + mixture @ utilities, drawn + utilities[chosen]
        mixture = play.send((chosen, utilities))
    return total.max() - expected, total.max() - drawn


@pytest.mark.parametrize("adversary", ADVERSARIES, ids=lambda adversary: adversary.__name__)
@pytest.mark.parametrize("rounds", [20, 1000])
def test_hedge_keeps_its_bound(adversary, rounds):
    """Cesa-Bianchi and Lugosi (2006), Theorem 2.3; it holds for every sequence."""
    expected, _ = regrets(Hedge(shares=SHARES), adversary, rounds, seed=1)
    assert expected <= hedge.regret_bound(rounds, K)


@pytest.mark.parametrize("adversary", ADVERSARIES, ids=lambda adversary: adversary.__name__)
@pytest.mark.parametrize("rounds", [20, 1000])
def test_regret_matching_keeps_its_bound(adversary, rounds):
    """sqrt(T K), by Blackwell's condition; it holds for every sequence."""
    expected, _ = regrets(RegretMatching(shares=SHARES), adversary, rounds, seed=2)
    assert expected <= regret_matching.regret_bound(rounds, K)


@pytest.mark.parametrize("adversary", ADVERSARIES, ids=lambda adversary: adversary.__name__)
def test_exp3_keeps_its_bound_with_high_probability(adversary):
    """Neu (2015), Theorem 1 with delta = 0.001: a run fails by chance at most once in 1000."""
    for seed in range(3):
        _, drawn = regrets(Exp3(shares=SHARES), adversary, 1000, seed)
        assert drawn <= exp3.regret_bound(1000, K, 0.001)


def test_regret_grows_slower_than_time():
    """A bound would also hold for a learner that learns nothing, if time is short; here it would not.

    An even mixture loses 0.08 a round to the better action: 240 in 3000 rounds, twice Hedge's bound.
    """
    assert hedge.regret_bound(3000, K) < 0.5 * 240
    for learner in (Hedge(shares=SHARES), RegretMatching(shares=SHARES)):
        expected, _ = regrets(learner, one_is_better, 3000, seed=5)
        assert expected < 0.5 * 240


def test_exp3_finds_the_better_action():
    """With a gap of 1 its regret is a vanishing share of T, far below the even mixture's 0.8 T."""
    _, drawn = regrets(Exp3(shares=SHARES), lambda rng, t, mixture: np.eye(K)[3], 3000, seed=6)
    assert drawn < 0.2 * 3000


def test_first_rounds_by_hand():
    """Hedge after a round: weights exp(sqrt(8 ln K / 2) u). Regret matching: positive regrets."""
    utilities = np.array([0.0, 0.0, 0.5, 1.0, 0.0])
    play = Hedge(shares=SHARES).decide()
    np.testing.assert_allclose(next(play), 1 / K)
    weights = np.exp(np.sqrt(4 * np.log(K)) * utilities)
    np.testing.assert_allclose(play.send((0, utilities)), weights / weights.sum())
    play = RegretMatching(shares=SHARES).decide()
    np.testing.assert_allclose(next(play), 1 / K)
    np.testing.assert_allclose(play.send((0, utilities)), np.array([0, 0, 0.2, 0.7, 0]) / 0.9)
