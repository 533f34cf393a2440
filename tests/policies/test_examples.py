"""The examples of docs/policies: arguments of pulumi_aws, and the findings of the rules."""

import ast
import importlib
import inspect
import json
import re
from functools import cache

import pulumi_aws
import pytest

from docs.policy_examples import ELSEWHERE, example
from policies.library.resources import Resource
from policies.library.rules import REGISTRY
from tests.policies.cases import CASES
from tests.policies.support import UNKNOWN, judge

EXAMPLES = [
    pytest.param(rule, good, id=f"{rule}: {'good' if good else 'bad'}")
    for rule, cases in sorted(CASES.items())
    for good in (True, False)
    if (cases.good if good else cases.bad)
]
_MAPS = ("tags", "variables", "stage_variables", "request_parameters", "parameters")


@cache
def resource_class(module, name):
    return getattr(importlib.import_module(f"pulumi_aws.{module}"), name)


class Reference(str):
    """An output of another resource: an unknown value as text, so that documents can contain it."""

    owner: "Made | None" = None


class Made:
    """A resource in an example."""

    def __init__(self, kind, token, name, arguments):
        self.kind, self.arguments = kind, arguments
        props = {_camel(key): _plain(value, key) for key, value in arguments.items() if key != "opts"}
        if "tags" in inspect.signature(kind._internal_init).parameters:
            # The provider completes the inputs.
            props["tagsAll"] = props.get("tags", {})
        self.resource = Resource.of(
            token,
            name,
            props,
            refers={
                _camel(key): [ref.owner.resource for ref in _references(value)] for key, value in arguments.items()
            },
            protect=arguments.get("opts", {}).get("protect", False),
            ignore_changes=arguments.get("opts", {}).get("ignore_changes", ()),
            provider=arguments.get("opts", {}).get("provider"),
        )

    def __getattr__(self, attribute):
        assert isinstance(getattr(self.kind, attribute), property), f"{self.kind.__name__} has no output {attribute}"
        found = Reference(UNKNOWN)
        found.owner = self
        return found


class Elsewhere:
    def __getattr__(self, _attribute):
        return Reference(UNKNOWN)


def _camel(name):
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def _plain(value, key):
    if isinstance(value, dict):
        return {name if key in _MAPS else _camel(name): _plain(item, name) for name, item in value.items()}
    return [_plain(item, key) for item in value] if isinstance(value, list) else value


def _references(value):
    if isinstance(value, dict):
        return [found for item in value.values() for found in _references(item)]
    if isinstance(value, list):
        return [found for item in value for found in _references(item)]
    return [value] if isinstance(value, Reference) and value.owner else []


class Module:
    def __init__(self, name, made):
        self._name, self._made = name, made

    def __getattr__(self, member):
        def make(label, /, **arguments):
            kind = resource_class(self._name, member)
            known = inspect.signature(kind._internal_init).parameters
            unknown = set(arguments) - set(known)
            assert not unknown, f"{self._name}.{member} takes no {', '.join(sorted(unknown))}"
            module = self._name.rstrip("_")
            token = f"aws:{module}/{member[0].lower()}{member[1:]}:{member}"
            self._made.append(Made(kind, token, label, arguments))
            return self._made[-1]

        return make


class Aws:
    def __init__(self):
        self.made = []

    def __getattr__(self, module):
        if module == "Provider":
            return lambda _name, **arguments: {_camel(key): value for key, value in arguments.items()}
        assert hasattr(pulumi_aws, module)
        return Module(module, self.made)


class Output:
    @staticmethod
    def json_dumps(value):
        document = Reference(UNKNOWN)
        (document.owner,) = {reference.owner for reference in _references(value)}
        return document


class Pulumi:
    Output = Output

    @staticmethod
    def ResourceOptions(**options):
        return options


def written(code):
    """The resources of an example."""
    aws = Aws()
    tree = ast.parse(code)
    body = [node for node in tree.body if not isinstance(node, ast.Import)]
    names = {"aws": aws, "pulumi": Pulumi, "json": json, ELSEWHERE: Elsewhere()}
    exec(compile(ast.Module(body, []), "example", "exec"), names)  # noqa: S102 - text that the docs are made of
    return [made.resource for made in aws.made]


@pytest.mark.parametrize(("rule", "good"), EXAMPLES)
def test_an_example_is_what_it_is_called(rule, good):
    shown = example(REGISTRY[rule], good=good)
    found = judge(written(shown.code), rule)
    if good:
        assert [finding.message for finding in found] == []
    else:
        assert [finding.urn.rpartition("::")[2] for finding in found] == ["example"]
        assert " ".join(found[0].message.split()).count(shown.says) == 1


@pytest.mark.parametrize("rule", sorted(CASES))
def test_an_example_can_be_read(rule):
    for code in (shown.code for good in (True, False) if (shown := example(REGISTRY[rule], good=good))):
        assert max(map(len, code.splitlines())) <= 160
        assert UNKNOWN not in code
        for module in ("json", "pulumi", "pulumi_aws as aws"):
            used = re.search(rf"(?<![\w.]){module.rpartition(' ')[2]}\.", code.partition("\n\n")[2])
            assert (f"import {module}\n" in code) is bool(used)


def test_only_rules_about_packs_and_whole_stacks_have_no_example():
    """Their tests are in test_guards.py."""
    without = {name for name, rule in REGISTRY.items() if example(rule, good=True) is None}
    about_packs = {name for name, rule in REGISTRY.items() if rule.pack == "register"}
    assert without == about_packs
