"""Faults: kills, damaged folders and full disks cost no more than they must, and are told in one error."""

import errno
import json
import os
import random

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from agents.strategies import Ring, Truthful
from mechanisms.auctions import AscendingClock, FirstPrice, SecondPrice
from sim.records import Column, IncompleteRunWarning, OutputError, Records, RecordsError, Table, load
from sim.records.manifest import NAME
from tests.sim.market.markets import market

pytestmark = pytest.mark.filterwarnings("ignore::sim.records.IncompleteRunWarning")

SMALL = Table("small", "A few rows.", (
    Column("number", "int32", "", "counts"),
    Column("money", "float64", "money", "some"),
    Column("label", "category", "", "what"),
))


def written(folder, rows=40):
    """The folder of a small complete run."""
    records = Records(folder, 20, (SMALL,))
    for number in range(rows):
        records.append("small", number=number, money=number / 7, label=f"label {number % 3}")
    records.close()
    return folder


# --- kills ------------------------------------------------------------------------------------------


def agree(run):
    """The rows of all tables are of the same auctions, whole."""
    auctions, messages, trades = run["auctions"], run["messages"], run["transactions"]
    assert set(messages["auction"]) <= set(auctions["auction"])
    asked = messages.groupby("auction")["bidder_id"].nunique().reindex(auctions["auction"], fill_value=0)
    np.testing.assert_array_equal(asked.to_numpy(), auctions["bidders"].to_numpy())
    paid = trades.groupby("auction")["payment"].sum().reindex(auctions["auction"], fill_value=0.0)
    np.testing.assert_allclose(paid.to_numpy(), auctions["revenue"].to_numpy(), atol=1e-9)
    assert set(trades["auction"]) <= set(auctions["auction"])
    assert set(run["refusals"]["auction"]) <= set(auctions["auction"])


@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("mechanism", [SecondPrice(), AscendingClock()], ids=repr)
def test_whenever_a_run_is_killed_its_tables_agree(mechanism, ahead, tmp_path):
    """What is on the disk at some time is what a kill leaves."""
    records = Records(tmp_path, part_rows=40)
    one = market([Truthful()] * 3, mechanism, ahead=ahead, records=records, tick=5.0, latency=0.1)
    seen, write, written = [0], records._write_part, iter(range(10**9))

    def look(buffer):
        write(buffer)
        if next(written) % 23 == 0 and len(seen) < 40 and records.manifest.status == "running":
            run = load(tmp_path)
            agree(run)
            seen.append(len(run["auctions"]))

    records._write_part = look
    one.advance_to(600.0)
    assert seen == sorted(seen)
    assert seen[-1] > 1
    one.finish()
    one.close()
    assert len(load(tmp_path)["auctions"]) >= seen[-1]


def test_a_kill_inside_an_auction_leaves_it_out(tmp_path):
    """A part is full between the rows of one auction: they are on the disk, and not read."""
    auctions, messages = (
        Table(name, "", (Column("auction", "int32", "", ""),)) for name in ("auctions", "messages")
    )
    records = Records(tmp_path, 4, (auctions, messages))
    for auction in range(3):
        records["auctions"].row(auction)
        records.mark()
    records["auctions"].row(3)
    for _ in range(9):
        records["messages"].row(3)
    run = load(tmp_path)
    assert run["auctions"]["auction"].tolist() == [0, 1, 2]
    assert len(run["messages"]) == 0
    assert "left out" in run.message


# --- damage -----------------------------------------------------------------------------------------


def test_no_flipped_bit_is_read_as_other_data(tmp_path):
    """Pages have checksums; a flip in what describes them is told, or changes nothing."""
    sound = load(written(tmp_path))["small"].copy()
    part = tmp_path / "small" / "part-00000.parquet"
    content, chosen = part.read_bytes(), random.Random(7)
    silent = told = 0
    for _ in range(400):
        damaged = bytearray(content)
        damaged[chosen.randrange(len(content))] ^= 1 << chosen.randrange(8)
        part.write_bytes(damaged)
        try:
            silent += not load(tmp_path)["small"].equals(sound)
        except RecordsError:
            told += 1
    assert (silent, told > 100) == (0, True)


