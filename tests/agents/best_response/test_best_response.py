"""Best responses against brute force on finite instances, and against first-order conditions."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import brentq

from agents.best_response.rivals import Believed, EmpiricalPlay, last_play
from agents.best_response.strategy import BestResponse
from agents.play.exact import expected_outcome
from agents.play.instant import play_many, play_once
from agents.population import Population
from agents.strategies import RandomBidder, Shading, Truthful
from agents.view import View
from mechanisms.auctions import AllPay, AscendingClock, FirstPrice, OpenProxy, PostedPrice, SecondPrice
from mechanisms.auctions.vcg import AdditiveVCG, UnitDemandVCG
from mechanisms.conversation import DirectLottery, Mechanism
from mechanisms.distributions import Discrete, JointDistribution, Uniform
from mechanisms.distributions.prior import IndependentPrior
from mechanisms.outcome import Lottery, Outcome
from mechanisms.questions import AskBelief, AskValue, OfferPrice, ShowMenu
from mechanisms.utilities import CARA, CRRA, Linear, Power
from sim.conformance.strategy import StrategyConformance
from sim.conformance.views import QUESTIONS, about_one_item, feedback_on

VALUES = np.linspace(0.05, 1, 20)


def view_of(mechanism, n, prior, values, utility=None, seat=0, posterior=None):
    values = np.asarray(values, dtype=float)[..., None]
    where = np.array([seat])
    utility = Linear() if utility is None else utility
    return View(values, where, where, n, mechanism, prior, utility, posterior=posterior)


def plan(mechanism, n, prior, values, strategy=None, **rest):
    return (strategy or BestResponse()).plan(view_of(mechanism, n, prior, values, **rest))[..., 0]


class TestConformance(StrategyConformance):
    instances = (BestResponse(), BestResponse(Believed(Shading(0.5))), BestResponse(reports=(0.0, 0.25, 0.5)))
    questions = about_one_item(QUESTIONS)


class TestConformanceOfLearners(StrategyConformance):
    instances = (BestResponse(last_play()), BestResponse(EmpiricalPlay(3)))
    questions = about_one_item(QUESTIONS)


# --- first-order conditions -------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("r", [1.0, 0.5])
def test_first_price_against_truthful_uniform_rivals(n, r):
    """She maximises b^(n-1) (v - b)^r: b = v (n-1)/(n-1+r). The loss counts: it is flat at the top."""
    bids = plan(FirstPrice(), n, Uniform(), VALUES, utility=Power(r))
    best = VALUES * (n - 1) / (n - 1 + r)

    def utility(bid):
        return bid ** (n - 1) * (VALUES - bid) ** r

    assert (utility(best) - utility(bids)).max() <= 2e-3 * utility(best).max()
    np.testing.assert_allclose(bids[10:], best[10:], atol=0.01)


def test_first_price_with_constant_absolute_risk_aversion():
    """b (1 - exp(-a (v - b))) is greatest where exp(a (v - b)) - 1 = a b."""
    a = 3.0
    bids = plan(FirstPrice(), 2, Uniform(), VALUES, utility=CARA(a))
    best = [brentq(lambda b, v=v: np.expm1(a * (v - b)) - a * b, 0, v) for v in VALUES]
    np.testing.assert_allclose(bids, best, atol=2e-3)


def test_first_price_against_shading_rivals():
    """Against half of a uniform value, v/2 again, and never more than a half."""
    bids = plan(FirstPrice(), 2, Uniform(), VALUES, BestResponse(Believed(Shading(0.5))))
    np.testing.assert_allclose(bids, VALUES / 2, atol=2e-3)
    high = plan(FirstPrice(), 2, Uniform(), VALUES, BestResponse(Believed(Shading(0.25))))
    np.testing.assert_allclose(high, np.minimum(VALUES / 2, 0.25), atol=2e-3)


def test_independent_values_that_are_not_alike():
    """Against values uniform on [0, 2] and [0, 3]: b^2 (v - b) again, 2v/3, and hers do not matter."""
    prior = IndependentPrior([Uniform(0, 1), Uniform(0, 2), Uniform(0, 3)])
    bids = plan(FirstPrice(), 3, prior, VALUES)
    best = (VALUES * 2 / 3) ** 2 * VALUES / 3
    assert (best - bids**2 * (VALUES - bids)).max() <= 0.06 * best.max()


@pytest.mark.parametrize("utility", [Linear(), CRRA(0.5)], ids=repr)
@pytest.mark.parametrize(
    "mechanism",
    [SecondPrice(), SecondPrice(0.5), AscendingClock(0.25), PostedPrice(0.5)],
    ids=repr,
)
def test_truth_where_it_is_dominant(mechanism, utility):
    np.testing.assert_array_equal(plan(mechanism, 2, Uniform(), VALUES, utility=utility), VALUES)


def test_reserve_is_just_met():
    """Alone with a reserve of 0.3 there is nothing to beat but the reserve."""
    bids = plan(FirstPrice(0.3), 1, Uniform(), VALUES[VALUES > 0.31])
    np.testing.assert_allclose(bids, 0.3, atol=1e-4)


# --- brute force ------------------------------------------------------------------------------------


def brute_force(mechanism, prior, seat, utility, reports):
    """For each own type of positive probability: the greatest expected utility of any report."""
    best = {}
    for own in np.unique(prior.profiles()[:, seat]):
        given = prior.condition({seat: own})
        totals = []
        for report in [own, *reports]:
            total = 0.0
            for profile, weight in zip(given.profiles(), given.support_probabilities(), strict=True):
                said = profile.copy()
                said[seat] = report
                end = mechanism.outcome(said)
                total += weight * float(utility(own * end.allocation[seat] - end.payments[seat]))
            totals.append(total)
        best[own] = max(totals)
    return best


def random_prior(rng, n, types=3):
    """Correlated, some profiles impossible, unless that would leave a type without any."""
    table = rng.random((types,) * n) * (rng.random((types,) * n) < 0.8)
    table[(0,) * n] += 0.1
    return JointDistribution.from_table(table / table.sum(), [np.sort(rng.random(types)) for _ in range(n)])


@pytest.mark.parametrize("mechanism", [FirstPrice(), FirstPrice(0.2), SecondPrice(0.3), AllPay()], ids=repr)
@pytest.mark.parametrize("utility", [Linear(), CARA(2.0)], ids=repr)
def test_brute_force_over_given_reports(mechanism, utility):
    rng = np.random.default_rng(5)
    reports = (0.0, 0.1, 0.2, 0.35, 0.5, 0.8)
    for seat in (0, 1, 2):
        prior = random_prior(rng, 3)
        expected = brute_force(mechanism, prior, seat, utility, reports)
        strategies = [Truthful()] * 3
        strategies[seat] = BestResponse(reports=reports)
        exact = expected_outcome(mechanism, prior, strategies=strategies, utilities=utility)
        owns = prior.profiles()[:, seat]
        total = sum(prior.marginal(seat).pmf(own) * expected[own] for own in np.unique(owns))
        assert exact.utility[seat] == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("mechanism", [FirstPrice(), FirstPrice(0.2), AllPay()], ids=repr)
def test_all_amounts_are_as_good_as_just_above_each_type(mechanism):
    """With finite types the best bid is the reserve, 0, the truth, a rival's value or just above it."""
    rng = np.random.default_rng(6)
    for seat in (0, 1):
        prior = random_prior(rng, 2)
        bids = np.concatenate([[0.0, 0.2], prior.values[1 - seat], prior.values[1 - seat] * (1 + 1e-9)])
        expected = brute_force(mechanism, prior, seat, Linear(), bids)
        strategies = [Truthful()] * 2
        strategies[seat] = BestResponse()
        exact = expected_outcome(mechanism, prior, strategies=strategies)
        total = sum(prior.marginal(seat).pmf(own) * best for own, best in expected.items())
        assert exact.utility[seat] == pytest.approx(total, abs=2e-5)


