"""dev and prod as `make up` deploys them, and every other stack (life/test_other_stacks.py)."""

import json

import pytest

from components.blocks.sources import source_hash
from contract import CONTRACT
from offline.dynamic import DYNAMIC
from offline.summary import orphans
from offline.workspace import Workspace
from tests.program.conftest import PROJECT, Stack, of_type

CONSUMER = PROJECT / "examples" / "consumer"
INVENTORY = PROJECT / "tests" / "program" / "inventory"


def test_the_stack_holds_exactly_the_recorded_resources(deployed: Stack, request: pytest.FixtureRequest) -> None:
    record = INVENTORY / f"{deployed.name}.txt"
    named = (f"{e['type']} {e['urn'].rpartition('::')[2]}" for e in deployed.resources)
    found = "".join(f"{line.replace(source_hash(), '<sources>')}\n" for line in sorted(named))
    if request.config.getoption("--record-inventory"):
        record.write_text(found)
    assert found == record.read_text(), "the inventory changed: if it was meant to, run pytest with --record-inventory"


def test_a_second_preview_finds_nothing_to_change_and_prod_has_no_policy_finding(deployed: Stack) -> None:
    done = deployed.preview("--expect-no-changes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[mandatory]" not in done.stdout
    if deployed.name == "prod":
        assert "[advisory]" not in done.stdout, done.stdout


def test_a_refresh_finds_no_drift(deployed: Stack) -> None:
    done = deployed.run("refresh", "--preview-only", "--expect-no-changes", policies=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_custom_resource_belongs_to_a_component_of_ours(deployed: Stack) -> None:
    assert orphans(deployed.resources) == []


def test_no_resource_uses_a_default_provider(deployed: Stack) -> None:
    # Dynamic providers have none of their own: account and Region are inputs of each resource.
    others = [e for e in deployed.resources if not e["type"].startswith(DYNAMIC)]
    assert [e["urn"] for e in others if "::default" in e.get("provider", "")] == []
    accounts = {e["inputs"]["allowedAccountIds"] for e in of_type(deployed.resources, "pulumi:providers:aws")}
    assert len(accounts) == 1


def test_outputs_are_those_of_the_contract(deployed: Stack) -> None:
    outputs = deployed.outputs
    assert {entry.key for entry in CONTRACT if not entry.optional} <= outputs.keys()
    assert outputs.keys() <= {entry.key for entry in CONTRACT}
    python = {"string": str, "strings": list, "strings_by_name": dict}
    wrong = [e.key for e in CONTRACT if e.key in outputs and not isinstance(outputs[e.key], python[e.type])]
    assert wrong == []


def test_prod_publishes_every_output(prod: Stack) -> None:
    # AWS makes no recommender before there are events.
    later = {"personalization_recommender_arn"}
    assert prod.outputs.keys() == {entry.key for entry in CONTRACT} - later


def test_resources_land_in_the_home_region_the_edge_and_the_replica_region_only(prod: Stack) -> None:
    home = prod.outputs["environment_region"]
    replica = prod.workspace.stack_settings("prod")["web-store:media"]["replica_region"]
    regions = {e["outputs"]["region"] for e in prod.resources if e.get("outputs", {}).get("region")}
    assert regions == {home, "us-east-1", replica}


def test_destroy_of_prod_is_refused_while_protection_is_on(prod: Stack) -> None:
    before = len(prod.resources)
    done = prod.destroy()
    assert done.returncode != 0
    assert "protect" in done.stdout + done.stderr
    assert len(prod.resources) == before


def test_no_secret_is_in_clear_in_the_state(deployed: Stack) -> None:
    """Whatever the program marks as secret is a ciphertext in the exported state."""
    text = json.dumps(deployed.state)
    assert "plaintext" not in text


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
