"""Load and smoke tests of a store that runs, on AWS or on a laptop."""

TASKS_A_SECOND = 0.5
"""Of one visitor."""
