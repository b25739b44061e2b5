"""Cautious seller: what the story claims, exactly; and the market's evenings against the exact laws."""

import re

import numpy as np
import pytest

from mechanisms import Discrete
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.risk_averse import SequentialPrices, optimal_dsic_utility
from mechanisms.utilities import CARA, Linear
from scenarios import cautious_seller
from scenarios._cautious_seller_designs import (
    ATTITUDES,
    FAMILIES,
    LADDER,
    SELLERS,
    attitude,
    buyers_of,
    sale_to,
)
from scenarios._cautious_seller_results import passed_over, revenues, seen_utility
from sim.audit import audit
from tests.scenarios.played import Folder, manifest, played, printed, table_width
from tests.sim.page.drawing.svg import corners, of_class, parsed, texts


def told(**settings):
    return cautious_seller.Parameters(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"values": "jackpot", "buyers": 8},
        {"values": "normal", "buyers": 6, "units": 2, "late": 0.25, "attitude": "CRRA"},
        {"values": "rare", "buyers": 6, "units": 2, "come": "arriving", "attitude": "capped", "caution": 1.0},
        {"values": "bimodal", "buyers": 5, "come": "arriving", "late": 0.4},
    ],
    ids=lambda settings: settings["values"],
)
def test_the_market_agrees_with_the_exact_laws(settings):
    """Within 4.5 standard errors, which the exact law knows: revenue, and her utility of it; late or not."""
    tables, parameters = played(cautious_seller, seed=2, until=150, **settings)
    chosen = cautious_seller.sale_of(parameters)
    for name, earned in revenues(tables).items():
        law = chosen.ways[name].law
        assert len(earned) >= 149
        assert np.isin(np.round(earned, 6), np.round(law.amounts, 6)).all()
        for feel in (Linear(), chosen.utility):
            felt = feel(law.amounts)
            mean = law.probabilities @ felt
            error = np.sqrt(law.probabilities @ (felt - mean) ** 2 / len(earned))
            assert abs(feel(earned).mean() - mean) <= 4.5 * error + 1e-9
    late, unasked = passed_over(tables, parameters.buyers)
    assert late == pytest.approx(parameters.late, abs=0.03)
    assert 0 <= unasked < parameters.buyers


def test_intervals_are_those_of_the_utility():
    tables, parameters = played(cautious_seller, until=60, buyers=4)
    utility = cautious_seller.sale_of(parameters).utility
    seen = seen_utility(tables, utility)
    told = cautious_seller.measures(tables, parameters)
    for name, earned in revenues(tables).items():
        assert seen[name].mean == pytest.approx(utility(earned).mean())
        assert told[f"utility: {name}"] == pytest.approx(utility(earned).mean())
        assert told[f"certified: {name}"] <= 1 + 1e-12


def test_jackpots():
    """Myerson's auction comes home with nothing two times out of three; 1 from everybody sells out."""
    chosen = cautious_seller.sale_of(told())
    assert chosen.ways["Myerson"].law.cdf(0.0) > 2 / 3
    single = chosen.ways["single price"]
    assert set(single.mechanism.prices) == {1.0}
    assert single.law.cdf(2.5) < 1e-6
    assert single.law.amounts[-1] == 3.0
    designed = chosen.ways["designed prices"].mechanism
    asked = [designed.prices[buyer] for buyer in designed.sequence]
    assert (asked[0], asked[-1]) == (40.0, 1.0)
    assert chosen.sure("Myerson") < chosen.sure("single price") < chosen.sure("designed prices")
    assert chosen.sure("designed prices") < chosen.sure("by history")


def test_with_little_risk_no_prices_come_up_to_the_auction():
    chosen = cautious_seller.sale_of(told(values="normal"))
    shares = {name: chosen.certified(name) for name in SELLERS}
    assert max(shares, key=shares.get) == "Myerson"
    assert shares["Myerson"] > 0.99
    assert shares["designed prices"] > 0.95


@pytest.mark.parametrize("family", FAMILIES)
def test_without_caution_myerson_is_the_best_there_is(family):
    parameters = told(values=family, caution=0.0, buyers=6)
    chosen = cautious_seller.sale_of(parameters)
    best = optimal_revenue(buyers_of(family, 6, parameters.late), units=parameters.units)
    assert chosen.utility == Linear()
    assert chosen.worth("Myerson") == pytest.approx(best, rel=1e-9)
    assert chosen.certified("Myerson") == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("family", ["jackpot", "Pareto"])
