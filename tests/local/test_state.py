"""What the laptop run reads of a stack's state."""

import json
import subprocess
from pathlib import Path

import pytest

from local.errors import LocalError
from local.state import Deployed
from offline.errors import OfflineError
from offline.workspace import PROJECT, Workspace

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_URN = "urn:pulumi:dev::web-store::"
STACK = {
    "urn": f"{_URN}pulumi:pulumi:Stack::web-store-dev",
    "type": "pulumi:pulumi:Stack",
    "outputs": {"environment_region": "eu-west-1", "environment_account_id": "111111111111", "store_url": "https://x"},
}
QUEUE = {
    "urn": f"{_URN}webstore:orders:Orders$aws:sqs/queue:Queue::orders",
    "type": "aws:sqs/queue:Queue",
    "custom": True,
    "id": "https://sqs/orders",
    "parent": STACK["urn"],
    "inputs": {"name": "orders"},
    "outputs": {"arn": "arn:aws:sqs:eu-west-1:111111111111:orders"},
}
VERSION = {
    "urn": f"{_URN}aws:secretsmanager/secretVersion:SecretVersion::cms",
    "type": "aws:secretsmanager/secretVersion:SecretVersion",
    "custom": True,
    "id": "1",
    "outputs": {
        "deep": [{"secretString": {_SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps({"a": 1})}}],
        "file": {_SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "path": "a.py"},
    },
}


def test_resources_are_found_by_type_and_arn():
    deployed = Deployed([STACK, QUEUE])
    (queue,) = deployed.of_type("aws:sqs/queue:Queue")
    assert (queue.name, queue.id, queue.parent) == ("orders", "https://sqs/orders", STACK["urn"])
    assert deployed.by_arn(queue.arn) is queue
    assert deployed.of_type("aws:sqs/other:Other") == []
    assert deployed.by_arn("arn:aws:sqs:eu-west-1:111111111111:other") is None
    assert (deployed.name, deployed.region, deployed.account_id) == ("dev", "eu-west-1", "111111111111")
    assert deployed.outputs["store_url"] == "https://x"


def test_an_arn_is_its_owners_not_that_of_what_names_it():
    version = {**VERSION, "outputs": {"arn": QUEUE["outputs"]["arn"]}}
    owner = Deployed([STACK, QUEUE, version]).by_arn(QUEUE["outputs"]["arn"])
    assert owner
    assert owner.type == "aws:sqs/queue:Queue"


def test_secrets_are_in_clear_and_other_marked_values_stay():
    (version,) = Deployed([STACK, VERSION]).of_type(VERSION["type"])
    assert version.outputs["deep"] == [{"secretString": {"a": 1}}]
    assert version.outputs["file"]["path"] == "a.py"
    assert "secretString" not in repr(version)


class _Workspace(Workspace):
    """A backend whose state is given."""

    def __init__(self, home: Path, entries: list[dict[str, object]], failure: str = "") -> None:
        super().__init__(project=PROJECT, home=home)
        vars(self).update(given=entries, failure=failure)

    def resources(self, stack: str):  # noqa: ARG002
        return vars(self)["given"]

    def pulumi(self, *arguments: str, **_: object):
        if vars(self)["failure"]:
            raise OfflineError(vars(self)["failure"])
        exported = json.dumps({"deployment": {"resources": vars(self)["given"]}})
        assert "--show-secrets" in arguments
        return subprocess.CompletedProcess(arguments, 0, stdout=exported)


@pytest.mark.parametrize("entries", [[], [STACK], [STACK, {**STACK, "custom": True, "type": "pulumi:providers:aws"}]])
def test_a_stack_that_is_not_deployed_is_refused(tmp_path: Path, entries: list[dict[str, object]]):
    with pytest.raises(LocalError, match=r"stack dev must be deployed.*make up ENV=dev"):
        Deployed.load(_Workspace(tmp_path, entries), "dev")


def test_the_engine_s_failure_is_told(tmp_path: Path):
    with pytest.raises(LocalError, match="incorrect passphrase"):
        Deployed.load(_Workspace(tmp_path, [STACK, QUEUE], "incorrect passphrase"), "dev")


def test_the_export_is_what_is_read(tmp_path: Path):
    assert len(Deployed.load(_Workspace(tmp_path, [STACK, QUEUE]), "dev").resources) == 2
