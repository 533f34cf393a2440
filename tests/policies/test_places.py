"""A rule and its cases are found by the rule's name alone."""

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import policies.rules
import tests.policies.cases
from policies.library.rules import REGISTRY

_ROOT = Path(__file__).resolve().parents[2]


def modules(package):
    """Modules of a package, as paths below it."""
    start = f"{package.__name__}."
    found = pkgutil.walk_packages(package.__path__, start)
    return [entry.name.removeprefix(start) for entry in found if not entry.ispkg]


RULES = [module for module in modules(policies.rules) if not module.startswith("helpers.")]
CASES = [module for module in modules(tests.policies.cases) if not module.startswith("helpers.")]


def place(name):
    """Module of a rule: the first word of its name; the first words where that one is a package."""
    words = name.split("-")
    module = "lambda_" if words[0] == "lambda" else words[0]
    if (_ROOT / "policies/rules" / module).is_dir():
        (thing,) = (
            "_".join(words[1:end])
            for end in range(2, len(words))
            if (_ROOT / "policies/rules" / module / f"{'_'.join(words[1:end])}.py").is_file()
        )
        module = f"{module}.{thing}"
    return module


@pytest.mark.parametrize("name", REGISTRY)
def test_a_rule_is_in_the_module_that_its_name_begins_with(name):
    assert REGISTRY[name].judge.__module__ == f"policies.rules.{place(name)}"


@pytest.mark.parametrize("module", CASES)
def test_cases_are_in_the_module_that_is_called_like_that_of_their_rules(module):
    held = importlib.import_module(f"tests.policies.cases.{module}").CASES
    assert {place(name) for name in held} == {module}


def test_every_module_of_rules_has_rules():
    assert {rule.judge.__module__.removeprefix("policies.rules.") for rule in REGISTRY.values()} == set(RULES)
    # Rules about the pack itself judge the whole stack: test_guards.py.
    assert set(CASES) == set(RULES) - {"pack"}


@pytest.mark.parametrize("module", RULES)
def test_rules_of_one_service_import_none_of_another(module):
    path = _ROOT / "policies/rules" / f"{module.replace('.', '/')}.py"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert not (node.module or "").startswith("policies.rules") or ".helpers." in node.module, node.module


def test_policies_import_neither_tests_nor_what_builds_pages_and_packs():
    for path in (_ROOT / "policies").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else getattr(node, "names", ())
            tops = {getattr(name, "name", name).partition(".")[0] for name in names if name}
            assert not tops & {"tests", "docs", "tools"}, path


@pytest.mark.parametrize("folder", ["policies/rules", "tests/policies/cases"])
def test_a_file_can_be_read_at_a_sitting(folder):
    long = {path.name for path in (_ROOT / folder).rglob("*.py") if len(path.read_text().splitlines()) > 400}
    assert long == set()
