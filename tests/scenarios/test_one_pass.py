"""One pass: what the story claims of lotteries for the fearful, exactly; and the market against the laws."""

import math

import numpy as np
import pytest

from mechanisms.risk_averse import gamma, optimal_bic_utility
from mechanisms.utilities import Linear
from scenarios import one_pass
from scenarios._one_pass_designs import KEPT
from scenarios._one_pass_results import seen_utilities
from sim.audit import audit
from sim.page.drawing.names import short
from tests.scenarios.played import Folder, manifest, played, printed, table_width
from tests.sim.command import bazaar
from tests.sim.page.drawing.svg import of_class, parsed, texts

__all__ = ["bazaar"]

SMALL = {"buyers": 2, "types": 3, "units": 1, "rounds": 2}


def found(**settings):
    return one_pass.found_by(one_pass.Parameters(**settings))


@pytest.mark.parametrize(
    "settings", [{}, SMALL, {"types": 3, "seller_fear": 2.0, "buyer_fear": 0.0}, {"buyers": 4, "types": 2}],
    ids=str,
)
def test_what_is_proved_holds(settings):
    """R1: one pass >= c soft; above rounds in the limit, which process fewer; the bound is above the best."""
    one = found(**settings)
    assert one.worth("one pass") >= one.design.factor * one.worth("soft") - 1e-9
    assert one.worth("one pass") >= one.worth("rounds, limit") - 1e-9
    assert one.worth("soft") >= one.worth("one pass") - 1e-9
    assert one.bound >= one.best - 1e-7
    for name in one.laws:
        if name != "soft":  # which sells more than there is
            assert one.worth(name) <= one.best + 1e-7
    proved = one.proved
    assert proved["Theorem 2"] == pytest.approx(KEPT**2 * gamma(one.game.units))
    assert one.worth("one pass") >= proved["one pass"] * one.best
    assert proved["one pass"] == one.design.proved
    assert one.worth("oversold") >= one.oversold.proved * one.best
    assert one.worth("rounds, limit") >= proved["Theorem 2"] * one.best  # so, if not proved of these


def test_one_round_asks_everybody_and_many_are_the_limit():
    """With L = 1 all are asked; with ever more rounds a share of 1 − 1/e."""
    one, many = found(rounds=1), found(rounds=200)
    assert one.worth("rounds, L = 1") > one.worth("rounds, limit") + 0.2
    two = found(buyers=2, units=1, rounds=1)
    assert two.worth("rounds, L = 1") > two.worth("one pass")  # a fixed order may be better than a random one
    assert many.worth("rounds, L = 200") == pytest.approx(many.worth("rounds, limit"), rel=5e-3)


def test_fear_is_what_lotteries_live_on():
    """The more the buyers fear, the more the best mechanism and one pass bring; not so fixed prices."""
    told = one_pass.Parameters()
    ladder = [one_pass.found_by(told, fear) for fear in (0.0, 1.0, 3.0)]
    best = [one.best for one in ladder]
    assert best == sorted(best)
    assert ladder[-1].worth("one pass") > ladder[0].worth("one pass") + 0.02
    assert len({round(one.worth("fixed prices"), 12) for one in ladder}) == 1
    assert ladder[0].worth("fixed prices") > ladder[0].worth("one pass")
    assert ladder[-1].worth("one pass") > ladder[-1].worth("fixed prices")


def test_the_best_mechanism_is_known_where_it_is_small():
    one = found(**SMALL)
    game = one.game
    best = optimal_bic_utility(
        game.values, game.probabilities, game.units, game.seller, game.buyer, game.prices
    )
    assert one.best == pytest.approx(best)
    assert math.isnan(found(buyers=6, types=6, fineness=1).best)


