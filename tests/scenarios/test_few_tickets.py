"""Few tickets: every customer pays her price, and the gap is what Lemma 21 says."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from mechanisms.menus import cover_free_family, gap_instance
from scenarios.few_tickets import (
    Family,
    Parameters,
    audited_menus,
    build,
    families,
    family_table,
    gaps,
    on_sale,
    report,
)
from sim.audit import audit
from sim.runs.run import play_until


@pytest.fixture(scope="module")
def run():
    parameters = Parameters(until=2, sets=16)
    workdays = build(parameters)
    assert play_until(workdays, parameters.until) == "complete"
    return workdays.records.frames(), parameters


def test_everyone_pays_the_price_that_was_made_for_her(run):
    """Lemma 21: with up to k purchases every type buys her own entry."""
    buyers = run[0]["buyers"]
    assert len(buyers) == 9 + 16
    assert np.allclose(buyers["once"], buyers["price"])
    assert np.allclose(buyers["planned"], buyers["price"], atol=1e-6)


def test_the_gap_is_at_least_what_is_promised(run):
    sold = gaps(run[0])
    assert list(sold) == [Family(3, 1), Family(4, 1)]
    for family, (bundling, _, planned, _) in sold.items():
        assert planned / bundling >= family.promised(2)


def sold_exactly(visits, k):
    """What nine kinds pay, each in her unit, if they may buy k sets: all purchases, in whole numbers."""
    sets = [frozenset(np.flatnonzero(row).tolist()) for row in cover_free_family(3, 1)]
    instance = gap_instance(cover_free_family(3, 1), visits)
    units = [10 ** (2 * i) for i in range(1, 10)]  # n + 1 = 10
    prices = [int(gap) * unit for gap, unit in zip(instance.gaps, units, strict=True)]
    total = Fraction(0)
    for wanted, unit in zip(sets, units, strict=True):
        offers = [
            (unit * len(wanted & frozenset().union(*(sets[e] for e in bought))) - paid, paid)
            for size in range(k + 1)
            for bought in itertools.combinations(range(9), size)
            for paid in [sum(prices[e] for e in bought)]
        ]
        total += Fraction(max(offers)[1], unit)  # of the best the dearest
    return float(total)


def test_all_purchases_in_whole_numbers_come_to_the_same(run):
    """Nine sets of three items for two visits: sold to people who come once, twice, and three times."""
    for earned, k in zip(gaps(run[0])[Family(3, 1)][1:], (1, 2, 3), strict=True):
        assert earned == pytest.approx(sold_exactly(2, k), rel=1e-9)


def test_what_is_promised_by_hand():
    """Nine sets of three items, 10² as rare each: 9 · (3 − 2) over 3 · (1 + 1/100 + 1/100² …) = 300/99."""
    assert Family(3, 1).promised(2) == pytest.approx(9 * 99 / 300, rel=1e-12)


def test_families_grow_exponentially_with_the_order():
    """q^((q - 1)/2 + 1) sets of which two others cover none: 9, 125 and 2401 for q = 3, 5 and 7."""
    sizes = {family.order: family.sets for family in families(2)}
    assert (sizes[3], sizes[5], sizes[7]) == (9, 125, 2401)
    assert all(family.order > 2 * family.degree for family in families(2))


def test_a_family_that_is_too_large_gives_way_to_one_of_a_lower_degree():
    """Over 7² items 7⁴ = 2401 sets are too many, 7³ = 343 are not; 13² = 169 sets only if so many may be."""
    assert list(on_sale(2, 343))[2:4] == [Family(5, 2), Family(7, 2)]
    assert [family.order for family in on_sale(2, 130)] == [3, 4, 5, 7, 8, 9, 11]
    assert list(on_sale(2, 8)) == []


def test_a_family_of_a_lower_degree_is_sold_too():
    """Order 4 for one visit: 4⁴ sets are too many to sell here, 4² are sold, beside what 4⁴ would promise."""
    told = Parameters(until=3, visits=1, sets=27)
    workdays = build(told)
    play_until(workdays, told.until)
    tables = workdays.records.frames()
    bundling, _, planned, _ = gaps(tables)[Family(4, 1)]
    assert planned / bundling >= Family(4, 1).promised(1)
    grid = family_table(tables, 1)
    rows = list(zip(*(column.cells for column in grid.columns), strict=True))
    assert [(row[:3], row[3] == "–") for row in rows if row[0] == "16"] == [
        (("16", "1", "16"), False), (("16", "3", "256"), True),
    ]


def test_a_menu_for_one_visit_has_one_column_for_it():
    """Sets of polynomials of the degree q − 1, all q^q of them: large numbers in short."""
    parameters = Parameters(until=1, visits=1)
    workdays = build(parameters)
    play_until(workdays, parameters.until)
    grid = family_table(workdays.records.frames(), 1)
    headings = [str(column.header) for column in grid.columns]
    assert headings[4:6] == ["menu,\n1 visit", "menu,\n2 visits"]
    sets = list(grid.columns[2].cells)
    assert sets[:2] == ["4", "27"]
    assert sets[-1] == "3.0e+14"  # 13^13
    assert next(iter(grid.columns[-2].cells)) == "2.40"  # (2 + 3 · 1) · 24 / 50


def test_report_fits_and_draws(run, tmp_path):
    class Run(dict):
        directory = tmp_path

    lines = report(Run(run[0]), {"parameters": run[1].model_dump()})
    assert lines[1].row_count == 8
    assert (tmp_path / "few_tickets.png").stat().st_size > 5_000


def test_the_audit_of_more_items_and_of_none():
    """Six visits need sets of seven items of 49; each of them is safe for so many visits."""
    found = audit(audited_menus(Parameters(visits=6))[:1], ["buy-k-ic", "adaptive-buy-k-ic"])
    assert found.verdict.tolist() == ["holds", "holds"]
    with pytest.raises(ValueError, match="sets is 48; there is a menu to audit from 49 on"):
        audited_menus(Parameters(visits=6, sets=48))


def test_the_audit_says_what_lemma_21_does():
    """Safe for two visits, with or without looking, as nothing is left to chance; not for three."""
    found = audit(audited_menus(Parameters()))
    assert found.mechanism.unique().tolist() == ["9 sets, 2 visits", "9 sets, 3 visits"]
    assert found.verdict.tolist() == ["holds", "holds", "fails", "fails", "fails", "fails"]
