"""Records: what is appended comes back, in memory and from disk, with its types, in order."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.records import (
    SCHEMAS,
    Column,
    IncompleteRunWarning,
    OutputError,
    Records,
    RecordsError,
    Table,
    fresh_directory,
    load,
    prepare_directory,
)
from sim.records.manifest import LAYOUT, Manifest
from sim.records.messages import as_read

SMALL = Table("small", "A table for tests.", (
    Column("who", "int32", "", "an id"),
    Column("amount", "float64", "money", "a number"),
    Column("why", "category", "", "a label", "int8"),
))


def fill(records, rows=50):
    """Append `rows` blocks of two rows and one single row each, and return the expected columns."""
    who, amount, why = [], [], []
    for number in range(rows):
        label = f"label {number // 7}"
        records.append("small", who=np.array([number, -number]), amount=number / 2, why=label)
        records["small"].row(number, np.nan, records["small"].code("why", "single"))
        who += [number, -number, number]
        amount += [number / 2, number / 2, np.nan]
        why += [label, label, "single"]
    return who, amount, why


def check(frame, expected):
    who, amount, why = expected
    assert frame["who"].tolist() == who
    np.testing.assert_array_equal(frame["amount"], amount)
    assert frame["why"].tolist() == why


def assert_no_objects(frame):
    assert not [name for name, dtype in frame.dtypes.items() if dtype == np.dtype("O")]
    for name in frame:
        if frame[name].dtype == "category":
            assert frame[name].cat.categories.dtype == "str"


def manifest(**changes):
    return Manifest(**{"scenario": "test", "parameters": {"sellers": 6}, "seed": 3} | changes)


@pytest.mark.parametrize("part_rows", [1, 10, 100_000])
def test_what_is_appended_comes_back(tmp_path, part_rows):
    in_memory = Records(tables=(SMALL,))
    on_disk = Records(tmp_path, part_rows, (SMALL,))
    expected = fill(in_memory)
    fill(on_disk)
    check(in_memory.frames()["small"], expected)
    check(on_disk.frames()["small"], expected)
    on_disk.close()
    run = load(tmp_path)
    assert run.complete
    check(run["small"], expected)
    pd.testing.assert_frame_equal(run["small"], in_memory.frames()["small"])
    pd.testing.assert_frame_equal(run["small"], on_disk.frames()["small"])
    assert len(on_disk["small"]) == 150


def test_parts_are_written_and_freed_on_the_way(tmp_path):
    records = Records(tmp_path, 30, (SMALL,))
    fill(records, 100)
    parts = sorted(path.name for path in (tmp_path / "small").iterdir())
    assert parts[:2] == ["part-00000.parquet", "part-00001.parquet"]
    assert len(parts) == 9      # 100 blocks and rows of 3 in parts of 30; the last is still open
    assert records.nbytes <= 2 * 30 * SMALL.row_bytes


def test_each_table_has_typed_columns_even_when_empty(tmp_path):
    records = Records(tmp_path)
    records.close()
    run = load(tmp_path)
    assert list(run) == [table.name for table in SCHEMAS]
    for table in map(as_read, SCHEMAS):
        frame = run[table.name]
        assert frame.empty
        assert tuple(frame.columns) == table.names
        assert_no_objects(frame)
        pd.testing.assert_frame_equal(frame, records.frames()[table.name])
        for column in table.columns:
            assert frame[column.name].dtype == ("category" if column.is_category else column.storage)


def test_every_column_says_what_it_is():
    for table in SCHEMAS:
        assert table.description
        for column in table.columns:
            assert column.description


def test_filled_tables_have_no_object_columns(tmp_path):
    records = Records(tmp_path)
    records.append("messages", auction=0, question_number=0, question="AskValue", bidder_id=np.arange(3),
                   person_id=np.arange(3), sent=0.5, time=[1.0, 2.0, 3.0], value=np.nan, answer=[1, 2, 3],
                   status=["answered", "late", "answered"])
    records.append("questions", question="AskValue", recorded_as="bid")
    records.close()
    frame = load(tmp_path)["messages"]
    assert_no_objects(frame)
    assert frame["status"].tolist() == ["answered", "late", "answered"]
    assert frame["status"].cat.categories.tolist() == ["answered", "late"]
    assert frame["bid"].tolist() == [1.0, 2.0, 3.0]


def test_a_message_takes_at_most_48_bytes():
    messages = Records()["messages"]
    assert messages.schema.row_bytes <= 48
    values = (0, 0, 0, *np.zeros((2, 20), dtype=np.int32), *np.zeros((4, 20)), np.zeros(20, dtype=np.int8))
    for _ in range(2000):
        messages.extend(values, 20)
    assert messages.nbytes / len(messages) <= 64


def test_a_block_larger_than_a_chunk():
    records = Records(tables=(SMALL,), part_rows=10)
    records.append("small", who=np.arange(25), amount=1.0, why="x")
    records.append("small", who=np.arange(3), amount=2.0, why="y")
    assert records.frames()["small"]["who"].tolist() == [*range(25), *range(3)]


def test_the_same_rows_give_the_same_bytes(tmp_path):
    digests = []
    for name in ("first", "second"):
        folder = prepare_directory(tmp_path / name)
        records = Records(folder, 40, (SMALL,), manifest())
        fill(records)
        records.close()
        parts = sorted((folder / "small").iterdir())
        digests.append([hashlib.sha256(part.read_bytes()).hexdigest() for part in parts])
    assert len(digests[0]) > 2
    assert digests[0] == digests[1]


def test_a_killed_run_keeps_its_closed_parts(tmp_path):
    script = textwrap.dedent(f"""
        import os, signal
        import numpy as np
        from sim.records import Column, Records, Table
        records = Records({str(tmp_path)!r}, 100, (Table("small", "", (Column("who", "int32", "", ""),)),))
        for number in range(1050):
            records["small"].row(number)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    ended = subprocess.run([sys.executable, "-c", script], check=False, cwd=os.getcwd())
    assert ended.returncode == -signal.SIGKILL
    with pytest.warns(IncompleteRunWarning, match="still running or was killed"):
        run = load(tmp_path)
    assert not run.complete
    kept = run["small"]["who"].tolist()
    assert kept == list(range(len(kept)))
    assert len(kept) >= 1050 - 100


