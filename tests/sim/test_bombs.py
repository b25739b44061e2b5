"""Files that are bombs, or anything at all: one message of ours, in bounded time and memory."""

import gzip
import io
import os
import sys
import time
import zipfile
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sim.bounded import content_of
from sim.market.arrivals import Trace, TraceError
from sim.menus.menu_file import read_menu_file
from sim.records import RecordsError, load
from sim.runs import bid_files
from sim.runs.files import FileError, read_tree
from sim.runs.logged_bids import BidsError, read_bids
from sim.runs.scenario import BidsFile, ParameterError, Parameters, WholeNumbers, make_parameters, read_seed
from tests.sim.command import run

LONGEST = 3_000
SECONDS = 20
READERS = {
    "csv": (lambda path: read_bids(path), BidsError),
    "menu.csv": (read_menu_file, ValueError),
    "menu.toml": (read_menu_file, ValueError),
    "trace.csv": (lambda path: Trace.read(path, 10), TraceError),
    "py": (read_tree, FileError),
    "xlsx": (lambda path: read_bids(path), BidsError),
    "dta": (lambda path: read_bids(path), BidsError),
    "parquet": (lambda path: read_bids(path), BidsError),
}


def refused(path, kind):
    """The one message that a reader has for a file, in bounded time."""
    read, error = READERS[kind]
    start = time.process_time()
    with pytest.raises(error) as told:
        read(path)
    assert time.process_time() - start < SECONDS
    assert len(str(told.value)) < LONGEST
    return str(told.value)


MENU = """[[entries]]
probabilities = [{chance}]
price = {price}
[[types]]
values = [{value}]
probability = "1"
"""


def menu(chance="1", price="1", value="1"):
    return MENU.format(chance=chance, price=price, value=value)


BIDS = "auctionid,bidder,bid\n"
LABEL = "x" * 130_000
BOMBS = {
    "digits of a price": ("menu.toml", menu(price="9" * 400), "must be a number"),
    "more digits": ("menu.toml", menu(price="9" * 50_000), "menu.toml"),
    "an exponent": ("menu.toml", menu(price='"1e9999999999"'), "must be a number"),
    "an exponent below": ("menu.toml", menu(price='"1/1e9999999999"'), "must be a number"),
    "a fraction": ("menu.toml", menu(price=f'"{"9" * 4000}/7"'), "must be a number"),
    "brackets": ("menu.toml", "x = " + "[" * 50_000, "nested too deeply"),
    "entries": ("menu.toml", "[[entries]]\nprice = 1\nprobabilities = [1]\n" * 200_000 + "[[types]]\n", ""),
    "items": ("menu.toml", menu(chance=", ".join(["0"] * 100_000)), "at most"),
    "a label": ("menu.toml", menu().replace("values", f'name = "{LABEL}"\nvalued'), ""),
    "bundles": ("menu.toml", 'items = ["a"]\n' + menu().replace(
        "values = [1]", "bundles = {" + ", ".join(f'"a{k}" = 1' for k in range(50_000)) + "}"), "no item"),
    "columns of a menu": ("menu.csv", ",".join(f"c{k}" for k in range(1_000_000)), "columns"),
    "one column often": ("menu.csv", ",".join(["c"] * 1_000_000), "columns"),
    "entries of a menu": ("menu.csv", "kind,a,price,probability\n" + "entry,1,1,\n" * 200_000, "at most"),
    "a field of a menu": ("menu.csv", "kind,a,price,probability\nentry,1,1," + "9" * 140_000, "field"),
    "columns of bids": ("csv", ",".join(f"c{k}" for k in range(1_000_000)), "columns"),
    "labels of columns": ("csv", f"{LABEL},{LABEL}y,{LABEL}z\n1,2,3\n", "no column"),
    "digits of a bid": ("csv", f"{BIDS}1,ann,{'9' * 400}\n", "absurd"),
    "an exponent of a bid": ("csv", f"{BIDS}1,ann,1e9999999999\n", "absurd"),
    "spaces in a bid": ("csv", f"{BIDS}1,ann,1{' ' * 130_000}x\n", "text as the bid"),
    "stars in a name": ("csv", f'{BIDS}1,"{"**" * 60_000}\n",x\n', ""),
    "a line of bids": ("csv", BIDS + "1," * 900_000 + "\n", "columns"),
    "rows of bids": ("csv", BIDS + "1,a,1\n" * 2_100_000, "2,000,000 rows"),
    "a label of bids": ("csv", f"{BIDS}1,{LABEL},much\n", "text as the bid"),
    "columns of a trace": ("trace.csv", ",".join(f"c{k}" for k in range(1_000_000)) + "\n1,2", "needs"),
    "a time": ("trace.csv", f"time,buyer\n{'9' * 120_000},1\n", "must be finite"),
    "a buyer": ("trace.csv", f"time,buyer\n1,{'9' * 120_000}\n", "must be a number"),
    "arrivals": ("trace.csv", "time,buyer\n" + "1,1\n" * 2_100_000, "2,000,000 arrivals"),
    "brackets of Python": ("py", "(" * 50_000, ""),
    "minus signs of Python": ("py", "-" * 200_000 + "1", ""),
    "null bytes": ("py", "x = 1\0", ""),
}
LARGE = ("rows of bids", "arrivals")


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [pytest.param(*bomb, marks=pytest.mark.slow if name in LARGE else ()) for name, bomb in BOMBS.items()],
    ids=BOMBS,
)
def test_a_bomb_is_refused_in_one_message(kind, content, said, tmp_path):
    path = tmp_path / f"bomb.{kind}"
    path.write_text(content)
    assert said in refused(path, kind)


