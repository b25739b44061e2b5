"""The suite of instances: market, exact play and audit say the same of one mechanism."""

import numpy as np
import pytest

from agents.play import expected_outcome
from agents.play.table_knowledge import TableKnowledge
from agents.population import Group, Population
from agents.seller import SellerPlan
from sim.audit import audit
from sim.audit.exact.game import Game
from sim.audit.table import subject_of
from sim.conformance.values import Suite
from sim.market import Market, Panel

STANDARD_ERRORS = 6
"""A mean of many draws is as far off once in 10^9 seeds."""


class PlayConformance(Suite):
    """Subclass, and set `instances` to a tuple of instances, such as `standard_instance(MyAuction())`.

    auctions
        How many the market holds.
    """

    auctions = 300

    def label(self, instance):
        return instance.name

    def exactly(self, instance):
        """The instance in exact play."""
        return expected_outcome(
            instance.mechanism, instance.prior, instance.cells, instance.players, instance.attitudes
        )

    def held(self, instance):
        """The tables of a market that has held the auctions, profiles drawn from the instance's prior."""
        each = zip(instance.players, instance.attitudes, strict=True)
        groups = [Group(player, attitude, instance.prior) for player, attitude in each]
        panel = Panel(knowledge=TableKnowledge(instance.prior, instance.cells), prior=instance.prior)
        market = Market(
            Population(groups, np.arange(instance.n)),
            [SellerPlan(instance.mechanism, period=1.0, window=0.01, discloses="bids")],
            [panel],
            instance.prior,
            seed=3,
        )
        market.advance_to(self.auctions)
        market.finish()
        return market.records.frames()

    def test_the_audit_finds_what_the_mechanism_promises(self, instance):
        rows = audit(instance).set_index("notion")
        assert len(rows)
        assert np.isfinite(rows.gain).all()
        if instance.mechanism.ex_post_ir and "ex-post IR" in rows.index:
            assert rows.verdict["ex-post IR"] != "fails"

    def test_audit_and_exact_play_agree_on_what_truth_is_worth(self, instance):
        """Each buyer's expected utility: over her types in the audit, over all ends in exact play."""
        exact, game = self.exactly(instance), subject_of(instance)
        if not isinstance(game, Game):
            pytest.skip("a menu asks for nothing that could be true")
        for buyer in range(instance.n):
            total = 0.0
            for type_ in range(instance.prior.shape[buyer]):
                mass = game.slice_of(instance.prior.table, buyer, type_)
                total += mass.sum() * game.truth(buyer, type_, mass[None] / mass.sum()).item()
            assert total == pytest.approx(exact.utility[buyer], abs=1e-9)

    def test_a_market_earns_what_exact_play_expects(self, instance):
        """In the mean, within standard errors that are known exactly; no rule of the market is broken."""
        exact = self.exactly(instance)
        tables = self.held(instance)
        assert not len(tables["refusals"])
        assert not len(tables["failures"])
        revenue = tables["auctions"].revenue.to_numpy()
        assert len(revenue) >= self.auctions - 1
        paid = tables["transactions"].payment.sum() if len(tables["transactions"]) else 0.0
        assert revenue.sum() == pytest.approx(paid)
        ends = exact.leaves.payments.sum(axis=-1)
        spread = np.sqrt(exact.leaves.probability @ (ends - exact.revenue) ** 2 / len(revenue))
        assert abs(revenue.mean() - exact.revenue) <= STANDARD_ERRORS * spread + 1e-9

    def test_a_market_serves_as_exact_play_expects(self, instance):
        """Welfare as the space counts it, within exact standard errors."""
        exact = self.exactly(instance)
        welfare = self.held(instance)["auctions"].welfare.to_numpy()
        space, leaves = instance.mechanism.space, exact.leaves
        ends = space.welfare(exact.profiles[leaves.profile], leaves.allocation)
        expected = exact.leaves.probability @ ends
        spread = np.sqrt(exact.leaves.probability @ (ends - expected) ** 2 / len(welfare))
        assert abs(welfare.mean() - expected) <= STANDARD_ERRORS * spread + 1e-9
