"""Scoring of payments by rules, velocity counters and, where the environment has one, a model."""
