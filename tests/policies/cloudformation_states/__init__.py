"""States of CloudFormation types: a fault and the path it is told by, and what is right."""

from tests.policies.cloudformation_states import data, edge, run

MAP = ("Variables", "Statement", "Tags", "LogPublishingOptions")
"""Members whose keys are the program's own."""
STATES = data.STATES | edge.STATES | run.STATES