DAMAGES = {
    "empty": lambda folder: (folder / NAME).write_text(""),
    "no text": lambda folder: (folder / NAME).write_bytes(b"\xff\xfe\x00" * 9),
    "brackets": lambda folder: (folder / NAME).write_text("[" * 50_000),
    "digits": lambda folder: (folder / NAME).write_text('{"seed": ' + "9" * 5_000 + "}"),
    "a list": lambda folder: (folder / NAME).write_text("[]"),
    "status": lambda folder: changed(folder, status="x" * 10**6),
    "no counts": lambda folder: changed(folder, parts={"small": "two"}),
    "counts of what": lambda folder: changed(folder, rows=[1]),
    "no tables": lambda folder: changed(folder, tables={"small": 7}),
    "a column of what": lambda folder: changed(folder, tables={"small": {"description": 1, "columns": [{}]}}),
    "a table elsewhere": lambda folder: elsewhere(folder),
    "a folder": lambda folder: ((folder / NAME).unlink(), (folder / NAME).mkdir()),
    "a pipe": lambda folder: ((folder / NAME).unlink(), os.mkfifo(folder / NAME)),
    "part cut": lambda folder: part_of(folder).write_bytes(part_of(folder).read_bytes()[:200]),
    "part empty": lambda folder: part_of(folder).write_bytes(b""),
    "part a folder": lambda folder: (part_of(folder).unlink(), part_of(folder).mkdir()),
    "part a pipe": lambda folder: (part_of(folder).unlink(), os.mkfifo(part_of(folder))),
    "part of another": lambda folder: pd.DataFrame({"x": [1]}).to_parquet(part_of(folder)),
    "part of other types": lambda folder: other_types(folder),
}


def part_of(folder):
    return folder / "small" / "part-00000.parquet"


def changed(folder, **fields):
    told = json.loads((folder / NAME).read_text())
    (folder / NAME).write_text(json.dumps(told | fields))


def elsewhere(folder):
    """Its parts lie outside of the folder."""
    told = json.loads((folder / NAME).read_text())
    changed(folder, tables={"small": told["tables"]["small"], "../other": told["tables"]["small"]})


def other_types(folder):
    rows = pyarrow.parquet.read_table(part_of(folder)).to_pandas()
    rows.assign(money="much").to_parquet(part_of(folder))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_folder_gives_one_error(damage, tmp_path):
    damage(written(tmp_path))
    with pytest.raises(RecordsError) as error:
        load(tmp_path)["small"]
    assert len(str(error.value)) < 2_000


# --- a full disk ------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["on the way", "at the end"])
def test_a_full_disk_is_failed_in_the_manifest(when, tmp_path, monkeypatch):
    sound = pyarrow.parquet.write_table

    def full(rows, draft, **options):
        draft.write_bytes(b"x" * 1000)
        raise OSError(errno.ENOSPC, "No space left on device")

    records = Records(tmp_path, 20, (SMALL,))
    for number in range(30):
        records.append("small", number=number, money=0.0, label="x")
    monkeypatch.setattr(pyarrow.parquet, "write_table", full)
    if when == "on the way":
        with pytest.raises(OutputError, match="No space left"):
            records.append("small", number=np.arange(30), money=0.0, label="x")
    with pytest.raises(OutputError, match="No space left"):
        records.close("failed" if when == "on the way" else "complete")
    monkeypatch.setattr(pyarrow.parquet, "write_table", sound)
    assert list(tmp_path.glob("*/*.tmp")) == []
    with pytest.warns(IncompleteRunWarning, match="failed"):
        run = load(tmp_path)
    kept = run["small"]["number"].tolist()
    assert kept == list(range(len(kept)))
    assert len(kept) >= 10


# --- names ------------------------------------------------------------------------------------------


class Named(FirstPrice):
    """Its name is what others read as markup."""

    name = "[bold]red[/bold] [/] $x_$ <b>:smile:</b>"


def test_names_are_never_markup(tmp_path, capsys):
    from sim.cli.showing import console
    from sim.measures.comparison import comparison_table
    from sim.page.scene import Scene
    from sim.page.sellers import race
    from sim.runs.report import summary

    one = market([Truthful(), Ring()], Named(), records=Records(tmp_path))
    one.advance_to(5.5)
    one.finish()
    one.close()
    run = load(tmp_path)
    for line in [*summary(run, run.manifest), comparison_table("[/]", [], {Named.name: {}})]:
        console().print(line)
    shown = "".join(capsys.readouterr().out.split())
    assert "[bold]red[/bold][/]$x_$<b>:smile:</b>±theory" in shown
    assert all(sign in shown for sign in ("[bold]", "[/bold]", "<b>"))  # the table folds the name
    written = race(Scene(one)).moving
    assert "[bold]red[/bold] [/] $x_$ &lt;b&gt;:smile:&lt;/b&gt;" in written
    assert "<b>" not in written
