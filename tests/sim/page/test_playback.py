"""The player without a browser: one loop at most, no step after a pause, to the end, and back in time."""

import threading
import time

import pytest

from sim.page import playback as module
from sim.page.playback import SPEEDS, TO_THE_END, Playback
from tests.sim.page.shows import shown

QUICK = 4


@pytest.fixture
def seen():
    """How many steps had been made at each picture."""
    return []


@pytest.fixture
def player(seen):
    made = Playback((shown(until="60"),), lambda: seen.append(made.steps), speed=QUICK)
    yield made
    made.close()


def waits_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_each_step_is_seen(player, seen):
    player.toggle()
    waits_for(lambda: player.steps >= 4)
    player.pause()
    assert sorted(set(seen)) == list(range(min(seen), max(seen) + 1))
    assert min(seen) <= 1


def test_after_a_pause_no_step_is_made_even_by_a_loop_that_was_asleep(player):
    player.speed = 2    # it sleeps for half a second
    player.toggle()
    waits_for(lambda: player.steps >= 1)
    loop = player._loop
    player.pause()
    made = player.steps
    loop.join(timeout=60)
    assert (player.steps, player.playing, loop.is_alive()) == (made, False, False)
    player.step()
    assert player.steps == made + 1


def test_however_often_it_is_clicked_one_loop_steps_at_the_chosen_speed(player):
    """Nine clicks end in play; at 20 steps a second, of which each click may add one."""
    began = time.monotonic()
    for _ in range(9):
        player.toggle()
    waits_for(lambda: player.steps >= 12)
    player.pause()
    assert player.steps <= 9 + 20 * (time.monotonic() - began) + 1
    waits_for(lambda: sum("_play" in each.name for each in threading.enumerate()) == 0)


def test_speeds_are_the_seconds_between_two_steps(player, monkeypatch):
    slept = []
    monkeypatch.setattr(threading.Event, "wait", lambda event, seconds=None: slept.append(seconds))
    for speed in range(TO_THE_END):
        player.speed = speed
        stop = threading.Event()
        player._seen = stop.set
        player._play(stop)
    pauses = [each for each in slept if each != module_patience()]
    wanted = [speed.pause for speed in SPEEDS[:TO_THE_END]]
    assert all(0 <= pause <= most for pause, most in zip(pauses, wanted, strict=True))
    assert pauses[0] > 2
    assert player.steps == TO_THE_END


def module_patience():
    from sim.page import turn

    return turn.PATIENCE


def test_the_loop_waits_while_it_is_drawn_and_a_button_does_not(player):
    (show,) = player.shows
    show.drawing.begin()
    player.step()
    player.toggle()
    time.sleep(0.2)
    assert player.steps == 1
    show.drawing.end()
    waits_for(lambda: player.steps >= 2)


def test_to_the_end_draws_seldom_and_makes_the_same_run(player, seen):
    player.speed = TO_THE_END
    player.toggle()
    player.settle()
    (show,) = player.shows
    other = shown(60, until="60")
    assert (show.steps, show.running, player.playing) == (60, False, False)
    assert len(set(seen)) < 10 < show.steps
    for name, table in other.records.frames().items():
        assert table.equals(show.records.frame(name)), name


def test_back_in_time_all_is_as_it_was(player):
    for _ in range(7):
        player.step()
    player.go_to(4)
    player.settle()
    (show,) = player.shows
    other = shown(4, until="60")
    assert (show.steps, show.time) == (4, 4)
    assert show.scene.revenue_so_far.tolist() == other.scene.revenue_so_far.tolist() != [0.0] * 6
    player.go_to(9)
    player.settle()
    assert player.steps == 9


def test_to_the_end_nobody_looks_at_each_step(player):
    """Reading the records costs many times what a step does."""
    player.speed = TO_THE_END
    player.toggle()
    player.settle()
    (show,) = player.shows
    assert show.scene.looks <= show.steps / 5
    assert show.scene.held.sum() == len(show.records.frame("auctions").query("status != 'unfinished'"))


def test_of_many_wishes_the_last_counts(player):
    for step in (5, 9, 2, 30, 12):
        player.go_to(step)
    player.settle()
    assert player.steps == 12


def test_another_run_begins_at_rest(player):
    player.toggle()
    waits_for(lambda: player.steps >= 1)
    loop, another = player._loop, shown()
    player.begin((another,))
    loop.join(timeout=60)
    assert (another.steps, player.playing) == (0, False)
    player.step()
    assert another.steps == 1


def test_two_runs_share_the_clock(player):
    player.begin((shown(), shown(seed=0, comeback="0.9")))
    player.step()
    player.step()
    assert [show.time for show in player.shows] == [2, 2]
    player.go_to(1)
    player.settle()
    assert [show.time for show in player.shows] == [1, 1]


def test_a_closed_player_stops(player):
    player.toggle()
    loop = player._loop
    player.close()
    loop.join(timeout=60)
    assert not loop.is_alive()


def test_to_the_end_a_picture_takes_a_sixth_of_the_time(player):
    """However long one takes to draw."""
    drawn = 0.15

    def draws():
        time.sleep(drawn)
        count.append(1)

    count = []
    assert module._SHARE == 6
    slow = Playback((shown(until="1e6", rate="0.01"),), draws, speed=TO_THE_END)
    began = time.monotonic()
    slow.toggle()
    waits_for(lambda: len(count) >= 4)
    slow.close()
    assert len(count) * drawn <= 0.45 * (time.monotonic() - began)
