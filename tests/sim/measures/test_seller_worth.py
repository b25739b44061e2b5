"""What auctions are worth to sellers who fear risk, in the market as in exact play."""

import numpy as np
import pandas as pd
import pytest

from agents.play.exact import expected_outcome
from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies.base import Truthful
from mechanisms.auctions import FirstPrice, SecondPrice, UniformPrice
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution, Uniform
from mechanisms.risk_averse import InsuredSale
from mechanisms.utilities import CARA, Capped, Linear
from scenarios import insurance
from sim.market import Market, Panel
from sim.measures.seller_worth import seller_worth, utility_bound, worth_to_sellers
from sim.page.panels import WORTHS, panel_content
from sim.page.scene import Scene
from sim.page.show import show_of
from sim.records import IncompleteRunWarning, load
from sim.runs.report import summary
from sim.runs.run import play_until
from tests.scenarios.played import printed, table_width
from tests.sim.page.shows import entry_of


def test_a_table_by_hand():
    """Capped at 3: utilities 0, 2, 3, 3; the unfinished auction does not count."""
    auctions = pd.DataFrame({
        "revenue": [0.0, 2.0, 5.0, 3.0, 9.0],
        "status": ["unsold", "sold", "sold", "sold", "unfinished"],
    })
    worth = seller_worth(auctions, Capped(3.0))
    assert (worth.revenue.mean, worth.utility.mean, worth.certainty_equivalent) == (2.5, 2.0, 2.0)
    none = seller_worth(auctions[:0], Capped(3.0))
    assert np.isnan([none.revenue.mean, none.utility.mean, none.certainty_equivalent]).all()


def test_a_utility_at_its_upper_bound_has_the_least_such_revenue():
    """Rounding of the mean must not leave the range of the utility."""
    auctions = pd.DataFrame({"revenue": [5.0] * 1001, "status": ["sold"] * 1001})
    assert seller_worth(auctions, Capped(0.1)).certainty_equivalent == pytest.approx(0.1)


def test_sellers_of_a_market_by_their_own_attitudes():
    """Within 4 standard errors of exact play; who does not fear risk has the mean as certainty equivalent."""
    prior = JointDistribution.product([Discrete([0.0, 1.0, 4.0], [0.5, 0.3, 0.2])] * 2)
    plans = [
        SellerPlan(SecondPrice(1.0), utility=CARA(0.5)),
        SellerPlan(SecondPrice(1.0), name="neutral"),
        SellerPlan(InsuredSale(1.0, 0.4), utility=CARA(0.5)),
    ]
    people = Population.of([Truthful()] * 6)
    panels = [Panel(members=[2 * k, 2 * k + 1], prior=prior) for k in range(3)]
    market = Market(people, plans, panels, Discrete([0.0, 1.0], [0.5, 0.5]))
    market.advance_to(2000)
    market.finish()
    for plan, worth in zip(plans, worth_to_sellers(market), strict=True):
        exact = expected_outcome(plan.mechanism, prior)
        law = exact.revenue_law
        spread = np.sqrt(law.probabilities @ plan.utility(law.amounts) ** 2)
        wanted = exact.seller_utility(plan.utility)
        assert abs(worth.utility.mean - wanted) <= 4 * spread / np.sqrt(1990) + 1e-9
    cautious, neutral, insured = worth_to_sellers(market)
    assert cautious.certainty_equivalent < cautious.revenue.mean
    assert neutral.certainty_equivalent == pytest.approx(neutral.revenue.mean)
    assert insured.certainty_equivalent == pytest.approx(0.4)


def test_a_plan_holds_a_utility():
    assert SellerPlan(FirstPrice()).utility == Linear()
    with pytest.raises(TypeError, match="utility must be a Utility, got 'cautious'"):
        SellerPlan(FirstPrice(), utility="cautious")


VALUES = Discrete([0.0, 1.0, 4.0], [0.5, 0.3, 0.2])
CAUTIOUS = CARA(0.5)


def run_of(prior, *plans, until=300):
    """A market of these sellers, each with two buyers of her own, as a run ends it."""
    people = Population.of([Truthful()] * 2 * len(plans))
    panels = [Panel(members=[2 * k, 2 * k + 1]) for k in range(len(plans))]
    market = Market(people, plans, panels, prior, seed=3)
    assert play_until(market, until) == "complete"
    return market.records


