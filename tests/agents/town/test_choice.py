"""Experience, word of mouth and the choice of a seller, against brute force and the closed form."""

import networkx
import numpy as np
import pytest

from agents.knowledge.network import Neighbours
from agents.town.choice import Logit, Uniformly
from agents.town.experience import Experience


def tally(means, visits):
    """Tallies from mean payoffs and numbers of visits, both `(..., sellers)`."""
    return np.stack([np.multiply(means, visits), np.broadcast_to(visits, np.shape(means))], axis=-2)


NOTHING = np.zeros((2, 3))


def test_logit_is_the_softmax_of_the_means_of_those_who_know_enough():
    """Very many visits leave the optimism no weight: odds are exp(mean / temperature)."""
    means = np.array([0.1, 0.4, 0.2])
    expected = np.exp(means / 0.5) / np.exp(means / 0.5).sum()
    np.testing.assert_allclose(
        Logit(temperature=0.5, optimism=7.0).probabilities(tally(means, 1e12), NOTHING), expected, rtol=1e-9
    )


def test_expectation_weighs_own_visits_rumours_and_optimism():
    """(1·(2·0.5) + 0.5·(4·0.2) + 3·0.9) / (1·2 + 0.5·4 + 3), and the optimism where nothing is known."""
    logit = Logit(heard_weight=0.5, optimism=0.9, optimism_weight=3.0)
    expected = logit.expected_payoffs(tally([0.5, 0.0], [2.0, 0.0]), tally([0.2, 0.0], [4.0, 0.0]))
    np.testing.assert_allclose(expected, [(1.0 + 0.4 + 2.7) / 7, 0.9])


def test_near_zero_temperature_the_best_is_taken():
    own = tally([0.1, 0.4, 0.39], [10.0, 10.0, 10.0])
    cold = Logit(temperature=1e-9)
    np.testing.assert_allclose(cold.probabilities(own, NOTHING), [0, 1, 0])
    assert [int(cold.choose(own, NOTHING, u)) for u in (0.0, 0.5, 0.999)] == [1, 1, 1]


def test_at_high_temperature_all_are_alike():
    own = tally([0.1, 0.4, 0.39], [10.0, 10.0, 10.0])
    np.testing.assert_allclose(Logit(temperature=1e9).probabilities(own, NOTHING), [1 / 3] * 3, rtol=1e-8)


def test_rumours_draw_and_deter():
    logit = Logit(temperature=0.1, optimism=0.5)
    plain = logit.probabilities(NOTHING, NOTHING)
    told = logit.probabilities(NOTHING, tally([1.0, 0.5, 0.0], [4.0, 4.0, 4.0]))
    np.testing.assert_allclose(plain, 1 / 3)
    assert told[0] > plain[0]
    assert told[2] < plain[2]
    deaf = Logit(temperature=0.1, optimism=0.5, heard_weight=0.0)
    np.testing.assert_allclose(deaf.probabilities(NOTHING, tally([1.0, 0.5, 0.0], [4.0] * 3)), 1 / 3)


def test_optimism_sends_buyers_to_sellers_they_do_not_know():
    own = tally([0.2, 0.2, 0.0], [10.0, 10.0, 0.0])
    assert Logit(optimism=1.0).probabilities(own, NOTHING).argmax() == 2
    assert Logit(optimism=0.0).probabilities(own, NOTHING).argmin() == 2


@pytest.mark.parametrize("choice", [Logit(temperature=0.3), Uniformly()], ids=repr)
def test_evenly_spaced_uniforms_choose_in_proportion(choice):
    """Of k evenly spaced uniforms, k times the probability fall to each seller, up to rounding."""
    k = 1000
    own = tally([0.1, 0.4, 0.3], [5.0, 5.0, 5.0])
    uniforms = (np.arange(k) + 0.5) / k
    chosen = choice.choose(np.tile(own, (k, 1, 1)), np.zeros((k, 2, 3)), uniforms)
    shares = np.bincount(chosen, minlength=3) / k
    np.testing.assert_allclose(shares, choice.probabilities(own, NOTHING), atol=1 / k)


