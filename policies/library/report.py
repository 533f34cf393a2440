"""Reports of a run as files: SARIF 2.1.0 for code scanning, JUnit XML for test reports.

A run is one process of one pack, so each pack writes files of its own. The engine ends that process without a warning,
and asks about the stack only where every step before went well: so a report is on disk from the first resource on, says
that it is incomplete until the stack was judged, and is always replaced as a whole.

SARIF: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. JUnit, as Jenkins, GitLab and GitHub read it:
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

import hashlib
import json
import os
import re
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from xml.etree import ElementTree

from policies.library.judge import Finding, Judge
from policies.library.rules import PACKS, Level, Rule, Severity
from policies.library.values import python_name

VARIABLE: Final = "WEBSTORE_POLICY_REPORT"
"""Environment variable that names the folder of the reports; without it none is written."""

Operation = Literal["preview", "update", "analysis"]

_SARIF_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SARIF_LEVELS: Final[Mapping[Level, str]] = {"disabled": "none", "advisory": "warning", "mandatory": "error"}
# What GitHub calls critical, high, medium and low:
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
"""Where code scanning shows a finding: the engine tells a pack which resource, not which line made it."""
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INCOMPLETE: Final = (
    "The run ended before all resources were known: rules about relations judged nothing, and resources may be missing."
)
_SHARE_OF_TIME: Final = 0.02
"""Of a run's time, the most that writing reports on the way may take."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a report is about."""

    pack: str
    version: str
    project: str
    stack: str
    operation: Operation
    complete: bool


class Place(NamedTuple):
    """A resource as its URN tells it."""

    project: str
    stack: str
    type: str
    name: str

    @classmethod
    def of(cls, urn: str) -> "Place":
        head, _, rest = urn.strip().partition("::")
        project, _, rest = rest.partition("::")
        kind, _, name = rest.partition("::")
        return cls(project, head.rpartition(":")[2], kind.rpartition("$")[2], name)

    def __str__(self) -> str:
        return f"{self.type} {self.name}" if self.name else "the stack"


class Entry(NamedTuple):
    """One line of a report: what a rule said about a resource."""

    rule: Rule
    urn: str
    kind: Literal["finding", "waived", "deferred", "broken"]
    level: Level
    text: str
    paths: tuple[str, ...]
    waiver: Mapping[str, str]


def entries(judge: Judge) -> list[Entry]:
    """What a judge found, what it waived and what it could not judge, in an order of their own."""
    record = judge.record
    found: list[Entry] = []

    def add(finding: Finding, kind: Literal["finding", "waived", "broken"], waiver: Mapping[str, str]) -> None:
        paths = tuple(dict.fromkeys(finding.paths))
        found.append(Entry(finding.rule, finding.urn, kind, finding.level, finding.message, paths, waiver))

    # Copies: other calls of the engine may go on meanwhile.
    for finding in list(record.findings.values()):
        add(finding, "broken" if finding.broken else "finding", {})
    for finding, waiver in list(record.waived.values()):
        facts = {key: str(getattr(waiver, key)) for key in ("owner", "granted", "expires", "reason")}
        add(finding, "waived", facts)
    for (name, urn), paths in list(record.deferred.items()):
        rule = judge.rules[name]
        text = f"{Place.of(urn)}: not judged, for these values are not known: {', '.join(paths)}"
        found.append(Entry(rule, urn, "deferred", judge.level(rule), text, paths, {}))
    return sorted(found, key=lambda entry: (entry.rule.name, entry.urn))


def counts(judge: Judge) -> dict[str, int]:
    """How many entries of each kind; findings apart by level."""
    found = Counter(entry.level if entry.kind == "finding" else entry.kind for entry in entries(judge))
    return {kind: found[kind] for kind in ("mandatory", "advisory", "waived", "deferred", "broken")}


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
        # "open": evaluated, with too little information to decide; only a failure has a level.
        "kind": "open" if entry.kind == "deferred" else "fail",
        "level": "none" if entry.kind == "deferred" else _SARIF_LEVELS[entry.level],
        "message": {"text": entry.text},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _PROJECT_FILE}, "region": {"startLine": 1}},
                "logicalLocations": [resource, *properties],
            }
        ],
        # All findings have the same line, so the fingerprint tells them apart for GitHub as well.
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

    A finding is a failure of level error (mandatory) or warning (advisory), a waived one carries a suppression, a
    deferred judgement is of kind "open". A rule that broke is a notification of the tool.
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
        notifications.append({"level": "error", "message": {"text": _INCOMPLETE}})
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


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _case(entry: Entry) -> tuple[str, str, str]:
    """Element, its type and its message."""
    if entry.kind == "broken":
        return "error", "broken", "the rule itself failed"
    if entry.kind == "deferred":
        return "skipped", "deferred", f"deferred: not known: {', '.join(entry.paths)}"
    if entry.kind == "waived":
        facts = entry.waiver
        return "skipped", "waived", f"waived until {facts['expires']} ({facts['owner']}): {facts['reason']}"
    title = f"{entry.rule.title} [{entry.rule.severity}]"
    return ("failure", "mandatory", title) if entry.level == "mandatory" else ("skipped", "advisory", title)