@pytest.mark.parametrize("status", ["interrupted", "failed"])
def test_an_interrupted_run_keeps_all_and_says_so(tmp_path, status):
    records = Records(tmp_path, 20, (SMALL,))
    expected = fill(records, 30)
    records.close(status)
    records.close("complete")      # closing again changes nothing
    with pytest.warns(IncompleteRunWarning, match=f"was {status}"):
        run = load(tmp_path)
    check(run["small"], expected)


def test_a_full_part_of_one_table_writes_all_tables(tmp_path):
    """So that a kill costs all tables the same time."""
    few = Table("few", "A row now and then.", (Column("x", "int32", "", "a number"),))
    records = Records(tmp_path, 10, (SMALL, few))
    records.append("few", x=1)
    fill(records, 10)
    with pytest.warns(IncompleteRunWarning):
        run = load(tmp_path)
    assert len(run["small"]) > 0
    assert run["few"]["x"].tolist() == [1]


def test_a_lost_part_is_noticed(tmp_path):
    records = Records(tmp_path, 20, (SMALL,))
    fill(records, 30)
    records.close()
    (tmp_path / "small" / "part-00002.parquet").unlink()
    with pytest.warns(IncompleteRunWarning, match="parts of small are gone"):
        run = load(tmp_path)
    assert len(run["small"]) == 20 + 20  # of 45 rows, which came as blocks of 2, 1, 2, 1, ...


