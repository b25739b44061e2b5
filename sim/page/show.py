"""Show: one scenario on one page, in the shape that Mesa's SolaraViz works with.

SolaraViz makes a model from keyword arguments, steps it, asks whether it is still running, and makes a new
one on reset. A show does that for any run, and never raises: what goes wrong is kept as a message for the
page. It advances the run by the same ticks as `sim.runs.run.play_until`, so that the records are the same.
"""

from __future__ import annotations

import math
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.play.asking import MISBEHAVIOUR, in_words
from sim.market.guard import cut
from sim.market.market import Market
from sim.page.controls import may_name_a_file
from sim.page.turn import DrawingTurn
from sim.records import Records
from sim.records.manifest import Manifest
from sim.runs.scenario import ParameterError, make_parameters, read_seed

if TYPE_CHECKING:
    from sim.page.glance import Glance
    from sim.page.scene import Scene
    from sim.runs.registry import ScenarioFile
    from sim.runs.scenario import Parameters, Run

LONGEST_MESSAGE = 4_000
"""Characters of what went wrong that the page shows."""

_OPEN: weakref.WeakSet[Show] = weakref.WeakSet()


class Show:
    """A run of the scenario `entry`, watched.

    Attributes
    ----------
    market, scene
        The run, a market or another, and what was seen of it; None if it could not be built. The scene of
        what is no market is a `Glance`.
    running
        Whether another step is possible.
    steps
        Steps made so far.
    message
        What went wrong, or that the run is over; empty otherwise.
    failed
        Whether something went wrong.
    error
        What kept the scenario from being built; its words may quote files, and are not for the page.
    lock
        Held while the market moves; hold it while you read.
    drawing
        Whoever draws it says when.
    told
        What it was made from: the seed and the parameters.
    against
        Of a run beside another: how its settings differ, in words.
    """

    entry: ScenarioFile

    def __init__(self, **kwargs: Any) -> None:
        self.lock = threading.RLock()
        self.drawing = DrawingTurn()
        self.told, self.against = dict(kwargs), ""
        self._theory = True
        self.market: Run | None = None
        self.scene: Scene | Glance | None = None
        self.running, self.failed, self.message, self.steps = True, False, "", 0
        self.until = 0.0
        self.error: BaseException | None = None
        try:
            self._build(dict(kwargs))
        except ParameterError as error:
            self._fail(f"{error}.")
        except MISBEHAVIOUR as error:  # scenarios may be anybody's code; the page must go on
            self._fail(self._why_not_built(error))
            self.error = error
        _OPEN.add(self)

    def _build(self, told: dict[str, Any]) -> None:
        from sim.page.glance import scene_of

        module: Any = self.entry.load()
        self.seed = read_seed(told.pop("seed", 0))
        self.parameters: Parameters = make_parameters(module.Parameters, told)
        self.until = self.parameters.until
        self.panels = tuple(getattr(module, "PANELS", ()))
        self.figures = tuple(getattr(module, "FIGURES", ()))
        self.records = Records(manifest=self.new_manifest())
        self.market = module.build(self.parameters, self.seed, self.records)
        self.scene = scene_of(self.market)

    def _why_not_built(self, error: BaseException) -> str:
        """In words that quote nothing of a file: who sees the page need not be who may read it."""
        told: Any = getattr(self, "parameters", ())
        fields = getattr(type(told), "model_fields", {})
        files = [name for name, value in told if value is not None and may_name_a_file(fields[name])]
        if files:
            return (f"The scenario could not be built with this file ({', '.join(files)}): "
                    f"{type(error).__name__}. `bazaar run` with the same settings says more.")
        return f"{_in_full(error)}."

    def new_manifest(self) -> Manifest:
        """A manifest for this run's records."""
        return Manifest(self.entry.name, self.parameters.model_dump(mode="json"), self.seed)

    @property
    def time(self) -> float:
        """Simulated time; Mesa's page asks for it from 3.4 on."""
        return 0.0 if self.market is None else self.market.now

    @property
    def last_step(self) -> int:
        """How many steps there are until the end of the run."""
        return 0 if self.market is None else math.ceil(self.until / self.market.tick)

    @property
    def theory(self) -> bool:
        """Whether what theory says is shown; the scene has the same."""
        return self._theory

    @theory.setter
    def theory(self, shown: bool) -> None:
        self._theory = shown
        if self.scene is not None:
            self.scene.theory = shown

    def anew(self) -> Show:
        """The same run at its start."""
        again = type(self)(**self.told)
        again.theory, again.against = self.theory, self.against
        return again

    def step(self, ticks: int = 1, look: bool = True) -> None:
        """Run the clock over so many whole ticks, or to the end of the run.

        If nobody is to `look` before more steps, the scene stays as it was, and time is saved; at the end of
        the run it is up to date.
        """
        with self.lock:
            if not self.running or self.market is None or self.scene is None:
                return
            try:
                self.steps = min(self.steps + ticks, max(self.last_step, self.steps + 1))
                self.market.advance_to(min(self.steps * self.market.tick, self.until))
                over = self.market.now >= self.until
                if look or over:
                    self.scene.update()
                if over:
                    self._end(self.market)
                elif self.scene.sold_out:
                    self.message = "All goods are sold; no more auctions will be held."
            except MISBEHAVIOUR as error:  # mechanisms may be anybody's code; the page must go on
                self._fail(f"The run stopped at time {self.market.now:g}. {in_words(error)}")

    def look(self) -> None:
        """Bring the scene up to date, after steps at which nobody looked."""
        with self.lock:
            if not self.running or self.scene is None:
                return
            try:
                self.scene.update()
            except MISBEHAVIOUR as error:  # as above
                self._fail(f"The run stopped at time {self.time:g}. {in_words(error)}")

    def _end(self, market: Run) -> None:
        """Finish as a run without a page does."""
        from sim.measures.benchmarks import record_benchmarks

        if isinstance(market, Market):
            record_benchmarks(market)
        market.finish()
        self.running = False
        self.message = f"The run is over: time {self.until:g} is reached. Reset begins it anew."

    def _fail(self, message: str) -> None:
        self.running, self.failed, self.message = False, True, cut(message, LONGEST_MESSAGE)

    def close(self) -> None:
        """Stop, and let the market go."""
        self.running = False
        self.drawing.end()
        if isinstance(self.market, Market):
            self.market.close()

    def save(self, base: str | Path = "runs") -> Path:
        """Write the records so far into a fresh folder under `base`, as `bazaar run` does, and name it.

        The run goes on undisturbed. Raises OutputError if the folder cannot be written, ValueError if there
        is no run.
        """
        from sim.page.saving import save

        with self.lock:
            return save(self, base)


def _in_full(error: BaseException) -> str:
    known = isinstance(error, ValueError | TypeError)
    return str(error) if known else f"The scenario could not be built: {type(error).__name__}: {error}"


def show_of(entry: ScenarioFile) -> type[Show]:
    """The kind of show that plays one scenario; each page makes shows of its own."""
    return type("Show", (Show,), {"entry": entry, "__doc__": Show.__doc__})


def require_page(entry: ScenarioFile, parameters: Parameters | None = None, seed: int = 0) -> None:
    """Raise ValueError if the page would have nothing to show, because the run cannot be built."""
    told = {} if parameters is None else parameters.model_dump()
    show = show_of(entry)(seed=seed, **told)
    show.close()
    if show.market is None:
        raise ValueError(show.message.removesuffix(".") if show.error is None else _in_full(show.error))


def close_all(patience: float = 0.0) -> bool:
    """Stop every show; whether none is at work any more, after so many seconds at most."""
    shows, until = list(_OPEN), time.monotonic() + patience
    for show in shows:
        show.running = False
    idle = True
    for show in shows:
        if show.lock.acquire(timeout=max(0.0, until - time.monotonic())):
            show.close()
            show.lock.release()
        else:
            idle = False
    return idle
