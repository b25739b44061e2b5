"""The prior that is made of logged bids: consistent, with atoms and tails (Glivenko and Cantelli).

The laws, of which the best revenue of a price p · Pr[V >= p] is known in closed form or by enumeration:
uniform, exponential, lognormal, Pareto, a mixture of atoms and a smooth part, and atoms alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pytest

from mechanisms.auctions import FirstPrice
from mechanisms.auctions.equilibrium import pay_as_bid
from mechanisms.auctions.myerson import monopoly_price
from mechanisms.distributions import Discrete, Exponential, LogNormal, PiecewiseUniform, Uniform
from scenarios import town_market
from scenarios.town_market import Parameters, build, estimated_prior, told_prior
from sim.runs.logged_bids import LoggedBids
from sim.runs.run import play_until
from sim.runs.scenario import BidsFile


class Law:
    """A law by its quantiles and by its probabilities of sale."""

    def __init__(self, quantile, sells):
        self.quantile, self.sells = quantile, sells

    def earns(self, price):
        return price * self.sells(price)

    @property
    def best(self):
        """The best revenue, on a fine grid of quantiles."""
        prices = self.quantile(1 - np.geomspace(1e-6, 1, 20_001))
        return float(self.earns(prices[prices > 0]).max())


ATOMS = Discrete([10.0, 11.0, 14.0, 400.0], [0.5, 0.3, 0.19, 0.01])


def _mixed(u):
    """Half of it 20, the rest uniform on [0, 100]."""
    return np.where(u < 0.1, 200 * u, np.where(u < 0.6, 20.0, 100 - 200 * (1 - u)))


def _mixed_sells(price):
    return 0.5 * (price <= 20) + 0.5 * (1 - np.clip(price, 0, 100) / 100)


LAWS: Mapping[str, Law] = MappingProxyType(
    {
        "uniform": Law(Uniform(0, 100).quantile, Uniform(0, 100).sale_probability),
        "exponential": Law(Exponential(0.1).quantile, Exponential(0.1).sale_probability),
        "lognormal": Law(LogNormal(0, 1.5).quantile, LogNormal(0, 1.5).sale_probability),
        "Pareto": Law(lambda u: (1 - u) ** -0.5, lambda p: np.minimum(1.0, np.maximum(p, 1e-9) ** -2.0)),
        "mixed": Law(_mixed, _mixed_sells),
        "atoms": Law(ATOMS.quantile, ATOMS.sale_probability),
    }
)


def logged(samples) -> LoggedBids:
    """Bids as they come from a file."""
    labels = np.arange(len(samples)).astype(str)
    return LoggedBids("bids.csv", labels, labels, np.asarray(samples, dtype=float), len(samples), {})


def drawn(law: Law, count: int, seed: int):
    return law.quantile(np.random.default_rng([seed, count]).random(count))


@pytest.mark.parametrize("count", [100, 1_000, 10_000])
@pytest.mark.parametrize("name", LAWS)
def test_mean_atoms_and_revenue_are_the_samples(name, count):
    """Mean within 5 % of the sample's, frequencies at all of its values, the best price's revenue on it."""
    for seed in range(3):
        samples = drawn(LAWS[name], count, seed)
        prior = estimated_prior(logged(samples))
        assert prior.mean == pytest.approx(samples.mean(), rel=0.05)
        values, counts = np.unique(samples, return_counts=True)
        np.testing.assert_allclose(prior.cdf(values), np.cumsum(counts) / count, atol=1e-12)
        sold = np.cumsum(counts[::-1])[::-1] / count
        np.testing.assert_allclose(prior.sale_probability(values), sold, atol=1e-12)
        price = monopoly_price(prior)
        assert price * (samples >= price).mean() >= 0.9 * (values * sold).max()


@pytest.mark.parametrize("name", LAWS)
def test_more_data_is_better(name):
    """The reserve's revenue under the law itself, as a share of the best, averaged over 10 samples."""
    law = LAWS[name]
    shares = []
    for count in (100, 1_000, 10_000):
        each = [
            float(law.earns(monopoly_price(estimated_prior(logged(drawn(law, count, seed)))))) / law.best
            for seed in range(10)
        ]
        shares.append(np.mean(each))
    assert shares[0] <= shares[1] + 0.01
    assert shares[1] <= shares[2] + 0.01
    assert shares[2] >= 0.98


def test_one_far_bid_moves_no_reserve():
    """124 bids on 10 to 14 and one of 400: the mean is 15.1, and 10 earns 10."""
    samples = np.append(np.tile([10.0, 11.0, 12.0, 14.0], 31), 400.0)
    prior = estimated_prior(logged(samples))
    assert prior.mean == pytest.approx(samples.mean(), rel=1e-12)
    price = monopoly_price(prior)
    assert price * (samples >= price).mean() >= 10


@pytest.mark.parametrize("name", ["mixed", "atoms"])
def test_the_equilibrium_is_that_of_nearly_the_same_law(name):
    """Among two bidders whose values are atoms v_1 < v_2 < … of masses p_k, v_k mixes up to b_k, with
    F_k (v_k - b_k) = F_{k-1} (v_k - b_{k-1}); the median of it has F_{k-1} + p_k / 2 in place of F_k.
    """
    law = Discrete.from_data(np.round(drawn(LAWS[name], 300, 1), 0))
    spread = told_prior(law)
    assert isinstance(spread, PiecewiseUniform)
    assert spread.mean == pytest.approx(law.mean, rel=1e-6)
    between = (law.values[1:] + law.values[:-1]) / 2
    np.testing.assert_allclose(spread.cdf(between), law.cdf(between), atol=1e-12)
    bids = FirstPrice().equilibrium_bids(law.values, 2, spread)
    least, below = float(law.values[0]), 0.0
    for value, mass, bid in zip(law.values, law.probabilities, bids, strict=True):
        median = value - below * (value - least) / (below + mass / 2)
        assert bid == pytest.approx(median, rel=1e-3, abs=1e-3)
        least = value - below * (value - least) / (below + mass)
        below += mass


def test_ten_thousand_bids_have_an_equilibrium():
    spread = told_prior(Discrete.from_data(drawn(LAWS["lognormal"], 10_000, 0)))
    schedule = pay_as_bid(spread, 3, 1, 0.0)
    assert (np.diff(schedule.bids) >= -1e-9).all()


def test_a_run_with_bids_says_what_its_equilibrium_is(tmp_path):
    """Nature draws the bids that were logged, nobody is refused, and the manifest says how they bid."""
    path = tmp_path / "bids.csv"
    rows = [f"{k},b{k},{bid}" for k, bid in enumerate([10, 11, 12, 14] * 31 + [400])]
    path.write_text("auctionid,bidder,bid\n" + "\n".join(rows) + "\n")
    market = build(Parameters(bids=BidsFile(file=str(path)), until=30.0, buyers=60))
    assert play_until(market, 30.0) == "complete"
    market.close()
    tables = market.records.frames()
    values = tables["messages"]["value"].dropna()
    assert set(values) <= {10.0, 11.0, 12.0, 14.0, 400.0}
    assert len(tables["refusals"]) == 0
    assert any("spread over a millionth" in note for note in market.records.manifest.notes)
    assert town_market.mechanisms(Parameters(), market.nature.prior, 0)["second price"].reserve == 10.0