@pytest.mark.parametrize("step", [7, 20, 33, 90])
def test_parts_do_not_depend_on_how_many_rows_come_at_once(tmp_path, step):
    who = np.arange(90)
    parts = []
    for size in (1, step):
        folder = tmp_path / str(size)
        folder.mkdir()
        records = Records(folder, 20, (SMALL,))
        code = records["small"].code("why", "some")
        for start in range(0, 90, size):
            some = who[start : start + size]
            records["small"].extend((some, np.array([[0.5]]), code), len(some))
        records.close()
        parts.append([file.read_bytes() for file in sorted((folder / "small").iterdir())])
    assert len(parts[0]) == 5
    assert parts[0] == parts[1]


def test_a_damaged_part_is_an_error(tmp_path):
    records = Records(tmp_path, tables=(SMALL,))
    fill(records)
    records.close()
    part = tmp_path / "small" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(RecordsError, match=r"part-00000\.parquet cannot be read"):
        load(tmp_path)["small"]


def test_closed_records_take_no_more_rows(tmp_path):
    records = Records(tmp_path, tables=(SMALL,))
    fill(records, 2)
    records.close()
    with pytest.raises(ValueError, match="small is closed"):
        records["small"].row(1, 2.0, 0)


def test_csv_on_request(tmp_path):
    records = Records(tables=(SMALL,))
    expected = fill(records, 3)
    records.write_csv(tmp_path / "csv")
    check(pd.read_csv(tmp_path / "csv" / "small.csv"), expected)


@pytest.mark.parametrize(("change", "error", "message"), [
    ({"who": None}, ValueError, "missing: who"),
    ({"whom": 3}, ValueError, "unknown: whom"),
    ({"who": 1.5}, TypeError, "who of small has dtype float64"),
    ({"who": "x"}, TypeError, "who of small has dtype"),
    ({"who": 2**40}, ValueError, f"runs from {2**40}"),
    ({"who": np.zeros((2, 2), dtype=int)}, ValueError, r"shape \(2, 2\)"),
    ({"who": [1, 2], "amount": [1.0, 2.0, 3.0]}, ValueError, r"lengths \[2, 3\]"),
    ({"amount": "dear"}, TypeError, "amount of small"),
    ({"why": 7}, ValueError, "why of small runs from 7 to 7"),
    ({"why": [1.5]}, TypeError, "label of why is 1.5"),
])
def test_append_names_what_is_wrong(change, error, message):
    records = Records(tables=(SMALL,))
    columns = {"who": 1, "amount": 1.0, "why": "x"} | change
    columns = {name: value for name, value in columns.items() if value is not None}
    with pytest.raises(error, match=message):
        records.append("small", **columns)
    assert len(records["small"]) == 0


def test_a_wrong_code_is_found_when_the_rows_are_read():
    records = Records(tables=(SMALL,))
    records["small"].row(1, 1.0, 5)
    with pytest.raises(ValueError, match="why of small runs from 5"):
        records.frames()


def test_labels_are_limited_by_their_codes():
    small = Records(tables=(SMALL,))["small"]
    codes = [small.code("why", f"label {number}") for number in range(128)]
    assert codes == list(range(128))
    with pytest.raises(ValueError, match="allow only 128 labels"):
        small.code("why", "one more")


