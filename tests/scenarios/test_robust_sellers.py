"""Sellers who know a mean or a range: each claim of the six stories holds, in the records and in theory."""

import numpy as np
import pytest
from scipy.optimize import brentq

from mechanisms.robust import (
    RandomReserveAuctions,
    extra_bidders,
    grid_regret,
    optimal_reserve,
    second_price_worst_case,
)
from scenarios import (
    ambiguous_bidders,
    highest_bidder_lottery,
    one_more_bidder,
    random_reserve_emerges,
    regret_auction,
    regret_pricing,
)
from scenarios._learned import last_plays
from scenarios._markov_figures import RESERVES, SLACKNESS_MEAN, slackness, worst_cases
from scenarios._rooms import figures, series
from scenarios._sure_reserves import SureReserves
from sim.audit import audit
from tests.scenarios.played import Folder, manifest, played, printed

ALL = (ambiguous_bidders, highest_bidder_lottery, one_more_bidder, random_reserve_emerges, regret_auction,
       regret_pricing)
SMALL = {
    ambiguous_bidders: {"until": 1500},
    highest_bidder_lottery: {"until": 500},
    one_more_bidder: {"until": 1500},
    random_reserve_emerges: {"until": 100, "steps": 12, "rounds": 400},
    regret_auction: {"until": 250, "bidders": "2,4"},
    regret_pricing: {"until": 120, "rounds": 12},
}
IDS = {"ids": lambda module: module.__name__.rsplit(".", 1)[-1] if hasattr(module, "__name__") else None}


@pytest.fixture(scope="module")
def runs():
    """Tables and parameters of a small run of each."""
    made = {}

    def run(module):
        if module not in made:
            made[module] = played(module, **SMALL[module])
        return made[module]

    return run


def rows_of(module, run, **options):
    tables, told = run
    rooms = module.rooms_of(told)
    rooms = rooms[0] if isinstance(rooms, tuple) else rooms
    regret = module in (regret_auction, regret_pricing)
    found = series(tables, len(rooms), regret)
    return figures(rooms, found, unit=2.0 if regret else 1.0, **options)


def near(figure, theory, slack=1e-9, widths=1.6):
    """Whether theory is within so many half-widths of a 95% interval."""
    return abs(figure.estimate.mean - theory) <= widths * figure.estimate.half_width + slack


def lottery(bidders, mean):
    """σ and r of Theorem 1.5.3: r = I μ/y with y − ln y = I − ln(I μ), y > 1, and 1/σ = y − 1."""
    y = brentq(lambda y: y - np.log(y) - bidders + np.log(bidders * mean), 1.0, bidders + 100.0)
    return 1 / (y - 1), bidders * mean / y


# --- what holds for all -----------------------------------------------------------------------------


@pytest.mark.parametrize("module", ALL, **IDS)
def test_theory_is_in_the_intervals(module, runs):
    """Every figure of theory that an auction is to bring on average, but for those who learn."""
    for nature, row in rows_of(module, runs(module)).items():
        for seller, figure in row.items():
            if "learn" not in f"{nature} {seller}" and not np.isnan(figure.theory):
                assert near(figure, figure.theory, 1e-3, widths=2.0), (nature, seller)


@pytest.mark.parametrize("module", ALL, **IDS)
def test_reports_fit_the_screen_and_plots_are_saved(module, runs, tmp_path):
    """80 columns for tables, and every picture that the report names is there."""
    tables, told = runs(module)
    lines = module.report(Folder(tables, tmp_path), manifest(told))
    table = next(line for line in lines if not isinstance(line, str))
    assert max(map(len, printed([table]).splitlines())) <= 100
    assert max(len(line.rstrip()) for line in printed([table]).splitlines()) <= 80
    said = printed(lines).replace("\n", " ")
    drawn = sorted(path.name for path in tmp_path.glob("*.png"))
    assert len(drawn) >= 2
    assert all(name in said for name in drawn)
    assert all((tmp_path / name).stat().st_size > 5_000 for name in drawn)


