"""The scenarios of risk-averse bidders and of liars: simulation against theory, and theory against itself."""

import numpy as np
import pytest

from scenarios import liars_market, risk_averse_bidders
from tests.scenarios.played import played
from tests.sim.command import bazaar

__all__ = ["bazaar"]

SLACK = 2.5
"""Half-widths of 95% intervals within which all of a few dozen figures are expected: nearly five sigma."""


def distance(figure):
    return abs(figure.estimate.mean - figure.theory) / figure.estimate.half_width


# --- risk-averse bidders ----------------------------------------------------------------------------


@pytest.mark.parametrize("bidders", [2, 4])
def test_first_price_earns_more_from_the_averse_only(bidders):
    tables, told = played(risk_averse_bidders, seed=1, until=2500, bidders=bidders)
    rows = risk_averse_bidders.figures(tables, told)
    assert max(distance(figure) for row in rows.values() for figure in row.values()) < SLACK
    neutral, *averse = [row["difference"] for row in rows.values()]
    assert neutral.theory == pytest.approx(0, abs=1e-5)
    for difference in averse:
        assert difference.estimate.low > 0


def test_theory_of_the_crra_crowd():
    """n = 3, r = 0.4: first price (2/2.4)(3/4), second price 1/2."""
    tables, told = played(risk_averse_bidders, until=30)
    rows = risk_averse_bidders.figures(tables, told)
    assert rows["CRRA 0.6"]["first price"].theory == pytest.approx(0.625, abs=1e-6)
    assert rows["CRRA 0.6"]["second price"].theory == pytest.approx(0.5, abs=1e-9)


# --- liars ------------------------------------------------------------------------------------------


def test_payoffs_are_those_of_theory():
    tables, told = played(liars_market, seed=2, until=400, latency=0)
    rows = liars_market.figures(tables, told)
    known = [figure for row in rows.values() for name, figure in row.items() if name != "open proxy"]
    assert len(known) == 16
    rare = [figure for figure in known if np.isnan(figure.estimate.half_width)]
    assert [figure for figure in known if figure.theory == pytest.approx(0, abs=1e-12)] == rare[:2]
    assert all(figure.estimate.mean == pytest.approx(figure.theory, abs=0.01) for figure in rare)
    assert max(distance(figure) for figure in known if figure not in rare) < SLACK


def test_theory_of_a_truthful_crowd():
    """A ring of one is an honest bidder: in second price each of n gains 1/(n (n + 1))."""
    told = liars_market.Parameters(truthful=2, shaders=1, snipers=1, colluders=1, share=1.0)
    payoffs = liars_market.expected_payoffs(told, "second price")
    np.testing.assert_allclose(list(payoffs.values()), 1 / 30, atol=1e-6)
    assert liars_market.expected_payoffs(told, "open proxy") == {}


def test_theory_of_a_ring():
    """Two honest, a ring of two, and one who bids next to nothing, in second price.

    An honest one has the highest of four values with E[(V - M)+] = 1/20 over M; the ring gains the integral
    of P(M < x < W) = x^2 (1 - x^2), 2/15, and each member half of it.
    """
    told = liars_market.Parameters(truthful=1, shaders=1, snipers=1, colluders=2, share=1e-9)
    payoffs = liars_market.expected_payoffs(told, "second price")
    assert payoffs["truthful"] == pytest.approx(1 / 20, abs=1e-6)
    assert payoffs["snipers"] == pytest.approx(1 / 20, abs=1e-6)
    assert payoffs["colluders"] == pytest.approx(1 / 15, abs=1e-6)


def test_side_payments_stay_in_the_ring_and_add_up():
    tables, told = played(liars_market, until=200)
    transfers = tables["transfers"]
    assert len(transfers) > 5
    for column in ("from_person", "to_person"):
        kinds = liars_market.kinds_of(transfers[column].to_numpy(), told)
        assert {list(liars_market.crowd(told))[kind] for kind in kinds.tolist()} == {"colluders"}
    panels = 2 + 2 + 2 + 2
    assert (transfers["from_person"] // panels == transfers["to_person"] // panels).all()


# --- the command ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "plots"),
    [
        ("risk_averse_bidders", ["bids.png", "loss.png"]),
        ("liars_market", ["bids.png", "loss.png", "payoffs.png"]),
    ],
)
def test_ends_in_a_table_and_plots(bazaar, name, plots, tmp_path):
    ended = bazaar("run", name, "--until", "40", "--out", str(tmp_path / "out"))
    assert ended.code == 0, ended.err
    assert "theory" in ended.out
    assert max(map(len, ended.out.splitlines()[2:])) <= 100
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == plots


# --- learners among them ----------------------------------------------------------------------------


def test_learners_come_near_the_equilibrium_of_their_attitude():
    """From nothing: the averse learn to bid more in first price, and all to be truthful in second price."""
    tables, told = played(risk_averse_bidders, seed=3, until=1500, strategy="fictitious_play", replicates=1)
    rows = risk_averse_bidders.figures(tables, told)
    theory = [row[format_].theory for row in rows.values() for format_ in risk_averse_bidders.FORMATS]
    learned = [series[-1000:].mean() for series in risk_averse_bidders.revenues(tables)]
    np.testing.assert_allclose(learned, theory, atol=0.03)
    assert set(tables["policies"]["group"]) == set(range(6))  # each panel for itself


def test_newcomers_learn_to_live_among_liars():
    """Where truth ruins, those who learn do better than the truthful; theory does not know their bids."""
    newcomers = {"newcomers": 2, "strategy": "fictitious_play"}
    tables, told = played(liars_market, seed=3, until=600, replicates=1, **newcomers)
    rows = liars_market.figures(tables, told)
    assert [*rows] == ["truthful", "shaders", "snipers", "colluders", "newcomers"]
    assert all(np.isnan(figure.theory) for row in rows.values() for figure in row.values())
    for ruinous in ("first price", "all-pay"):
        assert rows["newcomers"][ruinous].estimate.low > rows["truthful"][ruinous].estimate.high
    assert rows["newcomers"]["second price"].estimate.low > 0


def test_without_newcomers_their_strategy_says_nothing():
    plain, _ = played(liars_market, seed=3, until=30)
    named, _ = played(liars_market, seed=3, until=30, strategy="exp3", newcomers=0)
    assert plain["transactions"].equals(named["transactions"])


def test_a_strategy_alone_brings_two_newcomers():
    tables, told = played(liars_market, seed=3, until=30, strategy="exp3")
    assert told.newcomers == 2
    assert set(tables["policies"]["strategy"]) == {"EXP3-IX"}
    assert liars_market.Parameters(**told.model_dump()) == told
    assert liars_market.Parameters().newcomers == 0
