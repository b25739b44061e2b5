"""The summary of a run against figures worked out by hand, and against three lines of pandas."""

import io
import math

import pytest
from rich.console import Console

from sim.records import Records
from sim.records.manifest import Manifest
from sim.runs.report import seller_measures, seller_table, summary

SOLD, UNSOLD, UNFINISHED = "sold", "unsold", "unfinished"


def recorded(auctions, visits=(), benchmarks=()):
    """Tables of two sellers; an auction is (seller, opened, bidders, revenue, welfare, best, status)."""
    records = Records(manifest=Manifest("by_hand", {"until": 10.0}, 3))
    for number, name in enumerate(["first price", "posted price"]):
        records.append("sellers", seller_id=number, seller=name, mechanism=name)
    for number, (seller, opened, bidders, revenue, welfare, best, status) in enumerate(auctions):
        records.append(
            "auctions",
            auction=number,
            seller_id=seller,
            seller=["first price", "posted price"][seller],
            mechanism=["first price", "posted price"][seller],
            opened=opened,
            closed=opened + 0.5,
            bidders=bidders,
            offered=1,
            sold=int(status == SOLD),
            revenue=revenue,
            welfare=welfare,
            best_welfare=best,
            status=status,
        )
        if status == SOLD:
            records.append(
                "transactions",
                auction=number,
                time=opened + 0.5,
                seller_id=seller,
                bidder_id=0,
                person_id=0,
                item=-1,
                quantity=1.0,
                payment=revenue,
                value=welfare,
                cause="price",
            )
    for time, seller in visits:
        went = {"time": time, "person_id": 0, "seller_id": seller, "auction": -1, "want": 0}
        records.append("visits", **went, outcome="served")
    for bidders, optimum in benchmarks:
        records.append("benchmarks", bidders=bidders, optimal_revenue=optimum)
    return records


AUCTIONS = [
    (0, 0.0, 2, 30.0, 60.0, 60.0, SOLD),
    (1, 0.5, 1, 50.0, 80.0, 80.0, SOLD),
    (0, 1.0, 3, 50.0, 70.0, 90.0, SOLD),
    (1, 1.5, 1, 0.0, 0.0, 40.0, UNSOLD),
    (0, 2.0, 0, 0.0, 0.0, 0.0, UNSOLD),
    (1, 2.5, 2, math.nan, math.nan, math.nan, UNFINISHED),
]
VISITS = [(0.1, 0), (0.2, 0), (0.3, 1), (0.4, -1), (0.5, 0)]
BENCHMARKS = [(0, 0.0), (1, 25.0), (2, 40.0), (3, 60.0)]


def test_measures_by_hand():
    first, posted = seller_measures(recorded(AUCTIONS, VISITS, BENCHMARKS).frames())
    assert (first.name, first.auctions, first.revenue) == ("first price", 3, 80.0)
    assert first.revenue_per_auction.mean == pytest.approx(80 / 3)
    assert first.sale_rate.mean == pytest.approx(2 / 3)
    assert first.welfare_share.mean == pytest.approx(130 / 150)
    assert first.surplus_per_auction.mean == pytest.approx((30 + 20 + 0) / 3)
    assert first.visit_share.mean == pytest.approx(3 / 4)
    assert first.optimal_share.mean == pytest.approx(80 / (40 + 60 + 0))
    assert (posted.name, posted.auctions, posted.revenue) == ("posted price", 2, 50.0)
    assert posted.welfare_share.mean == pytest.approx(80 / 120)
    assert posted.optimal_share.mean == pytest.approx(50 / (25 + 25))


def test_intervals_by_hand():
    """Forty auctions of revenue 1 and 3 in turn: each of 20 batches has the mean 2, so nothing varies.

    Twenty of revenue 1, then twenty of revenue 3: batch means are ten 1 and ten 3, with variance 20/19 and
    Student's quantile 2.093 for 19 degrees of freedom (Abramowitz and Stegun, table 26.10).
    """
    steady = [(0, float(k), 1, 1.0 + 2 * (k % 2), 4.0, 4.0, SOLD) for k in range(40)]
    shifted = [(1, float(k), 1, 1.0 + 2 * (k >= 20), 4.0, 4.0, SOLD) for k in range(40)]
    first, posted = seller_measures(recorded([*steady, *shifted]).frames())
    assert first.revenue_per_auction.half_width == pytest.approx(0, abs=1e-12)
    assert posted.revenue_per_auction.half_width == pytest.approx(2.093 * math.sqrt(20 / 19 / 20), rel=1e-3)


def test_what_the_records_do_not_tell_is_not_known():
    first, posted = seller_measures(recorded(AUCTIONS[:1]).frames())
    assert math.isnan(first.visit_share.mean)
    assert math.isnan(first.optimal_share.mean)
    assert math.isnan(first.revenue_per_auction.half_width)
    assert (posted.auctions, posted.revenue) == (0, 0.0)
    assert math.isnan(posted.revenue_per_auction.mean)


def printed(lines):
    console = Console(width=100, record=True, file=io.StringIO())
    for line in lines:
        console.print(line)
    return console.export_text()


def test_a_long_run_with_large_sums_fits():
    auctions = [(k % 2, float(k), 12, 123_456.0 + k, 234_567.0, 234_567.0 + k, SOLD) for k in range(4000)]
    visits = [(float(k), k % 2) for k in range(100)]
    records = recorded(auctions, visits, [(12, 130_000.0)])
    text = printed([seller_table(seller_measures(records.frames()))])
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert f"{sum(row[3] for row in auctions if row[0] == 0):,.0f}" in text
    assert "50.0" in text


def test_summary_names_the_method_and_its_limits():
    records = recorded(AUCTIONS, VISITS, BENCHMARKS)
    records.manifest.notes.append("Prior from bids.csv: 3 auctions")
    records.close()
    text = " ".join(printed(summary(records.frames(), vars(records.manifest))).split())
    assert "by_hand, seed 3, up to time 10: 0 buyers, 2 sellers, 5 auctions finished, 1 unfinished." in text
    assert "Prior from bids.csv: 3 auctions." in text
    assert "batch means" in text
    assert "visitors choose their seller" in text
    assert "does not bound" in text


@pytest.mark.parametrize(("opened", "reached"), [((0.0, 2.5), "2.5"), ((), "0")])
def test_a_run_that_was_broken_off_says_how_far_it_came(opened, reached):
    tables = recorded([(0, time, 1, 1.0, 1.0, 1.0, SOLD) for time in opened]).frames()
    manifest = {"scenario": "by_hand", "parameters": {"until": 1234567.0}, "seed": 3, "status": "interrupted"}
    assert f"up to time {reached} of 1,234,567: 0 buyers" in summary(tables, manifest)[0]


def test_late_and_refused_answers_are_told():
    records = recorded(AUCTIONS)
    for status in ("answered", "late", "silent", "refused"):
        records.append(
            "messages",
            auction=0,
            question_number=0,
            question="AskValue",
            bidder_id=0,
            person_id=0,
            sent=0.0,
            time=0.1,
            value=1.0,
            answer=1.0,
            status=status,
        )
    records.append("refusals", auction=0, question_number=0, bidder_id=0, reason="the answer is NaN")
    records.append("failures", auction=0, bidder_id=[0, 1], hook="observe", reason="RuntimeError: lost")
    text = " ".join(printed(summary(records.frames(), vars(records.manifest))).split())
    assert "1 of 3 answers came too late" in text
    assert "refused: 1 of 3 answers, most often: the answer is NaN" in text
    assert "observe failed 2 times, first: RuntimeError: lost" in text