@pytest.mark.parametrize("module", ALL, **IDS)
def test_the_story_tells_what_to_look_for(module):
    assert "What to look for." in module.__doc__
    for name, field in module.Parameters.model_fields.items():
        assert field.description, name
        assert field.metadata, name


@pytest.mark.parametrize("module", ALL, **IDS)
def test_the_same_seed_gives_the_same_records(module):
    small = {**SMALL[module], "until": 6}
    if "rounds" in small:
        small["rounds"] = 20
    first, second = (played(module, seed=3, **small)[0] for _ in range(2))
    for name in first:
        assert first[name].equals(second[name]), name


# --- highest_bidder_lottery --------------------------------------------------------------------------


def test_the_lottery_is_sure_of_r_and_others_of_less(runs):
    """Theorems 1.5.2 and 1.5.3; the believer's reserve is above the mean, and she is sure of nothing."""
    row = rows_of(highest_bidder_lottery, runs(highest_bidder_lottery))["worst case"]
    _, r = lottery(2, 0.5)
    assert row["lottery"].theory == pytest.approx(r)
    assert row["random reserve"].theory == pytest.approx(r)
    assert row["best reserve"].theory == pytest.approx(2 * (1 - np.sqrt(0.5)) ** 2)
    assert row["Vickrey"].theory == row["Vickrey"].estimate.mean == 0
    assert row["believer"].theory == row["believer"].estimate.mean == 0


def test_the_nature_who_learns_comes_to_the_worst_case(runs):
    """Never below it but by luck, and close to it in the second half."""
    row = rows_of(highest_bidder_lottery, runs(highest_bidder_lottery))["learns"]
    for seller, figure in row.items():
        assert near(figure, figure.theory, 0.02), seller


def test_in_the_towns_it_is_the_other_way_round(runs):
    """A sure reserve earns more in both, and the random reserve more than the lottery."""
    rows = rows_of(highest_bidder_lottery, runs(highest_bidder_lottery))
    for nature in ("independent", "alike"):
        earned = {seller: figure.theory for seller, figure in rows[nature].items()}
        assert earned["best reserve"] > earned["random reserve"] > earned["lottery"]
    assert rows["independent"]["lottery"].theory == pytest.approx(0.3228, abs=5e-5)
    assert rows["independent"]["random reserve"].theory == pytest.approx(0.3423, abs=5e-5)
    assert rows["independent"]["Vickrey"].theory == pytest.approx(1 / 3)


def test_with_more_bidders_all_but_the_believer_come_together():
    told = highest_bidder_lottery.Parameters(bidders=10)
    worst = {room.seller: room.theory for room in highest_bidder_lottery.rooms_of(told)
             if room.nature == "worst case"}
    assert worst.pop("believer") == 0
    assert max(worst.values()) - min(worst.values()) < 0.05


@pytest.mark.parametrize(("region", "attained"), [("R₁", True), ("R₂", False), ("R₃", False)])
def test_figure_1_2(region, attained):
    """The plane lies below the revenue and touches it where nature's atoms are: complementary slackness."""
    reserve = RESERVES[region]
    drawn = slackness(reserve)
    assert (drawn["plane"] <= drawn["revenue"] + 1e-9).all()
    worst = second_price_worst_case(2, SLACKNESS_MEAN, reserve)
    assert worst.attained == attained
    highest, second = drawn["atoms"].max(axis=1), drawn["atoms"].min(axis=1)
    earned = np.where(highest >= reserve, np.maximum(second, reserve), 0.0)
    np.testing.assert_allclose(drawn["paid"], earned, atol=1e-5)


