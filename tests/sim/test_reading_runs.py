"""Runs read back: the data dictionary, several runs in one frame, and how columns are encoded."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import sim
from agents.strategies import Strategy, Truthful
from mechanisms.auctions import OpenProxy, PostedPrice
from mechanisms.conversation import Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import SILENT, AskValue, OfferPrice
from scenarios import town_market
from sim.records import RecordsError
from sim.records.messages import as_read
from sim.records.schema import MESSAGES, SCHEMAS
from sim.records.writing import Records, encodings
from sim.runs.run import play_until, set_up
from tests.sim.command import ROOT
from tests.sim.market.markets import market, run

SMALL = {"buyers": 60, "rate": 0.3, "until": 20}


def run_to(folder, seed=0, **settings):
    parameters = town_market.Parameters(**(SMALL | settings))
    market = set_up("town_market", town_market, parameters, seed, str(folder))
    play_until(market, parameters.until)
    market.close()
    return folder


def test_the_data_dictionary_has_each_column_with_its_meaning(tmp_path):
    dictionary = sim.load(run_to(tmp_path / "run", until=2)).describe()
    assert list(dictionary.columns) == ["table", "column", "dtype", "unit", "refers", "description"]
    assert [tuple(row) for row in dictionary[["table", "column"]].itertuples(index=False)] == [
        (table.name, column.name) for table in map(as_read, SCHEMAS) for column in table.columns
    ]
    assert (dictionary["description"] != "").all()
    bidder = dictionary[(dictionary["table"] == "messages") & (dictionary["column"] == "bidder_id")]
    assert bidder["refers"].tolist() == ["agents.bidder_id"]


def test_the_documents_hold_the_data_dictionary():
    page = (ROOT / "docs" / "how-to" / "records.md").read_text(encoding="utf-8")
    text = page.partition("## Data dictionary")[2]
    told = [line for line in text.splitlines() if line.startswith(("| `", "**`"))]
    expected = []
    for table in map(as_read, SCHEMAS):
        expected.append(f"**`{table.name}`** {table.description}")
        for one in table.columns:
            parts = f"`{one.name}`", one.dtype, one.unit, one.description, one.refers
            expected.append(f"| {' | '.join(parts)} |")
    assert told == expected


@pytest.mark.parametrize("layout", [1, 3])
def test_records_of_another_layout_are_refused_with_what_to_do(tmp_path, layout):
    """Layout 1 did not say its number."""
    folder = run_to(tmp_path / "run", until=2)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest.pop("layout") == 2
    if layout > 1:
        manifest["layout"] = layout
    (folder / "manifest.json").write_text(json.dumps(manifest))
    told = f"records of layout {layout}.*reads layout 2: run town_market again with the parameters and seed"
    with pytest.raises(RecordsError, match=told):
        sim.load(folder)


# --- messages: stored compactly, read by kind ---------------------------------------------------------


@dataclass(frozen=True)
class AskTwoThenOffer(Mechanism):
    """Bids from the first two, then a price each to all but the first, then silence."""

    def conversation(self, n):
        yield AskValue(to=(0, 1))
        yield OfferPrice(to=tuple(range(1, n)), prices=tuple(np.arange(1, n) / 10))
        return Outcome(np.zeros(n), np.zeros(n))


class Reserved(Strategy):
    """Says nothing while her value is below a half."""

    def answer(self, question, view):
        return np.where(view.values < 0.5, SILENT, question.truth(view))


def messages_of(mechanism, directory=None, part_rows=100_000, until=40.5):
    """The messages of a run, as its records hand them out, and the records."""
    records = Records(directory, part_rows)
    strategies = [Truthful(), Truthful(), Reserved()]
    one = market(strategies, mechanism, period=4.0, records=records)
    one.advance_to(until)
    one.advance_to(until + 4.0)  # what came first is written by then
    one.flush()
    return one, records


@pytest.mark.parametrize("mechanism", [AskTwoThenOffer(), OpenProxy(0.05, 3), PostedPrice(0.4)], ids=repr)
def test_messages_are_read_alike_wherever_they_are(tmp_path, mechanism):
    """In memory, over many parts, from the folder; and the last ones while the run goes on."""
    one, records = messages_of(mechanism)
    whole = records.frame("messages")
    other, parts = messages_of(mechanism, tmp_path, part_rows=4)
    last = parts.recent("messages", 0)
    assert parts.manifest.parts["messages"] > 1
    pd.testing.assert_frame_equal(parts.frame("messages"), whole)
    assert 0 < len(last) < len(whole)
    pd.testing.assert_frame_equal(last, whole.tail(len(last)).reset_index(drop=True), check_categorical=False)
    for each in (one, other):
        each.close()
    parts.close()
    pd.testing.assert_frame_equal(sim.load(tmp_path)["messages"], whole)
    assert list(whole.columns) == list(as_read(MESSAGES).names)


def test_prices_are_those_that_each_question_named():
    one, records = messages_of(AskTwoThenOffer())
    messages = records.frame("messages")
    one.close()
    bids, offers = (messages[messages["question_number"] == number] for number in (0, 1))
    assert bids["price"].isna().all()
    np.testing.assert_array_equal(offers["price"], offers["bidder_id"] / 10)
    spoke = offers["status"] == "answered"
    assert (offers["accepted"] == (offers["value"] >= offers["price"]))[spoke].all()
    assert offers["accepted"][~spoke].isna().all()
    assert 0 < spoke.sum() < len(offers)
    assert len(records["questions"]) == 2


@dataclass(frozen=True)
class AskWeight(AskValue):
    """A number that is none of the usual kinds."""

    recorded_as = "vector"


@dataclass(frozen=True)
class Weigh(Mechanism):
    def conversation(self, n):
        yield AskWeight()
        return Outcome(np.zeros(n), np.zeros(n))


def test_a_number_of_no_usual_kind_stands_with_the_vectors():
    frames = run(8.5, [Truthful()] * 2, Weigh(), period=4.0)
    messages, vectors = frames["messages"], frames["vectors"]
    assert messages[["price", "bid", "drop_out", "accepted"]].isna().all(axis=None)
    joined = vectors.merge(messages, on=["auction", "question_number", "bidder_id"])
    assert len(joined) == len(vectors) == len(messages) > 0
    np.testing.assert_array_equal(joined["number"], joined["value"])


def test_many_runs_in_one_frame_with_their_parameters(tmp_path):
    folders = [run_to(tmp_path / f"{seed}-{share}", seed, until=4, snipers=share)
               for seed in (0, 1) for share in (0.0, 0.5)]
    frames = sim.load_many(folders)
    auctions = frames["auctions"]
    assert len(auctions) == sum(len(sim.load(folder)["auctions"]) for folder in folders)
    assert set(auctions["run"]) == set(map(str, folders))
    by_run = auctions.drop_duplicates("run")
    assert by_run["seed"].tolist() == [0, 0, 1, 1]
    assert by_run["snipers"].tolist() == [0.0, 0.5, 0.0, 0.5]
    assert set(auctions["scenario"]) == {"town_market"}
    assert set(auctions["buyers"]) == {60}
    first = auctions[auctions["run"] == str(folders[0])]
    own = sim.load(folders[0])["auctions"]
    pd.testing.assert_series_equal(first["revenue"].reset_index(drop=True), own["revenue"])
    assert set(frames["agents"]["set_strategy"]) == {"equilibrium"}
    assert "EquilibriumSniper" in set(frames["agents"]["strategy"].astype(str))


def test_no_runs_or_one_twice_are_refused(tmp_path):
    with pytest.raises(ValueError, match="directories are none"):
        sim.load_many([])
    with pytest.raises(ValueError, match="each only once"):
        sim.load_many([tmp_path, tmp_path])
    with pytest.raises(RecordsError, match="holds no records"):
        sim.load_many([tmp_path])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return run_to(tmp_path_factory.mktemp("encoded") / "run", until=60, buyers=200)


@pytest.mark.parametrize("table", ["messages", "auctions", "visits"])
def test_columns_are_encoded_by_kind(recorded, table):
    schema = next(each for each in SCHEMAS if each.name == table)
    group = pq.ParquetFile(recorded / table / "part-00000.parquet").metadata.row_group(0)
    used = {group.column(k).path_in_schema: group.column(k).encodings for k in range(group.num_columns)}
    for column in schema.columns:
        dictionary = any("DICTIONARY" in one for one in used[column.name])
        assert dictionary == (not column.dtype.startswith("float")), column.name
        assert ("BYTE_STREAM_SPLIT" in used[column.name]) == (column.unit == "time"), column.name


def test_what_is_encoded_comes_back_and_takes_fewer_bytes(recorded, tmp_path):
    """Than as Parquet would by default; figures of this run: a sixth to a quarter fewer."""
    sizes = {}
    for name in ("messages", "auctions", "visits"):
        rows = pq.read_table(recorded / name / "part-00000.parquet")
        schema = next(each for each in SCHEMAS if each.name == name)
        pq.write_table(rows, tmp_path / "plain", compression="zstd")
        pq.write_table(rows, tmp_path / "ours", compression="zstd", **encodings(schema))
        back = pq.read_table(tmp_path / "ours").to_pandas()
        pd.testing.assert_frame_equal(back, rows.to_pandas(), check_exact=True)
        sizes[name] = [(tmp_path / each).stat().st_size for each in ("ours", "plain")]
    ours, plain = np.sum(list(sizes.values()), axis=0)
    assert ours < 0.9 * plain


def test_a_table_without_floats_is_written(tmp_path):
    (tmp_path / "run").mkdir()
    records = Records(tmp_path / "run")
    records.append("failures", auction=0, bidder_id=0, hook="observe", reason="x")
    records.close()
    assert sim.load(tmp_path / "run")["failures"]["reason"].tolist() == ["x"]
