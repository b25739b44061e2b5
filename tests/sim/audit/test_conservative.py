"""The two-step notion on ℳ and 𝕄 (Azar, Chen and Micali 2010), and variants where the audit finds the lie."""

from dataclasses import dataclass

import numpy as np
import pytest

from mechanisms.conservative import KnowledgeExtraction, Logarithmic, StarAuction
from mechanisms.distributions import JointDistribution
from sim.audit import Instance, audit
from sim.audit.exact import conversing
from tests.mechanisms.conservative import by_hand

TWO_STEP = ("two-step-values", "two-step-knowledge", "ex-post-ir")
DELTA, EPSILON = 0.1, 0.2


@dataclass(frozen=True)
class Misprinted(StarAuction):
    """ℳ with the reward's constant as the paper's appendix prints it, δε/(nB)."""

    @property
    def reward_unit(self):
        return self.delta * self.epsilon / (self.n * self.value_bound)


def instance(mechanism, bound, seed=1, finer=True):
    """Any prior and partitions that are not trivial; what is claimed holds for all of them.

    If not `finer`, buyers know their own values only.
    """
    prior, partitions = next(by_hand.instances(seed, 1, sizes=((mechanism.n, bound),)))
    return Instance(mechanism, prior, partitions=partitions if finer else None)


def findings(mechanism, bound, notions, **options):
    """Verdict and gain by notion."""
    rows = audit(instance(mechanism, bound, **options), notions).to_dict("records")
    assert {row["interval"] for row in rows} == {"exact"}
    return dict(zip(notions, rows, strict=True))


@pytest.mark.parametrize(
    ("n", "bound", "seed"),
    [(2, 2, 1), (2, 2, 2), (2, 3, 3), (3, 2, 1), pytest.param(3, 3, 3, marks=pytest.mark.slow)],
)
def test_the_star_auction_is_two_step_truthful(n, bound, seed):
    found = findings(StarAuction(n, bound, DELTA, EPSILON), bound, TWO_STEP, seed=seed)
    assert {row["verdict"] for row in found.values()} == {"holds"}


def test_three_of_three_values_who_know_their_own_only():
    found = findings(StarAuction(3, 3, DELTA, EPSILON), 3, TWO_STEP, finer=False)
    assert {row["verdict"] for row in found.values()} == {"holds"}


@pytest.mark.parametrize(("bound", "seed"), [(2, 1), (2, 2), (3, 1), (3, 2)])
def test_knowledge_extraction_is_two_step_truthful(bound, seed):
    mechanism = KnowledgeExtraction(2, inner="program", epsilon=EPSILON, value_bound=bound)
    found = findings(mechanism, bound, TWO_STEP, seed=seed)
    assert {row["verdict"] for row in found.values()} == {"holds"}


@pytest.mark.parametrize("inner", ["program", "myerson"])
def test_knowledge_extraction_of_three_is_exact_whoever_leaves(monkeypatch, inner):
    """Ways to play are too many for the three who may leave together, but not for each of them."""
    monkeypatch.setattr(conversing, "SEARCH_LIMIT", 1000)
    mechanism = KnowledgeExtraction(3, inner=inner, epsilon=EPSILON, value_bound=2)
    fair = JointDistribution.from_table(np.full((2, 2, 2), 1 / 8))
    for row in audit(Instance(mechanism, fair), TWO_STEP).to_dict("records"):
        assert (row["verdict"], row["interval"], row["gain"]) == ("holds", "exact", 0)


@pytest.mark.parametrize("n", [2, 3])
def test_with_the_misprinted_constant_a_lie_in_step_1_pays(n):
    """A star of value 1, whose rival reports 1 and believes her to be 2, had better hide her value.

    Truthful, she is the star and not served on tails; on heads she gains ε when the price is her value,
    probability δ/(nB). If she reports 0, the rival is the star, and a lucky belief earns her 2δε/(nB).
    """
    mechanism = Misprinted(n, 3, DELTA, EPSILON)
    found = findings(mechanism, 3, ["two-step-values"], finer=n == 2)["two-step-values"]
    unit = DELTA * EPSILON / (n * 3)
    assert found["gain"] == pytest.approx((1 - DELTA) * 2 * unit - unit, rel=1e-12)
    assert found["verdict"] == "fails"


@pytest.mark.parametrize("n", [2, 3])
def test_the_misprint_does_no_harm_where_there_are_two_values(n):
    """B = 2: it takes a value strictly between the lowest and the highest to be outbid by a belief."""
    found = findings(Misprinted(n, 2, DELTA, EPSILON), 2, ["two-step-values"])["two-step-values"]
    assert found["verdict"] == "holds"


@pytest.mark.parametrize(("n", "bound", "seed"), [(2, 3, 1), (3, 2, 2), (3, 3, 2)])
def test_secrecy_keeps_the_stars_value_from_those_who_price_it(n, bound, seed):
    """Step 1 in public: the rivals say what they heard, and the star pays all of her report but ε.

    Whatever others do: of two rules for the rivals' beliefs the worst is to name B − 1 after a report of
    B − 1, and 0 after one of B − 2. Type B − 1 then gets the good at 0 instead of B − 1 on tails, and loses
    ε on heads where the price is B − 1, which has probability δ/(nB).
    """
    public = StarAuction(n, bound, DELTA, EPSILON, public_values=True)
    found = findings(public, bound, ["two-step-values", "bayesian-ic"], seed=seed, finer=n == 2)
    gain = (bound - 1) * (1 - DELTA) - DELTA * EPSILON / (n * bound)
    assert found["two-step-values"]["gain"] == pytest.approx(gain, rel=1e-12)
    assert found["bayesian-ic"]["verdict"] == "fails"
    secret = findings(StarAuction(n, bound, DELTA, EPSILON), bound, ["bayesian-ic"], seed=seed, finer=n == 2)
    assert secret["bayesian-ic"]["verdict"] == "holds"


def test_the_logarithmic_rule_loses_ex_post_rationality_and_dominance():
    """A belief without mass on what happens costs −∞, which a lie in step 1 may avoid."""
    logarithmic = StarAuction(2, 3, DELTA, EPSILON, scoring=Logarithmic(2.0, 1.0))
    found = findings(logarithmic, 3, TWO_STEP)
    assert [found[name]["verdict"] for name in TWO_STEP] == ["fails", "holds", "fails"]
    assert found["two-step-values"]["gain"] == np.inf
    assert found["ex-post-ir"]["gain"] == np.inf


def test_the_logarithmic_rule_in_knowledge_extraction_may_cost_her_everything():
    """Values and knowledge are asked of different buyers, so that truth stays best; but she may lose."""
    logarithmic = KnowledgeExtraction(2, inner="program", value_bound=2, scoring=Logarithmic(2.0, 1.0))
    found = findings(logarithmic, 2, TWO_STEP)
    assert [found[name]["verdict"] for name in TWO_STEP] == ["holds", "holds", "fails"]