def test_partitions_sharpen_the_belief():
    """She who knows the rival's value bids just that (ties go to her), and gets the whole difference."""
    prior = JointDistribution.product([Discrete([1.0], [1.0]), Discrete([0.2, 0.6], [0.5, 0.5])])
    informed = [np.indices(prior.shape).sum(axis=0), np.indices(prior.shape)[1]]
    exact = expected_outcome(_Conversation(), prior, informed, [BestResponse(), Truthful()])
    assert exact.utility[0] == pytest.approx(0.5 * 0.8 + 0.5 * 0.4, abs=1e-8)
    blind = expected_outcome(_Conversation(), prior, None, [BestResponse(), Truthful()])
    assert blind.utility[0] == pytest.approx(max(0.5 * 0.8, 0.4), abs=1e-8)


class _Conversation(Mechanism):
    """First price that is replayed, not put through its rule."""

    def conversation(self, n):
        replies = yield AskValue()
        return FirstPrice().outcome(replies.values)


def test_replay_and_rule_agree_on_random_rivals():
    """A rival who randomises over four bids makes the rule branch: a half beats 1/8 and 3/8, at 3/8."""
    certain = JointDistribution.product([Discrete([0.8], [1.0]), Discrete([1.0], [1.0])])
    rival = RandomBidder(branches=4)
    exact = expected_outcome(FirstPrice(), certain, strategies=[BestResponse(Believed(rival)), rival])
    choices = {b: (0.8 - b) * np.mean([b >= bid for bid in (0.125, 0.375, 0.625, 0.875)]) for b in
               (0.125, 0.375, 0.625, 0.875)}
    assert exact.utility[0] == pytest.approx(max(choices.values()), abs=1e-8)


