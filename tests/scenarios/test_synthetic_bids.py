"""The file of bids that the project ships: of the form that is read, and made as its README says."""

from importlib import resources

import pytest

from scenarios.data import make_synthetic_bids
from sim.runs.logged_bids import read_bids

SHIPPED = resources.files("scenarios") / "data" / "synthetic_bids.csv"


def test_the_shipped_file_is_read_whole():
    bids = read_bids(str(SHIPPED))
    assert bids.auctions_read == make_synthetic_bids.AUCTIONS
    assert bids.bids_read == len(SHIPPED.read_text().splitlines()) - 1
    assert bids.left_out == {}


@pytest.mark.parametrize("good", make_synthetic_bids.GOODS, ids=lambda good: good.name)
def test_highest_bids_lie_below_the_values_they_come_from(good):
    # Nobody bids above her value. The mean of all values is (low + high) / 2; winners are censored.
    samples = read_bids(str(SHIPPED), item=good.name).prior()
    assert samples.max() <= good.high


def test_the_script_makes_the_shipped_file(tmp_path):
    make_synthetic_bids.main(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == SHIPPED.read_bytes()