def test_figures_1_4_and_1_5():
    """The gap falls in I and μ; more bidders are needed for every I, and ever more."""
    sizes = range(2, 21)
    secured, second = worst_cases(0.5, sizes)
    assert (secured > second).all()
    assert (np.diff(secured) > 0).all()
    assert secured[0] == pytest.approx(lottery(2, 0.5)[1])
    assert second[0] == pytest.approx(optimal_reserve(2, 0.5).revenue)
    gaps = [1 - b / a for a, b in (worst_cases(mean, (2, 10)) for mean in (0.1, 0.3, 0.5, 0.7))]
    assert all((np.diff(gap) < 0).all() for gap in gaps)
    assert (np.diff([gap[0] for gap in gaps]) < 0).all()
    needed = [extra_bidders(bidders, 0.5) for bidders in (2, 10, 50, 200)]
    assert needed == sorted(needed)
    assert needed[0] >= 2
    assert needed[-1] > 80


# --- regret_pricing and regret_auction ----------------------------------------------------------------


def test_learned_regret_comes_to_the_value(runs):
    """1/e on the fine grid within 1% of the range; z on the coarse one; both bounds close."""
    last = last_plays(runs(regret_pricing)[0])
    fine, separate, both = (last.loc[number] for number in range(3))
    assert -fine.hope <= grid_regret(1.0, 0.0, 100) + 1e-6 <= -fine.guarantee + 2e-6
    assert -(fine.hope + fine.guarantee) / 2 == pytest.approx(1 / np.e, abs=0.01)
    least = grid_regret((1.0, 1.0), 0.0, 8)
    for play in (separate, both):
        assert -play.hope - 1e-6 <= least <= -play.guarantee + 1e-6
        assert play.gap < 0.01 * 2


def test_a_price_for_both_makes_learned_values_go_together(runs):
    tables, told = runs(regret_pricing)
    found = regret_pricing.correlations(tables, told.steps)
    assert abs(found["two prices"]) < 0.2
    assert found["bundle too"] > 0.4


def test_sure_prices_lose_half_of_the_range_and_random_ones_an_eth(runs):
    """e/2 times as much (Corollary 2.4.1); where values are uniform it is the other way round."""
    rows = rows_of(regret_pricing, runs(regret_pricing))
    assert rows["learns"]["sure"].estimate.mean == pytest.approx(0.5, abs=0.01)
    assert rows["learns"]["random"].estimate.mean == pytest.approx(1 / np.e, abs=0.01)
    assert near(rows["thesis'"]["random"], 1 / np.e)
    uniform = rows["uniform"]
    assert uniform["sure"].theory == 0.25 < uniform["random"].theory == pytest.approx(0.3002, abs=1e-4)


def test_regret_of_random_reserves_does_not_depend_on_bidders(runs):
    """Corollary 3.3.1: 1/e before the thesis' nature, for 2 and 4 bidders, and never more."""
    rows = rows_of(regret_auction, runs(regret_auction))
    for bidders in (2, 4):
        assert near(rows[f"{bidders}, thesis'"]["random reserves"], 1 / np.e)
        learned = rows[f"{bidders}, learns"]
        assert learned["random reserves"].estimate.low <= 1 / np.e + 0.02
        assert learned["sure reserves"].estimate.mean == pytest.approx(0.5, abs=0.01)
        assert learned["Vickrey"].estimate.mean == pytest.approx(1.0, abs=0.02)
        assert near(rows[f"{bidders}, thesis'"]["sure reserves"], 1 / np.e)
        assert near(rows[f"{bidders}, thesis'"]["Vickrey"], 2 / np.e)


@pytest.mark.parametrize("reserve", [0.0, 0.4])
def test_sure_reserves_are_the_thesis_rule_at_one_reserve(reserve):
    """(3.3) where the reserves are known; truth is best, against random lies."""
    rng = np.random.default_rng(1)
    values = rng.random((500, 3, 2))
    rule = SureReserves(reserve)
    found = rule.outcome(values)
    known = RandomReserveAuctions((1.0, 1.0), 3).outcome_at(values, np.full((500, 2), reserve))
    np.testing.assert_allclose(found.allocation, known.allocation)
    np.testing.assert_allclose(found.payments, known.payments)
    lies = values.copy()
    lies[:, 0] = rng.random((500, 2))
    told = rule.outcome(lies)
    honest, lied = ((values[:, 0] * one.allocation[:, 0]).sum(axis=1) - one.payments[:, 0]
                    for one in (found, told))
    assert (honest >= lied - 1e-12).all()
    assert (honest >= -1e-12).all()


