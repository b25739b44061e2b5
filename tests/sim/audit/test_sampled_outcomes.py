"""Budget balance and efficiency on samples: what the exact audit finds, and what is known of such priors."""

import numpy as np
import pytest

from mechanisms.auctions import KDoubleAuction, McAfee, Procurement, SecondPrice
from mechanisms.distributions import IndependentPrior, Uniform
from sim.audit import Effort, audit, audit_sample, standard_instance
from sim.audit.outcome_notions import OUTCOME_LOSSES
from tests.sim.audit.examples import Flawed, Spoken
from tests.sim.audit.test_one_instrument import Instance, rule_of
from tests.sim.command import bazaar

__all__ = ["bazaar"]

NOTIONS = list(OUTCOME_LOSSES)
ALL = Effort(profiles=400, types=3, deviations=4)
"""So many profiles of nine that a sample without one of them has probability below 1e-9 here."""


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", [lambda rule: rule, Spoken], ids=["rule", "conversation"])
def test_a_sample_that_meets_all_ends_is_the_exact_audit(seed, kind):
    """Random rules with fees, rewards and lotteries: the greatest loss is seen, and it is the same."""
    rule, prior, utility = rule_of(seed)
    exact = audit(Instance(rule, prior, utilities=utility, name=""), NOTIONS)
    found = audit_sample(kind(rule), prior, NOTIONS, effort=ALL, utilities=utility)
    assert list(found.notion) == list(exact.notion)
    assert list(found.verdict == "fails") == list(exact.verdict == "fails")
    np.testing.assert_allclose(found.gain, exact.gain.clip(lower=0), atol=1e-9)


def test_a_reserve_misses_as_much_welfare_as_the_greatest_value_below_it():
    """Uniform values and a reserve of 1/2: up to 1/2 is missing, and in 8,000 profiles about that is seen."""
    prior = IndependentPrior.identical(Uniform(0, 1), 2)
    (found,) = audit_sample(SecondPrice(reserve=0.5), prior, ["efficiency"], effort=Effort(8_000)).to_dict(
        "records"
    )
    assert found["verdict"] == "fails"
    assert 0.45 < found["gain"] < 0.5
    types = np.array([float(word) for word in found["type"].split(",")])
    assert found["gain"] == pytest.approx(types.max(), abs=1e-3)
    assert types.max() < 0.5


def test_a_bonus_is_a_deficit_on_samples_too():
    prior = standard_instance(Flawed(0.3, 0.0)).prior
    (found,) = audit_sample(Flawed(0.3, 0.0), prior, ["budget-balance"], effort=ALL).to_dict("records")
    assert (found["verdict"], found["gain"]) == ("fails", pytest.approx(0.3))


@pytest.mark.parametrize("mechanism", [McAfee(2), KDoubleAuction(2, 0.5)], ids=lambda one: one.name)
def test_two_sided_trade_without_a_deficit(mechanism):
    """McAfee (1992) keeps what buyers pay beyond what sellers get; the k-double auction has one price."""
    prior = IndependentPrior.identical(Uniform(0, 1), 4)
    frame = audit_sample(mechanism, prior, ["budget-balance"], effort=Effort(2_000, 4, 8))
    assert list(frame.verdict) == ["no gain above 0 found"]


def test_who_buys_is_not_asked_for_a_budget():
    prior = IndependentPrior.identical(Uniform(0, 1), 2)
    assert audit_sample(Procurement(2.0), prior, ["budget-balance"], effort=ALL).empty


@pytest.mark.parametrize("notion", ["group", "false-name", "off-grid"])
def test_what_has_no_sample_says_why(notion):
    prior = IndependentPrior.identical(Uniform(0, 1), 2)
    with pytest.raises(ValueError, match=f"'{notion}'; it is audited exactly alone, because"):
        audit_sample(SecondPrice(), prior, [notion])


def test_the_advice_of_a_refusal_can_be_taken(bazaar):
    """A mechanism alone, too large to audit exactly: what the error advises works."""
    large = ("audit", "second_price", "--types", "60", "--buyers", "3", "--notion", "dominant")
    refused = bazaar(*large)
    assert refused.code == 2
    assert "--sample" in refused.err
    taken = bazaar(*large, "--sample", "200", "--seed", "3")
    assert taken.code == 0, taken.err
    assert "no gain above 0 found" in taken.out
