"""What each rule must find and what it must leave alone, read by `test_rules.py`.

A module of this package is a theme; its `CASES` map the names of rules to their programs. `look_alikes` and `kinds` add
to the cases of rules that the themes have.
"""

import importlib
import pkgutil

from tests.policies.support import Cases

_FURTHER = ("kinds", "look_alikes")
_THEMES = sorted((module.name for module in pkgutil.iter_modules(__path__)), key=lambda name: (name in _FURTHER, name))

CASES: dict[str, Cases] = {}
for _theme in _THEMES:
    for _rule, _cases in importlib.import_module(f"{__name__}.{_theme}").CASES.items():
        _all = CASES.setdefault(_rule, Cases({}, {}))
        assert not _all.good.keys() & _cases.good.keys(), _rule
        assert not _all.bad.keys() & _cases.bad.keys(), _rule
        CASES[_rule] = Cases(_all.good | _cases.good, _all.bad | _cases.bad, _all.config + _cases.config)
