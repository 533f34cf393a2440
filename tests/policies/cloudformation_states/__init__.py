"""States of CloudFormation types: one with a fault and its path, and a right one."""

from tests.policies.cloudformation_states import data, edge, run

MAP = ("Variables", "Statement", "Tags", "LogPublishingOptions")
"""Members whose keys the program chooses."""
STATES = data.STATES | edge.STATES | run.STATES
