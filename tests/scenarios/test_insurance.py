"""Insurance: Example 1's numbers (READINGS and R5 of the risk-averse seller), lived through and exactly."""

import math

import numpy as np
import pytest

from mechanisms.risk_averse import optimal_dsic_utility
from mechanisms.utilities import CARA, Capped, Linear
from scenarios import insurance
from scenarios._insurance_results import last_half, participation, revenues
from sim.audit import audit
from tests.scenarios.played import Folder, manifest, played, printed, table_width
from tests.sim.page.drawing.svg import corners, of_class, parsed


def told(**settings):
    return insurance.Parameters(**settings)


def worth(name, parameters):
    law = insurance.deals(parameters)[name].law(insurance.prior_of(parameters))
    return law.expected_utility(Capped(parameters.epsilon))


@pytest.mark.parametrize("epsilon", [0.01, 0.1, 0.4])
def test_the_papers_numbers(epsilon):
    """2ε² − ε³ by prices, the best there is ex-post IR; ε insured; ε² if she may leave; CARA's premium."""
    parameters = told(epsilon=epsilon, fear=3.0)
    e, a = epsilon, parameters.fear
    assert worth("prices of 1", parameters) == pytest.approx(2 * e**2 - e**3, abs=1e-12)
    best = optimal_dsic_utility([[0, 1]] * 2, [[1 - e, e]] * 2, 2, Capped(e))
    assert worth("prices of 1", parameters) == pytest.approx(best, abs=1e-9)
    assert worth("insured", parameters) == pytest.approx(e, abs=1e-12)
    assert worth("may leave ex post", parameters) == pytest.approx(e**2, abs=1e-12)
    charged = -math.log(1 - e * (1 - math.exp(-a))) / a
    assert worth("cautious insurer", parameters) == pytest.approx(charged, rel=1e-9)


def test_the_gap_has_no_bound():
    ratios = [
        worth("insured", told(epsilon=e)) / worth("prices of 1", told(epsilon=e)) for e in (0.1, 0.01, 0.001)
    ]
    assert ratios == pytest.approx([1 / 0.19, 1 / 0.0199, 1 / 0.001999], rel=1e-9)


def test_the_more_she_fears_the_less_she_pays():
    premiums = [insurance.deals(told(fear=a))["cautious insurer"].mechanism.premium for a in (0.01, 1, 5, 20)]
    assert all(np.diff(premiums) < 0)
    assert premiums[0] == pytest.approx(0.1, rel=0.01)


def test_insurers_neither_gain_nor_lose_but_those_with_a_discount_or_a_way_out():
    parameters = told(discount=0.3)
    prior = insurance.prior_of(parameters)
    gains = {
        name: float(deal.played(prior).utility[0]) for name, deal in insurance.deals(parameters).items()
    }
    e = parameters.epsilon
    assert gains == pytest.approx({
        "prices of 1": 0.0, "insured": 0.0, "cautious insurer": 0.0, "may leave ex post": e * (1 - e),
        "learns, fair": 0.0, "learns, discount": 0.3 * e,
    }, abs=1e-12)


@pytest.fixture(scope="module")
def run():
    return played(insurance, seed=3, until=900, epsilon=0.3, discount=0.5)


def test_the_market_agrees_with_the_exact_laws(run):
    """Within 4 standard errors; learners' for the share of sales in which they took part."""
    tables, parameters = run
    prior, seller = insurance.prior_of(parameters), Capped(parameters.epsilon)
    tried = insurance.deals(parameters)
    for number, (name, deal) in enumerate(tried.items()):
        earned = revenues(tables, number)
        came = participation(tables, number, len(tried))
        assert len(earned) >= 899
        assert deal.learns or came.all()
        law = deal.law(prior, came.mean())
        for feel in (Linear(), seller):
            felt = feel(law.amounts)
            mean = law.probabilities @ felt
            error = np.sqrt(max(law.probabilities @ (felt - mean) ** 2, 0.0) / len(earned))
            assert abs(feel(earned).mean() - mean) <= 4 * error + 1e-9, name


def test_a_discount_brings_those_who_learn(run):
    """At half the fair premium she comes; what she gained by it is what the exact law says."""
    tables, parameters = run
    names = list(insurance.deals(parameters))
    fair, cheap = (
        last_half(participation(tables, names.index(name), len(names))).mean()
        for name in ("learns, fair", "learns, discount")
    )
    assert insurance.measures(tables, parameters)["came: learns, discount"] == cheap > 0.9
    assert cheap > fair


def test_the_audit_says_what_insurance_gives_up():
    """Dominant and interim IR; not ex-post IR, but for the one who may leave."""
    notions = ["dominant", "interim-ir", "ex-post-ir"]
    found = audit(insurance.audited_instances(told()), notions)
    verdicts = found.pivot(index="mechanism", columns="notion", values="verdict")
    assert (verdicts[["dominant-strategy IC", "interim IR"]] == "holds").all(axis=None)
    fails = verdicts.index[verdicts["ex-post IR"] == "fails"]
    assert sorted(fails) == ["cautious insurer", "insured"]
    lost = found[(found.mechanism == "insured") & (found.notion == "ex-post IR")].iloc[0]
    assert (lost.buyer, lost.gain) == (0, pytest.approx(told().epsilon))


def test_caution_of_the_insurer_is_the_audits_too():
    """The cautious insurer's fair premium is above what a more cautious one would bear."""
    from dataclasses import replace

    (mine,) = [one for one in insurance.audited_instances(told()) if one.name == "cautious insurer"]
    frame = audit(replace(mine, utilities=[CARA(9.0), Linear()]), ["interim-ir"])
    assert frame.verdict.tolist() == ["fails"]


def test_the_report_fits_and_draws(tmp_path):
    tables, parameters = played(insurance, until=60)
    lines = insurance.report(Folder(tables, tmp_path), manifest(parameters))
    text = printed(lines)
    assert table_width(lines) <= 80
    for words in (*insurance.deals(parameters), "2ε² − ε³ = 0.019", "at worst", "came"):
        assert words in text
    for name in ("gap", "learning"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_the_page_shows_who_takes_part():
    from sim.records import Records
    from sim.records.manifest import Manifest

    parameters = told()
    records = Records(manifest=Manifest("insurance", parameters.model_dump(), 0))
    market = insurance.build(parameters, 0, records)
    (draw,) = insurance.PANELS
    assert not of_class(parsed(draw(market)), "path", "line")
    market.advance_to(5)
    lines = of_class(parsed(draw(market)), "path", "line")
    assert [len(corners(each)) for each in lines] == [5, 5]
    market.close()
