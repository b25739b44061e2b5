"""What another report would have brought: whether all rivals are at the table, or only the highest."""

from dataclasses import dataclass

import numpy as np
import pytest

from mechanisms.auctions import AllPay, FirstPrice, SecondPrice, ThirdPrice
from mechanisms.deviations import brought, with_report, with_report_where_it_matters
from mechanisms.utilities import Linear

DECIDED_BY_ONE = [FirstPrice(), FirstPrice(reserve=3.0), SecondPrice(), SecondPrice(reserve=3.0)]


def full_and_short(rule, rng, n, lead=()):
    """Expected utilities of alternatives, with all rivals and where it matters; of few numbers, many tie."""
    bids = rng.integers(-1, 6, size=(*lead, n)).astype(float)
    bids[bids < 0] = -np.inf
    seats = rng.permutation(n)[: rng.integers(1, n + 1)]
    alternatives = rng.integers(0, 6, size=(*lead, len(seats), 7)).astype(float)
    values = rng.random((*lead, len(seats), 1)) * 6
    full = brought(rule, with_report(bids, seats, alternatives), seats[:, None], values)
    profiles, places = with_report_where_it_matters(rule, bids, seats, alternatives)
    short = brought(rule, profiles, places, values)
    return full.expected(Linear()), short.expected(Linear()), profiles.shape[-1]


@pytest.mark.parametrize("rule", DECIDED_BY_ONE, ids=repr)
@pytest.mark.parametrize("lead", [(), (4,)], ids=["one", "many"])
def test_the_highest_rival_is_enough(rule, lead):
    rng = np.random.default_rng(1)
    for _ in range(60):
        full, short, seats = full_and_short(rule, rng, int(rng.integers(1, 6)), lead)
        np.testing.assert_array_equal(short, full)
        assert seats <= 2


def test_where_more_matters_everybody_stays():
    rng = np.random.default_rng(2)
    for rule in (ThirdPrice(), AllPay()):
        full, short, seats = full_and_short(rule, rng, 5)
        np.testing.assert_array_equal(short, full)
        assert seats == 5


def test_a_subclass_is_not_taken_at_its_parents_word():
    @dataclass(frozen=True)
    class Halves(FirstPrice):
        """Anything may be different here."""

    assert FirstPrice.highest_rival_decides
    assert not Halves.highest_rival_decides