@pytest.mark.parametrize("choice", [Logit(temperature=0.3), Uniformly()], ids=repr)
def test_one_buyer_chooses_as_in_a_crowd(choice):
    rng = np.random.default_rng(3)
    own, heard = tally(rng.random((20, 4)), rng.integers(0, 5, (20, 4))), np.zeros((20, 2, 4))
    uniforms = rng.random(20)
    crowd = choice.choose(own, heard, uniforms)
    assert crowd.shape == (20,)
    assert [int(choice.choose(own[k], heard[k], uniforms[k])) for k in range(20)] == crowd.tolist()
    assert int(choice.choose(own[0], heard[0], float(uniforms[0]))) == crowd[0]


def test_uniformly_is_uniform():
    np.testing.assert_allclose(Uniformly().probabilities(np.zeros((7, 2, 5)), np.zeros((7, 2, 5))), 0.2)


@pytest.mark.parametrize("memory", [1.0, 0.8])
def test_tallies_and_word_of_mouth_equal_brute_force(memory):
    """Discounted sums over the list of visits, and their sums over the neighbours in the graph."""
    rng = np.random.default_rng(11)
    graph = networkx.gnp_random_graph(12, 0.3, seed=4)
    experience = Experience(12, 3, Neighbours.from_graph(graph), memory=memory)
    visits = {(buyer, seller): [] for buyer in range(12) for seller in range(3)}
    for _ in range(60):
        buyers, seller = rng.choice(12, size=rng.integers(1, 6), replace=False), int(rng.integers(3))
        payoffs = rng.normal(size=len(buyers))
        experience.record(buyers, seller, payoffs)
        for buyer, payoff in zip(buyers.tolist(), payoffs, strict=True):
            visits[buyer, seller].append(payoff)

    def remembered(buyer):
        pasts = [visits[buyer, seller] for seller in range(3)]
        weights = [memory ** np.arange(len(past))[::-1] for past in pasts]
        totals = [w @ past for w, past in zip(weights, pasts, strict=True)]
        return np.array([totals, [w.sum() for w in weights]])

    own = np.array([remembered(buyer) for buyer in range(12)])
    np.testing.assert_allclose(experience.own(np.arange(12)), own, atol=1e-12)
    np.testing.assert_allclose(experience.own(5), own[5], atol=1e-12)
    for buyer in graph:
        heard = own[list(graph[buyer])].sum(axis=0)
        np.testing.assert_allclose(experience.heard(buyer), heard, atol=1e-12)


def test_who_hears_from_nobody_hears_nothing():
    experience = Experience(3, 2, Neighbours.none(3))
    experience.record(np.array([0, 1]), 0, np.array([1.0, 2.0]))
    np.testing.assert_array_equal(experience.heard(2), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Experience(0, 2, Neighbours.none(1)), ValueError, "buyers must be at least 1, got 0"),
        (lambda: Experience(2, 0, Neighbours.none(2)), ValueError, "sellers must be .* got 0"),
        (lambda: Experience(2, 2, Neighbours.none(3)), ValueError, "neighbours must list 2 buyers, got 3"),
        (lambda: Experience(2, 2, Neighbours.none(2), 0.0), ValueError, "memory must be above 0 .* got 0.0"),
        (lambda: Logit(temperature=0.0), ValueError, "temperature must be finite and above 0, got 0.0"),
        (lambda: Logit(temperature="hot"), TypeError, "temperature must be a number"),
        (lambda: Logit(heard_weight=np.inf), ValueError, "heard_weight must be finite .* inf"),
        (lambda: Logit(optimism=-0.1), ValueError, "optimism must be finite and at least 0, got -0.1"),
        (lambda: Logit(optimism_weight=0.0), ValueError, "optimism_weight must be finite .* got 0.0"),
    ],
)
def test_parameters_out_of_range_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
