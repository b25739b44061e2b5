"""The two-step notion on ℳ and 𝕄 (Azar, Chen and Micali 2010), and variants where the audit finds the lie."""

from dataclasses import dataclass

import numpy as np
import pytest

from mechanisms.conservative import KnowledgeExtraction, Logarithmic, StarAuction
from sim.audit import Instance, audit
from tests.mechanisms.conservative import by_hand

TWO_STEP = ("two-step-values", "two-step-knowledge", "ex-post-ir")
DELTA, EPSILON = 0.1, 0.2


@dataclass(frozen=True)
class Misprinted(StarAuction):
    """ℳ with the reward's constant as the paper's appendix prints it, δε/(nB)."""

    @property
    def reward_unit(self):
        return self.delta * self.epsilon / (self.n * self.value_bound)


def instance(mechanism, bound, seed=1, n=2):
    """Any prior and partitions that are not trivial; what is claimed holds for all of them."""
    prior, partitions = next(by_hand.instances(seed, 1, sizes=((n, bound),)))
    return Instance(mechanism, prior, partitions=partitions)


def findings(mechanism, bound, notions, **options):
    """Verdict and gain by notion."""
    rows = audit(instance(mechanism, bound, **options), notions).to_dict("records")
    assert {row["interval"] for row in rows} == {"exact"}
    return dict(zip(notions, rows, strict=True))


@pytest.mark.parametrize(("bound", "seed"), [(2, 1), (2, 2), (3, 3)])
def test_the_star_auction_is_two_step_truthful(bound, seed):
    found = findings(StarAuction(2, bound, DELTA, EPSILON), bound, TWO_STEP, seed=seed)
    assert {row["verdict"] for row in found.values()} == {"holds"}


@pytest.mark.parametrize("seed", [1, 2])
def test_knowledge_extraction_is_two_step_truthful(seed):
    mechanism = KnowledgeExtraction(2, inner="program", epsilon=EPSILON, value_bound=2)
    found = findings(mechanism, 2, TWO_STEP, seed=seed)
    assert {row["verdict"] for row in found.values()} == {"holds"}


def test_with_the_misprinted_constant_a_lie_in_step_1_pays():
    """A star of value 1, whose rival reports 1 and believes her to be 2, had better hide her value.

    Truthful, she is the star and not served on tails; on heads she gains ε when the price is her value,
    probability δ/(nB). If she reports 0, the rival is the star, and a lucky belief earns her 2δε/(nB).
    """
    found = findings(Misprinted(2, 3, DELTA, EPSILON), 3, ["two-step-values"])["two-step-values"]
    unit = DELTA * EPSILON / (2 * 3)
    assert found["gain"] == pytest.approx((1 - DELTA) * 2 * unit - unit, rel=1e-12)
    assert found["verdict"] == "fails"


def test_the_misprint_does_no_harm_where_there_are_two_values():
    """B = 2: it takes a value strictly between the lowest and the highest to be outbid by a belief."""
    found = findings(Misprinted(2, 2, DELTA, EPSILON), 2, ["two-step-values"])["two-step-values"]
    assert found["verdict"] == "holds"


def test_secrecy_keeps_the_stars_value_from_those_who_price_it():
    """Step 1 in public: the rival says what she heard, and the star pays all of her report but ε.

    Whatever others do: of two rules for the rival's belief the worst is to name 2 after a report of 2, and
    0 after one of 1. Type 2 then gets the good at 0 instead of 2 on tails, and loses ε on heads where the
    price is 2, which has probability δ/(nB).
    """
    public = StarAuction(2, 3, DELTA, EPSILON, public_values=True)
    found = findings(public, 3, ["two-step-values", "bayesian-ic"])
    gain = 2 * (1 - DELTA) - DELTA * EPSILON / (2 * 3)
    assert found["two-step-values"]["gain"] == pytest.approx(gain, rel=1e-12)
    assert found["bayesian-ic"]["verdict"] == "fails"
    secret = findings(StarAuction(2, 3, DELTA, EPSILON), 3, ["bayesian-ic"])
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
