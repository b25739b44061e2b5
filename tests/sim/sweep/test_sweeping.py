"""Sweeps in this process: what is kept, what is run again, what is refused, and how they end."""

import errno
import json
import os
import warnings
from concurrent.futures import BrokenExecutor, Future

import numpy as np
import pandas as pd
import pyarrow.dataset
import pytest

import sim
from sim.records import IncompleteRunWarning, OutputError, RecordsError
from sim.records.sweep_reading import index_of
from sim.sweep import folder as folder_module
from sim.sweep import run, sweeping
from sim.sweep.plan import PlanError
from sim.sweep.working import StoppedError
from tests.sim.sweep.toys import AtOnce, content, toy

PLAN = {"axes": {"shift": [0, 10], "kind": ["a", "b"]}, "seeds": 3}


def swept(out, executor=None, **plan):
    """Sweep in this process."""
    return run(toy(), out, **{**PLAN, **plan}, executor=executor or AtOnce(), workers=1)


class Counted(AtOnce):
    """Counts what it is given; from number `stop` on it raises."""

    def __init__(self, stop=None, error=KeyboardInterrupt):
        self.done, self.stop, self.error = 0, stop, error

    def submit(self, work, /, *arguments, **named):
        if self.done == self.stop:
            raise self.error
        self.done += 1
        return super().submit(work, *arguments, **named)


# --- what is kept -----------------------------------------------------------------------------------


def test_the_frame_has_a_row_for_each_task(tmp_path):
    frame = swept(tmp_path / "out")
    draws = [np.random.default_rng(seed).standard_normal() for seed in range(3)]
    figures = ["number", "square: of it"]
    assert list(frame.columns) == ["task", "point", "seed", "shift", "kind", "status", *figures]
    assert frame["shift"].tolist() == [0.0] * 6 + [10.0] * 6
    assert frame["kind"].tolist() == (["a"] * 3 + ["b"] * 3) * 2
    assert np.allclose(frame["number"], frame["shift"] + np.tile(draws, 4))
    pd.testing.assert_frame_equal(sim.load(tmp_path / "out"), frame)


def test_results_are_one_partitioned_data_set(tmp_path):
    """As other tools read it: a column for the partition, and a row for each task."""
    frame = swept(tmp_path / "out")
    whole = pyarrow.dataset.dataset(tmp_path / "out" / "results", partitioning="hive").to_table()
    results = whole.to_pandas().sort_values("task", ignore_index=True)
    assert results["point"].tolist() == frame["point"].tolist()
    assert results["number"].tolist() == frame["number"].tolist()


def test_the_manifest_says_how_it_ended_and_the_plan_what_was_planned(tmp_path):
    swept(tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    plan = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert (manifest["status"], manifest["plan"]) == ("complete", plan["hash"])
    assert plan["plan"]["axes"] == [["shift", [0.0, 10.0]], ["kind", ["a", "b"]]]
    assert plan["origin"]["numpy"] == np.__version__


def test_the_plan_is_recorded_before_the_first_task_is_run(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path / "out", Counted(stop=0))
    there = content(tmp_path / "out")
    assert "plan.json" in there
    assert not [name for name in there if name.startswith("results")]


def test_all_records_are_kept_on_request(tmp_path):
    swept(tmp_path / "out", records=True, seeds=2)
    tables = sim.load(tmp_path / "out" / "records" / "task-0000003")
    assert tables.manifest["seed"] == 1
    assert tables["refusals"]["auction"].tolist() == [1]


def test_figures_that_some_points_lack_are_not_a_number(tmp_path, monkeypatch):
    scenario = toy().load()
    own = scenario.measures
    monkeypatch.setattr(
        scenario,
        "measures",
        lambda tables, told: own(tables, told) | ({"more": 1.0} if told.shift else {}),
    )
    frame = swept(tmp_path / "out")
    assert frame["more"].isna().tolist() == [True] * 6 + [False] * 6


# --- going on ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What a sweep that nothing disturbs leaves behind."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    swept(out)
    return content(out)


@pytest.mark.parametrize("stop", [0, 1, 5, 11])
def test_a_sweep_that_is_interrupted_goes_on_with_what_is_missing(tmp_path, undisturbed, stop):
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path / "out", Counted(stop))
    kept = len([name for name in content(tmp_path / "out") if name.startswith("results")])
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["status"] == "interrupted"
    with pytest.warns(IncompleteRunWarning, match=f"{12 - kept} tasks are missing"):
        assert len(sim.load(tmp_path / "out")) == 12
    again = Counted()
    swept(tmp_path / "out", again, resume=True)
    assert again.done == 12 - kept
    assert content(tmp_path / "out") == undisturbed


