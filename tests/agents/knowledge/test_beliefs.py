"""Beliefs after announcements: Bayes' rule by loops, contradicted cells, partitions, and the town's form."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from agents.knowledge.bins import Acquaintances, drawn_cuts
from agents.knowledge.network import Neighbours
from agents.knowledge.partitions import check_partitions
from agents.knowledge.town import TownKnowledge
from agents.play.posteriors import Posteriors
from mechanisms.conservative.star_auction import StarAuction
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution, MixturePrior
from mechanisms.questions import Announce, AskGridBelief, AskMarginals, AskProductBelief, AskValueBound
from tests.mechanisms.conservative import by_hand


def announcement(profile):
    """What ℳ announces where these were reported; −inf for who has left."""
    star = by_hand.star_of(profile)
    others = tuple(float(v) for j, v in enumerate(profile) if j != star)
    return Announce.facts(star=star, values=others)


def belief_about(belief, star, bound):
    return belief.integer_table((star,), bound)


def test_beliefs_in_the_star_auction_are_bayes_rule_by_loops():
    for prior, partitions in by_hand.instances(1, 12, sizes=((2, 3), (3, 2), (3, 3))):
        bound = prior.shape[0]
        posteriors = Posteriors(StarAuction(prior.n, bound), prior, partitions)
        for _, profile, _, beliefs in by_hand.tails(prior, partitions):
            star = by_hand.star_of(profile)
            for j, expected in beliefs.items():
                cell = posteriors.cell(j, profile)
                found = posteriors.belief(j, cell, (announcement(profile),), (float(profile[j]),))
                np.testing.assert_allclose(belief_about(found, star, bound), expected, atol=1e-12)


def uniform_prior():
    """Three buyers, values 0 … 3, independent and uniform."""
    return JointDistribution.from_table(np.full((4, 4, 4), 1 / 64))


def knows_of_1(prior):
    """Buyer 0 knows whether buyer 1 has at least 2, and nothing of buyer 2."""
    network = Neighbours(np.array([0, 1, 1, 1]), np.array([1]))
    return Acquaintances.of(network, [[2.0]]).partitions(prior)


def test_a_contradicted_cell_drops_the_announced_values_first():
    """Buyer 0 has 0 and knows that 1 has 2 or 3; she hears that 1 has 1 and that 2 is the star."""
    prior = uniform_prior()
    posteriors = Posteriors(StarAuction(3, 4), prior, knows_of_1(prior))
    cell = posteriors.cell(0, (0, 3, 3))
    heard = (Announce.facts(star=2, values=(0.0, 1.0)),)
    found = belief_about(posteriors.belief(0, cell, heard, (0.0,)), 2, 4)
    # the star event alone: buyer 2 exceeds 0 and exceeds buyer 1, who has 2 or 3: only 3 against 2
    np.testing.assert_allclose(found, [0, 0, 0, 1])


def test_then_the_star():
    """Buyer 0 reports 3, so that nobody else can be the star; she hears that buyer 2 is."""
    prior = uniform_prior()
    posteriors = Posteriors(StarAuction(3, 4), prior, knows_of_1(prior))
    heard = (Announce.facts(star=2, values=(3.0, 1.0)),)
    found = posteriors.belief(0, posteriors.cell(0, (1, 3, 3)), heard, (3.0,))
    np.testing.assert_allclose(belief_about(found, 2, 4), np.full(4, 1 / 4))
    assert found.marginal(0).probabilities.tolist() == [0, 1, 0, 0]  # her own value stays the true one


def test_and_in_the_end_reports_uniform_from_the_classical_price_on():
    table = np.zeros((3, 3))
    table[0, 0] = 1.0
    prior = JointDistribution.from_table(table)
    posteriors = Posteriors(StarAuction(2, 3), prior, tuple(np.indices((3, 3))))
    assert posteriors.belief(1, posteriors.cell(1, (2, 1)), (), ()) is None
    question = AskGridBelief(about=(0,), outcomes=3, least=1)
    np.testing.assert_allclose(question.told_by(None), [0, 0.5, 0.5])
    np.testing.assert_allclose(AskGridBelief(about=(0,), outcomes=3, least=5).told_by(None), [0, 0, 1])


def test_partitions_from_a_network():
    """Buyer 0 knows of 1 whether she has 2 or more; buyer 1 knows 2 exactly; buyer 2 knows nobody."""
    graph = nx.DiGraph([(0, 1), (1, 2)])
    known = Acquaintances.of(Neighbours.from_graph(graph), [[2.0], [1.0, 2.0]])
    prior = JointDistribution.from_table(np.full((2, 3, 3), 1 / 18))
    labels = check_partitions(prior, known.partitions(prior))
    assert [len(np.unique(table)) for table in labels] == [4, 9, 3]
    a, b, c = np.indices((2, 3, 3))
    for table, told in zip(labels, ([a, b >= 2], [b, c], [c]), strict=True):
        signature = np.stack([np.broadcast_to(part, table.shape).ravel() for part in told], axis=1)
        same_label = table.ravel()[:, None] == table.ravel()
        same_told = (signature[:, None] == signature).all(axis=-1)
        np.testing.assert_array_equal(same_label, same_told)


def test_bounds_are_the_bins_of_the_true_values():
    known = Acquaintances.of(Neighbours(np.array([0, 2, 2, 2]), np.array([1, 2])), [[3.0, 5.0], []])
    lower, upper = known.bounds(np.array([0.0, 3.0, 9.0]))
    np.testing.assert_array_equal(lower, [3, -np.inf])
    np.testing.assert_array_equal(upper, [5, np.inf])


def test_resolution_of_drawn_cuts():
    rng = np.random.default_rng(1)
    network = Neighbours.from_graph(nx.complete_graph(4))
    for resolution, cuts in [(1, 0), (3, 2), (7, 6), (20, 6)]:
        drawn = Acquaintances.drawn(network, resolution, 7, rng)
        finite = np.isfinite(drawn.cuts)
        assert (finite.sum(axis=1) == cuts).all()
        assert (np.diff(drawn.cuts, axis=1)[finite[:, 1:]] >= 1).all()
        assert set(drawn.cuts[finite]) <= set(range(1, 7))
    common = Acquaintances.common(network, [2, 4])
    assert (common.cuts == [2, 4]).all()


def test_cut_points_by_person():
    """Whoever knows a person knows her in the same bins; those of different persons differ."""
    network = Neighbours.from_graph(nx.complete_graph(3))
    known = Acquaintances.by_person(network, [[1], [2, 3], []])
    bins = {0: [1, np.inf], 1: [2, 3], 2: [np.inf, np.inf]}
    assert known.cuts.tolist() == [bins[person] for person in network.listed.tolist()]


def test_bad_acquaintances():
    network = Neighbours(np.array([0, 1, 1]), np.array([1]))
    with pytest.raises(ValueError, match="one sequence for each of 2 persons, got 1"):
        Acquaintances.by_person(network, [[1]])
    with pytest.raises(ValueError, match="bins must be at least 1"):
        drawn_cuts(0, 5, np.random.default_rng(1))
    with pytest.raises(ValueError, match="one sequence for each of 1 edges, got 0"):
        Acquaintances.of(network, [])
    with pytest.raises(ValueError, match=r"cuts\[0\] must be finite and increasing"):
        Acquaintances.of(network, [[2, 1]])
    with pytest.raises(ValueError, match="herself"):
        Acquaintances.of(Neighbours(np.array([0, 1, 1]), np.array([0])), [[1]])
    with pytest.raises(ValueError, match=r"resolution\[0\] must be at least 1"):
        Acquaintances.drawn(network, 0, 5, np.random.default_rng(1))
    with pytest.raises(ValueError, match="prior must be of 2 buyers"):
        Acquaintances.of(network, [[1]]).partitions(uniform_prior())
    with pytest.raises(ValueError, match="acquaintances must be of 1 buyers"):
        TownKnowledge(IndependentPrior([Discrete([0, 1], [0.5, 0.5])]), Acquaintances.of(network, [[1]]))


def test_bad_partitions():
    prior = JointDistribution.from_table(np.full((2, 2), 0.25))
    with pytest.raises(ValueError, match="one a buyer, got 1"):
        check_partitions(prior, [np.zeros((2, 2), int)])
    with pytest.raises(ValueError, match=r"partitions\[1\] must have the prior's shape"):
        check_partitions(prior, [np.indices((2, 2))[0], np.zeros(3, int)])
    message = r"partitions\[0\].*buyer 0's own type: cell 7 holds profiles \[0, 0\] and \[1, 0\]"
    with pytest.raises(ValueError, match=message):
        check_partitions(prior, [np.full((2, 2), 7), np.indices((2, 2))[1]])
    with pytest.raises(TypeError, match="integer cell labels"):
        check_partitions(prior, [np.full((2, 2), 0.5), np.indices((2, 2))[1]])


# The structured form against the tables


def random_town(rng, n, bound, components):
    """The same prior in both forms, with zeros in the marginals; and random acquaintances."""
    parts = []
    for _ in range(components):
        weights = rng.integers(0, 4, (n, bound)) + np.eye(bound, dtype=int)[rng.integers(0, bound, n)]
        parts.append([Discrete(np.arange(bound), row / row.sum()) for row in weights])
    shares = rng.dirichlet(np.ones(components))
    large = MixturePrior(shares, [IndependentPrior(part) for part in parts])
    small = JointDistribution.mixture(shares, [JointDistribution.product(part) for part in parts])
    graph = nx.gnp_random_graph(n, 0.6, seed=int(rng.integers(2**31)), directed=True)
    resolution = int(rng.integers(1, bound + 1))
    known = Acquaintances.drawn(Neighbours.from_graph(graph), resolution, bound, rng)
    return large, small, known


@pytest.mark.parametrize(
    ("n", "bound", "components"), [(2, 5, 1), (3, 3, 1), (3, 3, 2), (3, 4, 3), (4, 2, 2)]
)
def test_the_towns_form_agrees_with_the_tables(n, bound, components):
    rng = np.random.default_rng([n, bound, components])
    for _ in range(3):
        large, small, known = random_town(rng, n, bound, components)
        partitions = known.partitions(small)
        posteriors = Posteriors(StarAuction(n, bound), small, partitions)
        town = TownKnowledge(large, known)
        for profile in map(tuple, small.support_indices().tolist()):
            beliefs = town.at(np.array(profile, dtype=float))
            heard = (announcement(profile),)
            for i in range(n):
                cell = posteriors.cell(i, profile)
                before = posteriors.belief(i, cell, (), ())
                others = tuple(j for j in range(n) if j != i)
                np.testing.assert_allclose(
                    beliefs.posterior(i, ()).integer_table(others, bound),
                    before.integer_table(others, bound),
                    atol=1e-12,
                )
                if i != heard[0]["star"]:
                    after = posteriors.belief(i, cell, heard, (float(profile[i]),))
                    found = beliefs.posterior(i, heard)
                    np.testing.assert_allclose(
                        belief_about(found, heard[0]["star"], bound),
                        belief_about(after, heard[0]["star"], bound),
                        atol=1e-12,
                    )


@pytest.mark.parametrize(("n", "bound", "components"), [(3, 3, 1), (3, 3, 2), (4, 2, 2)])
def test_they_agree_on_lies_too(n, bound, components):
    """Everybody may have reported anything; a buyer knows what she said herself."""
    rng = np.random.default_rng([9, n, bound, components])
    checked = 0
    for _ in range(2):
        large, small, known = random_town(rng, n, bound, components)
        posteriors = Posteriors(StarAuction(n, bound), small, known.partitions(small))
        town = TownKnowledge(large, known)
        profiles = small.support_indices()
        for _ in range(60):
            profile = tuple(profiles[rng.integers(len(profiles))].tolist())
            reported = tuple(rng.integers(0, bound, n).tolist())
            heard = (announcement(reported),)
            star = heard[0]["star"]
            i = int(rng.choice([j for j in range(n) if j != star]))
            cell = posteriors.cell(i, profile)
            table = posteriors.belief(i, cell, heard, (float(reported[i]),))
            found = town.at(np.array(profile, dtype=float)).posterior(i, heard)
            np.testing.assert_allclose(
                belief_about(found, star, bound), belief_about(table, star, bound), atol=1e-12
            )
            checked += 1
    assert checked == 120


@pytest.mark.parametrize("form", ["table", "town"])
def test_who_has_left_tells_nothing(form):
    """Buyer 0 heard only that buyer 2 exceeds her own 0: 1 or 2, a quarter each a priori."""
    marginal = Discrete(np.arange(3), [0.5, 0.25, 0.25])
    known = Acquaintances.of(Neighbours(np.array([0, 1, 1, 1]), np.array([1])), [[1.0]])
    heard = (Announce.facts(star=2, values=(0.0, -np.inf)),)
    found = heard_by(form, [1.0], [[marginal] * 3], known, heard, (0, 2, 2), 0)
    np.testing.assert_allclose(found, [0, 0.5, 0.5])


@pytest.mark.parametrize("form", ["table", "town"])
@pytest.mark.parametrize(
    ("cuts", "left", "expected"),
    [((), 2, [0, 3 / 7, 4 / 7]), ((2,), 2, [0, 2 / 5, 3 / 5]), ((2,), 1, [0, 4 / 9, 5 / 9])],
)
def test_what_is_known_of_who_has_left_still_counts(form, cuts, left, expected):
    """A low component (1/2, 1/4, 1/4), a high one (1/4, 1/4, 1/2); buyer 0 has 0, 1 has left, 2 is the star.

    Buyer 0's own value speaks 2 : 1 for the low one. Knowing of buyer 1 that she has 2 makes it 1 : 1, that
    she has less 2 · 3/4 : 1/2 = 3 : 1. At 3 : 1 the star has 1 or 2 with masses 3 + 1 to 3 + 2.
    """
    low, high = Discrete(np.arange(3), [0.5, 0.25, 0.25]), Discrete(np.arange(3), [0.25, 0.25, 0.5])
    known = Acquaintances.of(Neighbours(np.array([0, 1, 1, 1]), np.array([1])), [cuts])
    heard = (Announce.facts(star=2, values=(0.0, -np.inf)),)
    found = heard_by(form, [0.5, 0.5], [[low] * 3, [high] * 3], known, heard, (0, left, 2), 0)
    np.testing.assert_allclose(found, expected)


def heard_by(form, shares, parts, known, heard, profile, buyer):
    """One honest buyer's belief about the star at a profile, in either form."""
    n, bound = len(profile), len(parts[0][0].values)
    star = heard[-1]["star"]
    if form == "town":
        prior = MixturePrior(shares, [IndependentPrior(part) for part in parts])
        belief = TownKnowledge(prior, known).at(np.array(profile, dtype=float)).posterior(buyer, heard)
    else:
        prior = JointDistribution.mixture(shares, [JointDistribution.product(part) for part in parts])
        posteriors = Posteriors(StarAuction(n, bound), prior, known.partitions(prior))
        cell = posteriors.cell(buyer, profile)
        belief = posteriors.belief(buyer, cell, heard, (float(profile[buyer]),))
    return belief_about(belief, star, bound)


