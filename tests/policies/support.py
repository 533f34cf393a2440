"""Small programs for rules to judge."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pulumi_policy import proxy

import policies.rules  # noqa: F401 - registers the rules
from policies.library.findings import Finding
from policies.library.judge import Judge
from policies.library.resources import Resource
from policies.library.rules import REGISTRY
from policies.library.waivers import Waiver

UNKNOWN = proxy.UNKNOWN_STRING_VALUE
CULPRIT = "culprit"
TODAY = date(2026, 6, 1)
KEY = "arn:aws:kms:eu-west-1:111111111111:key/0f5a"
DROP = object()
Program = list[Resource]


def res(type_: str, name: str, props: Mapping[str, Any] | None = None, **options: Any) -> Resource:
    return Resource.of(f"aws:{type_}", name, props, **options)


def of_kind(kind: str, props: Mapping[str, Any], name: str = CULPRIT, **options: Any) -> Resource:
    """A resource by its kind, `ec2/subnet`."""
    member = kind.split("/")[1]
    return res(f"{kind}:{member[:1].upper()}{member[1:]}", name, props, **options)


def in_kinds(props: Mapping[str, Any], *kinds: str) -> dict[str, Program]:
    """A bad program for each kind that has the same fault."""
    return {f"in {kind}": [of_kind(kind, props)] for kind in kinds}


def edit(props: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with dotted paths set, or dropped where the value is `DROP`; numbers are list positions."""
    result = copy.deepcopy(dict(props))
    for path, value in changes.items():
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = result
        for part in way:
            place = place[part]
        if value is DROP:
            del place[last]
        else:
            place[last] = value
    return result


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass
class Cases:
    """Programs for one rule. The resource to blame in a bad program is called `culprit`."""

    good: dict[str, Program]
    bad: dict[str, Program]
    config: list[tuple[dict[str, Any], Program, bool]] = field(default_factory=list)
    """Settings, a program, and whether the rule finds something in it."""


def judge(
    program: Sequence[Resource],
    rule: str | None = None,
    *,
    config: Mapping[str, Any] | None = None,
    waivers: Sequence[Waiver] = (),
    stack_name: str = "",
    stack_config: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Findings of one rule (or all) in a program; a rule that fails is an error of the test."""
    rules = {rule: REGISTRY[rule]} if rule else REGISTRY
    court = Judge(rules, waivers=waivers, known_rules=REGISTRY, today=lambda: TODAY)
    if rule:
        court.configure({}, {rule: config or {}})
    found = [finding for resource in program for finding in court.resource(resource)]
    found += court.stack(program, name=stack_name, config=stack_config)
    assert not [finding.message for finding in found if finding.broken]
    return found
