"""Rules that no single recorded fact tells: between inputs, between resources, and what the provider leaves to AWS."""

from offline.checks.rules import (
    api,
    balancing,
    compute,
    data,
    documents,
    edge,
    identity,
    messaging,
    network,
    operations,
    storage,
)
from offline.checks.rules.registry import RULES, hand_problems

__all__ = [
    "RULES",
    "api",
    "balancing",
    "compute",
    "data",
    "documents",
    "edge",
    "hand_problems",
    "identity",
    "messaging",
    "network",
    "operations",
    "storage",
]
