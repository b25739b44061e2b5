"""Logged bids: what is read, what is left out and counted, and what is an error."""

import dataclasses

import numpy as np
import pytest

from sim.runs.logged_bids import BidsError, read_bids

HEADER = "auctionid,bid,bidtime,bidder,item\n"


@pytest.fixture
def write(tmp_path):
    def writer(text, encoding="utf-8"):
        path = tmp_path / "bids.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path
    return writer


def test_highest_bid_of_each_bidder_in_each_auction(write):
    path = write(HEADER + "1,5,0,ann,tv\n1,7.5,0,bob,tv\n1,9,0,ann,tv\n2,3,0,ann,radio\n1,6,0,ann,tv\n")
    bids = read_bids(path)
    assert bids.auctions.tolist() == ["1", "1", "2"]
    assert bids.bidders.tolist() == ["ann", "bob", "ann"]
    assert bids.highest.tolist() == [9, 7.5, 3]
    assert (bids.auctions_read, bids.bidders_read, bids.bids_read) == (2, 2, 5)
    assert bids.left_out == {}
    assert bids.prior().tolist() == [3, 7.5, 9]
    assert bids.prior().dtype == np.float64
    assert bids.summary().endswith("bids.csv: 2 auctions, 2 bidders, 5 bids; rows left out: none")


def test_logged_bids_are_frozen(write):
    bids = read_bids(write(HEADER + "1,5,0,ann,tv\n"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        bids.source = "elsewhere"
    with pytest.raises(TypeError):
        bids.left_out["x"] = 1


def test_columns_are_found_by_name_and_mapped(write):
    path = write(" who ,lot,offer\nann,a,5\nbob,a,6\n")
    bids = read_bids(path, auction="lot", bidder="who", bid="offer")
    assert bids.highest.tolist() == [5, 6]


def test_one_item_or_all(write):
    # The bad bid stands in a row of another item, so it is not read.
    path = write(HEADER + "1,5,0,ann,tv\n2,oops,0,bob,radio\n3,4,0,eve,tv\n")
    bids = read_bids(path, item="tv")
    assert bids.highest.tolist() == [5, 4]
    assert bids.left_out == {"another item": 1}
    with pytest.raises(BidsError, match=r"no row with 'car' in item; there are tv \(2\), radio \(1\)"):
        read_bids(path, item="car")
    other = write("auctionid,bidder,bid,kind\n1,a,5,tv\n")
    assert read_bids(other, item="tv", item_column="kind").bids_read == 1


def test_missing_entries_and_zero_bids_are_left_out_and_counted(write):
    path = write(HEADER + "1,,0,ann,tv\n1,5,0,,tv\n,5,0,ann,tv\n1,0,0,ann,tv\n1, ,0,bob,tv\n\n1,5,0,eve,tv\n")
    bids = read_bids(path)
    assert bids.highest.tolist() == [5]
    assert bids.left_out == {"no bid": 2, "no bidder": 1, "no auction": 1, "a bid of zero": 1}
    assert "2 with no bid, 1 with no bidder" in bids.summary()


BAD = [("five", "text as the bid"), ("1_000", "text as the bid"),
       ("nan", "NaN as the bid"), ("-1", "a negative bid"), ("-inf", "a negative bid"),
       ("inf", "an absurd bid"), ("1e16", "an absurd bid")]


@pytest.mark.parametrize(("bid", "reason"), BAD)
def test_bad_bids_name_line_column_value_and_what_is_allowed(write, bid, reason):
    path = write(HEADER + f"1,5,0,ann,tv\n1,{bid},0,bob,tv\n")
    with pytest.raises(BidsError) as raised:
        read_bids(path)
    message = str(raised.value)
    assert message == (f"{path}, line 3: bid is {bid!r}, {reason}; "
                       "it must be a number from 0 to 1e+15; --bids-skip-bad leaves out such rows")
    bids = read_bids(path, skip_bad=True)
    assert bids.highest.tolist() == [5]
    assert bids.left_out == {reason: 1}


def test_the_largest_bid_is_allowed(write):
    assert read_bids(write(HEADER + "1,1e15,0,ann,tv\n")).highest.tolist() == [1e15]


@pytest.mark.parametrize("row", ["1,1,200,0,ann,tv", "1,5"])
def test_rows_have_as_many_fields_as_the_header(write, row):
    path = write(HEADER + "1,5,0,ann,tv\n" + row + "\n")
    with pytest.raises(BidsError, match=r"line 3: . fields .*the header has 5"):
        read_bids(path)
    assert read_bids(path, skip_bad=True).left_out == {"a wrong number of fields": 1}


def test_missing_file_folder_and_empty_file(write, tmp_path):
    with pytest.raises(BidsError, match=r"nowhere\.csv is not there"):
        read_bids(tmp_path / "nowhere.csv")
    with pytest.raises(BidsError, match="is a folder"):
        read_bids(tmp_path)
    for text in ("", "\n \n"):
        with pytest.raises(BidsError, match="is empty"):
            read_bids(write(text))
    with pytest.raises(BidsError, match="no bid to use; rows left out: none"):
        read_bids(write(HEADER))


def test_missing_columns_name_those_there_and_the_nearest(write):
    path = write("sale,bidder,bids\n1,ann,5\n")
    with pytest.raises(BidsError, match=r"no column 'auctionid' for the auction; it has no column 'bid' for "
                                        r"the bid \(nearest: bids, bidder\); its columns are "
                                        "sale, bidder, bids; name them by --bids-columns"):
        read_bids(path)
    with pytest.raises(BidsError, match=r"no column 'item' .* its columns are sale, bidder, bids"):
        read_bids(path, auction="sale", bid="bids", item="tv")
    with pytest.raises(BidsError, match="'bid' 2 times"):
        read_bids(write("auctionid,bidder,bid,bid\n1,ann,5,6\n"))


def test_a_byte_order_mark_is_fine(write):
    assert read_bids(write(HEADER + "1,5,0,ann,tv\n", "utf-8-sig")).bids_read == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read(write, encoding):
    assert read_bids(write(HEADER + "1,5,0,andré,tv\n", encoding)).bidders.tolist() == ["andré"]


def test_other_encodings_are_read_as_windows_1252_and_named(write):
    bids = read_bids(write(HEADER + "1,5,0,ann,tv\n1,5,0,andré,tv\n", "latin-1"))
    assert bids.bidders.tolist() == ["ann", "andré"]
    assert "line 3 is not UTF-8; the file is read as Windows-1252" in bids.warnings


def test_broken_quotes_are_named(write):
    with pytest.raises(BidsError, match="line 3: fields and quotes do not fit"):
        read_bids(write(HEADER + '1,5,0,ann,tv\n1,"5,0,bob,tv\n'))
