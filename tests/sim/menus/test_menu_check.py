import math
from pathlib import Path

import numpy as np
import pytest

from sim.menus.menu_check import check_menu_file
from sim.menus.menu_file import read_menu_file

TOML = """
items = ["coffee", "bagel"]

[[entries]]
probabilities = [1, 0]
price = 2

[[entries]]
probabilities = [0, 1]
price = 4

[[entries]]
probabilities = [1, 1]
price = 8

[[types]]
values = [2, 0]
probability = "1/3"

[[types]]
values = [0, 4]
probability = "1/3"

[[types]]
name = "hungry"
values = [4, 6]
probability = "1/3"
"""

CSV = """kind,coffee,bagel,price,probability,name
entry,1,0,2,,
entry,0,1,4,,
entry,1,1,8,,
type,2,0,,1/3,
type,0,4,,1/3,
type,4,6,,1/3,hungry
"""


@pytest.fixture(params=[("menu.toml", TOML), ("menu.csv", CSV)], ids=["toml", "csv"])
def shop(request, tmp_path):
    name, text = request.param
    path = tmp_path / name
    path.write_text(text)
    return path


def test_the_coffee_shop_breaks_at_two_purchases(shop):
    report = check_menu_file(shop, 3)
    assert report.breaks_at == 2
    assert [verdict.k for verdict in report.verdicts] == [1, 2, 3, math.inf]
    assert [verdict.committed.holds for verdict in report.verdicts] == [True, False, False, False]
    assert [verdict.revenue for verdict in report.verdicts] == pytest.approx([14 / 3, 4, 4, 4])
    assert report.bundle_revenue == pytest.approx(10 / 3)
    text = str(report)
    assert "entry 2: coffee and bagel for 8" in text
    assert "would earn 4.66667 a customer" in text
    assert "hungry gains 2: buys entry 0 and entry 1 (pays 6) instead of entry 2 (pays 8)" in text
    assert "The menu breaks with up to 2 purchases." in text
    assert "by looking" not in text  # who gains beforehand need not look


def test_a_safe_menu_is_called_safe(tmp_path):
    path = tmp_path / "safe.csv"
    path.write_text("kind,tea,price,probability\nentry,1,2,\ntype,3,,1\n")
    report = check_menu_file(path)
    assert report.breaks_at is None
    assert "safe however often" in str(report)


def test_adaptive_buyers_are_mentioned(tmp_path):
    from mechanisms.menus import ticket_chance

    chance = ticket_chance(2)
    path = tmp_path / "tickets.csv"
    path.write_text(
        "kind,a,b,price,probability\n"
        f"entry,{chance!r},{chance!r},{7 * chance!r},\nentry,1,0,4,\nentry,1,1,11,\n"
        "type,3,4,,1/6\ntype,4,3,,1/6\ntype,5,7,,2/3\n"
    )
    report = check_menu_file(path, 2)
    assert report.breaks_at == 3
    assert [verdict.committed.holds for verdict in report.verdicts] == [True, True, False]
    assert "by looking at what she got" in str(report)
    assert str(report).endswith(
        "The menu breaks with up to 3 purchases.\n"
        "It breaks with customers who look at what they got before they buy again, with up to 2 purchases."
    )


@pytest.mark.parametrize(("k", "asked"), [(6, 1), (6, 5), (11, 5), (11, math.inf), (40, 5)])
def test_where_a_menu_breaks_is_found_beyond_what_was_asked(tmp_path, k, asked):
    """A ticket wins with chance 1 − w and everything, worth 1, costs 1 − ε: by hand, tickets at p for a type.

    r tickets gain 1 − w^r − r p, which rises until w^(r−1) (1 − w) < p. With ε just above what k − 1 of them
    gain, and just below what k gain, k tickets are the first to beat the sure entry.
    """
    miss, price = 0.98, 0.002
    fewer, enough = (1 - miss**r - r * price for r in (k - 1, k))
    assert fewer < enough
    path = tmp_path / "draw.csv"
    path.write_text(
        "kind,a,price,probability\n"
        f"entry,{1 - miss!r},{price!r},\nentry,1,{1 - (fewer + enough) / 2!r},\ntype,1,,1\n"
    )
    report = check_menu_file(path, asked)
    assert report.breaks_at == k
    assert report.holds_below
    assert f"The menu breaks with up to {k} purchases." in str(report)


