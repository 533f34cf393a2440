"""A journal tells which statements and rules were used."""

from pathlib import Path

from local.gate import Gate
from local.gate_network import PORT
from local.journal import Journal
from local.principals import Principals
from local.security_groups import SecurityGroups
from tests.local.gate_state import ROLE, TOPIC, arn, small_state
from tests.local.gate_usage import findings, read_journal, rules, statements, unused_rules, unused_statements


def test_what_calls_needed_is_used_and_nothing_else(tmp_path: Path) -> None:
    state = small_state()
    with Journal(tmp_path / "journal.jsonl") as journal:
        gate = Gate(state, Principals(), journal, "http://127.0.0.1:1")
        assert gate.judge(ROLE, "sns:Publish", TOPIC).allowed
        assert gate.judge(ROLE, "dynamodb:GetItem", arn("dynamodb", "table/carts")).allowed
        assert not gate.judge(ROLE, "sns:Publish", f"{TOPIC}-other").allowed
    used = statements(state) - unused_statements(state, read_journal(journal.path))
    assert used == {("carts", "carts-inline", statement) for statement in ("Alarms", "Items", "Key")}


def test_statements_without_a_name_are_told_apart_by_their_place() -> None:
    assert {name for name in statements(small_state()) if name[0] == "task"} == {
        ("task", "task-inline", "Inside"),
        ("task", "task-inline", "Outside"),
    }
    assert ("payments", "payments-inline", "1") in statements(small_state())


def test_what_connections_needed_is_used_and_nothing_else(tmp_path: Path) -> None:
    state = small_state()
    groups = SecurityGroups(state)
    with Journal(tmp_path / "journal.jsonl") as journal:
        for source in ("sg-task", "sg-closed"):
            verdict = groups.allows([source], ["sg-endpoints"], PORT)
            journal.connection(source, "network-events", PORT, verdict.allowed, verdict.why)
    used = rules(state) - unused_rules(state, read_journal(journal.path))
    assert used == {("sg-task-out-sg-endpoints",), ("sg-endpoints-in-sg-task",)}


EVERY = {("carts", "items", "Read"), ("carts", "items", "Log"), ("orders", "items", "Log")}
LOGS = EVERY - {("carts", "items", "Read")}


def test_what_is_unused_has_a_reason() -> None:
    assert findings(EVERY, LOGS, {("*", "*", "Log"): "files"}) == []
    assert findings(EVERY, EVERY, {("*", "*", "Log"): "files"}) == ["unused without a reason: carts / items / Read"]


def test_a_reason_is_about_something_that_is_there() -> None:
    told = findings(EVERY, LOGS, {("*", "*", "Log"): "files", ("gone", "*", "*"): "old", ("*",): "a rule"})
    assert told == ["a reason for nothing that is there: gone / * / *", "a reason for nothing that is there: *"]


def test_a_reason_for_what_was_used_is_told() -> None:
    told = findings(EVERY, {("carts", "items", "Log")}, {("*", "*", "Log"): "files"})
    assert told == ["a reason for what was used: * / * / Log for orders / items / Log"]
