"""The record of a run."""

import json
import threading
from pathlib import Path

from local.journal import _KEPT, Journal


def test_entries_are_kept_by_kind_and_written(tmp_path: Path):
    path = tmp_path / "run" / "dev" / "journal.jsonl"
    with Journal(path) as journal:
        journal.call("arn:aws:iam::1:role/a", "sqs:SendMessage", "arn:q", True, "statement SendOrders")
        journal.call("arn:aws:iam::1:role/a", "sqs:DeleteMessage", "arn:q", False, "no statement allows it")
        journal.connection("web", "catalogue", 8080, False, "no egress rule")
        journal.event("bus.matched", rule="r", event_id="e")
        assert [entry["action"] for entry in journal.entries("call")] == ["sqs:SendMessage", "sqs:DeleteMessage"]
        assert [entry["kind"] for entry in journal.denied()] == ["call", "connection"]
        assert [entry["kind"] for entry in journal.events()] == ["bus.matched"]
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert [entry["kind"] for entry in written] == ["call", "call", "connection", "bus.matched"]
    assert written[-1] | {"at": ""} == {"at": "", "kind": "bus.matched", "rule": "r", "event_id": "e"}
    assert path.stat().st_mode & 0o077 == 0


def test_memory_is_bounded_and_denials_outlive_what_is_allowed(tmp_path: Path):
    with Journal(tmp_path / "journal.jsonl") as journal:
        journal.call("role", "s3:GetObject", "arn:o", False, "")
        for number in range(_KEPT + 10):
            journal.call("role", "sqs:ReceiveMessage", f"arn:{number}", True, "")
        assert len(journal.entries("call")) == _KEPT
        assert journal.entries("call")[0]["resource"] == "arn:10"
        assert [entry["action"] for entry in journal.denied()] == ["s3:GetObject"]


def test_threads_write_whole_lines_and_a_late_entry_does_no_harm(tmp_path: Path):
    journal = Journal(tmp_path / "journal.jsonl")
    threads = [
        threading.Thread(target=lambda: [journal.event("x", text="y" * 500) for _ in range(100)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    journal.event("x", text="after the end")
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert len(lines) == 400
    assert {json.loads(line)["text"] for line in lines} == {"y" * 500}
