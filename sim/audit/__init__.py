"""The incentive audit: what a lie is worth in any mechanism, under every notion of truthfulness."""

from sim.audit.instance import Instance
from sim.audit.library import markov_instance, standard_instance, standard_instances
from sim.audit.loss import sampled_utility_loss, utility_loss
from sim.audit.notions import NOTIONS, Finding, Notion, Witness, notion, undominated_answers
from sim.audit.sampled.montecarlo import audit_sample
from sim.audit.sampled.trial import Effort
from sim.audit.sellers import audit_market
from sim.audit.table import audit, game_of

__all__ = [
    "NOTIONS",
    "Effort",
    "Finding",
    "Instance",
    "Notion",
    "Witness",
    "audit",
    "audit_market",
    "audit_sample",
    "game_of",
    "markov_instance",
    "notion",
    "sampled_utility_loss",
    "standard_instance",
    "standard_instances",
    "undominated_answers",
    "utility_loss",
]
