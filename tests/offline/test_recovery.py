"""What the state and the simulated cloud make of each other after a killed run, a deleted file, a restored copy."""

import json
import os
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from offline import locks
from offline.aws.cloud import LIVE, Cloud, Resource
from offline.errors import OfflineError
from offline.files import write
from offline.state import state_file
from offline.workspace import Workspace

QUEUE = "aws:sqs/queue:Queue"


def urn(name: str, project: str = "sample") -> str:
    return f"urn:pulumi:dev::{project}::{QUEUE}::{name}"


@dataclass
class Home:
    """A home with the stack dev of the project sample, and no engine."""

    workspace: Workspace
    cloud: Cloud
    ran: list[str] = field(default_factory=list)

    def exist(self, *things: tuple[str, str], project: str = "sample") -> None:
        for name, identifier in things:
            made = Resource(0, "1", "eu-west-1", QUEUE, identifier, "", urn(name, project), LIVE, {}, {})
            self.cloud.put(made, [identifier], [])

    def record(self, *things: tuple[str, str], **more: Any) -> None:
        resources = [
            {"urn": urn(name), "type": QUEUE, "custom": True, "id": identifier, **more} for name, identifier in things
        ]
        stack = {"urn": "urn:pulumi:dev::sample::pulumi:pulumi:Stack::sample-dev", "type": "pulumi:pulumi:Stack"}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [stack, *resources]}}}))

    @property
    def path(self) -> Path:
        return state_file(self.workspace.backend, "sample", "dev")

    @property
    def existing(self) -> list[tuple[str, str]]:
        return [(row.urn.rpartition("::")[2], row.id) for row in self.cloud.rows("urn:pulumi:dev::sample::")]

    def lock(self, **changes: object) -> Path:
        path = self.workspace.backend / "locks" / "organization" / "sample" / "dev" / "a.json"
        path.parent.mkdir(parents=True)
        content = {"pid": os.getpid(), "hostname": socket.gethostname(), "timestamp": datetime.now(UTC).isoformat()}
        path.write_text(json.dumps(content | changes))
        return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    (tmp_path / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    write(tmp_path / "home" / "passphrase", "a" * 43)
    made = Home(Workspace(project=tmp_path, home=tmp_path / "home"), Cloud(tmp_path / "home"))

    def engine(_: Workspace, *arguments: str, **__: object) -> None:
        made.ran.append(arguments[0])

    monkeypatch.setattr(Workspace, "pulumi", engine)
    return made


def test_what_both_hold_needs_nothing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.exist(("a", "1"), ("b", "2"))
    home.record(("a", "1"), ("b", "2"))
    home.workspace.prepare("dev")
    assert home.ran == []
    assert home.existing == [("a", "1"), ("b", "2")]
    assert capsys.readouterr().err == ""


def test_what_the_state_holds_and_the_cloud_lacks_is_refreshed_before_anything_is_called_unchanged(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.exist(("a", "1"))
    home.record(("a", "1"), ("b", "2"), ("c", "3"))
    home.workspace.prepare("dev")
    assert home.ran == ["refresh"]
    assert "not in the simulated cloud: b, c" in capsys.readouterr().err


def test_a_resource_with_another_id_than_the_state_has_is_not_the_same(home: Home) -> None:
    home.exist(("a", "new"))
    home.record(("a", "old"))
    home.workspace.prepare("dev")
    assert home.ran == ["refresh"]
    assert home.existing == []


def test_a_replacement_that_a_killed_update_made_leaves_no_duplicate(home: Home) -> None:
    home.exist(("a", "old"), ("a", "new"), ("b", "2"))
    home.record(("a", "old"), ("b", "2"))
    lock = home.lock(pid=2**22 + 1)
    home.workspace.prepare("dev")
    assert home.existing == [("a", "old"), ("b", "2")]
    assert home.ran == ["refresh"], "what was updated in place differs too"
    assert not lock.exists()


def test_the_old_one_of_a_replacement_that_waits_for_its_deletion_is_not_missed(home: Home) -> None:
    home.exist(("a", "new"))
    home.record(("a", "new"))
    content = json.loads(home.path.read_text())
    old = {"urn": urn("a"), "type": QUEUE, "custom": True, "id": "old", "delete": True}
    content["checkpoint"]["latest"]["resources"].append(old)
    home.path.write_text(json.dumps(content))
    home.workspace.prepare("dev")
    assert home.ran == []


def test_a_resource_that_an_alias_renamed_is_the_same(home: Home) -> None:
    home.exist(("before", "1"))
    home.record(("after", "1"))
    home.workspace.prepare("dev")
    assert home.existing == [("before", "1")]
    assert home.ran == []


def test_what_was_retained_stays_and_is_told(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.exist(("a", "1"), ("b", "2"))
    home.record(("a", "1"), ("b", "2"))
    home.workspace.prepare("dev")
    home.record(("a", "1"))
    home.workspace.prepare("dev")
    assert home.existing == [("a", "1"), ("b", "2")]
    assert "1 resources of the simulated cloud are in no state: retained" in capsys.readouterr().err
    assert home.ran == []


def test_without_its_state_a_stack_begins_anew(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.exist(("a", "1"), ("b", "2"))
    home.record(("a", "1"), ("b", "2"))
    home.workspace.prepare("dev")
    home.path.unlink()
    home.workspace.prepare("dev")
    assert home.existing == []
    assert home.ran == ["stack"]
    assert "2 resources are removed" in capsys.readouterr().err


def test_without_its_cloud_a_state_is_refreshed(home: Home, tmp_path: Path) -> None:
    home.exist(("a", "1"))
    home.record(("a", "1"))
    home.workspace.prepare("dev")
    home.cloud.close()
    for path in (tmp_path / "home").glob("cloud.sqlite*"):
        path.unlink()
    home.workspace.prepare("dev")
    assert home.ran == ["refresh"]


def test_resources_of_other_projects_are_not_touched(home: Home) -> None:
    home.exist(("a", "1"), project="loyalty")
    home.record()
    home.lock(pid=2**22 + 1)
    home.workspace.prepare("dev")
    assert [row.id for row in home.cloud.rows("urn:pulumi:dev::loyalty::")] == ["1"]


def test_what_a_live_run_makes_is_left_alone_and_a_second_one_is_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_process", lambda _: ("pulumi", None))
    home.exist(("a", "1"))
    home.record()
    lock = home.lock()
    home.workspace.prepare("dev")
    assert home.existing == [("a", "1")]
    assert lock.exists()
    with pytest.raises(OfflineError, match=f"stack dev of sample is at work in process {os.getpid()}"):
        home.workspace.require_alone("dev")


def test_the_copy_has_the_salt_that_the_state_is_encrypted_with(home: Home) -> None:
    salt = "v1:Yg==:v1:8f==:SyKHa7=="
    home.record()
    content = json.loads(home.path.read_text())
    content["checkpoint"]["latest"]["secrets_providers"] = {"type": "passphrase", "state": {"salt": salt}}
    home.path.write_text(json.dumps(content))
    for damage in ("", "encryptionsalt: v1:another\n", "config: ["):
        (home.workspace.folder).mkdir(parents=True, exist_ok=True)
        (home.workspace.folder / "Pulumi.dev.yaml").write_text(damage)
        home.workspace.prepare("dev")
        assert f"encryptionsalt: {salt}" in (home.workspace.folder / "Pulumi.dev.yaml").read_text()


def test_another_stack_s_damaged_state_blocks_nobody(home: Home) -> None:
    home.record()
    home.path.with_name("prod.json").write_text("{")
    home.workspace.prepare("dev")
    (home.workspace.project / "Pulumi.prod.yaml").write_text("config: {}\n")
    with pytest.raises(OfflineError, match=r"prod\.json is not valid JSON"):
        home.workspace.prepare("prod")


def test_who_reads_a_stack_is_found_by_its_references(home: Home) -> None:
    home.record()
    path = state_file(home.workspace.backend, "pricing", "dev")
    path.parent.mkdir(parents=True)
    reference = {
        "urn": "urn:pulumi:dev::pricing::pulumi:pulumi:StackReference::store",
        "type": "pulumi:pulumi:StackReference",
        "custom": True,
        "id": "organization/sample/dev",
        "inputs": {"name": "organization/sample/dev"},
    }
    path.write_text(json.dumps({"checkpoint": {"latest": {"resources": [reference]}}}))
    (home.workspace.home / "projects" / "pricing").mkdir(parents=True)
    (home.workspace.home / "projects" / "pricing" / "Pulumi.yaml").write_text("name: pricing\nmain: /their/pricing\n")
    assert list(home.workspace.readers("dev")) == [("pricing", "dev", Path("/their/pricing"))]
    assert list(home.workspace.readers("prod")) == []


def test_another_stack_of_the_same_project_reads_it_as_well(home: Home) -> None:
    home.record()
    home.workspace.prepare("dev")
    reference = {
        "urn": "urn:pulumi:prod::sample::pulumi:pulumi:StackReference::images-from",
        "type": "pulumi:pulumi:StackReference",
        "custom": True,
        "id": "organization/sample/dev",
        "inputs": {"name": "organization/sample/dev"},
    }
    home.path.with_name("prod.json").write_text(json.dumps({"checkpoint": {"latest": {"resources": [reference]}}}))
    (project, stack, _) = next(home.workspace.readers("dev"))
    assert (project, stack) == ("sample", "prod")