@pytest.mark.parametrize(("n", "bound", "components"), [(3, 3, 1), (3, 3, 2), (4, 2, 2)])
@pytest.mark.parametrize("honest", [True, False])
def test_they_agree_whoever_has_left(n, bound, components, honest):
    """Every set of drop-outs that leaves a star and somebody to ask; reports are true, or anything."""
    rng = np.random.default_rng([7, n, bound, components])
    large, small, known = random_town(rng, n, bound, components)
    posteriors = Posteriors(StarAuction(n, bound), small, known.partitions(small))
    town = TownKnowledge(large, known)
    profiles = small.support_indices()
    for left in (set(s) for size in range(1, n - 1) for s in combinations(range(n), size)):
        for profile in rng.permutation(profiles)[:8].tolist():
            reported = np.array(profile if honest else rng.integers(0, bound, n), dtype=float)
            reported[list(left)] = -np.inf
            heard = (announcement(reported),)
            star = heard[0]["star"]
            for i in set(range(n)) - left - {star}:
                table = posteriors.belief(i, posteriors.cell(i, tuple(profile)), heard, (reported[i],))
                found = town.at(np.array(profile, dtype=float)).posterior(i, heard)
                np.testing.assert_allclose(
                    belief_about(found, star, bound), belief_about(table, star, bound), atol=1e-12
                )