@pytest.mark.parametrize("settings", [SMALL, {"fineness": 1, "rounds": 2}], ids=str)
def test_the_market_agrees_with_the_exact_laws(settings):
    """Within 4.5 standard errors, which the exact law knows: revenue, and her utility of it."""
    tables, parameters = played(one_pass, seed=1, until=250, **settings)
    one = one_pass.found_by(parameters)
    auctions = tables["auctions"]
    seen = seen_utilities(tables, one)
    assert one_pass.measures(tables, parameters)["utility: one pass"] == seen["one pass"].mean
    for number, (name, law) in enumerate(one.laws.items()):
        own = auctions[(auctions.seller_id == number) & (auctions.status != "unfinished")]
        earned = own.revenue.to_numpy()
        assert len(earned) >= 249
        assert seen[name].mean == pytest.approx(one.game.seller(earned).mean())
        for feel in (Linear(), one.game.seller):
            felt = feel(law.amounts)
            mean = law.probabilities @ felt
            error = np.sqrt(law.probabilities @ (felt - mean) ** 2 / len(earned))
            assert abs(feel(earned).mean() - mean) <= 4.5 * error + 1e-9, name


def test_truthful_in_expectation_and_not_dominant():
    """Who knew her draw would lie where lotteries matter; and they are not truthful for the fearless."""
    instances = one_pass.audited_instances(one_pass.Parameters())
    frame = audit(instances, ["dominant", "expectation", "ex-post-ir"])
    verdicts = frame.pivot(index="mechanism", columns="notion", values="verdict")
    assert (verdicts["ex-post IR"] == "holds").all()
    lotteries = ["one pass", "oversold", "rounds, limit", "rounds, L = 2"]
    assert (verdicts.loc[lotteries, "truthful in expectation"] == "holds").all()
    assert (verdicts.loc[lotteries, "dominant-strategy IC"] == "fails").all()
    witness = frame[(frame.mechanism == "one pass") & (frame.notion == "dominant-strategy IC")].iloc[0]
    assert witness.gain > 0.05
    assert witness.says.startswith("report_value")
    assert verdicts.loc["fixed prices", "dominant-strategy IC"] == "holds"
    assert verdicts.loc["one pass, before the fearless", "truthful in expectation"] == "fails"


def test_the_command_audits_the_scenario_and_not_the_mechanism_of_that_name(bazaar):
    done = bazaar("audit", "one_pass", "--mechanism", "one pass", "--notion", "dominant")
    assert done.code == 0
    assert "fails" in done.out
    assert "report_value" in done.out


def test_the_report_fits_and_draws(tmp_path):
    tables, parameters = played(one_pass, until=30, buyers=2, types=3, units=1)
    lines = one_pass.report(Folder(tables, tmp_path), manifest(parameters))
    text = printed(lines)
    assert table_width(lines) <= 80
    for words in (*one_pass.found_by(parameters).laws, "of best", "Theorem 2", "c = "):
        assert words in text
    for name in ("one_pass", "fear"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
    large, told = played(one_pass, until=2, buyers=6, types=6, fineness=1)
    assert "not known, the instance is too large" in printed(one_pass.report(large, manifest(told)))


def test_the_page_shows_utilities_so_far():
    from sim.records import Records
    from sim.records.manifest import Manifest

    parameters = one_pass.Parameters(**SMALL)
    records = Records(manifest=Manifest("one_pass", parameters.model_dump(), 0))
    market = one_pass.build(parameters, 0, records)
    market.advance_to(5)
    (draw,) = one_pass.PANELS
    found, drawing = one_pass.found_by(parameters), draw(market)
    assert {short(name) for name in found.laws} <= {each.words for each in texts(parsed(drawing))}
    np.testing.assert_allclose(drawing.data["exact"], [found.worth(name) for name in found.laws])
    bars = of_class(parsed(drawing), "path", "solid")
    lengths = np.array([float(each.get("d").split("h")[1].split("v")[0]) for each in bars])
    exact = np.array(drawing.data["exact"])
    np.testing.assert_allclose(lengths / lengths.max(), exact / exact.max(), atol=0.01)
    market.close()
