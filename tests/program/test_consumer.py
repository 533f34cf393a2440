"""Another team's project, deployed against the outputs of a deployed store."""

import pulumi
import pytest

from offline.workspace import PROJECT, Workspace
from tests.program.conftest import Stack, of_type

CONSUMER = PROJECT / "examples" / "consumer"


def test_another_teams_stack_is_deployed_from_the_published_outputs(dev: Stack) -> None:
    loyalty = Stack(Workspace(project=CONSUMER, home=dev.workspace.home), "dev")
    loyalty.workspace.prepare("dev")
    done = loyalty.run("up", "--yes", policies=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (group,) = of_type(loyalty.resources, "aws:ec2/securityGroup:SecurityGroup")
    assert group["inputs"]["vpcId"] == dev.outputs["network_vpc_id"]
    (table,) = of_type(loyalty.resources, "aws:dynamodb/table:Table")
    assert table["inputs"]["serverSideEncryption"]["kmsKeyArn"] == dev.outputs["encryption_customer_key_arn"]
    assert loyalty.outputs["store_contract_version"] == dev.outputs["contract_version"]

    gone = loyalty.destroy()
    assert gone.returncode == 0, gone.stdout + gone.stderr


def test_a_reader_of_another_major_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(CONSUMER))
    from web_store import WebStore

    reader = WebStore.__new__(WebStore)
    reader._stack = "organization/web-store/prod"
    assert reader._same_major("1.7.0") == "1.7.0"
    with pytest.raises(pulumi.RunError, match=r"organization/web-store/prod publishes contract version 2\.0\.0"):
        reader._same_major("2.0.0")
