"""JUnit XML for test reports, as Jenkins, GitLab and GitHub read it.

https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree

from policies.library.entries import INCOMPLETE, Entry, Place, Run, entries
from policies.library.judge import Judge
from policies.library.rules import PACKS

_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _outcome(entry: Entry) -> tuple[str, str, str]:
    """Element, its type and its message."""
    if entry.kind == "broken":
        return "error", "broken", "the rule failed"
    if entry.kind == "deferred":
        return "skipped", "deferred", f"deferred: not known yet: {', '.join(entry.paths)}"
    if entry.kind == "waived":
        facts = entry.waiver
        return "skipped", "waived", f"waived until {facts['expires']} ({facts['owner']}): {facts['reason']}"
    title = f"{entry.rule.title} [{entry.rule.severity}]"
    return ("failure", "mandatory", title) if entry.level == "mandatory" else ("skipped", "advisory", title)


def _add_cases(suite: ElementTree.Element, rule: str, found: Sequence[Entry], judged: int) -> Iterator[str]:
    """Add the cases of a rule; yields the element of each case that did not pass."""
    for entry in found:
        element, type_, message = _outcome(entry)
        label = _xml_text(str(Place.of(entry.urn)))
        case = ElementTree.SubElement(suite, "testcase", name=label, classname=rule, time="0")
        outcome = ElementTree.SubElement(case, element, type=type_, message=_xml_text(message))
        outcome.text = _xml_text(f"{entry.text}\n{entry.urn}")
        yield element
    passed = judged - len(found)
    if passed:
        label = f"{passed} {'resource passes' if passed == 1 else 'resources pass'}"
        ElementTree.SubElement(suite, "testcase", name=label, classname=rule, time="0")


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
            kinds.update(_add_cases(suite, name, by_rule[name], judged[name]))
        if pack == "register" and not run.complete:
            case = ElementTree.SubElement(suite, "testcase", name="the run reaches its end", classname="run", time="0")
            ElementTree.SubElement(case, "error", type="incomplete", message=INCOMPLETE)
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
