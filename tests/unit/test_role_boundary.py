"""The boundary of the payment services' roles: what it leaves possible, and what no grant makes possible."""

import json
from typing import Any

import pulumi
import pytest

from components.blocks.role_boundary import RoleBoundaryArgs, role_boundary
from tests.foundation import foundation, key_arn
from tests.mocks import Recorder, record

HERE = "eu-west-1:111111111111"
KEY = key_arn("payment")
TABLES = [f"arn:aws:dynamodb:{HERE}:table/data-payments", f"arn:aws:dynamodb:{HERE}:table/data-idempotency"]


def bounds(**changes: Any) -> Recorder:
    args: dict[str, Any] = {
        "table_arns": TABLES,
        "bus_arn": f"arn:aws:events:{HERE}:event-bus/store",
        "queue_arns": [f"arn:aws:sqs:{HERE}:app-*-inbox-*", f"arn:aws:sqs:{HERE}:app-payments-outbox-dead-*"],
        "function_arns": [f"arn:aws:lambda:{HERE}:function:app-payments-translator-*"],
        "secret_arns": [
            f"arn:aws:secretsmanager:{HERE}:secret:provider-AbCdEf:key::",
            f"arn:aws:ssm:{HERE}:parameter/p",
        ],
        "made_secret_arns": [],
        "repository_arns": [],
    }
    return record(
        lambda: role_boundary(
            "payments", RoleBoundaryArgs(foundation=foundation(), **{**args, **changes}), pulumi.ResourceOptions()
        )
    )


@pytest.fixture(scope="module")
def made() -> Recorder:
    return bounds()


def test_it_is_one_managed_policy_that_aws_takes(made: Recorder) -> None:
    (policy,) = made.resources
    assert policy.type == "aws:iam/policy:Policy"
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 6,144 characters without blanks.
    assert len("".join(policy.inputs["policy"].split())) <= 6144


def test_items_of_the_named_tables_are_read_and_written_but_never_scanned(made: Recorder) -> None:
    tables = made.one(":Policy").statements()["Tables"]
    assert {resource.partition("/")[2].partition("/")[0] for resource in tables["Resource"]} == {
        "data-payments",
        "data-idempotency",
    }
    assert {"dynamodb:PutItem", "dynamodb:Query"} <= set(tables["Action"])
    everything = json.dumps(made.one(":Policy").inputs["policy"])
    assert "Scan" not in everything
    assert "DeleteTable" not in everything


def test_other_keys_than_the_one_of_payments_serve_through_aws_services_only(made: Recorder) -> None:
    statements = made.one(":Policy").statements()
    assert statements["PaymentKey"]["Resource"] == KEY
    assert "Condition" not in statements["PaymentKey"]
    others = statements["OtherKeysThroughServices"]
    assert all(
        service.endswith(".eu-west-1.amazonaws.com")
        for service in others["Condition"]["StringEquals"]["kms:ViaService"]
    )


def test_what_has_a_resource_is_of_this_account_and_region(made: Recorder) -> None:
    for sid, statement in made.one(":Policy").statements().items():
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            assert resource == "*" or f":{HERE}:" in resource, sid
            assert (resource == "*") is (sid in ("WithoutResource", "Never"))


def test_images_of_another_account_are_those_of_the_named_repositories() -> None:
    theirs = "arn:aws:ecr:eu-west-1:222222222222:repository/store/services"
    resources = bounds(repository_arns=[theirs]).one(":Policy").statements()["Images"]["Resource"]
    assert resources == [f"arn:aws:ecr:{HERE}:repository/*", theirs]


def test_no_action_is_allowed_by_a_wildcard(made: Recorder) -> None:
    for statement in made.one(":Policy").statements().values():
        actions = statement["Action"]
        allowed = [] if statement["Effect"] == "Deny" else actions if isinstance(actions, list) else [actions]
        assert not [action for action in allowed if "*" in action]


def test_shared_files_identities_other_roles_and_shared_caches_are_denied(made: Recorder) -> None:
    never = made.one(":Policy").statements()["Never"]
    assert never == {
        "Sid": "Never",
        "Effect": "Deny",
        "Action": [
            "aoss:APIAccessAll",
            "dax:*",
            "elasticache:Connect",
            "elasticfilesystem:*",
            "es:ESHttp*",
            "iam:*",
            "sts:AssumeRole",
        ],
        "Resource": "*",
    }


def test_secrets_and_parameters_are_those_that_settings_name(made: Recorder) -> None:
    statements = made.one(":Policy").statements()
    assert statements["Secrets"]["Resource"] == f"arn:aws:secretsmanager:{HERE}:secret:provider-AbCdEf"
    assert statements["Parameters"]["Resource"] == f"arn:aws:ssm:{HERE}:parameter/p"


def test_what_is_not_named_is_not_allowed() -> None:
    statements = bounds(table_arns=[], queue_arns=[], secret_arns=[], function_arns=[]).one(":Policy").statements()
    assert not {"Tables", "Queues", "Functions", "Secrets", "Parameters"} & statements.keys()
