"""Findings of policies as our own commands show them."""

import itertools
import re

import pytest

from offline.findings import told_once
from policies.library import listing
from policies.library.judge import Judge
from policies.library.pack import Servicer
from policies.library.rules import REGISTRY
from tests.policies.support import Program, res

RETENTION = "cloudwatch-log-group-retention"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
_ANSI = "\x1b[38;5;1m"


def finding(name: str, text: str, *, level: str = "mandatory", why: str = "storage has a price") -> list[str]:
    """As the engine prints it: `renderDiffPolicyViolationEvent` of its pkg/backend/display/diff.go."""
    return [
        f"        - {_ANSI}[{level}] [severity: low]  {RETENTION}\x1b[0m  ({GROUP.replace('/logGroup', '')}: {name})\n",
        "          CloudWatch log groups have a retention.\n",
        f'          cloudwatch/logGroup "{name}": {text}\n',
        f"          Why: {why}\n",
        "          Fix: set retention_in_days\n",
        "          LOG-12 https://example.com\n",
    ]


HEAD = ["Policies:\n", "    ❌ web-store@v0.6.1 (local: policies)\n"]
TAIL = ["\n", "Resources:\n", "    + 3 to create\n"]
ADVICE = finding("x", "y")[3:]


def shown(*findings: list[str]) -> list[str]:
    said = "".join([*HEAD, *itertools.chain(*findings), *TAIL]).splitlines(keepends=True)
    lines = "".join(told_once(said)).splitlines(keepends=True)
    assert lines[: len(HEAD)] == HEAD
    assert lines[-len(TAIL) :] == TAIL
    return lines[len(HEAD) : -len(TAIL)]


def test_findings_of_one_rule_are_told_once_with_the_list_of_resources() -> None:
    lines = shown(finding("api", "retentionInDays is 3"), finding("events", "retentionInDays is 3"))
    assert lines == [
        f"        - {_ANSI}[mandatory] [severity: low]  {RETENTION}\x1b[0m  (2 resources)\n",
        "          CloudWatch log groups have a retention.\n",
        '          cloudwatch/logGroup "api", "events": retentionInDays is 3\n',
        *ADVICE,
    ]


def test_what_differs_is_told_of_each() -> None:
    lines = shown(*(finding(name, f"is {days}") for name, days in (("a", 1), ("b", 3), ("c", 1))))
    assert lines[2:] == [
        '          cloudwatch/logGroup "a", "c": is 1\n',
        '          cloudwatch/logGroup "b": is 3\n',
        *ADVICE,
    ]


def test_a_finding_of_one_resource_stays_as_it_is() -> None:
    assert shown(finding("api", "is 3\n            and a second problem")) == "".join(
        finding("api", "is 3\n            and a second problem")
    ).splitlines(keepends=True)


def test_levels_and_advice_are_kept_apart() -> None:
    findings = (
        finding("a", "is 3"),
        finding("b", "is 3", why="of another release"),
        finding("c", "is 3", level="advisory"),
    )
    assert shown(*findings) == list(itertools.chain(*findings))


@pytest.mark.parametrize(
    "other",
    [
        ["        - [advisory]  names  (aws:sqs:Queue: q)\n", "          A queue must have a name.\n"],
        ["        - [advisory]  costs\n", '          stack "dev": too much\n', "          Why: money\n"],
        ["        - [remediate]  tags  (3 resources)\n"],
    ],
    ids=["without advice", "of the stack", "remediation"],
)
def test_findings_in_other_words_are_shown_as_they_are(other: list[str]) -> None:
    assert shown(other, finding("a", "is 3"), other) == [*other, *finding("a", "is 3"), *other]


def test_lines_outside_the_policies_are_left_alone() -> None:
    lines = [*finding("a", "is 3"), *finding("b", "is 3"), *HEAD, *finding("c", "is 3"), *TAIL, *finding("d", "is 3")]
    assert "".join(told_once(lines)) == "".join(lines)


def program(*, days: dict[str, int]) -> Program:
    return [res("cloudwatch/logGroup:LogGroup", name, {"retentionInDays": count}) for name, count in days.items()]


def test_what_the_packs_write_is_read() -> None:
    """The engine prints the message of a diagnostic, indented."""
    court = Judge({RETENTION: REGISTRY[RETENTION]})
    found = [one for entry in program(days={"a": 1, "b": 1, "c": 3}) for one in court.resource(entry)]
    answer = Servicer("web-store", "", "", court)._answer(found)
    alone = [Servicer("web-store", "", "", court)._answer([one]) for one in found]
    assert [entry.urn.rpartition("::")[2] for entry in answer.diagnostics] == ["a", "c"]

    def printed(message: str, name: str) -> list[str]:
        heading = finding(name, "")[0]
        return [heading, *(f"          {line}\n" for line in message.split("\n"))]

    once = shown(*(printed(entry.message, entry.urn.rpartition("::")[2]) for entry in answer.diagnostics))
    one_by_one = shown(
        *(printed(part.diagnostics[0].message, part.diagnostics[0].urn.rpartition("::")[2]) for part in alone)
    )
    assert once == one_by_one
    assert once[0].endswith("  (3 resources)\n")
    assert re.match(r' +cloudwatch/logGroup "a", "b": retentionInDays', once[2])


def test_a_text_without_a_list_of_resources_is_not_taken_for_one() -> None:
    assert listing.read('sqs/queue "a", "b": must have: a name\nand more') == (
        "sqs/queue",
        ["a", "b"],
        "must have: a name\nand more",
    )
    assert listing.read('the queue "a": must have a name') is None
    assert listing.read("must have a name") is None
