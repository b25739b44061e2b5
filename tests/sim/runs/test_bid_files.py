"""Anybody's bids: files of several dialects that hold the same auctions, and those that tell no values.

The auctions are drawn here, and each dialect writes them as people do; what is read must be what was drawn.
"""

import bz2
import gzip
import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from sim.runs.logged_bids import BidsError, read_bids

PEOPLE = ("André", "Zoë", "bob", "carol", "dan", "eve", "frank")


def drawn(auctions=40, seed=3):
    """Bids of several in each auction, some twice, in cents up to five digits."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(auctions):
        for who in rng.choice(len(PEOPLE), size=4):
            rows.append((8_213_034_705 + number, PEOPLE[who], round(float(rng.uniform(1, 30_000)), 2)))
    return pd.DataFrame(rows, columns=["auctionid", "bidder", "bid"])


BIDS = drawn()
TRUTH = BIDS.groupby(["auctionid", "bidder"])["bid"].max()


def german(amount):
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def german_house(folder):
    """Semicolons, points between thousands, decimal commas and a sign behind, Windows-1252."""
    told = BIDS.assign(bid=[f"{german(bid)} €" for bid in BIDS["bid"]])
    text = told.rename(columns={"auctionid": "Los", "bidder": "Bieter", "bid": "Gebot"}).to_csv(
        sep=";", index=False
    )
    (folder / "gebote.csv").write_bytes(text.encode("cp1252"))
    return "gebote.csv", {"auction": "Los", "bidder": "Bieter", "bid": "Gebot"}


def american_site(folder):
    """Dollars with commas in quotes, names of columns in words, gzip; a description of 200,000 letters."""
    told = BIDS.assign(bid=[f"${bid:,.2f}" for bid in BIDS["bid"]], description="x")
    told.loc[0, "description"] = "long, " * 40_000
    told.columns = ["Auction ID", "Bidder ID", "Bid Amount", "Description"]
    (folder / "bids.csv.gz").write_bytes(gzip.compress(told.to_csv(index=False).encode()))
    return "bids.csv.gz", {}


def spreadsheet_export(folder):
    """Tabs and UTF-16, as spreadsheets save Unicode text; French spaces and commas."""
    told = BIDS.assign(bid=[f"{bid:,.2f}".replace(",", "\u202f").replace(".", ",") for bid in BIDS["bid"]])
    (folder / "bids.txt").write_bytes(told.to_csv(sep="\t", index=False).encode("utf-16"))
    return "bids.txt", {}


def stata_file(folder):
    """Numbers as Stata keeps them."""
    BIDS.rename(columns={"auctionid": "lot_id"}).to_stata(folder / "bids.dta", write_index=False, version=118)
    return "bids.dta", {}


def without_header(folder):
    """Bars between quoted fields, bz2, no header: columns by number."""
    text = BIDS[["bid", "bidder", "auctionid"]].to_csv(sep="|", index=False, header=False, quoting=1)
    (folder / "log.bz2").write_bytes(bz2.compress(text.encode()))
    return "log.bz2", {"auction": "3", "bidder": "2", "bid": "1"}


def several_formats(folder):
    """A zip of one file with a title above the header, and first-price auctions among the others."""
    others = BIDS.assign(auctionid=BIDS["auctionid"] + 1000, format="first-price sealed")
    told = pd.concat([BIDS.assign(format="English"), others]).rename(columns={"auctionid": "lot"})
    text = "Exported by the auction house\n\n" + told.to_csv(index=False)
    with zipfile.ZipFile(folder / "bids.zip", "w") as archive:
        archive.writestr("bids.csv", text)
    return "bids.zip", {}


def parquet_file(folder):
    BIDS.to_parquet(folder / "bids.parquet")
    return "bids.parquet", {}


DIALECTS = (
    german_house,
    american_site,
    spreadsheet_export,
    stata_file,
    without_header,
    several_formats,
    parquet_file,
)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.__name__)
def test_each_dialect_holds_the_same_bids(dialect, tmp_path):
    name, told = dialect(tmp_path)
    bids = read_bids(tmp_path / name, **told)
    keys = zip(map(int, bids.auctions), bids.bidders, strict=True)
    assert dict(zip(keys, bids.highest.tolist(), strict=True)) == TRUTH.to_dict()


def test_an_excel_file_takes_its_library(tmp_path):
    pytest.importorskip("openpyxl")
    with pd.ExcelWriter(tmp_path / "bids.xlsx") as book:
        BIDS.to_excel(book, sheet_name="log", index=False)
        BIDS.head(3).to_excel(book, sheet_name="notes", index=False)
    bids = read_bids(tmp_path / "bids.xlsx")
    assert sorted(bids.highest) == sorted(TRUTH)
    assert "of the sheets log, notes only log is read" in bids.warnings


def test_an_excel_file_without_its_library_says_what_to_install(tmp_path, monkeypatch):
    def refuses(*_, **__):
        raise ImportError("Missing optional dependency")

    monkeypatch.setattr(pd, "read_excel", refuses)
    (tmp_path / "bids.xlsx").write_bytes(b"PK")
    with pytest.raises(BidsError, match="pip install openpyxl; or save it as CSV"):
        read_bids(tmp_path / "bids.xlsx")


def test_damaged_and_crowded_archives_are_named(tmp_path):
    (tmp_path / "bids.gz").write_bytes(gzip.compress(b"auctionid,bidder,bid\n" * 50)[:-20])
    with pytest.raises(BidsError, match="compressed and damaged"):
        read_bids(tmp_path / "bids.gz")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "y")
    (tmp_path / "bids.zip").write_bytes(content.getvalue())
    with pytest.raises(BidsError, match=r"holds 2 files \(a.csv, b.csv\); unpack it, and name one"):
        read_bids(tmp_path / "bids.zip")


# --- amounts ----------------------------------------------------------------------------------------


def read(tmp_path, text, **told):
    (tmp_path / "bids.csv").write_text(text)
    return read_bids(tmp_path / "bids.csv", **told)


def of_amounts(*amounts, separator="\t"):
    rows = [separator.join(("1", f"b{k}", amount)) for k, amount in enumerate(amounts)]
    return "\n".join([separator.join(("lot", "bidder", "bid")), *rows]) + "\n"


AMOUNTS = [
    (("1.234,50", "7"), [1234.5, 7]),
    (("1,234.50", "7"), [1234.5, 7]),
    (("1,234", "950"), [1234, 950]),
    (("1.234", "950"), [1.234, 950]),
    (("1.234.567", "2,5"), [1234567, 2.5]),
    (("1'234.50", "7.25"), [1234.5, 7.25]),
    (("1,00,000", "12,00,000.5"), [100_000, 1_200_000.5]),
    (("USD 5", "7.25 USD"), [5, 7.25]),
    (("£5", "£ 1,000"), [5, 1000]),
    (("12,-", "1.000,-", "7,5"), [12, 1000, 7.5]),
    (("1e3", "1.66E+11"), [1000, 1.66e11]),
]


@pytest.mark.parametrize(("written", "meant"), AMOUNTS, ids=lambda part: " ".join(map(str, part)))
def test_amounts_mean_what_people_mean(tmp_path, written, meant):
    assert read(tmp_path, of_amounts(*written)).highest.tolist() == meant


def test_what_may_be_thousands_or_decimals_must_be_said(tmp_path):
    text = of_amounts("1.200", "950", separator=";")
    with pytest.raises(BidsError, match=r"such as 1.200 may mean thousands or decimals.*--bids-decimal"):
        read(tmp_path, text)
    assert read(tmp_path, text, decimal=",").highest.tolist() == [1200, 950]
    assert read(tmp_path, text, decimal=".").highest.tolist() == [1.2, 950]


def test_two_decimal_signs_and_two_currencies_are_refused(tmp_path):
    with pytest.raises(BidsError, match=r"decimal points \(2.5\) and decimal commas \(1,5\)"):
        read(tmp_path, of_amounts("1,5", "2.5"))
    with pytest.raises(BidsError, match=r"several currencies: \$ .*, € "):
        read(tmp_path, of_amounts("$5", "€5"))


# --- columns and rows -------------------------------------------------------------------------------


def test_a_file_without_a_header_says_so(tmp_path):
    with pytest.raises(BidsError, match=r"no header: its first line is 1, ann, 5; name the columns by their"):
        read(tmp_path, "1,ann,5\n1,bob,6\n")


def test_what_is_missing_is_said_with_advice_for_its_cause(tmp_path):
    with pytest.raises(BidsError, match=r"no column 'bidder' for the bidder.*its columns are lot, price"):
        read(tmp_path, "lot,price\n1,5\n")
    with pytest.raises(BidsError, match="a row for each auction; put each bid in a row of its own"):
        read(tmp_path, "lot,bid1,bid2,bid3\n1,5,6,7\n")
    with pytest.raises(BidsError, match=r"it has one column, .*; between fields must be one of commas"):
        read(tmp_path, "lot bidder bid\n1 ann 5\n")
    with pytest.raises(BidsError, match="has 'lot' and 'auction' for the auction; say which"):
        read(tmp_path, "lot,auction,bidder,bid\n1,1,ann,5\n")


def test_rows_are_chosen_by_columns(tmp_path):
    text = "lot,bidder,bid,site,model\n1,ann,5,uk,tv\n1,bob,6,uk,tv\n2,ann,7,de,tv\n3,eve,8,uk,car\n"
    bids = read(tmp_path, text, where={"Site": "uk"}, item="tv")
    assert bids.highest.tolist() == [5, 6]
    assert bids.left_out == {"another Site": 1, "another item": 1}
    assert read(tmp_path, text, item="uk", item_column="site").highest.tolist() == [5, 6, 8]
    with pytest.raises(BidsError, match=r"no row with 'fr' in site; there are uk \(3\), de \(1\)"):
        read(tmp_path, text, where={"site": "fr"})


# --- what is doubtful -------------------------------------------------------------------------------


def rows_of(auctions, bids, lot="{}", bidder="b{}-{}", more=""):
    lines = [f"{lot.format(a)},{bidder.format(a, b)},{10 + b + a / 100}{more}"
             for a in range(auctions) for b in range(bids)]
    return "\n".join(lines) + "\n"


HEADER = "lot,bidder,bid\n"
OPENED_AT = "".join(f"{a},b0,9.99\n{a},b1,{10 + a / 100}\n" for a in range(30))
TWO_GOODS = rows_of(15, 2, more=",tv") + rows_of(15, 2, lot="x{}", more=",car")
DOUBTS = {
    "rounded": (HEADER + rows_of(30, 2, lot="1.{}E+11"), "auctions of 60 bids look rounded"),
    "masked": (HEADER + rows_of(30, 2, bidder="a***{1}"), "60 bids with masked bidders, such as a***0"),
    "heap": (HEADER + OPENED_AT, "30 of 60 bids are 9.99"),
    "winners": (HEADER + rows_of(30, 1), "one bidder only in each of 30 auctions"),
    "pooled": (
        "lot,bidder,bid,product\n" + TWO_GOODS,
        "bids on 2 different goods are pooled (product: tv (30), car (30)); choose one by --bids-item",
    ),
    "few": (HEADER + rows_of(29, 2), "29 auctions left, fewer than 30"),
}


@pytest.mark.parametrize("kind", DOUBTS)
def test_what_is_doubtful_is_said_with_counts_and_nothing_else(tmp_path, kind):
    text, said = DOUBTS[kind]
    (warning,) = read(tmp_path, text).warnings
    assert warning.startswith(said)


def test_a_sound_file_has_no_warnings(tmp_path):
    assert read(tmp_path, HEADER + rows_of(30, 3)).warnings == ()


# --- formats that tell no values --------------------------------------------------------------------


def sealed(rows):
    """One bid of each, and the price of the auction."""
    return "lot,bidder,bid,price\n" + "".join(
        f"{a},b{b},{10 * (b + 1) + a},{30 + a}\n" for a in range(rows) for b in range(3)
    )


REFUSED = {
    "first-price": ("lot,bidder,bid,format\n1,ann,5,First-price sealed\n1,bob,6,First-price sealed\n",
                    "first-price auctions: format is First-price sealed; first-price bids lie below values"),
    "first-price by its prices": (sealed(5), "everybody bids once, at no time, and the price is the highest"),
    "procurement": ("lot,contractor,bid\n1,ann,5\n1,bob,6\n", "procurement auctions: .*offers to sell"),
    "procurement by its winners": (
        "lot,bidder,bid,winner\n1,ann,5,1\n1,bob,6,0\n2,ann,9,0\n2,bob,7,1\n",
        "the winner's bid is the lowest in most auctions",
    ),
    "double": ("lot,bidder,bid,side\n1,ann,5,buy\n1,bob,6,sell\n", "double auctions: .*are mixed"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_formats_that_tell_no_values_are_refused_with_the_reason(tmp_path, kind):
    text, said = REFUSED[kind]
    columns = {"bidder": "contractor"} if "contractor" in text else {}
    with pytest.raises(BidsError, match=said):
        read(tmp_path, text, **columns)
    assert read(tmp_path, text, **columns, format="second-price").bids_read > 0


def test_prices_below_the_highest_bid_are_no_first_price(tmp_path):
    """The same file with the second highest bids as prices is a second-price log."""
    text = "lot,bidder,bid,price\n" + "".join(
        f"{a},b{b},{10 * (b + 1) + a},{20 + a}\n" for a in range(5) for b in range(3)
    )
    assert read(tmp_path, text).bids_read == 15
