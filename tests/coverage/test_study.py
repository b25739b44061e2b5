"""The study itself: it finds intervals that are too narrow; and, on request, all scenarios' intervals."""

import numpy as np
import pytest

from scenarios import learn_to_tell, neighbours, town_market
from sim.measures.batch_means import Estimate
from sim.measures.comparison import Figure, Sentence, comparison_table, figures_in
from tests.coverage.cases import CASES, all_cases
from tests.coverage.page import said, to_be_measured
from tests.coverage.study import LEAST, Case, judged, lines_of, reported, study
from tests.scenarios.played import manifest, played, printed


def figures(width, theory=np.nan, seeds=200):
    means = np.random.default_rng(1).normal(size=seeds)
    return [Figure(Estimate(mean, width, 20), theory) for mean in means]


@pytest.mark.parametrize(("theory", "truth"), [(0.0, "theory"), (np.nan, "other seeds")])
def test_honest_intervals_pass_and_narrow_ones_fail(theory, truth):
    for width, share, fails in ((1.96, 0.95, False), (0.5, 0.38, True)):
        (found,) = judged({("row", "column"): figures(width, theory)})
        (line,) = lines_of(Case("it"), [found])
        assert line.share == pytest.approx(share, abs=0.1)
        assert (line.fails, line.truth) == (fails, truth)
        assert found.too_narrow == pytest.approx(2 / width, rel=0.15)


def test_a_figure_of_theory_that_is_wrong_is_found():
    (found,) = judged({("row", "column"): figures(1.96, theory=2.0)})
    assert found.covered / found.intervals < 0.7


def test_a_target_is_no_truth():
    told = [Figure(one.estimate, 2.0, target=True) for one in figures(1.96)]
    (found,) = judged({("row", "column"): told})
    assert found.truth == "other seeds"
    assert found.covered / found.intervals > 0.9


def test_what_has_no_interval_is_left_out():
    assert not list(judged({("row", "column"): figures(np.nan)}))


def test_every_interval_that_is_printed_can_be_found():
    """Of a report all ± stand in tables and sentences that hand out their figures."""
    small = {"prior": "common factor", "lazy": 1, "density": "2", "resolution": "2"}
    for module, settings in ((town_market, {}), (neighbours, small)):
        tables, told = played(module, until=21, **settings)
        lines = module.report(tables, manifest(told) | {"scenario": "it", "notes": []})
        assert list(figures_in(lines))
        for line in lines:
            if not hasattr(line, "figures"):
                assert "± 0" not in printed([line])
                assert "±0" not in printed([line])


def test_a_sentence_hands_out_its_figures():
    line = Sentence("at most {it}.", {"it": Figure(Estimate(2.0, 0.5, 20))})
    assert [(column, one.estimate.mean) for _, column, one in figures_in([line])] == [("it", 2.0)]
    assert printed([line]).strip() == "at most 2.000 ±0.500."
    bare = printed([comparison_table("a", ["b"], {"c": {"b": Figure(Estimate(2.0, 0.5, 20))}}).bare()])
    assert "±0.5" not in bare


def test_all_scenarios_are_studied():
    studied = {case.scenario for case in all_cases()}
    assert {"town_market", "learn_first_price", "second_visit", "coffee_shop"} <= studied
    found = reported(Case("learn_to_tell", {"until": 20, "replicates": 2}), 0)
    assert {row for row, _ in found} == set(learn_to_tell.ROOMS)


# --- the page ---------------------------------------------------------------------------------------


def test_the_page_tells_what_the_command_studies():
    """Every case has its lines, of at least 40 seeds, or is named as not measured yet; nothing else has."""
    told = {(one.scenario, one.settings) for one in said()}
    assert told.isdisjoint(to_be_measured())
    assert told | to_be_measured() == {(case.scenario, case.told) for case in CASES}
    assert min(case.seeds for case in CASES) >= 40
    assert max(one.seeds for one in said()) >= 40


def test_no_line_of_the_page_is_below_what_is_promised():
    assert [one for one in said() if one.covered < 100 * LEAST] == []


@pytest.mark.slow
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: f"{case.scenario} {case.told}")
def test_intervals_cover(case):
    if reported(case, 0):
        assert not [line for line in lines_of(case, study(case)) if line.fails]
