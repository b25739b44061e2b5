"""`bazaar sweep`: its report, its exit codes, and what is left when workers or the parent are killed."""

import json
import os
import random
import shutil
import signal
import time
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from tests.sim.command import bazaar, finish, run, start
from tests.sim.sweep.toys import TOY, content

__all__ = ["bazaar"]

MODULE = ("-m", "scenarios", "sweep")
TASKS = ("--grid", "shift=0:3:4", "--seeds", "3", "--set", "lasts=0.1")
"""Twelve tasks that take their time, so that there is time to kill something."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What the command leaves behind with one worker; to be compared with all others."""
    folder = tmp_path_factory.mktemp("one")
    done = run(*MODULE, TOY, *TASKS, "--workers", 1, "--out", "out", folder=folder)
    assert (done.code, done.err) == (0, "")
    return content(folder / "out")


def children_of(pid):
    """The processes that another one has started, and theirs."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            child = int(path.parent.name)
            found += [child, *children_of(child)]
    return found


def wait_for(what, seconds=60):
    """Until something is so, at most so long."""
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    return what()


# --- what it prints, and how it ends ----------------------------------------------------------------


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A sweep with a comparison, one figure of which was planned, and with failures."""
    folder = tmp_path_factory.mktemp("compared")
    told = ("--grid", "shift=0:3:4", "--vs", "kind=a,b", "--seeds", 3, "--measure", "number")
    trouble = ("--set", "trouble=raises", "--limit", 20)
    return folder, run(*MODULE, TOY, *told, *trouble, "--workers", 1, "--out", "out", folder=folder)


def test_the_report_fits_80_columns_and_says_what_was_planned(compared):
    folder, done = compared
    words = " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80
    assert "planned were 8 points with 3 seeds each, 24 tasks. Plan " in words
    assert json.loads((folder / "out" / "plan.json").read_text())["hash"][:16] in words
    assert "Not as planned: 8 tasks failed." in words
    assert "Planned figures: number; all others were not planned." in words
    assert "Planned: kind = b less kind = a." in words
    assert "Bonferroni, for the 4 differences" in words
    assert (folder / "out" / "plot-number.png").read_bytes().startswith(b"\x89PNG")


def test_failed_tasks_end_in_exit_code_3_with_seed_and_traceback_in_the_index(compared):
    folder, done = compared
    assert done.code == 3
    assert "seed 1: ValueError: seed 1 has no luck" in " ".join(done.out.split())
    index = pd.read_parquet(folder / "out" / "index.parquet")
    failed = index[index.status == "failed"]
    assert len(failed) == 8
    assert set(failed.seed) == {1}
    assert failed.error.str.startswith("Traceback").all()
    assert (index[index.seed != 1].status == "done").all()


def test_show_prints_what_sweep_printed_and_compares_what_was_not_planned(compared, bazaar):
    folder, done = compared
    os.chdir(folder)
    shown = bazaar("show", "out")
    assert done.out.partition("\n\n")[2] == shown.out
    asked = bazaar("show", "out", "--vs", "shift=0,3")
    assert "NOT planned: shift = 3 less shift = 0." in asked.out
    rows = [line.split() for line in asked.out.partition("NOT planned")[2].splitlines() if "±" in line]
    assert [row[-2:] for row in rows if row[0] in "ab"] == [["3.00", "±0.00"]] * 2


def test_show_writes_the_frame_as_csv(compared, bazaar):
    folder, _ = compared
    bazaar("show", str(folder / "out"), "--csv", "tables")
    assert pd.read_csv("tables/sweep.csv")["task"].tolist() == list(range(24))