@pytest.mark.parametrize(("make", "message"), [
    (lambda: Column("a b", "int32", "", ""), "identifier"),
    (lambda: Column("a", "object", "", ""), "dtype of a is 'object'"),
    (lambda: Column("a", "category", "", "", "float64"), "codes of a"),
    (lambda: Table("a b", "", ()), "identifier"),
    (lambda: Table("a", "", (Column("x", "int8", "", ""),) * 2), "only once"),
    (lambda: Records(part_rows=0), "part_rows is 0"),
    (lambda: Records(tables=(SMALL, SMALL)), "only once"),
])
def test_schemas_are_checked(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_unknown_tables_are_named():
    with pytest.raises(KeyError, match="there are small"):
        Records(tables=(SMALL,))["large"]


def test_a_scenario_adds_its_own_table(tmp_path):
    records = Records(tmp_path, tables=(*SCHEMAS, SMALL))
    expected = fill(records)
    records.close()
    check(load(tmp_path)["small"], expected)


def test_prepare_directory_makes_what_is_not_there(tmp_path):
    assert prepare_directory(tmp_path / "a" / "b").is_dir()
    assert prepare_directory(str(tmp_path / "a" / "c")).is_dir()


def test_prepare_directory_refuses_what_it_cannot_use(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"file is a file; name a folder"):
        prepare_directory(tmp_path / "file")
    with pytest.raises(OutputError, match="is not empty"):
        prepare_directory(tmp_path)
    with pytest.raises(OutputError, match="cannot be written"):
        prepare_directory(tmp_path / "file" / "below")
    with pytest.raises(OutputError, match="cannot be written"):
        prepare_directory("/proc/bazaar")
    with pytest.raises(OutputError, match="is empty text"):
        prepare_directory("")
    with pytest.raises(OutputError, match=r"'out\\udcff' is not UTF-8"):
        prepare_directory("out\udcff")
    (tmp_path / "astray").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="leads nowhere"):
        prepare_directory(tmp_path / "astray")


def test_of_two_runs_that_want_a_folder_at_once_one_gets_it(tmp_path, monkeypatch):
    entries = Path.iterdir

    def rival_comes_first(folder):
        """Both find the folder empty; the other one goes on first."""
        monkeypatch.setattr(Path, "iterdir", entries)
        prepare_directory(folder)
        return iter(())

    monkeypatch.setattr(Path, "iterdir", rival_comes_first)
    with pytest.raises(OutputError, match="is not empty"):
        prepare_directory(tmp_path / "wanted")


def test_fresh_directories_never_clash(tmp_path, monkeypatch):
    monkeypatch.setattr("time.strftime", lambda form: "20260101-000000")
    made = [fresh_directory("town", 7, tmp_path / "runs") for _ in range(3)]
    assert [folder.name for folder in made] == [
        "town-seed7-20260101-000000", "town-seed7-20260101-000000-2", "town-seed7-20260101-000000-3"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        fresh_directory("town", 7, tmp_path / "file")


def test_load_says_what_is_no_run(tmp_path):
    with pytest.raises(RecordsError, match="is not a folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(RecordsError, match="holds no records"):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text("{broken")
    with pytest.raises(RecordsError, match="damaged"):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(RecordsError, match="not the manifest"):
        load(tmp_path)


@pytest.mark.parametrize("tables", [5, {"auctions": {}}, {"auctions": {"description": "", "columns": [{}]}}])
def test_load_says_that_a_manifest_is_damaged(tmp_path, tables):
    told = {"scenario": "town", "parameters": {}, "status": "complete", "layout": LAYOUT, "tables": tables}
    (tmp_path / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(RecordsError, match=r"manifest\.json is damaged"):
        load(tmp_path)


def test_manifest_tells_what_made_the_run(tmp_path):
    records = Records(tmp_path, tables=(SMALL,), manifest=manifest())
    started = json.loads((tmp_path / "manifest.json").read_text())
    assert (started["status"], started["finished"]) == ("running", None)
    records.close()
    run = load(tmp_path)
    assert run.manifest["scenario"] == "test"
    assert run.manifest["parameters"] == {"sellers": 6}
    assert run.manifest["seed"] == 3
    assert run.manifest["status"] == "complete"
    assert run.manifest["finished"] >= run.manifest["started"]
    assert run.manifest["versions"]["numpy"] == np.__version__
    assert run.manifest["tables"]["small"]["columns"][1] == {
        "name": "amount", "dtype": "float64", "unit": "money", "description": "a number",
        "refers": ""}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json"]


def test_manifest_ends_only_in_an_end():
    with pytest.raises(ValueError, match="status is 'running'"):
        manifest().finish("running")