def test_a_small_archive_that_holds_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bid_files, "LARGEST_CONTENT", 10**6)
    zeros = b"0" * 10**7
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", zeros)
    (tmp_path / "bomb.csv").write_bytes(gzip.compress(zeros))
    (tmp_path / "bomb.xlsx").write_bytes(packed.getvalue())
    for kind in ("csv", "xlsx"):
        assert "more than 1,000,000 bytes" in refused(tmp_path / f"bomb.{kind}", kind)


def test_a_small_table_that_holds_much_is_refused(tmp_path):
    """Runs of one number take a few bytes."""
    path = tmp_path / "bomb.parquet"
    same = np.zeros(bid_files.MOST_ROWS + 1, dtype=np.int8)
    pd.DataFrame({"bid": same}).to_parquet(path)
    assert path.stat().st_size < 10**5
    assert "2,000,000 rows" in refused(path, "parquet")


@pytest.mark.parametrize("kind", READERS)
def test_pipes_devices_and_folders_are_not_read(kind, tmp_path):
    pipe, folder = tmp_path / f"pipe.{kind}", tmp_path / f"folder.{kind}"
    os.mkfifo(pipe)
    folder.mkdir()
    endless = tmp_path / f"endless.{kind}"
    endless.symlink_to("/dev/zero")
    for path in (pipe, folder, endless):
        refused(path, kind)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ValueError, match="more than 1,000 bytes"):
        content_of(path, 1000)


# --- anything ---------------------------------------------------------------------------------------

FEW = settings(max_examples=int(os.environ.get("BAZAAR_FUZZ", "25")), deadline=None,
               suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
SIGNS = st.text(st.sampled_from('0123456789.,;:-+eE"\'#[]{}()=\n\r\t |/*_abnkind€\0\ufeff\ud83d\udc7d'))
WORDS = st.lists(
    st.sampled_from(["auctionid", "bidder", "bid", "time", "buyer", "kind", "price", "probability", "entry",
                     "type", "[[entries]]", "[[types]]", "values", "bundles", "probabilities", "=", ",", "\n",
                     "1", "1e308", "-1", "nan", "inf", '"', "[", "]", "{", "}", "1/3", "first price"]),
    max_size=40,
).map(" ".join)
TEXTS = (SIGNS | WORDS).map(lambda text: text.encode(errors="surrogatepass"))
CONTENTS = TEXTS | st.binary(max_size=300)


@pytest.mark.parametrize("kind", READERS)
@FEW
@given(content=CONTENTS)
@example(content=b"\xff\xfe\x00")
@example(content=b"PK\x03\x04" + b"\0" * 40)
@example(content=b"PAR1" + b"\xff" * 20 + b"PAR1")
def test_a_reader_reads_or_refuses(kind, content, tmp_path):
    path = tmp_path / f"any.{kind}"
    path.write_bytes(content)
    read, error = READERS[kind]
    fault = ""
    try:
        read(path)
    except error as told:
        fault = str(told)
    assert len(fault) < LONGEST


@FEW
@given(content=CONTENTS)
def test_a_manifest_is_read_or_refused(content, tmp_path):
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(RecordsError):
        load(tmp_path)


class Told(Parameters):
    """One parameter of each kind."""

    whole: int = 1
    number: float = 1.0
    truth: bool = False
    file: BidsFile | None = None


@FEW
@given(name=st.sampled_from(["whole", "number", "truth", "file", "until", "other"]),
       text=SIGNS | WORDS | st.just("9" * 400) | st.just("1e9999999999") | st.just("[" * 50_000))
def test_a_parameter_is_read_or_refused(name, text):
    for read in (lambda: make_parameters(Told, {name: text}), lambda: read_seed(text)):
        with suppress(ParameterError):
            read()
    with pytest.raises(ValueError):  # noqa: PT011 — pydantic puts it into words
        WholeNumbers(1, 3).read(f"{text}x")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by Linux")
def test_a_bomb_takes_little_memory(tmp_path):
    path = tmp_path / "bomb.toml"
    path.write_text(menu(price='"1e9999999999"'))
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30,) * 2)\n"
        "from scenarios.__main__ import main; main(['menu', 'check', 'bomb.toml'])"
    )
    answer = run("-c", script, folder=tmp_path)
    assert (answer.code, len(answer.err.splitlines())) == (2, 1)