def test_competition_helps_where_nature_means_no_harm():
    regrets = [regret_auction.uniform_regrets(bidders) for bidders in (2, 5, 10, 20)]
    for seller in regret_auction.WORST:
        assert (np.diff([one[seller] for one in regrets]) < 0).all()
    assert all(one["random reserves"] >= max(one["sure reserves"], one["Vickrey"]) for one in regrets[1:])
    for bidders, one in zip((2, 5, 10, 20), regrets, strict=True):
        assert one["Vickrey"] == pytest.approx(1 / (bidders + 1))


# --- random_reserve_emerges --------------------------------------------------------------------------


def test_the_value_and_the_atom_emerge(runs):
    """The value is the game's; the mass below r is (I − 1) σ; ordinary trade puts it at reserve 0."""
    tables, told = runs(random_reserve_emerges)
    sigma, r = lottery(2, 0.5)
    assert sigma == pytest.approx(0.466, abs=5e-4)
    last = last_plays(tables)
    for number, ordinary in enumerate((False, True)):
        low, high = random_reserve_emerges.game_of(told, ordinary).value()
        play = last.loc[number]
        assert play.guarantee <= high + 1e-9
        assert low - 1e-9 <= play.hope
        assert play.gap < 0.004
    assert last.loc[0].guarantee == pytest.approx(r, abs=0.02)
    found = random_reserve_emerges.atoms(tables, told)
    (alone, below), (with_trade, both) = found.values()
    assert below == pytest.approx(sigma, abs=0.05)
    assert both == pytest.approx(sigma, abs=0.05)
    assert alone < 0.15
    assert with_trade == pytest.approx(sigma, abs=0.08)
    assert random_reserve_emerges.secured(tables, told) == pytest.approx(r, abs=0.02)
    gaps = tables["plays"].sort_values("time").groupby("seller_id")["gap"]
    assert (gaps.last() < 0.3 * gaps.first()).all()


def test_sweeps_get_what_was_learned(runs):
    found = random_reserve_emerges.measures(*runs(random_reserve_emerges))
    assert found["learned: guarantee"] < found["learned: hope"]
    assert found["ordinary trade too: reserve 0"] == pytest.approx(lottery(2, 0.5)[0], abs=0.08)
    found = regret_pricing.measures(*runs(regret_pricing))
    assert found["one price: regret"] == pytest.approx(1 / np.e, abs=0.01)
    assert found["bundle too: regret"] == pytest.approx(grid_regret((1.0, 1.0), 0.0, 8) / 2, abs=0.01)


# --- one_more_bidder ---------------------------------------------------------------------------------


@pytest.mark.parametrize("bidders", [2, 3, 8])
def test_one_more_bidder_is_enough_for_regular_laws_only(bidders):
    """Bulow and Klemperer's theorem and Theorem 1.4.3; Section 1.5 for the Markov set."""
    rooms = one_more_bidder.rooms_of(one_more_bidder.Parameters(bidders=bidders))
    earned = {}
    for room in rooms:
        earned.setdefault(room.nature, {})[room.seller] = room.theory
    for law in one_more_bidder.LAWS:
        few, best, more = (earned[law][column] for column in one_more_bidder.COLUMNS)
        assert few <= best <= more
    few, best, more = (earned[one_more_bidder.MARKOV][column] for column in one_more_bidder.COLUMNS)
    assert few < more < best
    said = one_more_bidder.verdicts(one_more_bidder.Parameters(bidders=bidders))
    assert said[0].endswith("one more bidder is enough.")
    assert said[1].endswith("one more bidder is not enough.")


