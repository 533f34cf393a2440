"""What each rule must find and what it must leave alone, read by `test_rules.py`.

The cases of a rule are in the module that is called like the rule's own: those of `policies/rules/kms.py` in `kms.py`.
"""

import importlib
import pkgutil

from tests.policies.support import Cases

CASES: dict[str, Cases] = {}
for _module in sorted(found.name for found in pkgutil.walk_packages(__path__, f"{__name__}.") if not found.ispkg):
    _cases = getattr(importlib.import_module(_module), "CASES", {})
    assert not CASES.keys() & _cases.keys(), _module
    CASES |= _cases