def test_fewer_may_break_a_menu_where_the_search_was_cut_short(tmp_path):
    """Free tickets without end are found at once; for a finite number the search has no time to begin."""
    path = tmp_path / "free.csv"
    path.write_text("kind,a,price,probability\nentry,1/10,0,\nentry,1,1/2,\ntype,1,,1\n")
    report = check_menu_file(path, 2, max_nodes=0)
    assert report.breaks_at is not None
    assert not report.holds_below
    assert "and perhaps with fewer" in str(report)


def test_safe_only_from_those_who_do_not_look(tmp_path):
    """A second ticket adds 8/20 and costs 12/20: too dear beforehand, but after a blank it gains 4/20."""
    path = tmp_path / "ticket.csv"
    path.write_text("kind,a,price,probability\nentry,1/2,3/5,\ntype,8/5,,1\n")
    report = check_menu_file(path, 2)
    assert [verdict.committed.holds for verdict in report.verdicts] == [True, True, True]
    assert report.verdicts[1].adaptive.gain == pytest.approx(0.1)
    text = str(report)
    assert "safe however often customers come back, if they decide beforehand" in text
    assert "It breaks with customers who look" in text
    assert text.endswith("with up to 2 purchases.")


def test_undecided_says_so(tmp_path):
    rows = ["kind,a,b,c,d,price,probability"]
    chances = [0.11, 0.23, 0.31, 0.42]
    for turn in range(4):
        lottery = chances[turn:] + chances[:turn]
        rows.append(f"entry,{','.join(map(str, lottery))},0.7,")
    rows += ["entry,1,1,1,1,3,", "type,1,1,1,1,,1"]
    path = tmp_path / "hard.csv"
    path.write_text("\n".join(rows))
    report = check_menu_file(path, 3, max_nodes=0)
    assert report.verdicts[2].committed.holds is None
    assert "undecided" in str(report)
    assert "not all were looked at" in str(report)


def test_what_a_search_cut_short_leaves_open_is_bounded(tmp_path):
    """Forty faint lotteries, bought without end: the full search would take minutes, its revenue too."""
    rng = np.random.default_rng(1)
    lotteries = rng.random((40, 6)) * 0.1
    prices = lotteries.sum(axis=1) * rng.uniform(0.35, 0.45, 40)
    rows = ["kind,a,b,c,d,e,f,price,probability"]
    rows += [f"entry,{','.join(map(str, q))},{p}," for q, p in zip(lotteries.tolist(), prices, strict=True)]
    path = tmp_path / "faint.csv"
    path.write_text("\n".join([*rows, "type,1,1,1,1,1,1,,1/4", "type,0,0,0,0,0,0,,3/4"]))
    once, endless = check_menu_file(path, 1, max_nodes=100).verdicts
    assert once.revenue_bound == once.revenue == pytest.approx(once.committed.choices[0].single.payment / 4)
    found = endless.committed.choices[0].several
    assert endless.revenue == pytest.approx(found.payment / 4)
    assert endless.revenue_bound == pytest.approx((6 - found.utility) / 4)
    assert endless.revenue < endless.revenue_bound


def test_files_from_spreadsheets(tmp_path):
    path = tmp_path / "menu.csv"
    path.write_text(CSV, encoding="utf-8-sig")
    assert read_menu_file(path).items == ("coffee", "bagel")


DATA = Path(__file__).parents[3] / "scenarios" / "data"


def test_the_pair_of_shoes():
    """By hand: r tickets give the pair, worth 10, with chance (1 − 2^−r)²; at once it costs 8.

    Gains over 10 − 8: 90/16 − 2 − 2 for two, 490/64 − 3 − 2 for three. The collector's single ticket is worth
    (2 + 2 + 3)/4 and costs 1; a second one would add 11/16.
    """
    report = check_menu_file(DATA / "shoes.toml", 3)
    gains = [verdict.committed.gain for verdict in report.verdicts[:3]]
    assert gains == pytest.approx([0, 90 / 16 - 4, 490 / 64 - 5])
    assert [v.revenue for v in report.verdicts[:3]] == pytest.approx([6 + 1 / 4, 1.75, 2.5])
    assert report.bundle_revenue == pytest.approx(7.5)
    told = "who wants a pair gains 1.625: buys 2 × entry 0 (pays 2) instead of entry 1 (pays 8)"
    assert told in str(report)


def bundles(text):
    """A file of three items and one type with these bundles."""
    return (
        'items = ["a", "b", "c"]\n[[entries]]\nprobabilities = [1, 1, 1]\nprice = 1\n'
        f"[[types]]\nprobability = 1\nbundles = {text}\n"
    )


