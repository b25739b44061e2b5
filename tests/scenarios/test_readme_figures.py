"""What the README says of learners is a claim: played anew, in other rooms, it must come again."""

import math
import re
from pathlib import Path

import pytest

from agents import Group, Population, SellerPlan, make_strategy
from mechanisms import FirstPrice
from scenarios.learn_first_price import VALUES
from sim import Market, Panel
from sim.measures.learning_curves import room_of
from sim.measures.replicates import estimate_of, replicate_seeds

ROOT = Path(__file__).resolve().parents[2]
PLACES = [ROOT / "README.md", ROOT / "docs/how-to/learning.md"]


def share_of_values(seed, until=4000.0):
    """What two buyers who learn by Hedge bid of their values in the second half of their auctions."""
    groups = [Group(make_strategy("hedge"), prior=VALUES) for _ in range(2)]
    plan = SellerPlan(FirstPrice(), discloses="bids")
    market = Market(Population(groups, [0, 1]), [plan], [Panel()], VALUES, seed, tick=until)
    market.advance_to(until)
    market.finish()
    market.close()
    late = room_of(market.records.frames(), 0)
    late = late.part(len(late) // 2)
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
    again = estimate_of([share_of_values(seed) for seed in replicate_seeds(2, 8)])
    assert abs(again.mean - mean) <= 1.5 * math.hypot(width, again.half_width)
    assert again.half_width / 4 < width < 4 * again.half_width