def test_the_records_say_what_it_is_worth_to_those_who_fear_risk():
    """Only to them; the bound is Myerson's revenue on the utilities of values, for one unit (k = 1)."""
    records = run_of(VALUES, SellerPlan(SecondPrice(1.0), utility=CAUTIOUS), SellerPlan(SecondPrice(1.0)))
    worths, auctions = records.frame("worths"), records.frame("auctions")
    (row,) = worths.to_dict("records")
    own = auctions[(auctions.seller_id == 0) & (auctions.status != "unfinished")].revenue
    assert (row["seller_id"], row["auctions"], row["utility"]) == (0, len(own), repr(CAUTIOUS))
    assert row["revenue"] == pytest.approx(own.mean())
    assert row["expected_utility"] == pytest.approx(CAUTIOUS(own.to_numpy()).mean())
    assert row["certainty_equivalent"] == pytest.approx(float(CAUTIOUS.inverse(row["expected_utility"])))
    felt = Discrete(CAUTIOUS(VALUES.values), VALUES.probabilities)
    assert row["utility_bound"] == pytest.approx(optimal_revenue(felt, 2), rel=1e-9)


def test_records_of_sellers_without_fear_are_what_they_were():
    """No table is added, so that nothing in the manifest changes either."""
    records = run_of(VALUES, SellerPlan(SecondPrice(1.0)), until=20)
    assert "worths" not in records.frames()
    assert "worths" not in records.manifest.tables


@pytest.mark.parametrize(
    ("prior", "mechanism"),
    [
        (Uniform(0, 1), SecondPrice()),
        (IndependentPrior([VALUES, Uniform(0, 1)]), SecondPrice()),
        (JointDistribution.product([VALUES] * 2), SecondPrice()),
    ],
    ids=["continuous", "one continuous", "a joint table"],
)
def test_where_no_bound_is_known_there_is_none(prior, mechanism):
    records = run_of(prior, SellerPlan(mechanism, utility=CAUTIOUS), until=20)
    (row,) = records.frame("worths").to_dict("records")
    assert np.isnan(row["utility_bound"])


def test_the_bound_is_for_as_many_units():
    """Two units to two buyers: each is sold to by herself at the best price, if there is no fear of risk."""
    market = Market(
        Population.of([Truthful()] * 2), [SellerPlan(UniformPrice(2), utility=Capped(100.0))],
        [Panel()], VALUES,
    )
    assert utility_bound(market, market.sellers[0], 2) == pytest.approx(2 * 4.0 * 0.2)
    market.close()


def test_the_summary_shows_them_and_else_is_what_it_was():
    manifest = {"scenario": "s", "seed": 0, "parameters": {"until": 300}}
    both = run_of(VALUES, SellerPlan(SecondPrice(1.0), utility=CAUTIOUS), SellerPlan(SecondPrice(1.0)))
    none = run_of(VALUES, SellerPlan(SecondPrice(1.0)), SellerPlan(SecondPrice(1.0)))
    lines = summary(both.frames(), manifest)
    text = printed(lines)
    assert "CARA(risk_aversion=0.5)" in text
    assert "averse to risk" in text
    assert table_width(lines) <= 100
    share = both.frame("worths").expected_utility[0] / both.frame("worths").utility_bound[0]
    assert f"{share:.1%}" in text
    plain = printed(summary(none.frames(), manifest))
    assert "averse" not in plain
    assert printed(lines[:-2]) == plain


def test_the_page_shows_them_where_there_are_any():
    people = Population.of([Truthful()] * 2)
    plan = SellerPlan(SecondPrice(1.0), name="one", utility=CAUTIOUS)
    market = Market(people, [plan], [Panel()], VALUES, seed=3)
    seen = Scene(market)
    assert "–" in panel_content(WORTHS, seen)
    for now in (10, 40):
        market.advance_to(now)
        seen.update()
    own = market.records.frame("auctions").revenue.to_numpy()
    assert seen.felt[0] == pytest.approx(CAUTIOUS(own).sum())
    text = panel_content(WORTHS, seen)
    assert f"{CAUTIOUS.inverse(CAUTIOUS(own).mean()):.2f}" in text
    assert [seller.number for seller in seen.averse] == [0]
    market.close()


def test_what_is_saved_in_the_middle_has_them_and_the_end_has_them_once(tmp_path):
    show = show_of(entry_of(insurance, "insurance"))(seed=1, until=6)
    for _ in range(3):
        show.step()
    with pytest.warns(IncompleteRunWarning):
        middle = load(show.save(tmp_path))
    while show.running:
        show.step()
    assert not show.failed
    ended = load(show.save(tmp_path))
    assert middle["worths"].auctions.tolist() == [3] * 6
    assert ended["worths"].auctions.tolist() == [6] * 6
    assert ended.complete
