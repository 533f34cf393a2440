"""The page of findings has each of them once, and what it calls done is held by tests that exist."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "findings.md").read_text()


def _range(prefix: str, first: int, last: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(first, last + 1)]


EDGE = "Edge, identity, API and application tier"
DATA = "Network, data, events, operations"
REPORTS = "Public bug reports, tried"
NEWCOMER = "A newcomer's tasks"
UNLUCKY = "Under an unlucky user"
IDS = {
    EDGE: [
        *_range("A", 1, 8),
        *_range("B", 1, 9),
        *_range("C", 1, 6),
        *_range("D", 0, 4),
        *_range("E", 1, 4),
        "F",
        "G",
    ],
    DATA: [
        *_range("1.", 1, 7),
        *_range("2.", 1, 10),
        *_range("3.", 1, 4),
        *_range("4.", 1, 3),
        *_range("5.", 1, 3),
        "6",
    ],
    REPORTS: [
        *_range("F", 1, 2),
        *(f"F3{letter}" for letter in "abdef"),
        *_range("F", 4, 11),
        *_range("U", 1, 6),
        *(f"log {row}" for row in (*range(1, 5), *range(6, 9), *range(10, 21), 37)),
    ],
    NEWCOMER: [*_range("", 1, 12), *_range("fix ", 1, 11), *_range("expected ", 1, 14)],
    UNLUCKY: [f"F{number}" for number in (*range(1, 7), 8, 10, 11, 14)],
}
HELD = ("mended", "refused in words")
STATES = (*HELD, "declined", "open")


class Row(NamedTuple):
    ids: tuple[str, ...]
    finding: str
    state: str
    how: str


def rows(heading: str) -> list[Row]:
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")][2:]
    assert all(len(found) == 4 for found in cells), [found for found in cells if len(found) != 4]
    found = [[cell.strip() for cell in row] for row in cells]
    return [Row(tuple(ids.split(", ")), finding, state, how) for ids, finding, state, how in found]


ROWS = {(heading, row.ids[0]): row for heading in IDS for row in rows(heading)}
each_row = pytest.mark.parametrize("row", ROWS.values(), ids=[f"{heading[:7]}-{first}" for heading, first in ROWS])


def named_by(row: Row) -> list[str]:
    """Tests that a row names, `::name` being one of the file before it."""
    found, path = [], ""
    for named in re.findall(r"`((?:tests/[\w/]+\.py)?::\w+)`", row.how):
        path, _, name = named.rpartition("::") if named.startswith("tests/") else (path, "", named.removeprefix("::"))
        found.append(f"{path}::{name}")
    return found


@cache
def names_in(path: str) -> frozenset[str]:
    file = PROJECT / path
    if not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text()))
    return frozenset(
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.startswith(("test_", "Test"))
    )


@pytest.mark.parametrize("heading", IDS)
def test_every_finding_of_a_review_has_its_row(heading: str) -> None:
    assert Counter(name for row in rows(heading) for name in row.ids) == Counter(IDS[heading])


@each_row
def test_a_state_has_its_test_or_its_reason(row: Row) -> None:
    assert row.state in STATES
    assert row.finding
    if row.state in HELD:
        # "as fix 1" stands for the tests of that row.
        same = re.match(r"[aA]s ([A-Z]?\d+|fix \d+)\b", row.how)
        assert named_by(row) or (same and any(named_by(other) for other in ROWS.values() if same[1] in other.ids))
    else:
        assert re.sub(r"`[^`]*`", "", row.how).strip(" ,;.:"), "a reason, or what is missing"


@each_row
def test_tests_that_a_row_names_exist(row: Row) -> None:
    assert [
        named for named in named_by(row) if named.partition("::")[2] not in names_in(named.partition("::")[0])
    ] == []
    assert row.how.count("::") == len(named_by(row)), "a name that is no test's"


def test_the_head_counts_the_states() -> None:
    counted = Counter(row.state for row in ROWS.values())
    said = re.search(r"^Rows: (\d+) mended, (\d+) refused in words, (\d+) declined, (\d+) open\.$", PAGE, re.MULTILINE)
    assert said
    assert [int(number) for number in said.groups()] == [counted[state] for state in STATES]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("docs/taking-it-down.md", "`CloudFront-VPCOrigins-Service-SG`"),  # E2
        ("docs/taking-it-down.md", "the copy of the file system in `shared_files.replica_region`"),  # 4.2
        ("docs/taking-it-down.md", "pulumi config set -s prod --path web-store:environment.protect false"),  # 4.3
        ("docs/taking-it-down.md", "aws efs delete-file-system"),
        ("docs/taking-it-down.md", "`AWSLogDeliveryWrite20150319`"),
        ("docs/taking-it-down.md", "KMS keys, pending"),
        ("docs/taking-it-down.md", "`AWSServiceRoleFor...`"),
        ("LICENSE", "Apache License"),
        ("CONTRIBUTING.md", "## Recipes"),
        ("SECURITY.md", "vulnerability"),
        ("CHANGELOG.md", "## Unreleased"),
        (".github/CODEOWNERS", "*"),
        (".github/pull_request_template.md", "CHANGELOG"),
    ],
)
def test_what_a_reader_was_missing_is_said(path: str, words: str) -> None:
    assert words in (PROJECT / path).read_text()


@pytest.mark.parametrize("path", sorted(PROJECT.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_no_comment_of_a_stack_file_describes_another_program(path: Path) -> None:
    # The catalogue is Go, and neither it nor `customers` has a proxy beside it.
    assert not re.search(r"#.*(JVM|proxy)", path.read_text())
