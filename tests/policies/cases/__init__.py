"""What each rule must find and what it must leave alone; one entry per rule, read by `test_rules.py`.

A module of this package is a theme; its `CASES` map the names of rules to their programs.
"""

import importlib
import pkgutil

CASES = {
    rule: cases
    for module in pkgutil.iter_modules(__path__)
    for rule, cases in importlib.import_module(f"{__name__}.{module.name}").CASES.items()
}
