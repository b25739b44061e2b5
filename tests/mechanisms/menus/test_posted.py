import math

import numpy as np
import pytest

from agents.strategies.base import Truthful
from agents.strategies.menu_buyers import ExactMenuBuyer, GreedyMenuBuyer
from mechanisms.menus import LOTTERY_TICKETS, Menu, best_purchase, coffee_shop_menu, ticket_menu
from mechanisms.menus.posted import PostedMenu
from sim.conformance.mechanism import MechanismConformance
from tests.mechanisms.menus.walking import expected


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_exact_buyers_get_the_utility_that_theory_gives_them(k, adaptive):
    rng = np.random.default_rng([5, k])
    for _ in range(6):
        m, n = rng.integers(1, 4), rng.integers(1, 3)
        menu = Menu(rng.integers(0, 5, (m, n)) / 4, rng.integers(0, 6, m) / 4)
        values = rng.integers(0, 5, n).astype(float)
        best = best_purchase(menu, values, k, adaptive)
        utility, payment = expected(PostedMenu(menu, k, adaptive), values, ExactMenuBuyer())
        assert utility == pytest.approx(best.utility, abs=1e-12)
        assert payment == pytest.approx(best.payment, abs=1e-12)
        for other in (GreedyMenuBuyer(), Truthful()):
            assert expected(PostedMenu(menu, k, adaptive), values, other)[0] <= best.utility + 1e-12


def test_the_high_type_of_example_2_comes_back_when_she_may_look():
    menu, high = ticket_menu(2), LOTTERY_TICKETS.types[2]
    committed = expected(PostedMenu(menu, 2), high, ExactMenuBuyer())
    adaptive = expected(PostedMenu(menu, 2, adaptive=True), high, ExactMenuBuyer())
    assert committed == pytest.approx((1, 11))  # M_2 is buy-2 incentive compatible
    assert adaptive[0] > 1 + 1e-3


class TestPostedMenu(MechanismConformance):
    instances = (
        PostedMenu(coffee_shop_menu(), 2),
        PostedMenu(ticket_menu(2), 2, adaptive=True),
        PostedMenu(Menu([[0.5]], [1]), 3),
    )

    def sizes(self, mechanism):
        return [1]


def test_bad_input_is_named():
    with pytest.raises(TypeError, match="menu must be a Menu"):
        PostedMenu([[1]], 2)
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        PostedMenu(coffee_shop_menu(), 0)
    with pytest.raises(TypeError, match="k must be an integer, got inf"):
        PostedMenu(coffee_shop_menu(), math.inf)
    with pytest.raises(ValueError, match="one buyer at a time, not for 2"):
        next(PostedMenu(coffee_shop_menu()).conversation(2))
