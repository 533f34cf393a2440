"""What each rule must find and what it must leave alone; one entry per rule, read by `test_rules.py`."""

from tests.policies.cases import encryption, guardrails, multi_az, waf

CASES = {**waf.CASES, **encryption.CASES, **multi_az.CASES, **guardrails.CASES}