@pytest.mark.parametrize("honest", [True, False])
def test_they_agree_where_values_are_public(honest):
    """Step 1 in public: the star's value is known, and dropped first if what was said cannot be true."""
    rng = np.random.default_rng(8)
    large, small, known = random_town(rng, 3, 3, 2)
    posteriors = Posteriors(StarAuction(3, 3, public_values=True), small, known.partitions(small))
    town = TownKnowledge(large, known)
    for profile in small.support_indices().tolist():
        reported = tuple(profile if honest else rng.integers(0, 3, 3).tolist())
        facts = dict(announcement(reported).content)
        heard = (Announce.facts(**facts, highest=float(max(reported))),)
        for i in {0, 1, 2} - {facts["star"]}:
            cell = posteriors.cell(i, tuple(profile))
            table = posteriors.belief(i, cell, heard, (float(reported[i]),))
            found = belief_about(town.at(np.array(profile, float)).posterior(i, heard), facts["star"], 3)
            np.testing.assert_allclose(found, belief_about(table, facts["star"], 3), atol=1e-12)
            assert not honest or found[max(reported)] == 1


def test_a_value_that_the_prior_excludes_leaves_no_belief():
    marginal = Discrete(np.arange(3), [0.5, 0.5, 0.0])
    town = TownKnowledge(IndependentPrior([marginal] * 2), Acquaintances.common(Neighbours.none(2), []))
    assert town.at(np.array([2.0, 0.0])).posterior(0, ()) is None
    heard = (Announce.facts(star=1, values=(2.0,)),)
    assert town.at(np.array([2.0, 0.0])).posterior(0, heard) is None