def test_a_bundle_that_is_not_listed_is_worth_its_best_part(tmp_path):
    path = tmp_path / "menu.toml"
    path.write_text(bundles('{ a = 1, " c,b " = "5/2", "a, b, c" = 4 }'))
    (buyer,) = read_menu_file(path).types
    table = np.zeros((2, 2, 2))
    table[1, 0, 0] = table[1, 1, 0] = table[1, 0, 1] = 1
    table[0, 1, 1] = 2.5
    table[1, 1, 1] = 4
    np.testing.assert_array_equal(buyer.table(), table)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{ d = 1 }", r"types\[0\].bundles\['d'\]: there is no item 'd'; items are a, b, c"),
        ('{ "a,, b" = 1 }', "there is no item ''"),
        ("{ a = -1 }", r"bundles\['a'\] must be finite and at least 0, not -1.0"),
        ("{ a = inf }", r"bundles\['a'\] must be finite and at least 0, not inf"),
        ("{ a = nan }", r"bundles\['a'\] must be finite and at least 0, not nan"),
        ('{ a = "much" }', r"bundles\['a'\] must be a number or a fraction, not 'much'"),
        ('{ "a, b" = 1, "b, a" = 1 }', r"bundles\['b, a'\] is the same bundle as 'a, b'"),
        ('{ a = 3, "b, a" = 2 }', r"bundles\['b, a'\] must be at least 3, the value of 'a' in it, not 2"),
        ("{ }", "must list bundles with their values"),
        ("[1, 2]", "must list bundles with their values"),
        ("{ a = 1 }\nvalues = [1, 1, 1]", r"types\[0\] must have one of 'values' and 'bundles'"),
    ],
)
def test_bad_bundles_are_named(tmp_path, text, message):
    path = tmp_path / "menu.toml"
    path.write_text(bundles(text))
    with pytest.raises(ValueError, match=message):
        read_menu_file(path)


def test_bundles_of_too_many_items(tmp_path):
    path = tmp_path / "menu.toml"
    path.write_text(
        f"[[entries]]\nprobabilities = {[1] * 17}\nprice = 1\n"
        '[[types]]\nprobability = 1\nbundles = { "item 0, item 16" = 1 }\n'
    )
    with pytest.raises(ValueError, match="at most 16 items, not 17"):
        read_menu_file(path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("menu.json", "{}", "end in .toml or .csv"),
        ("menu.toml", "", r"at least one \[\[entries\]\]"),
        ("menu.toml", TOML.replace("price = 8", "cost = 8"), r"entries\[2\] must have 'price'"),
        ("menu.toml", TOML + "\n[extra]\n", "unknown field 'extra'"),
        ("menu.toml", TOML.replace("[1, 1]", "[1, 1.5]"), r"probabilities\[2, 1\] must be in \[0, 1\]"),
        ("menu.toml", TOML.replace("price = 8", "price = -8"), r"prices\[2\]"),
        ("menu.toml", TOML.replace('"1/3"', '"1/2"'), "sum to 1"),
        ("menu.toml", TOML.replace('"1/3"', '"much"'), "a number or a fraction, not 'much'"),
        ("menu.toml", TOML.replace("[4, 6]", "[4, 6, 1]"), r"types\[2\] must be of 2 items like the menu"),
        ("menu.toml", TOML.replace('"bagel"', '"bagel", "tea"'), "2 probabilities, and there are 3 items"),
        ("menu.toml", TOML.replace('"bagel"', '"coffee"'), "different names, not 'coffee' again"),
        ("menu.csv", CSV.replace("type,2", "kind,2"), "line 5: kind must be 'entry' or 'type', not 'kind'"),
        ("menu.csv", CSV.replace("type,2,0", "type,-2,0"), r"types\[0\]: values\[0\]"),
        ("menu.csv", CSV.replace("price", "cost"), "'price' is not in"),
        ("menu.csv", CSV.replace("entry,1,0,2", "entry,1,x,2"), "line 2: bagel must be a number"),
        ("menu.csv", "", "heading"),
        ("menu.csv", CSV.replace("entry,1,0,2,,", "entry,1,0,2,,,9"), r"line 2: has more cells .*\['9'\]"),
        ("menu.csv", CSV.replace("entry,1,0,2,,", "entry,1,0"), "line 2: price must be a number .* not ''"),
        ("menu.csv", CSV.replace("coffee", "bagel"), "each column once, but has 'bagel' again"),
        ("menu.csv", CSV.splitlines()[0], "at least one entry"),
        ("menu.toml", TOML.replace('["coffee", "bagel"]', "2"), "items must be a list of names, not 2"),
        ("menu.toml", TOML.replace("price = 8", "price = 8\nprize = 7"), "unknown field 'prize'"),
    ],
)
def test_bad_files_are_named(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_menu_file(path)
