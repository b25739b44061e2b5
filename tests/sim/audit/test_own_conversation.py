"""A direct mechanism with a conversation of its own is audited as it is played, not by its rule."""

from dataclasses import dataclass

from mechanisms.auctions import FirstPrice, SecondPrice
from sim.audit import audit, standard_instance


@dataclass(frozen=True)
class Impostor(SecondPrice):
    """Shows the second-price rule, and plays first price."""

    def conversation(self, n):
        return FirstPrice().conversation(n)


def test_the_audit_sees_what_is_played():
    """The figures are those of first price, which is not truthful; the rule shown is."""
    notions = ["dominant", "bayesian-ic"]
    shown = audit([standard_instance(Impostor(), n=2)], notions)
    played = audit([standard_instance(FirstPrice(), n=2)], notions)
    assert (shown.verdict == "fails").all()
    assert shown.gain.tolist() == played.gain.tolist()
