"""`bazaar menu check`: what it prints, and what it refuses. The checker itself: test_menu_check."""

import pytest

from tests.sim.command import bazaar

__all__ = ["bazaar"]

SHOP = """kind,coffee,bagel,price,probability,name
entry,1,0,2,,
entry,0,1,4,,
entry,1,1,8,,
type,2,0,,1/3,
type,0,4,,1/3,
type,4,6,,1/3,hungry
"""


@pytest.fixture
def shop(tmp_path):
    """Example 1 as a file."""
    (tmp_path / "shop.csv").write_text(SHOP)
    return "shop.csv"


def test_the_coffee_shop_in_plain_words(bazaar, shop):
    """Example 1: 4 2/3 with one purchase, 4 with two, 10/3 for everything together."""
    answer = bazaar("menu", "check", shop, "--k", "2")
    assert answer.code == 0
    assert "entry 2: coffee and bagel for 8" in answer.out
    assert "at most one entry, the menu would earn 4.66667 a customer" in answer.out
    assert "Selling everything together at its best price earns 3.33333." in answer.out
    assert "Up to 1 purchase: holds; earns 4.66667" in answer.out
    assert "Up to 2 purchases: fails; earns 4 " in answer.out
    assert "hungry gains 2: buys entry 0 and entry 1 (pays 6) instead of entry 2 (pays 8)" in answer.out
    assert "The menu breaks with up to 2 purchases." in answer.out
    assert "Up to 3" not in answer.out
    assert max(map(len, answer.out.splitlines())) <= 100


def test_any_number_alone(bazaar, shop):
    answer = bazaar("menu", "check", shop, "--k", "inf")
    assert "Up to any number of purchases: fails" in answer.out
    assert "Up to 2" not in answer.out


@pytest.mark.parametrize("k", ["0", "-1", "1.5", "many", "nan", "1001", "1000000000000", ""])
def test_a_number_of_purchases_that_is_none(bazaar, shop, k):
    answer = bazaar("menu", "check", shop, f"--k={k}")
    assert answer.code == 2
    assert f"--k is {k!r}; it must be an integer from 1 to 1000, or inf" in answer.err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("shop.txt", SHOP, "a menu file must end in .toml or .csv"),
        ("shop.csv", SHOP.replace("entry,1,1,8", "entry,1,1.5,8"), "probabilities[2, 1] must be in [0, 1]"),
        ("shop.csv", SHOP.replace("entry,1,1,8", "entry,1,1,-8"), "prices[2]"),
        ("shop.csv", SHOP.replace("entry,1,1,8", "entry,1,1,nan"), "line 4: price"),
        ("shop.csv", SHOP.replace("type,2,0", "type,-2,0"), "types[0]"),
        ("shop.toml", "entries = [", "shop.toml"),
        ("shop.csv", SHOP.replace(",", ";"), "with commas between them; 'kind' is not in 'kind;coffee"),
        ("shop.csv", "".join(SHOP.splitlines(True)[:1] + SHOP.splitlines(True)[4:]), "at least one entry"),
        ("shop.csv", SHOP.replace("1/3", "0.333"), 'must sum to 1, not 0.999; a fraction such as "1/3"'),
        (
            "shop.toml", "entries = [{probabilities = [1, 0], price = 2}, {probabilities = [1], price = 1}]\n"
            "types = [{values = [1, 2], probability = 1}]",
            "rectangular array of numbers: probabilities[1] holds 1, probabilities[0] holds 2",
        ),
    ],
)
def test_bad_files(bazaar, tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    answer = bazaar("menu", "check", name)
    assert answer.code == 2
    assert message in answer.err
    assert "Traceback" not in answer.err


def test_blanks_around_cells_do_not_matter(bazaar, tmp_path):
    (tmp_path / "shop.csv").write_text(SHOP.replace(",", " , ").replace("entry", " entry"))
    answer = bazaar("menu", "check", "shop.csv", "--k", "2")
    assert answer.code == 0
    assert "entry 2: coffee and bagel for 8" in answer.out
    assert "The menu breaks with up to 2 purchases." in answer.out


def test_a_file_that_is_missing(bazaar):
    answer = bazaar("menu", "check", "nowhere.csv")
    assert answer.code == 2
    assert "nowhere.csv: No such file" in answer.err
