"""A journal tells which grants and rules were used."""

from pathlib import Path

import pytest

from local.gate import Gate
from local.gate_network import PORT
from local.journal import Journal
from local.principals import Principals
from local.security_groups import SecurityGroups
from local.state import Deployed
from tests.local.gate_state import ROLE, TOPIC, arn, small_state
from tests.local.gate_usage import (
    REASONS,
    Grant,
    grants,
    read_journal,
    unexplained,
    unused_grants,
    unused_rules,
    unused_statements,
)


def test_what_calls_needed_is_used_and_nothing_else(tmp_path: Path) -> None:
    state = small_state()
    with Journal(tmp_path / "journal.jsonl") as journal:
        gate = Gate(state, Principals(), journal, "http://127.0.0.1:1")
        assert gate.judge(ROLE, "sns:Publish", TOPIC).allowed
        assert gate.judge(ROLE, "dynamodb:GetItem", arn("dynamodb", "table/carts")).allowed
        assert not gate.judge(ROLE, "sns:Publish", f"{TOPIC}-other").allowed
    whole = {
        statement for role, _, statement in unused_statements(state, read_journal(journal.path)) if role == "carts"
    }
    assert whole == {"Queues", "Media", "Events", "Secret", "Traces", "Contacts"}
    before = {grant for grant in grants(state) if grant.role == "carts"}
    after = {grant for grant in unused_grants(state, read_journal(journal.path)) if grant.role == "carts"}
    assert before - after == {
        Grant("carts", "carts-inline", statement, action)
        for statement, action in (("Alarms", "sns:Publish"), ("Items", "dynamodb:*"), ("Key", "kms:*"))
    }


@pytest.mark.parametrize("pattern", REASONS)
def test_a_reason_is_about_a_grant_that_the_program_makes(
    deployed: Deployed, pattern: tuple[str, str, str, str]
) -> None:
    assert any(grant.matches(pattern) for grant in grants(deployed))


def test_reading_and_writing_of_items_need_no_excuse(deployed: Deployed) -> None:
    left = unexplained(sorted(grants(deployed)))
    services = {grant.action.partition(":")[0] for grant in left}
    assert services >= {"dynamodb", "sqs", "kms", "events", "lambda", "elasticache", "ses"}
    assert {"PutItem", "GetItem", "Query"} <= {grant.action.partition(":")[2] for grant in left}


def test_what_connections_needed_is_used_and_nothing_else(tmp_path: Path) -> None:
    state = small_state()
    groups = SecurityGroups(state)
    with Journal(tmp_path / "journal.jsonl") as journal:
        for source in ("sg-task", "sg-closed"):
            verdict = groups.allows([source], ["sg-endpoints"], PORT)
            journal.connection(source, "network-events", PORT, verdict.allowed, verdict.why)
    entries = read_journal(journal.path)
    used = set(unused_rules(state, [])) - set(unused_rules(state, entries))
    assert used == {"sg-task-out-sg-endpoints", "sg-endpoints-in-sg-task"}