def test_a_plan_that_was_changed_afterwards_is_told(compared, bazaar):
    folder, _ = compared
    shutil.copytree(folder / "out", "changed")
    path = Path("changed/plan.json")
    path.write_text(path.read_text().replace('"number"', '"square: of it"'))
    assert "is NOT the one that was recorded" in " ".join(bazaar("show", "changed").out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((TOY, "--grid", "shift=0:1"), "must be lo:hi:n"),
        ((TOY, "--grid", "shfit=0:1:2"), "no parameter 'shfit'"),
        ((TOY, "--list", "scale=1,-1"), "scale is -1; it must be"),
        (("nothing",), "there is no scenario 'nothing'"),
        (("nothing.toml",), "cannot be read"),
        (("plan.toml", "--seeds", 3), "--seeds does not go with a plan"),
        ((TOY, "--dask", "tcp://127.0.0.1:9", "--seeds", 1), "no Dask cluster answers at"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_bad_input_is_one_message_and_exit_code_2(bazaar, arguments, message, monkeypatch):
    from sim.sweep import clusters

    monkeypatch.setattr(clusters, "PATIENCE", "0.3s")
    answer = bazaar("sweep", *map(str, arguments), "--out", "out")
    assert answer.code == 2
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert not Path("out").exists()


def test_without_dask_it_says_how_to_get_it(bazaar, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    answer = bazaar("sweep", str(TOY), "--dask", "local", "--out", "out")
    assert (answer.code, "bazaar-auctions[cluster]" in answer.err) == (2, True)


def test_a_run_has_no_comparison_and_a_sweep_no_scenario(compared, bazaar):
    folder, _ = compared
    bazaar("run", "--set", "buyers=20", "--until", "2", "--out", "run")
    assert "--vs needs the folder of a sweep" in bazaar("show", "run", "--vs", "a=1,2").err
    assert "--scenario needs the folder of a run" in bazaar(
        "show", str(folder / "out"), "--scenario", "town_market"
    ).err


# --- the same bytes, however it is run --------------------------------------------------------------


@pytest.mark.parametrize("how", [("--workers", 4), ("--dask", "local", "--workers", 2)])
def test_the_same_bytes_with_any_number_of_workers_and_under_dask(tmp_path, undisturbed, how):
    done = run(*MODULE, TOY, *TASKS, *how, "--out", "out", folder=tmp_path)
    assert done.code == 0, done.err
    assert content(tmp_path / "out") == undisturbed


def test_killed_workers_are_replaced_and_a_task_that_kills_its_own_or_hangs_fails_alone(tmp_path):
    (tmp_path / "marks").mkdir()
    told = ("--list", "trouble=is killed,is killed once,hangs", "--seeds", 2, "--limit", 0.5)
    marks = ("--set", f"marks={tmp_path / 'marks'}")
    done = run(*MODULE, TOY, *told, *marks, "--workers", 1, "--out", "out", folder=tmp_path)
    assert (done.code, done.err) == (3, "")
    index = pd.read_parquet(tmp_path / "out" / "index.parquet")
    assert (tmp_path / "marks" / "killed").exists()
    assert index["status"].tolist() == ["done", "failed", "done", "done", "done", "failed"]
    assert index["error"][1] == "ChildDiedError: the process was killed by SIGKILL"
    assert index["error"][5] == "TimeLimitError: it took longer than the limit of 0.5 seconds"


def begun(folder):
    """How many results are there."""
    return len(list((folder / "out").rglob("task-*.parquet")))


def test_ctrl_c_ends_in_130_with_the_folder_closed_and_can_be_resumed(tmp_path, undisturbed):
    process = start(*MODULE, TOY, *TASKS, "--workers", 2, "--out", "out", folder=tmp_path)
    assert wait_for(lambda: begun(tmp_path) >= 2)
    workers = children_of(process.pid)
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.code == 130
    assert "the same command with --resume goes on" in done.err
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["status"] == "interrupted"
    assert len(workers) == 2
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert begun(tmp_path) < 12
    again = run(*MODULE, TOY, *TASKS, "--workers", 2, "--out", "out", "--resume", folder=tmp_path)
    assert again.code == 0
    assert content(tmp_path / "out") == undisturbed


def reached(folder, moment, process):
    """Whether so many results are there, or the process has ended."""
    return begun(folder) >= moment or process.poll() is not None


def disturb(folder, whims, how=("--workers", 2)):
    """Kill workers and the parent at random moments, resume until it is done; how many were killed."""
    killed = 0
    for _ in range(40):
        process = start(*MODULE, TOY, *TASKS, *how, "--out", "out", "--resume", folder=folder)
        while process.poll() is None and whims.random() < 0.7:
            moment = whims.choice([0, begun(folder) + whims.randrange(1, 5)])
            wait_for(partial(reached, folder, moment, process))
            time.sleep(whims.uniform(0, 0.2 if moment else 3))
            try:
                os.kill(whims.choice([process.pid, *children_of(process.pid)]), signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                pass
        _, err = process.communicate(timeout=600)
        if process.returncode == 0:
            return killed
        assert process.returncode in (3, -signal.SIGKILL), err  # 3: one task was killed three times
    raise AssertionError("it did not end")


def test_kills_of_workers_and_of_the_parent_lose_nothing(tmp_path, undisturbed):
    assert disturb(tmp_path, random.Random(8)) > 0
    assert content(tmp_path / "out") == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(50))
def test_fifty_times_kills_lose_nothing(tmp_path, undisturbed, seed):
    disturb(tmp_path, random.Random(100 + seed))
    assert content(tmp_path / "out") == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_kills_lose_nothing_on_a_cluster(tmp_path, undisturbed, seed):
    disturb(tmp_path, random.Random(200 + seed), ("--dask", "local", "--workers", 2))
    assert content(tmp_path / "out") == undisturbed


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_is_gone_stops_the_sweep_and_keeps_what_is_there(tmp_path, undisturbed):
    """Its scheduler is killed; the same command goes on without it."""
    address, dask = "tcp://127.0.0.1:18787", ("--no-dashboard",)
    scheduler = start("-m", "distributed.cli.dask_scheduler", "--port", 18787, *dask, folder=tmp_path)
    worker = start("-m", "distributed.cli.dask_worker", address, *dask, folder=tmp_path)
    process = start(*MODULE, TOY, *TASKS, "--dask", address, "--out", "out", folder=tmp_path)
    assert wait_for(lambda: begun(tmp_path) >= 2)
    scheduler.kill()
    done = finish(process)
    worker.kill()
    assert done.code == 2
    assert "Error: the Dask cluster does not answer" in done.err or "Error: the workers are gone" in done.err
    assert run(*MODULE, TOY, *TASKS, "--out", "out", "--resume", folder=tmp_path).code == 0
    assert content(tmp_path / "out") == undisturbed


@pytest.mark.slow
def test_a_time_limit_holds_on_a_cluster(tmp_path):
    told = ("--list", "trouble=hangs,is killed", "--seeds", 2, "--limit", 1)
    dask = ("--dask", "local", "--workers", 2)
    assert run(*MODULE, TOY, *told, *dask, "--out", "out", folder=tmp_path).code == 3
    errors = pd.read_parquet(tmp_path / "out" / "index.parquet")["error"]
    assert [error.partition(":")[0] for error in errors] == ["", "TimeLimitError", "", "ChildDiedError"]