def junit(run: Run, judge: Judge, now: datetime) -> str:
    """The run as JUnit XML: a suite per pack, a class per rule, a case per finding and one for all that passed.

    A mandatory finding is a failure. Advisory and waived findings and deferred judgements are skipped, for they do not
    fail the run either. A rule that broke, and a run that did not reach its end, is an error.
    """
    by_rule: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries(judge):
        by_rule[entry.rule.name].append(entry)
    judged = Counter(name for name, _ in list(judge.record.judged))
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    root = ElementTree.Element("testsuites", name=f"{run.pack} {run.project}/{run.stack}")
    totals: Counter[str] = Counter()
    for pack, title in PACKS.items():
        rules = sorted(name for name, rule in judge.rules.items() if rule.pack == pack and judged[name])
        suite = ElementTree.SubElement(root, "testsuite", name=title, package=run.pack, timestamp=stamp)
        kinds: Counter[str] = Counter()
        for name in rules:
            for entry in by_rule[name]:
                element, type_, message = _case(entry)
                label = str(Place.of(entry.urn))
                case = ElementTree.SubElement(suite, "testcase", name=_xml_text(label), classname=name, time="0")
                told = ElementTree.SubElement(case, element, type=type_, message=_xml_text(message))
                told.text = _xml_text(f"{entry.text}\n{entry.urn}")
                kinds[element] += 1
            passed = judged[name] - len(by_rule[name])
            if passed:
                what = "resource passes" if passed == 1 else "resources pass"
                ElementTree.SubElement(suite, "testcase", name=f"{passed} {what}", classname=name, time="0")
        if pack == "register" and not run.complete:
            case = ElementTree.SubElement(suite, "testcase", name="the run reaches its end", classname="run", time="0")
            ElementTree.SubElement(case, "error", type="incomplete", message=_INCOMPLETE)
            kinds["error"] += 1
        figures = {"tests": len(suite), "failures": kinds["failure"], "errors": kinds["error"]}
        totals.update(figures)
        for key, figure in {**figures, "skipped": kinds["skipped"]}.items():
            suite.set(key, str(figure))
        suite.set("time", "0")
    for key in ("tests", "failures", "errors"):
        root.set(key, str(totals[key]))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader meets the earlier one or this one, and never half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Reporter:
    """Keeps the report files of one process current; does nothing without a folder."""

    def __init__(
        self,
        judge: Judge,
        pack: str,
        version: str,
        folder: Path | None = None,
        *,
        combined: str = "web-store",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.operation: Operation = "analysis"
        self._judge = judge
        self._pack = pack
        self._version = version
        self._folder = folder
        self._label = "" if pack == combined else f".{pack.removeprefix(f'{combined}-')}"
        self._now = now
        self._due = 0.0
        self._lock = threading.Lock()

    @classmethod
    def of_environment(cls, judge: Judge, pack: str, version: str) -> "Reporter":
        """The reporter that the environment asks for."""
        text = os.environ.get(VARIABLE, "")
        if text and not Path(text).is_absolute():
            # The engine starts a pack in the pack's own folder.
            _tell(f"{pack}: no report, for {VARIABLE} is {text!r}, but must be an absolute path")
            text = ""
        return cls(judge, pack, version, Path(text) if text else None)

    def files(self, urn: str) -> tuple[Path, Path]:
        """The report files of the stack to which a URN belongs."""
        assert self._folder
        stem = re.sub(r"[^\w.-]", "_", Place.of(urn).stack) + self._label
        return self._folder / f"{stem}.sarif", self._folder / f"{stem}.junit.xml"

    def progress(self, urn: str, findings: Iterable[Finding]) -> None:
        """A resource was judged. An update ends at a mandatory finding; nothing is asked of the pack after it."""
        last = self.operation == "update" and any(finding.level == "mandatory" for finding in findings)
        if last or time.monotonic() >= self._due:
            self._write(urn, complete=False)

    def finish(self, urn: str) -> None:
        """The stack was judged: the report is complete."""
        self._write(urn, complete=True)

    def _write(self, urn: str, *, complete: bool) -> None:
        if self._folder is None:
            self._due = float("inf")
            return
        place = Place.of(urn)
        run = Run(
            pack=self._pack,
            version=self._version,
            project=place.project,
            stack=place.stack,
            operation=self.operation,
            complete=complete,
        )
        with self._lock:
            begin = time.monotonic()
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                log, tests = self.files(urn)
                _replace(log, json.dumps(sarif(run, self._judge, self._now()), indent=1) + "\n")
                _replace(tests, junit(run, self._judge, self._now()))
            except OSError as error:
                self._folder = None
                _tell(f"{self._pack}: no report, for {VARIABLE} cannot be written: {error}")
            end = time.monotonic()
            self._due = end + (end - begin) / _SHARE_OF_TIME
