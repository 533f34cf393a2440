"""A journal tells which grants and rules were used."""

from pathlib import Path

from local.gate import Gate
from local.gate_network import PORT
from local.journal import Journal
from local.principals import Principals
from local.security_groups import SecurityGroups
from tests.local.gate_state import ROLE, TOPIC, arn, small_state
from tests.local.gate_usage import Grant, grants, read_journal, unused_grants, unused_rules


def test_what_calls_needed_is_used_and_nothing_else(tmp_path: Path) -> None:
    state = small_state()
    with Journal(tmp_path / "journal.jsonl") as journal:
        gate = Gate(state, Principals(), journal, "http://127.0.0.1:1")
        assert gate.judge(ROLE, "sns:Publish", TOPIC).allowed
        assert gate.judge(ROLE, "dynamodb:GetItem", arn("dynamodb", "table/carts")).allowed
        assert not gate.judge(ROLE, "sns:Publish", f"{TOPIC}-other").allowed
    before = {grant for grant in grants(state) if grant.role == "carts"}
    after = {grant for grant in unused_grants(state, read_journal(journal.path)) if grant.role == "carts"}
    assert before - after == {
        Grant("carts", "carts-inline", statement, action)
        for statement, action in (("Alarms", "sns:Publish"), ("Items", "dynamodb:*"), ("Key", "kms:*"))
    }


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