@pytest.mark.parametrize("mean", [0.05, 0.3, 0.6, 0.95])
def test_in_the_markov_set_one_more_is_not_for_many_bidders(mean):
    """Proposition 1.5.10; for two bidders of a high mean it may be."""
    for bidders in (100, 300, 1000):
        more = second_price_worst_case(bidders + 1, mean, 0.0).revenue
        assert more < lottery(bidders, mean)[1]
    few = second_price_worst_case(3, mean, 0.0).revenue
    assert (few > lottery(2, mean)[1]) == (mean == 0.95)


# --- ambiguous_bidders -------------------------------------------------------------------------------


@pytest.mark.parametrize(("attitude", "share"), [
    ("Knight", 1 / 6), ("Hurwicz ¼", 1 / 4), ("Hurwicz ½", 1 / 3), ("Bayes ½", 1 / 3), ("maxmin", 1 / 2),
])
def test_where_each_attitude_leaves_the_truth(attitude, share):
    """Example 1.2.2: truth brings 4 − 4s for sure, the lie 10/3 or 2."""
    assert ambiguous_bidders.last_share(attitude) == pytest.approx(share, abs=1e-9)
    if attitude != "Knight":
        assert ambiguous_bidders.bid_of(attitude, share - 1e-6) == 4
        assert ambiguous_bidders.bid_of(attitude, share + 1e-6) == 0


def test_knight_prefers_the_lie_from_a_half_on():
    assert ambiguous_bidders.bid_of("Knight", 0.4) == 4
    assert ambiguous_bidders.bid_of("Knight", 0.5) == 0


def test_what_the_seller_expected_and_gets(runs):
    """1.8 and 2.0 from the truthful, .6 and 1.0 from all but the maxmin bidders."""
    assert ambiguous_bidders.expected(0.5, 4.0) == pytest.approx([1.8, 2.0])
    rows = rows_of(ambiguous_bidders, runs(ambiguous_bidders))
    for law, honest, lied in (("first law", 1.8, 0.6), ("second law", 2.0, 1.0)):
        for attitude, figure in rows[law].items():
            expected = honest if attitude == "maxmin" else lied
            assert figure.theory == pytest.approx(expected)
            assert near(figure, expected)


# --- the audit ---------------------------------------------------------------------------------------


def verdicts(instance):
    frame = audit(instance)
    return dict(zip(frame.notion, frame.verdict, strict=True))


def test_the_audit_of_the_all_pay_auction():
    """Example 1.2.2: maxmin IC, and neither Knightian, Hurwicz nor Bayesian IC."""
    found = verdicts(ambiguous_bidders.audited_instances(ambiguous_bidders.Parameters())[0])
    assert found["maxmin IC"] == "holds"
    for title in ("Knightian IC (distributionally robust)", "Hurwicz IC", "Bayesian IC over the set"):
        assert found[title] == "fails"


SAFE = ("ex-post IC", "truthful in expectation", "Knightian IC (distributionally robust)", "maxmin IC",
        "Hurwicz IC", "Bayesian IC over the set", "Knightian IR (distributionally robust)", "maxmin IR",
        "Hurwicz IR", "Bayesian IR over the set", "ex-post IR")


@pytest.mark.parametrize("module", [module for module in ALL if module is not ambiguous_bidders], **IDS)
def test_the_thesis_rules_are_safe_whatever_the_attitude(module):
    """Ex-post IC and IR, and by Proposition 1.2.1 all weaker notions, over all distributions of the mean.

    The fee for a lottery is due without the good: ex-post IR holds in expectation over the draw only.
    """
    for instance in module.audited_instances(module.Parameters()):
        found = verdicts(instance)
        for title in SAFE:
            fee = title == "ex-post IR" and "fee" in instance.name
            assert found[title] == ("fails" if fee else "holds"), (instance.name, title)
