import math

import pytest

from sim.menu_check import check_menu_file, read_menu_file

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
    assert report.breaks_at == math.inf
    assert [verdict.committed.holds for verdict in report.verdicts] == [True, True, False]
    assert "by looking at what she got" in str(report)


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
        ("menu.toml", TOML.replace("[4, 6]", "[4, 6, 1]"), "same number of items"),
        ("menu.toml", TOML.replace('"bagel"', '"bagel", "tea"'), "must agree"),
        ("menu.csv", CSV.replace("type,2", "kind,2"), "line 5: kind must be 'entry' or 'type', not 'kind'"),
        ("menu.csv", CSV.replace("type,2,0", "type,-2,0"), r"types\[0\]: values\[0\]"),
        ("menu.csv", CSV.replace("price", "cost"), "a column 'price'"),
        ("menu.csv", CSV.replace("entry,1,0,2", "entry,1,x,2"), "line 2: bagel must be a number"),
        ("menu.csv", "", "heading"),
    ],
)
def test_bad_files_are_named(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_menu_file(path)
