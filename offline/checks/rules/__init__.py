"""Rules that no single recorded fact tells: between inputs, between resources, and what the provider leaves to AWS."""

from offline.checks.rules.registry import hand_problems

__all__ = ["hand_problems"]
