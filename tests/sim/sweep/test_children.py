"""Processes that may die: what they return and raise, and that one that is killed costs no other."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.sweep.children import ChildDiedError, Processes, TimeLimitError
from tests.sim.command import ROOT


@pytest.fixture(scope="module")
def two():
    with Processes(2) as executor:
        yield executor


def alive(pid):
    """Whether a process is there, and is no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_work_is_done_in_another_process(two):
    assert two.submit(os.getpid).result() != os.getpid()
    assert two.submit(sorted, [2, 3, 1], reverse=True).result() == [3, 2, 1]
    assert list(two.map(abs, range(-3, 0))) == [3, 2, 1]


def test_what_is_raised_there_is_raised_here(two):
    with pytest.raises(ValueError, match="invalid literal"):
        two.submit(int, "x").result()


def test_what_is_printed_there_disturbs_nothing(two):
    assert two.submit(os.write, 1, b"nonsense").result() == 8
    assert two.submit(print, "nonsense").result() is None


def test_what_cannot_be_pickled_is_said(two):
    with pytest.raises((TypeError, AttributeError), match="pickle"):
        two.submit(lambda: 0).result()
    with pytest.raises(TypeError, match="cannot be pickled"):
        two.submit(open, os.devnull).result()
    assert two.submit(int, "3").result() == 3


def test_a_killed_process_costs_its_own_work_alone_and_is_replaced(two):
    pid = two.submit(os.getpid).result()
    both = [two.submit(time.sleep, 2) for _ in range(2)]
    time.sleep(0.3)
    os.kill(pid, signal.SIGKILL)
    ends = [type(future.exception(timeout=60)) for future in both]
    assert sorted(ends, key=str) == sorted([ChildDiedError, type(None)], key=str)
    assert alive(two.submit(os.getpid).result(timeout=60))
    assert not alive(pid)


def test_a_process_that_ends_itself_is_told_with_its_code(two):
    with pytest.raises(ChildDiedError, match="ended with code 7"):
        two.submit(os._exit, 7).result(timeout=60)


def test_work_that_takes_too_long_is_stopped():
    with Processes(1, limit=0.3) as executor:
        begun = executor.submit(os.getpid).result(timeout=60)
        with pytest.raises(TimeLimitError, match=r"longer than the limit of 0\.3 seconds"):
            executor.submit(time.sleep, 60).result(timeout=60)
        assert executor.submit(os.getpid).result(timeout=60) != begun
        assert not alive(begun)


def test_shutting_down_with_cancel_ends_what_is_being_done():
    executor = Processes(1)
    pid = executor.submit(os.getpid).result(timeout=60)
    futures = [executor.submit(time.sleep, 60) for _ in range(2)]
    time.sleep(0.2)
    executor.shutdown(cancel_futures=True)
    assert isinstance(futures[0].exception(), ChildDiedError)
    assert futures[1].cancelled()
    assert not alive(pid)


PARENT = """
import os, time
from sim.sweep.children import Processes
executor = Processes(1)
print(executor.submit(os.getpid).result(), flush=True)
executor.submit(time.sleep, 60).result()
"""


def test_a_process_whose_parent_is_killed_ends_at_once():
    """In the middle of its work; the standard library's would go on, and then wait for ever."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE
    )
    pid = int(parent.stdout.readline())
    time.sleep(0.2)
    assert alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 10
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(pid)


@pytest.mark.parametrize(("arguments", "message"), [((0,), "workers is 0"), ((1, 0), "limit is 0")])
def test_processes_without_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Processes(*arguments)
