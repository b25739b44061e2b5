"""What the README says of learners is a claim: played anew, in other rooms, it must come again."""

import math
import re
from pathlib import Path

import pytest

from agents import Group, Population, SellerPlan, make_strategy
from mechanisms import FirstPrice, SecondPrice
from scenarios import learn_first_price, risk_averse_bidders
from scenarios.learn_first_price import VALUES, Setting, relative_loss
from sim import Market, Panel
from sim.measures.learning_curves import room_of
from sim.measures.replicates import across, estimate_of, replicate_seeds
from sim.runs.replicates import tables_of

ROOT = Path(__file__).resolve().parents[2]
PLACES = [ROOT / "README.md", ROOT / "docs/how-to/learning.md"]


def hedging_room(seed, mechanism, until=4000.0):
    """The auctions of two buyers who learn by Hedge."""
    groups = [Group(make_strategy("hedge"), prior=VALUES) for _ in range(2)]
    plan = SellerPlan(mechanism, discloses="bids")
    market = Market(Population(groups, [0, 1]), [plan], [Panel()], VALUES, seed, tick=until)
    market.advance_to(until)
    market.finish()
    market.close()
    return room_of(market.records.frames(), 0)


def share_of_values(room):
    """What they bid of their values in the second half."""
    late = room.part(len(room) // 2)
    return float(late.bids.sum() / late.values.sum())


def claimed(path):
    """The figure of Hedge in a text, and its half-width."""
    text = " ".join(path.read_text(encoding="utf-8").split())
    found = re.search(r"Hedge ends at (0\.\d+) ± (0\.\d+) of the value", text)
    assert found, path
    return float(found[1]), float(found[2])


def test_both_places_say_the_same():
    assert len(set(map(claimed, PLACES))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.name)
def test_hedge_ends_where_the_readme_says(path):
    mean, width = claimed(path)
    again = estimate_of([share_of_values(hedging_room(seed, FirstPrice())) for seed in replicate_seeds(2, 8)])
    assert abs(again.mean - mean) <= 1.5 * math.hypot(width, again.half_width)
    assert again.half_width / 4 < width < 4 * again.half_width


# --- risk -------------------------------------------------------------------------------------------


def claimed_of_risk(path):
    """Mean, half-width and theory's figure by format."""
    text = " ".join(path.read_text(encoding="utf-8").split())
    pattern = r"(0\.\d+) ± (0\.\d+) at (first|second) price \(theory: (0\.\d+)\)"
    found = re.findall(pattern, text)
    return {name: (float(mean), float(width), float(theory)) for mean, width, name, theory in found}


def test_what_is_said_of_risk_is_theory_and_the_same_in_both_places():
    """b(v) = v (n-1)/(n-1+r) with n = 3 and r = 0.4: revenue 3/4 · 2/2.4; truth: 1/2."""
    said = [claimed_of_risk(path) for path in PLACES]
    assert said[0] == said[1]
    assert set(said[0]) == {"first", "second"}
    for name, known in (("first", 0.75 * 2 / 2.4), ("second", 0.5)):
        mean, width, theory = said[0][name]
        assert theory == pytest.approx(known, abs=1e-9)
        assert abs(mean - known) <= width + 5e-4


@pytest.mark.slow
def test_risk_averse_bidders_pay_what_the_readme_says():
    parameters = risk_averse_bidders.Parameters()
    runs = [
        risk_averse_bidders.measures(tables_of(risk_averse_bidders.build, parameters, seed), parameters)
        for seed in replicate_seeds(1, 8)
    ]
    again = across(runs)
    for name, (mean, width, _) in claimed_of_risk(PLACES[0]).items():
        found = again[f"CRRA 0.6: {name} price"]
        assert abs(found.mean - mean) <= 1.5 * math.hypot(width, found.half_width)
        assert found.half_width / 4 < width < 4 * found.half_width


# --- the story of learn_first_price -----------------------------------------------------------------


@pytest.mark.slow
def test_hedge_ends_where_the_story_says_in_second_price():
    story = " ".join(learn_first_price.__doc__.split())
    bids = re.search(r"they bid (0\.\d+) ± (0\.\d+) of their values", story)
    lost = re.search(r"lose (\d\.\d+)% ± (\d\.\d+)% of the utility", story)
    rooms = [hedging_room(seed, SecondPrice()) for seed in replicate_seeds(5, 8)]
    shares = estimate_of(list(map(share_of_values, rooms)))
    setting = Setting("it", SecondPrice(), "hedge")
    losses = estimate_of([100 * relative_loss(room, setting) for room in rooms])
    for said, found in ((bids, shares), (lost, losses)):
        mean, width = float(said[1]), float(said[2])
        assert abs(found.mean - mean) <= 1.5 * math.hypot(width, found.half_width)