def test_what_a_kill_leaves_behind_is_cleared_away(tmp_path, undisturbed):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        swept(out, Counted(4))
    (out / "manifest.json").write_text("")
    (out / "results" / "point=00000" / "task-0000001.parquet.77.tmp").write_bytes(b"PAR1")
    (out / "records" / "task-0000001.abc.tmp").mkdir(parents=True)
    (out / "results" / "point=00000" / "task-0000000.parquet").write_bytes(b"PAR1 cut short")
    swept(out, resume=True)
    (out / "records").rmdir()
    assert content(out) == undisturbed


def test_a_sweep_killed_before_its_plan_was_there_begins_again(tmp_path, undisturbed):
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").touch()
    (out / "plan.json.77.tmp").write_text("{")
    swept(out, resume=True)
    assert content(out) == undisturbed


def test_resuming_nothing_is_beginning(tmp_path, undisturbed):
    swept(tmp_path / "out", resume=True)
    swept(tmp_path / "out", Counted(0), resume=True)
    assert content(tmp_path / "out") == undisturbed


def test_a_folder_in_use_is_not_overwritten(tmp_path):
    swept(tmp_path / "out")
    with pytest.raises(OutputError, match="is not empty"):
        swept(tmp_path / "out")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "diary.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        swept(tmp_path / "other", resume=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": 4}, r"another plan \(seeds: \[0, 1, 2\] there, \[0, 1, 2, 3\] here\)"),
        ({"axes": {"shift": [0, 11], "kind": ["a", "b"]}}, "another plan .axes: "),
        ({"settings": {"scale": 2}}, "another plan .settings: {} there"),
        ({"records": True}, "another plan .records: False there, True here"),
    ],
)
def test_another_plan_is_refused(tmp_path, change, message):
    swept(tmp_path / "out")
    before = content(tmp_path / "out")
    with pytest.raises(PlanError, match=message):
        swept(tmp_path / "out", resume=True, **change)
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize("what", ["numpy", "python", "code"])
def test_other_versions_are_refused(tmp_path, monkeypatch, what):
    swept(tmp_path / "out")
    origin = sweeping.origin_of(toy())
    monkeypatch.setattr(sweeping, "origin_of", lambda entry: {**origin, what: "0.1"})
    with pytest.raises(PlanError, match=rf"begun with other versions \({what}: \S+ there, 0\.1 here\)"):
        swept(tmp_path / "out", resume=True)


def test_other_contents_of_a_file_that_a_parameter_names_are_refused(tmp_path):
    named = tmp_path / "words.txt"
    named.write_text("one")
    swept(tmp_path / "out", settings={"marks": str(named)})
    swept(tmp_path / "out", settings={"marks": str(named)}, resume=True)
    named.write_text("two")
    with pytest.raises(PlanError, match=r"begun with other versions \(file .*words.txt"):
        swept(tmp_path / "out", settings={"marks": str(named)}, resume=True)


def test_a_worker_with_other_versions_stops_the_sweep(tmp_path, monkeypatch):
    origin = sweeping.origin_of(toy())
    monkeypatch.setattr(sweeping, "origin_of", lambda entry: {**origin, "numpy": "0.1"})
    with pytest.raises(StoppedError, match=r"a worker has other versions than the sweep \(numpy: 0\.1 there"):
        swept(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["status"] == "failed"


def test_two_processes_do_not_write_to_one_folder(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path / "out", Counted(2))
    with (tmp_path / "out" / "plan.json").open("rb") as held:
        import fcntl

        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="another process is writing"):
            swept(tmp_path / "out", resume=True)
    swept(tmp_path / "out", resume=True)


# --- what goes wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "error"), [("raises", "ValueError: seed 1 has no luck"), ("exits", "SystemExit: 0")]
)
def test_a_task_that_fails_three_times_is_in_the_index_and_the_rest_finish(tmp_path, trouble, error):
    executor = Counted()
    with pytest.warns(IncompleteRunWarning, match="4 tasks failed"):
        frame = swept(tmp_path / "out", executor, settings={"trouble": trouble})
    assert executor.done == 8 + 3 * 4
    assert (frame["status"] == "failed").tolist() == [False, True, False] * 4
    assert frame["number"].isna().tolist() == [False, True, False] * 4
    index = pd.read_parquet(tmp_path / "out" / "index.parquet")
    failed = index[index["status"] == "failed"]
    assert set(failed["seed"]) == {1}
    assert failed["error"].str.contains(error, regex=False).all()
    assert failed["error"].str.contains("in advance_to").all()


def test_what_failed_is_tried_again_on_resuming(tmp_path, undisturbed):
    scenario = toy().load()
    broken = pytest.MonkeyPatch()
    broken.setattr(scenario.Toy, "none_yet", scenario.Toy.raises)
    with pytest.warns(IncompleteRunWarning):
        swept(tmp_path / "out")
    broken.undo()
    again = Counted()
    swept(tmp_path / "out", again, resume=True)
    assert again.done == 4
    assert content(tmp_path / "out") == undisturbed


