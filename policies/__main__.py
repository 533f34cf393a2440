"""The combined pack: all rules in one process, so that each resource is read once."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import policies.rules  # noqa: F401 - registers the rules
from policies.library.pack import serve

serve("web-store", "waf", "encryption", "multi_az", "guardrails")