def test_chance_is_felt_and_not_averaged():
    """High reports win less often and pay less: what is better depends on the utility."""

    class Coin(DirectLottery):
        def lottery(self, reports):
            shape = reports.shape
            won = np.zeros((*shape[:-1], 2, shape[-1]))
            won[..., 0, 0] = 1.0
            paid = won * np.where(reports > 0.5, 0.1, 0.3)[..., None, :]
            odds = np.where(reports[..., 0] > 0.5, 0.4, 0.6)
            return Lottery(np.stack([odds, 1 - odds], axis=-1), Outcome(won, paid))

    for utility in (Linear(), Power(0.3)):
        low, high = 0.6 * utility(0.45 - 0.3), 0.4 * utility(0.45 - 0.1)
        certain, strategy = Discrete([0.45], [1.0]), BestResponse(reports=(0.0, 1.0))
        planned = plan(Coin(), 1, certain, [0.45], strategy, utility=utility)
        assert (planned[0] > 0.5) == (high > low)


# --- several items, menus, offers, beliefs ----------------------------------------------------------


def test_truth_is_best_for_several_items():
    rng = np.random.default_rng(0)
    for mechanism in (AdditiveVCG(2), UnitDemandVCG(2)):
        seats = np.array([1])
        own = rng.random((1, 2))
        view = View(own, seats, seats, 2, mechanism, Discrete([0.2, 0.7], [0.5, 0.5]))
        np.testing.assert_array_equal(BestResponse().plan(view), own)


def test_menu_choice_depends_on_the_attitude_to_risk():
    """Value 1: sure at 0.501 is worth 0.499 or its root; a half for nothing is worth 0.5 either way."""
    question = ShowMenu(entries=((1.0,), (0.5,)), prices=(0.501, 0.0))
    for utility, chosen in ((Linear(), 1), (Power(0.5), 0)):
        view = view_of(PostedPrice(0.5), 1, Uniform(), [1.0], utility)
        assert BestResponse().choose_from_menu(question, view)[0, 0, 0] == chosen


def test_menu_in_exact_utilities():
    rng = np.random.default_rng(1)
    for _ in range(50):
        entries, prices, value = rng.random((4, 2)), rng.random(4), rng.random(2)
        felt = [
            sum(
                np.prod([p if g else 1 - p for p, g in zip(entry, got, strict=True)])
                * CARA(2.0)(np.dot(value, got) - price)
                for got in product((0, 1), repeat=2)
            )
            for entry, price in zip(entries, prices, strict=True)
        ]
        best = int(np.argmax(felt)) if max(felt) > 0 else -1
        question = ShowMenu(entries=tuple(map(tuple, entries)), prices=tuple(prices))
        seats = np.array([0])
        view = View(value[None], seats, seats, 1, PostedPrice(0.5), Uniform(), CARA(2.0))
        assert BestResponse().choose_from_menu(question, view)[0, 0] == best


def test_offers_and_beliefs_are_answered_truly():
    belief = JointDistribution.product([Discrete([0.5], [1.0]), Discrete([0.2, 0.6], [0.3, 0.7])])
    view = view_of(PostedPrice(0.5), 2, Uniform(), 0.5, posterior=lambda k: belief)
    assert BestResponse().answer_offer(OfferPrice(to=(0,), prices=(0.5,)), view).tolist() == [1]
    reported = BestResponse().report_belief(AskBelief(about=(1,), outcomes=2), view)
    np.testing.assert_allclose(reported, [[0.3, 0.7]])


