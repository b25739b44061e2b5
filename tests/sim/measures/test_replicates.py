"""Replicates: what a run learned is one observation; the figures do not depend on the number of processes."""

import numpy as np
import pytest
from scipy import signal

from sim.measures.batch_means import batch_means
from sim.measures.replicates import (
    NAME,
    across,
    estimate_of,
    replicate,
    replicate_seeds,
    replicates_of,
    shares_across,
)


def path_of(seed, n=400):
    """A learner's path: it wanders, and where it ends depends on how it began."""
    rng = np.random.default_rng(seed)
    return rng.normal() + signal.lfilter([1], [1, -0.99], rng.normal(size=n)) / 10


def measure(seed):
    return {"mean": float(path_of(seed).mean()), "share": 1.0}


def test_seeds_follow_from_the_first():
    seeds = replicate_seeds(7, 5)
    assert seeds[0] == 7
    assert len(set(seeds)) == 5
    assert replicate_seeds(7, 3) == seeds[:3]
    assert set(replicate_seeds(8, 5)[1:]).isdisjoint(seeds)


def test_the_same_figures_on_any_number_of_processes():
    seeds = replicate_seeds(3, 4)
    assert replicate(measure, seeds, 1) == replicate(measure, seeds, 2)


def test_a_path_is_no_sample_but_runs_are():
    """The truth is 0: batch means of one path often miss it, intervals across runs hardly ever."""
    one_path = [batch_means(path_of(seed)) for seed in range(300)]
    assert np.mean([abs(one.mean) <= one.half_width for one in one_path]) < 0.6
    runs = [estimate_of([measure(8 * k + j)["mean"] for j in range(8)]) for k in range(300)]
    assert np.mean([abs(one.mean) <= one.half_width for one in runs]) > 0.92


def test_students_interval_by_hand():
    """1, 2, 3: mean 2, deviation 1, t = 4.303 with two degrees of freedom (Abramowitz and Stegun 26.10)."""
    estimate = across([{"it": one} for one in (1.0, 2.0, 3.0)])["it"]
    assert estimate.mean == 2
    assert estimate.half_width == pytest.approx(4.303 / np.sqrt(3), rel=1e-3)
    assert np.isnan(across([{"it": 1.0}])["it"].half_width)


def test_shares_stay_within_their_bounds():
    shares = shares_across([measure(seed) for seed in range(6)])
    assert shares["share"].high == 1
    assert 0.3 < shares["share"].low < 0.7


class Kept(dict):
    def __init__(self, directory):
        super().__init__()
        self.directory = directory


def test_they_are_computed_once(tmp_path):
    asked = []

    def counted(seed):
        asked.append(seed)
        return measure(seed)

    own = measure(3)
    first = replicates_of(Kept(tmp_path), own, counted, 3, 3, workers=1)
    assert len(asked) == 2
    assert (tmp_path / NAME).exists()
    assert replicates_of(Kept(tmp_path), own, counted, 3, 3, workers=1) == first
    assert len(asked) == 2
    (tmp_path / NAME).write_text("{", encoding="utf-8")
    assert replicates_of(Kept(tmp_path), own, counted, 3, 3, workers=1) == first
    assert len(asked) == 4
    assert replicates_of({}, own, counted, 3, 1) == [own]