class Flaky(AtOnce):
    """Loses each task the first two times."""

    def __init__(self):
        self.tried = {}

    def submit(self, work, /, task, *arguments, **named):
        self.tried[task.number] = self.tried.get(task.number, 0) + 1
        if self.tried[task.number] < 3:
            future = Future()
            future.set_exception(RuntimeError("the process was killed"))
            return future
        return super().submit(work, task, *arguments, **named)


def test_a_task_that_is_lost_twice_is_done_the_third_time(tmp_path, undisturbed):
    executor = Flaky()
    swept(tmp_path / "out", executor)
    assert set(executor.tried.values()) == {3}
    assert content(tmp_path / "out") == undisturbed


def test_an_executor_that_is_lost_stops_the_sweep_and_keeps_what_is_there(tmp_path, undisturbed):
    with pytest.raises(StoppedError, match="the workers are gone"):
        swept(tmp_path / "out", Counted(5, BrokenExecutor("broken")))
    swept(tmp_path / "out", resume=True)
    assert content(tmp_path / "out") == undisturbed


@pytest.mark.parametrize("room", [0, 1, 2, 3, 7])
def test_a_full_disk_stops_with_a_message_and_keeps_what_is_there(tmp_path, monkeypatch, undisturbed, room):
    """So many files fit; then there is no space, as the operating system says it."""
    written = []

    def fsync(number):
        if len(written) >= room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(number)

    monkeypatch.setattr(folder_module.os, "fsync", fsync)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\); free some space"):
        swept(tmp_path / "out")
    monkeypatch.undo()
    results = [name for name in content(tmp_path / "out") if name.startswith("results")]
    assert len(results) == max(0, room - 2)
    if room >= 2:
        assert json.loads((tmp_path / "out" / "manifest.json").read_text())["status"] == "failed"
    assert not [name for name in content(tmp_path / "out") if name.endswith(".tmp")]
    swept(tmp_path / "out", resume=True)
    assert content(tmp_path / "out") == undisturbed


def test_figures_that_are_no_numbers_fail_the_task_with_a_reason(tmp_path, monkeypatch):
    scenario = toy().load()
    for found, reason in [
        ({}, "must be numbers by name"),
        ({"number": "seven"}, "'number' is seven; it must be a number"),
        ({"kind": 1.0}, "has the name 'kind'; it must be text, and no parameter's"),
        ({"seed": 1.0}, "has the name 'seed'"),
    ]:
        monkeypatch.setattr(scenario, "measures", lambda tables, told, found=found: found)
        out = tmp_path / str(len(reason))
        with pytest.warns(IncompleteRunWarning):
            swept(out, axes={}, seeds=1)
        assert reason in index_of(out)["error"][0]


# --- damaged folders --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "[" * 50_000, '{"plan": 3}', '{"hash": "x", "plan": {}, "origin": {}}'),
        json.dumps(
            {
                "hash": "x",
                "origin": {},
                "plan": {"axes": [[c, [0] * 99] for c in "abcde"], "seeds": [0], "measures": [], "versus": 0},
            }
        ),
    ],
)
def test_a_damaged_plan_is_one_error_of_ours(tmp_path, text):
    swept(tmp_path / "out", seeds=1)
    (tmp_path / "out" / "plan.json").write_text(text)
    with pytest.raises(RecordsError, match="is not the plan of a sweep"):
        sim.load(tmp_path / "out")
    with pytest.raises(RecordsError, match="is not the plan of a sweep"):
        swept(tmp_path / "out", seeds=1, resume=True)


def test_a_damaged_result_is_told_and_run_again(tmp_path):
    swept(tmp_path / "out")
    whole = content(tmp_path / "out")
    path = tmp_path / "out" / "results" / "point=00002" / "task-0000007.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RecordsError, match=r"task-0000007\.parquet cannot be read .*--resume runs it again"):
        sim.load(tmp_path / "out")
    again = Counted()
    swept(tmp_path / "out", again, resume=True)
    assert again.done == 1
    assert content(tmp_path / "out") == whole


def test_a_run_is_still_loaded_as_tables(tmp_path):
    from scenarios import town_market

    (tmp_path / "run").mkdir()
    market = town_market.build(town_market.Parameters(buyers=10), 0, sim.Records(tmp_path / "run"))
    market.advance_to(1)
    market.finish()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(sim.load(tmp_path / "run")["agents"]) == 10


def test_an_executor_of_ones_own_goes_with_neither_address_nor_limit(tmp_path):
    for more in ({"dask": "local"}, {"limit": 1.0}):
        with pytest.raises(ValueError, match="executor is given"):
            swept(tmp_path / "out", **more)