def test_each_degree_of_caution_prefers_its_own_prices(family):
    """Of prices that depend on history, in one order, which are the best there are."""
    sales = [
        cautious_seller.sale_of(told(values=family, come="arriving", buyers=4, units=2), caution=degree)
        for degree in LADDER
    ]
    laws = [one.ways["by history"].law for one in sales]
    for own, one in enumerate(sales):
        worth = [law.expected_utility(one.utility) for law in laws]
        assert worth[own] == pytest.approx(max(worth), rel=1e-9)
    spreads = [law.standard_deviation for law in laws]
    assert spreads[-1] < spreads[0]
    assert laws[-1].mean < laws[0].mean


@pytest.mark.parametrize("family", FAMILIES)
def test_history_is_never_worse_than_fixed_prices_in_the_same_order(family):
    chosen = cautious_seller.sale_of(told(values=family, come="arriving", buyers=6, units=2))
    for fixed in ("designed prices", "single price"):
        assert isinstance(chosen.ways[fixed].mechanism, SequentialPrices)
        assert chosen.ways[fixed].mechanism.order == tuple(range(6))
        assert chosen.worth("by history") >= chosen.worth(fixed) - 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_the_certificate_is_true(seed):
    """No way is worth more than the best dominant-strategy mechanism, and the bound is not below it."""
    rng = np.random.default_rng(seed)
    priors = [Discrete(rng.choice(8, 2, replace=False) + 1.0, rng.dirichlet([1, 1])) for _ in range(3)]
    utility = (CARA(0.3), attitude("capped", 1.5, 6.0), attitude("CRRA", 2.0, 1.0))[seed % 3]
    chosen = sale_to(priors, 2, utility, arriving=bool(seed % 2))
    best = optimal_dsic_utility([p.values for p in priors], [p.probabilities for p in priors], 2, utility)
    assert chosen.bound >= best - 1e-7
    for name in SELLERS:
        assert chosen.worth(name) <= best + 1e-7


def test_families_are_distributions_and_late_buyers_are_of_value_nothing():
    for family in FAMILIES:
        for late in (0.0, 0.3):
            for prior in buyers_of(family, 5, late):
                assert prior.probabilities.sum() == pytest.approx(1)
                assert prior.sale_probability(np.array(1.0)) == pytest.approx(1 - late)


@pytest.mark.parametrize("name", ATTITUDES)
def test_caution_takes_from_what_is_sure(name):
    """The certainty equivalent of a coin for 0 or 2 hopes falls with caution; the neutral have the mean."""
    sure = [
        float(utility.inverse(utility(np.array([0.0, 20.0])).mean()))
        for utility in (attitude(name, degree, 10.0) for degree in LADDER)
    ]
    assert sure[0] == pytest.approx(10.0)
    assert all(np.diff(sure) <= 1e-12)
    assert sure[-1] < 6


def test_the_report_fits_and_draws(tmp_path):
    tables, parameters = played(cautious_seller, until=30, buyers=4, units=2, values="rare")
    lines = cautious_seller.report(Folder(tables, tmp_path), manifest(parameters))
    text = printed(lines)
    assert table_width(lines) <= 80
    for words in (*SELLERS, *FAMILIES, "of best", "came too late"):
        assert words in text
    for name in ("frontier", "revenue"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_truth_is_dominant_before_buyers_of_any_attitude():
    found = audit(cautious_seller.audited_instances(told(values="rare")), ["dominant", "ex-post-ir"])
    assert len(found) == 2 * 2 * len(SELLERS)
    assert set(found.verdict) == {"holds"}


def test_the_page_shows_revenue_so_far():
    from sim.page.scene import Scene
    from sim.page.tables import worths
    from sim.records import Records
    from sim.records.manifest import Manifest

    parameters = told(buyers=4, units=2)
    records = Records(manifest=Manifest("cautious_seller", parameters.model_dump(), 0))
    market = cautious_seller.build(parameters, 0, records)
    market.advance_to(5)
    (draw,) = cautious_seller.PANELS
    drawn = parsed(draw(market))
    assert set(SELLERS) <= {each.words for each in texts(drawn)}
    ends = set()
    for number in range(len(SELLERS)):
        law = corners(of_class(drawn, "path", "line", f"s{number}")[-1])
        assert law == sorted(law, key=lambda corner: (corner[0], -corner[1]))    # upwards, as laws go
        ends.add(law[-1])
    assert len(ends) == 1    # with certainty no more than the most of all
    told_of = worths(Scene(market))
    assert "CARA(risk_aversion=" in told_of
    assert not re.search(r"\d\.\d{5}", told_of)  # numbers for people: four digits
    market.close()
