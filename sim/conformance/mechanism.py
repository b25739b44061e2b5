"""The suite of mechanisms: feasible, individually rational, blind to leading axes, the same each time."""

import dataclasses

import numpy as np
import pytest

from agents.strategies.base import Truthful
from mechanisms.conversation import Mechanism
from mechanisms.engine import play, walk
from sim.conformance.players import Absent, Capricious, InstantPathPlayer, party_of
from sim.conformance.values import ValueConformance

MOST_BUYERS = 5
TRIALS = 12


class MechanismConformance(ValueConformance):
    """Subclass, and set `instances` to a tuple of distinct mechanisms.

    ties_to_lowest
        Whether equal buyers are served in the order of their indices; set False if chance decides.
    draw_values, worth, party
        Override for types that are not numbers, for values that do not add up over items, and where
        nature must give the buyers beliefs.
    """

    ties_to_lowest = True

    def draw_values(self, mechanism: Mechanism, rng, shape):
        """Random types, shape `shape` or `(*shape, items)`: integers with ties, or quarters in between."""
        space = mechanism.space
        full = (*shape, *space.type_shape)
        draws = rng.integers(0, 11, full) + rng.choice([0.0, 0.25]) * rng.integers(0, 4, full)
        return space.types_of(draws)

    def worth(self, mechanism: Mechanism, values, allocation):
        """What the buyers' allocation is worth to them, shape (n,)."""
        return mechanism.space.worth(mechanism.space.valuations(values), allocation)

    def party(self, mechanism: Mechanism, values, strategies):
        """Those who take part."""
        return party_of(mechanism, values, strategies)

    def converse(self, mechanism, values, strategies=None, rng=None):
        """One conversation of truthful buyers (or of the given strategies)."""
        if strategies is None:
            strategies = [Truthful()] * len(values)
        rng = np.random.default_rng(1) if rng is None else rng
        return play(mechanism, len(values), InstantPathPlayer(self.party(mechanism, values, strategies), rng))

    def sizes(self, mechanism):
        return range(mechanism.least_buyers, MOST_BUYERS + 1)

    def trials(self, mechanism):
        """Random profiles of every size, with the generator that drew them."""
        for n in self.sizes(mechanism):
            rng = np.random.default_rng([7, n])
            for _ in range(TRIALS):
                yield self.draw_values(mechanism, rng, (n,)), rng

    def check_feasible(self, mechanism, n, outcome):
        assert outcome.allocation.shape == (n, *mechanism.space.allocation_shape)
        assert outcome.payments.shape == (n,)
        assert np.isfinite(outcome.payments).all()
        assert mechanism.space.feasible(outcome.allocation), mechanism.space.complaint(outcome.allocation)
        np.testing.assert_allclose(sum(outcome.itemised.values()), outcome.payments, atol=1e-12)

    def test_has_a_name_and_stock(self, instance):
        assert instance.name.strip()
        assert instance.space.units >= 0
        assert instance.space.kinds >= 1

    def test_fields_are_frozen(self, instance):
        for field in dataclasses.fields(instance):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(instance, field.name, getattr(instance, field.name))

    def test_conversation_ends_in_a_feasible_outcome(self, instance):
        for values, _ in self.trials(instance):
            self.check_feasible(instance, len(values), self.converse(instance, values))

    def test_feasible_whatever_buyers_do(self, instance):
        for values, rng in self.trials(instance):
            outcome = self.converse(instance, values, [Capricious(rng)] * len(values), rng)
            self.check_feasible(instance, len(values), outcome)

    def test_the_same_play_has_the_same_end(self, instance):
        """Nothing is remembered from one conversation to the next, whatever their sizes."""
        profiles = [values for values, _ in self.trials(instance)]
        first = [self.converse(instance, values) for values in profiles]
        again = [self.converse(instance, values) for values in reversed(profiles)]
        for one, two in zip(first, reversed(again), strict=True):
            np.testing.assert_array_equal(one.allocation, two.allocation)
            np.testing.assert_array_equal(one.payments, two.payments)

    def test_absentees_get_nothing_and_pay_nothing(self, instance):
        for values, rng in self.trials(instance):
            absent = rng.random(len(values)) < 0.5
            strategies = [Absent() if away else Truthful() for away in absent]
            outcome = self.converse(instance, values, strategies, rng)
            assert not outcome.allocation[absent].any()
            assert not outcome.payments[absent].any()

    def test_nothing_happens_where_nobody_comes(self, instance):
        for n in self.sizes(instance):
            values = self.draw_values(instance, np.random.default_rng(n), (n,))
            outcome = self.converse(instance, values, [Absent()] * n)
            assert not outcome.allocation.any()
            assert not outcome.payments.any()

    def test_truth_never_loses_whatever_others_do(self, instance):
        if not instance.ex_post_ir:
            pytest.skip("not ex-post individually rational")
        for values, rng in self.trials(instance):
            honest = int(rng.integers(len(values)))
            strategies = [Truthful() if i == honest else Capricious(rng) for i in range(len(values))]
            among_honest = self.converse(instance, values)
            for outcome in (among_honest, self.converse(instance, values, strategies, rng)):
                worth = self.worth(instance, values, outcome.allocation)
                assert outcome.payments[honest] <= worth[honest] + 1e-9

    def test_ties_go_to_the_lowest_index(self, instance):
        """Of equal buyers, and of equal sellers, the first get what is worth no less than what others get."""
        if not self.ties_to_lowest:
            pytest.skip("ties are broken otherwise")
        for n in self.sizes(instance):
            alike = np.full((n, *instance.space.type_shape), 10.0)
            worth = np.abs(self.worth(instance, alike, self.converse(instance, alike).allocation))
            for side in (instance.space.sells(n), ~instance.space.sells(n)):
                assert (np.diff(worth[side]) <= 1e-9).all()

    def test_rule_acts_on_each_profile_alone(self, instance):
        if not hasattr(instance, "outcome"):
            pytest.skip("no closed rule")
        for n in self.sizes(instance):
            rng = np.random.default_rng([8, n])
            reports = self.draw_values(instance, rng, (2, 9, n))
            reports[rng.random((2, 9, n)) < 0.2] = -np.inf
            before = reports.copy()
            whole = instance.outcome(reports)
            np.testing.assert_array_equal(reports, before)
            assert whole.allocation.shape == (2, 9, n, *instance.space.allocation_shape)
            assert whole.payments.shape == (2, 9, n)
            for place in np.ndindex(2, 9):
                alone = instance.outcome(reports[place])
                np.testing.assert_allclose(whole.allocation[place], alone.allocation, atol=1e-12)
                np.testing.assert_allclose(whole.payments[place], alone.payments, atol=1e-12)

    def test_rule_accepts_no_profiles(self, instance):
        if not hasattr(instance, "outcome"):
            pytest.skip("no closed rule")
        n = max(self.sizes(instance))
        reports = np.empty((0, n, *instance.space.report_shape))
        assert instance.outcome(reports).payments.shape == (0, n)

    def test_rule_is_the_mean_of_the_conversation(self, instance):
        if not hasattr(instance, "outcome"):
            pytest.skip("no closed rule")
        for values, rng in self.trials(instance):
            rule, strategies = instance.outcome(values), [Truthful()] * len(values)

            def player_on(path, values=values, strategies=strategies, rng=rng):
                return InstantPathPlayer(self.party(instance, values, strategies), rng, path)

            ends = list(walk(instance, len(values), player_on))
            allocation = sum(player.path.probability * end.allocation for player, end in ends)
            payments = sum(player.path.probability * end.payments for player, end in ends)
            np.testing.assert_allclose(rule.allocation, allocation, atol=1e-12)
            np.testing.assert_allclose(rule.payments, payments, atol=1e-12)