def test_a_refused_offer_comes_back_cheaper():
    """0.5 first, then 0.2 to all who refused: every type refuses, and takes the second."""

    class Haggle(PostedPrice):
        def conversation(self, n):
            first = yield OfferPrice(prices=(0.5,))
            second = yield OfferPrice(prices=(0.2,))
            takes = np.maximum(first.values, second.values)
            return Outcome(takes, np.where(first.values > 0, 0.5, 0.2) * takes)

    rng = np.random.default_rng(0)
    haggler = Population.of([BestResponse()], prior=Discrete([0.1, 0.3, 0.9], [0.4, 0.3, 0.3]))
    paid = [play_once(Haggle(0.5), np.array([v]), haggler, rng).revenue for v in (0.1, 0.3, 0.9)]
    assert paid == [0.0, 0.2, 0.2]


def test_open_auction_is_played_at_once():
    """Proxy bids: a truthful rival of 0.6 is overbid by 0.9, at 0.6 and the increment."""
    buyers = Population.of([BestResponse(), Truthful()], prior=Discrete([0.6, 0.9], [0.5, 0.5]))
    end = play_once(OpenProxy(0.1, 2), np.array([0.9, 0.6]), buyers, np.random.default_rng(0))
    assert end.allocation.tolist() == [1, 0]
    assert end.payments[0] <= 0.7 + 1e-9


# --- what was seen ----------------------------------------------------------------------------------


def test_last_play_is_just_beaten():
    strategy = BestResponse(last_play())
    strategy.observe(feedback_on(AskValue(), 0, values=(1.0, 0.5, 0.75)))
    bids = plan(FirstPrice(), 5, None, [1.0, 0.3], strategy, seat=4)
    assert bids[0] == pytest.approx(0.5, abs=1e-8)
    assert bids[0] > 0.5
    assert bids[1] == 0.3


def test_empirical_mixture_weighs_what_was_seen():
    """Rivals bid 0.1 twice in three and 0.5 once: value 0.6 beats the former, value 2 both."""
    model = EmpiricalPlay(3)
    for bid in (0.9, 0.1, 0.5, 0.1):
        feedback = feedback_on(AskValue(), None)
        feedback.n, feedback.bids = 2, np.array([0.7, bid])
        model.observe(feedback)
    bids = plan(FirstPrice(), 2, None, [0.6, 2.0], BestResponse(model))
    np.testing.assert_allclose(bids, [0.1, 0.5], atol=1e-8)


def test_seats_share_a_policy_where_rules_are_anonymous():
    shared, apart = BestResponse(anonymous=True), BestResponse()
    for seat in (0, 2):
        each = [plan(FirstPrice(), 3, Uniform(), VALUES, one, seat=seat) for one in (shared, apart)]
        np.testing.assert_allclose(*each, atol=2e-3)
    ties = Discrete([0.0, 1.0], [0.5, 0.5])
    each = [plan(FirstPrice(), 2, ties, [1.0], one, seat=1) for one in (shared, apart)]
    assert each[0] == each[1] > 0  # seat 1 loses ties, and has to bid above 0


def test_before_anything_was_seen_the_belief_counts():
    bids = plan(FirstPrice(), 2, Uniform(), [0.8], BestResponse(last_play()))
    assert bids[0] == pytest.approx(0.4, abs=2e-3)
    with pytest.raises(ValueError, match="prior is None"):
        plan(FirstPrice(), 2, None, [0.8])


def test_plays_for_many_profiles_at_once():
    values = np.random.default_rng(0).random((2000, 2))
    buyers = Population.of([BestResponse(), Truthful()], prior=Uniform())
    outcome = play_many(FirstPrice(), values, buyers, np.random.default_rng(0))
    gains = values[:, 0] * outcome.allocation[:, 0] - outcome.payments[:, 0]
    spread = gains.std() / np.sqrt(len(gains))
    assert abs(gains.mean() - 1 / 12) <= 4 * spread  # the integral of v^2/4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BestResponse(reports=()), "reports"),
        (lambda: BestResponse(reports=(-1.0,)), "reports"),
        (lambda: BestResponse(reports=(float("nan"),)), "reports"),
        (lambda: EmpiricalPlay(0), "memory"),
        (lambda: Believed(BestResponse(last_play())), "memoryless"),
    ],
)
def test_refuses(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_refuses_what_is_no_model():
    with pytest.raises(TypeError, match="rivals"):
        BestResponse(Truthful())
    with pytest.raises(TypeError, match="strategy"):
        Believed("truthful")