def test_only_the_facts_of_the_star_auction_are_read():
    marginal = Discrete(np.arange(2), [0.5, 0.5])
    town = TownKnowledge(IndependentPrior([marginal] * 2), Acquaintances.common(Neighbours.none(2), []))
    with pytest.raises(ValueError, match="facts star and values only"):
        town.at(np.zeros(2)).posterior(0, (Announce.facts(weather="fine"),))


def test_questions_tell_what_a_true_answer_is():
    marginals = [Discrete([0, 2], [0.5, 0.5]), Discrete([1], [1.0]), Discrete([0, 1], [0.25, 0.75])]
    belief = JointDistribution.product(marginals)
    assert AskValueBound(about=(0, 2)).told_by(belief) == 3
    assert AskValueBound(about=(1, 2)).told_by(belief) == 2
    table = AskGridBelief(about=(0, 2), outcomes=9).told_by(belief)
    np.testing.assert_allclose(table, [0.125, 0.375, 0, 0, 0, 0, 0.125, 0.375, 0])
    rows = AskMarginals(about=(2, 1), outcomes=3).told_by(belief)
    np.testing.assert_allclose(rows, [[0.25, 0.75, 0], [0, 1, 0]])
    halves = JointDistribution.product([Discrete([0, 0.5], [0.5, 0.5])])
    with pytest.raises(ValueError, match=r"integers of at least 0, not \[0.0, 0.5\]"):
        AskMarginals(about=(0,), outcomes=2).told_by(halves)


def test_only_products_are_accepted_where_they_are_asked_for():
    """Rounding aside; and of one buyer everything is a product."""
    question = AskProductBelief(about=(0, 2), outcomes=4)
    odd = [np.eye(2) / 2, np.full((2, 2), 0.3), np.full((2, 2), np.nan)]
    answers = np.stack([table.ravel() for table in (np.outer([0.25, 0.75], [0.4, 0.6]), *odd)])
    assert question.acceptable(answers).tolist() == [True, False, False, False]
    assert question.acceptable(answers[None, :2] * (1 + 1e-11)).tolist() == [[True, False]]
    assert not question.acceptable(np.full(4, -np.inf))
    assert AskProductBelief(about=(1,), outcomes=3).acceptable(np.array([0.2, 0.3, 0.5]))
