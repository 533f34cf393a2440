"""Selection `multi_az` of the rules, for use apart from the combined pack."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import policies.rules  # noqa: F401 - registers the rules
from policies.library.pack import serve

serve("web-store-multi-az", "multi_az")
