"""Mesa's play loop, as it runs on the page, with its sleep in our hands."""

import threading
from types import SimpleNamespace

import pytest

from tests.sim.page.shows import shown


@pytest.fixture
def sleep(monkeypatch):
    """Mesa's loop falls asleep, and wakes when it is told to; who `sleepers` were."""
    solara_viz = pytest.importorskip("mesa.visualization.solara_viz", reason="the page is not installed")
    asleep, awake, sleepers = threading.Semaphore(0), threading.Semaphore(0), []

    def fall_asleep(seconds):
        sleepers.append(threading.current_thread())
        asleep.release()
        awake.acquire(timeout=60)

    monkeypatch.setattr(solara_viz, "time", SimpleNamespace(sleep=fall_asleep))

    def wait(times=1):
        assert all(asleep.acquire(timeout=60) for _ in range(times))

    return SimpleNamespace(wait=wait, wake=awake.release, sleepers=sleepers)


@pytest.fixture
def controller(sleep):
    """Mesa's buttons for a show, which stands in `model`; two steps are made from one picture to the next."""
    import solara
    from ipyvuetify import Btn
    from mesa.visualization.solara_viz import ModelController

    model, *others = map(solara.reactive, (shown(), {}, 200, 2, False))
    names = ("model_parameters", "play_interval", "render_interval", "use_threads")
    buttons = ModelController(model, **dict(zip(names, others, strict=True)))
    _, context = solara.render(buttons, handle_error=False)

    def press(label):
        context.find(Btn, children=[label]).widget.click()

    yield SimpleNamespace(model=model, press=press)
    model.value.close()
    context.close()


def test_a_loop_that_is_paused_in_its_sleep_makes_no_step_more(controller, sleep):
    """Each time it wakes it makes two; so does Step, and so does the loop that Play starts anew."""
    controller.press("▶")
    sleep.wait()
    sleep.wake()
    sleep.wait()
    assert controller.model.value.steps == 2
    controller.press("❚❚")
    sleep.wake()
    sleep.sleepers[0].join(timeout=60)
    assert (controller.model.value.steps, sleep.sleepers[0].is_alive()) == (2, False)
    controller.press("Step")
    assert controller.model.value.steps == 4
    controller.press("▶")
    sleep.wait()
    sleep.wake()
    sleep.wait()
    assert controller.model.value.steps == 6
    controller.press("❚❚")
    sleep.wake()
    sleep.sleepers[-1].join(timeout=60)
