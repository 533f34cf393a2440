"""Whoever hears of an alarm is led to a page that exists and tells of it, and no page tells of what nobody watches."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from tests.program_under_mocks import PROJECT, Config, store

RUNBOOKS = PROJECT / "docs" / "runbooks"
# Pages that alarms' own words or other pages lead to.
BY_HAND = {
    "README",
    "events-dead-letters",
    "failed-update",
    "feeds-dead-letters",
    "orders-redrive",
    "search-dead-letters",
    "secrets",
    "third-party-credentials",
    "web-tier-changes",
}
URL = "https://example.com/runbooks"


def other_engines(config: Config) -> None:
    config["web-store:data"]["cache"] = {"engine": "valkey_serverless"}
    config["web-store:shared_files"] |= {"throughput": "bursting", "archive_after_days": None}
    config["web-store:feeds"]["engine"] = {"kind": "msk-provisioned", "instance_type": "express.m7g.large"}
    config["web-store:fraud"]["engine"] |= {
        "kind": "fraud-detector-legacy",
        "model": {"endpoint_name": "payment-risk"},
        "detector": {
            "name": "payments",
            "version": "3",
            "event_type": "payment",
            "variables": {"order_price": "amount_minor"},
            "outcomes": {"ok": "approve"},
        },
        "waiver": {
            "owner": "store-platform",
            "reason": "The detector is trained; rules follow.",
            "expires": str((datetime.now(UTC) + timedelta(days=30)).date()),
        },
    }
    config["web-store:search"]["engine"] = {"kind": "opensearch-serverless"}


@cache
def links() -> frozenset[str]:
    """Where alarms lead, of all that the store can be made of: `page.md#heading`, or the page of a procedure."""
    ends = [re.search(r" Runbook: docs/runbooks/(\S+\.md(#\S+)?)$", text) for text in descriptions()]
    assert all(ends), [text for text, end in zip(descriptions(), ends, strict=True) if not end]
    return frozenset(end.group(1) for end in ends if end)


@cache
def descriptions() -> tuple[str, ...]:
    recorders = [store("dev"), store("prod"), store("prod", other_engines)]
    return tuple(a.inputs["alarmDescription"] for recorder in recorders for a in recorder.of(":MetricAlarm"))


def test_an_alarm_names_one_runbook_and_says_in_an_imperative_what_to_do() -> None:
    for text in descriptions():
        assert text.count("docs/runbooks") == 1, text
        assert re.search(r"\. What to do: [a-z].*\. Runbook: ", text), text


def headings(page: Path) -> list[str]:
    """Anchors of a page's sections, as GitHub makes them."""
    found = re.findall(r"^##+ (.+)$", page.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in found]


def test_every_alarm_leads_to_a_heading_of_a_page() -> None:
    there = {f"{page.name}#{heading}" for page in RUNBOOKS.glob("*.md") for heading in headings(page)}
    there |= {f"{name}.md" for name in BY_HAND if (RUNBOOKS / f"{name}.md").is_file()}
    assert not sorted(links() - there), "write these sections in docs/runbooks"


def test_every_section_is_about_a_metric_that_an_alarm_watches() -> None:
    pages = [page for page in RUNBOOKS.glob("*.md") if page.stem not in BY_HAND]
    sections = {f"{page.name}#{heading}" for page in pages for heading in headings(page)}
    assert not sorted(sections - links()), "no alarm leads there"


def test_the_index_lists_every_page() -> None:
    index = (RUNBOOKS / "README.md").read_text()
    missing = [page.name for page in RUNBOOKS.glob("*.md") if page.stem != "README" and f"({page.name})" not in index]
    assert not missing


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        name, _, heading = target.partition("#")
        found = (page.parent / name) if name else page
        assert found.is_file(), target
        assert not heading or heading in headings(found), target


def test_links_begin_where_the_stack_file_says() -> None:
    recorder = store("prod", lambda config: config["web-store:observability"].update({"runbooks_url": URL}))
    texts = [alarm.inputs["alarmDescription"] for alarm in recorder.of(":MetricAlarm")]
    assert texts
    for text in texts:
        assert f" Runbook: {URL}/" in text
        assert "docs/runbooks" not in text, "a path of the repository leads nobody from a pager"
        assert len(text) <= 1024
