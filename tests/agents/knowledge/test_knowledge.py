"""Partitions and posteriors, against Bayes' rule written out over all profiles."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.knowledge.partitions import check_partitions, own_type_partitions
from agents.play.posteriors import Posteriors, ProfilePlayer
from agents.population import Group, Side
from agents.strategies import Strategy, Truthful
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.engine import walk
from mechanisms.outcome import Outcome
from mechanisms.questions import Announce, AskBelief, AskValue, Chance
from tests.property import correlated_priors, informed_priors

HEADS = (0.25, 0.75)


@dataclass(frozen=True)
class Rumour(Mechanism):
    """Announce the highest report or, more often, the lowest, without saying which; then ask for beliefs.

    Then announce the first buyer's report, and ask again.
    """

    outcomes: int = 1

    def conversation(self, n):
        reports = (yield AskValue()).values
        tails = yield Chance(HEADS)
        yield Announce.facts(rumour=float(reports.min() if tails else reports.max()))
        everyone = tuple(range(n))
        first = (yield AskBelief(about=everyone, outcomes=self.outcomes)).values
        yield Announce.facts(first=float(reports[0]))
        second = (yield AskBelief(about=everyone, outcomes=self.outcomes)).values
        return Outcome(np.zeros(n), np.zeros(n), {"tails": tails, "first": first, "second": second})


def bayes(prior, cells, buyer, at, lie, heard):
    """The buyer's posterior at profile `at` (indices) after hearing (rumour, first or None); by definition.

    `lie` is her own report, None for the truth. Sums over all profiles and both sides of the coin.
    """
    masses = np.zeros(prior.shape)
    for other in product(*map(range, prior.shape)):
        if cells[buyer][other] != cells[buyer][at]:
            continue
        reports = [float(grid[k]) for grid, k in zip(prior.values, other, strict=True)]
        if lie is not None:
            reports[buyer] = lie
        for coin, p in enumerate(HEADS):
            told = (min(reports) if coin else max(reports), reports[0])
            if all(h is None or h == t for h, t in zip(heard, told, strict=True)):
                masses[other] += p * prior.table[other]
    if masses.sum() == 0:
        masses = np.where(cells[buyer] == cells[buyer][at], prior.table, 0.0)
    return masses / masses.sum()


def heard_at(profile, coin):
    return (min(profile) if coin else max(profile), profile[0])


def ends_of(prior, cells, at, sides):
    """Every end of `Rumour` at one profile."""
    mechanism = Rumour(int(np.prod(prior.shape)))
    posteriors = Posteriors(mechanism, prior, cells)

    def player_on(path):
        return ProfilePlayer(posteriors, at, sides, path)

    return [(player.path.probability, end) for player, end in walk(mechanism, prior.n, player_on)]


def everyone(strategy, n):
    return (Side(Group(strategy), np.arange(n), np.arange(n)),)


@settings(max_examples=25)
@given(st.one_of(informed_priors(n=2), informed_priors(n=3, max_size=2)))
def test_beliefs_are_the_prior_given_cell_and_transcript(informed):
    prior, cells = informed
    for at in map(tuple, np.argwhere(prior.table > 0).tolist()):
        profile = [float(grid[k]) for grid, k in zip(prior.values, at, strict=True)]
        for probability, end in ends_of(prior, cells, at, everyone(Truthful(), prior.n)):
            coin = end.causes["tails"]
            assert probability == pytest.approx(HEADS[coin])
            rumour, first = heard_at(profile, coin)
            for buyer in range(prior.n):
                for name, heard in (("first", (rumour, None)), ("second", (rumour, first))):
                    wanted = bayes(prior, cells, buyer, at, None, heard).ravel()
                    np.testing.assert_allclose(end.causes[name][buyer], wanted, atol=1e-12)


class Lies(Strategy):
    """Reports one value, whatever the truth; believes truthfully."""

    def __init__(self, value):
        self.value = value

    def report_value(self, question, view):
        return np.full(view.values.shape, self.value)


@settings(max_examples=25)
@given(correlated_priors(n=2), st.sampled_from([0.0, 1.0, 100.0]))
def test_a_liar_reads_announcements_with_her_lie_in_mind(prior, lie):
    """Buyer 0 lies; buyer 1 reads what she hears as honest, and falls back on her cell if it cannot be."""
    cells = own_type_partitions(prior)
    sides = tuple(
        Side(Group(s), np.array([k]), np.array([k])) for k, s in enumerate([Lies(lie), Truthful()])
    )
    for at in map(tuple, np.argwhere(prior.table > 0).tolist()):
        reports = [lie, float(prior.values[1][at[1]])]
        for _, end in ends_of(prior, cells, at, sides):
            rumour, first = heard_at(reports, end.causes["tails"])
            for buyer, own in ((0, lie), (1, None)):
                for name, heard in (("first", (rumour, None)), ("second", (rumour, first))):
                    wanted = bayes(prior, cells, buyer, at, own, heard).ravel()
                    np.testing.assert_allclose(end.causes[name][buyer], wanted, atol=1e-12)


@settings(max_examples=25)
@given(informed_priors())
def test_before_anything_is_heard_belief_is_the_prior_on_the_cell(informed):
    prior, cells = informed
    posteriors = Posteriors(Rumour(), prior, cells)
    for at in map(tuple, np.argwhere(prior.table > 0).tolist()):
        for buyer in range(prior.n):
            belief = posteriors.belief(buyer, posteriors.cell(buyer, at), (), ())
            inside = cells[buyer] == cells[buyer][at]
            assert belief == prior.condition(inside)


@dataclass(frozen=True)
class Gossip(Mechanism):
    """Whoever the coin picks is asked for her value, which is announced; then the last buyer is asked."""

    def conversation(self, n):
        teller = yield Chance((0.5, 0.5))
        report = (yield AskValue(to=(teller,))).values[teller]
        yield Announce.facts(high=bool(report >= 1))
        yield AskBelief(to=(n - 1,), about=tuple(range(n - 1)), outcomes=4)
        return Outcome.nothing(n)


def test_a_buyer_does_not_forget_whether_she_was_asked():
    """Three coins; the last buyer was never asked, so hears of buyer 0 or 1: each is then high with 2/3."""
    coin = Discrete([0.0, 1.0], [0.5, 0.5])
    prior = JointDistribution.product([coin] * 3)
    believed = []

    class Listens(Truthful):
        def report_belief(self, question, view):
            answer = super().report_belief(question, view)
            believed.append(answer[0].reshape(2, 2))
            return answer

    posteriors = Posteriors(Gossip(), prior, own_type_partitions(prior))
    sides = everyone(Listens(), 3)
    paths = list(walk(Gossip(), 3, lambda path: ProfilePlayer(posteriors, (1, 1, 0), sides, path)))
    assert len(paths) == len(believed) == 2
    for belief in believed:  # (1, 1) is heard as high for sure, (0, 1) and (1, 0) half the time
        np.testing.assert_allclose(belief, np.array([[0, 1], [1, 2]]) / 4)


# --- partitions -----------------------------------------------------------------------------------

SQUARE = JointDistribution.from_table(np.full((2, 2), 0.25))
OWN = own_type_partitions(SQUARE)


def test_own_types_are_the_coarsest_knowledge():
    assert OWN[0].tolist() == [[0, 0], [1, 1]]
    assert OWN[1].tolist() == [[0, 1], [0, 1]]


@given(informed_priors())
def test_what_tells_own_types_apart_is_accepted(informed):
    prior, cells = informed
    for given_labels, checked in zip(cells, check_partitions(prior, cells), strict=True):
        np.testing.assert_array_equal(given_labels, checked)


def test_a_cell_over_two_own_types_is_refused_by_name():
    message = r"partitions\[1\] .* buyer 1's own type: cell 7 holds profiles \[0, 0\] and \[0, 1\]"
    with pytest.raises(ValueError, match=message):
        check_partitions(SQUARE, (OWN[0], [[7, 7], [8, 9]]))


def test_cells_may_mix_types_where_nobody_ever_stands():
    prior = JointDistribution.from_table([[0.5, 0.0], [0.0, 0.5]])
    check_partitions(prior, ([[0, 1], [0, 1]], OWN[1]))


@pytest.mark.parametrize(
    ("partitions", "error", "message"),
    [
        ((OWN[0],), ValueError, "partitions must hold 2 label arrays, one a buyer, got 1"),
        ((OWN[0], [0, 1]), ValueError, r"partitions\[1\] must have the prior's shape \(2, 2\), got \(2,\)"),
        ((OWN[0] + 0.5, OWN[1]), TypeError, r"partitions\[0\] must hold integer cell labels"),
        ((OWN[0], [[0, 1], [0]]), ValueError, r"partitions\[1\] must be a rectangular array, got"),
        (5, TypeError, "partitions must be a sequence of label arrays, got 5"),
    ],
    ids=["too few", "another shape", "no integers", "ragged", "no sequence"],
)
def test_labels_that_do_not_fit_the_prior_are_refused(partitions, error, message):
    with pytest.raises(error, match=message):
        check_partitions(SQUARE, partitions)
