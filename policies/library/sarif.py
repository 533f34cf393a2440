"""SARIF 2.1.0 for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from policies.library.entries import INCOMPLETE, Entry, Place, Run, counts, entries
from policies.library.judge import Judge
from policies.library.rules import Level, Rule, Severity
from policies.library.values import python_name

_SARIF_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SARIF_LEVELS: Final[Mapping[Level, str]] = {"disabled": "none", "advisory": "warning", "mandatory": "error"}
# GitHub's severities critical, high, medium and low:
# https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
_SECURITY_SEVERITIES: Final[Mapping[Severity, str]] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_FRAMEWORKS: Final = {
    "fsbp": "AWS Foundational Security Best Practices",
    "cdk-nag": "cdk-nag",
    "checkov": "Checkov",
    "trivy": "Trivy",
    "aws-config": "AWS Config managed rules",
    "prowler": "Prowler",
    "cfn-guard": "AWS Guard rules registry",
}
_PROJECT_FILE: Final = "Pulumi.yaml"
"""File at which code scanning shows findings: the engine sends no source positions to packs."""


def _descriptor(rule: Rule, level: Level, taxonomies: list[str]) -> dict[str, Any]:
    references = ", ".join((rule.control, *rule.references))
    relationships = [
        {
            "target": {"id": control, "toolComponent": {"name": name, "index": taxonomies.index(name)}},
            "kinds": ["relevant"],
        }
        for name, control in _taxa(rule)
    ]
    return {
        "id": rule.name,
        "name": rule.display_name,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": f"{rule.title}: {rule.why}."},
        "help": {
            "text": f"Why: {rule.why}. Fix: {rule.fix}. {references}",
            "markdown": f"**Why**: {rule.why}.\n\n**Fix**: {rule.fix}.\n\n{references}",
        },
        "helpUri": rule.url,
        "defaultConfiguration": {"enabled": level != "disabled", "level": _SARIF_LEVELS[level]},
        "relationships": relationships,
        "properties": {
            "tags": ["security", *rule.tags],
            "security-severity": _SECURITY_SEVERITIES[rule.severity],
            "severity": rule.severity,
            "control": rule.control,
            "frameworks": list(rule.references),
            "fix": rule.fix,
            "enforcementLevel": level,
        },
    }


def _taxa(rule: Rule) -> Iterator[tuple[str, str]]:
    for reference in rule.references:
        prefix, _, control = reference.partition(":")
        yield _FRAMEWORKS.get(prefix, prefix), control


def _taxonomies(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    held: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        for name, control in _taxa(rule):
            held[name].add(control)
    return [{"name": name, "taxa": [{"id": control} for control in sorted(held[name])]} for name in sorted(held)]


def _result(entry: Entry, index: int) -> dict[str, Any]:
    place = Place.of(entry.urn)
    resource = {"name": place.name or "stack", "fullyQualifiedName": entry.urn.strip(), "kind": "resource"}
    properties = [
        {"name": path, "fullyQualifiedName": f"{entry.urn}#{path}", "kind": "property"} for path in entry.paths
    ]
    identity = hashlib.sha256(f"{entry.rule.name} {entry.urn}".encode()).hexdigest()
    result = {
        "ruleId": entry.rule.name,
        "ruleIndex": index,
        # "open": evaluated without a result for lack of information; only a failure has a level.
        "kind": "open" if entry.kind == "deferred" else "fail",
        "level": "none" if entry.kind == "deferred" else _SARIF_LEVELS[entry.level],
        "message": {"text": entry.text},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _PROJECT_FILE}, "region": {"startLine": 1}},
                "logicalLocations": [resource, *properties],
            }
        ],
        # All findings have the same line: only the fingerprint identifies them for GitHub.
        "partialFingerprints": {"ruleAndUrn/v1": identity, "primaryLocationLineHash": f"{identity[:16]}:1"},
        "properties": {
            "urn": entry.urn,
            "resourceType": place.type,
            "enforcementLevel": entry.level,
            "severity": entry.rule.severity,
            "paths": list(entry.paths),
            "pythonPaths": [python_name(path) for path in entry.paths],
        },
    }
    if entry.kind == "waived":
        facts = {key: entry.waiver[key] for key in ("owner", "granted", "expires")}
        suppression = {"kind": "external", "status": "accepted", "justification": entry.waiver["reason"]}
        result["suppressions"] = [{**suppression, "properties": facts}]
    return result


def sarif(run: Run, judge: Judge, now: datetime) -> dict[str, Any]:
    """The run as a SARIF log.

    A finding is a failure of level error (mandatory) or warning (advisory), a waived one has a suppression, a
    deferred judgement is of kind "open". A rule that failed is a notification of the tool.
    """
    rules = sorted(judge.rules.values(), key=lambda rule: rule.name)
    index = {rule.name: position for position, rule in enumerate(rules)}
    taxonomies = _taxonomies(rules)
    names = [taxonomy["name"] for taxonomy in taxonomies]
    found = entries(judge)
    notifications = [
        {
            "level": "error",
            "message": {"text": entry.text},
            "associatedRule": {"id": entry.rule.name, "index": index[entry.rule.name]},
        }
        for entry in found
        if entry.kind == "broken"
    ]
    if not run.complete:
        notifications.append({"level": "error", "message": {"text": INCOMPLETE}})
    driver = {
        "name": run.pack,
        "version": run.version,
        "semanticVersion": run.version,
        "rules": [_descriptor(rule, judge.level(rule), names) for rule in rules],
        "supportedTaxonomies": [{"name": name, "index": position} for position, name in enumerate(names)],
    }
    return {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "taxonomies": taxonomies,
                "automationDetails": {"id": f"{run.pack}/{run.project}/{run.stack}/"},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": run.complete,
                        "endTimeUtc": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                        "toolExecutionNotifications": notifications,
                    }
                ],
                "results": [_result(entry, index[entry.rule.name]) for entry in found if entry.kind != "broken"],
                "properties": {
                    "project": run.project,
                    "stack": run.stack,
                    "operation": run.operation,
                    "profile": judge.profile,
                    "counts": counts(judge),
                },
            }
        ],
    }
