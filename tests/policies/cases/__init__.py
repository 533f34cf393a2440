"""What each rule must find and what it must leave alone; one entry per rule, read by `test_rules.py`."""

from tests.policies.cases import encryption, exposure, guardrails, multi_az, protection, transit, waf

CASES = {
    **waf.CASES,
    **encryption.CASES,
    **transit.CASES,
    **multi_az.CASES,
    **guardrails.CASES,
    **exposure.CASES,
    **protection.CASES,
}
