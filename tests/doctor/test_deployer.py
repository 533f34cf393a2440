"""Backend, secrets provider, and the permissions of whoever deploys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

import doctor.checks.backend
from doctor.program import Program
from tests.doctor.cloud import ACCOUNT, DENIED, Cloud, Refused, findings, made, program, statuses

_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"
_ROLE = {"Role": {"Path": "/", "RoleName": "deployer", "RoleId": "AROAEXAMPLEEXAMPLE", "CreateDate": 1}}


def _role(arn: str = f"arn:aws:iam::{ACCOUNT}:role/deployer") -> dict[str, Any]:
    return {"Role": {**_ROLE["Role"], "Arn": arn}}


def _simulating(*denied: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def simulate(given: dict[str, Any]) -> dict[str, Any]:
        assert given["PolicySourceArn"] == f"arn:aws:iam::{ACCOUNT}:role/deployer"
        results = [
            {"EvalActionName": action, "EvalDecision": "implicitDeny" if action in denied else "allowed"}
            for action in given["ActionNames"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    return simulate


def _of_two_types() -> Program:
    trust = '{"Statement": [{"Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}'
    return program(
        made("ecs/cluster:Cluster", "app-cluster"), made("iam/role:Role", "app-task", assumeRolePolicy=trust)
    )


@pytest.mark.parametrize(
    ("denied", "status"), [((), "OK"), (("ecs:CreateCluster",), "MISSING"), (("iam:PassRole",), "MISSING")]
)
def test_every_action_of_the_stack_is_simulated(denied: tuple[str, ...], status: str) -> None:
    cloud = Cloud({("iam", "GetRole"): _role(), ("iam", "SimulatePrincipalPolicy"): _simulating(*denied)})
    (found,) = findings("permissions", _of_two_types(), cloud)
    assert found.status.name == status
    assert all(action in found.found for action in denied)


def test_conditions_of_the_policy_are_part_of_the_simulation() -> None:
    asked: list[dict[str, Any]] = []

    def simulate(given: dict[str, Any]) -> dict[str, Any]:
        asked.append(given)
        return {"EvaluationResults": [], "IsTruncated": False}

    cloud = Cloud({("iam", "GetRole"): _role(), ("iam", "SimulatePrincipalPolicy"): simulate})
    findings("permissions", _of_two_types(), cloud)
    passing = next(given for given in asked if given["ActionNames"] == ["iam:PassRole"])
    assert passing["ContextEntries"] == [
        {
            "ContextKeyName": "iam:PassedToService",
            "ContextKeyValues": ["ecs-tasks.amazonaws.com"],
            "ContextKeyType": "string",
        }
    ]
    assert passing["ResourceArns"] == [f"arn:aws:iam::{ACCOUNT}:role/app-doctor"]


def test_the_root_user_should_not_deploy() -> None:
    root = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root", "UserId": ACCOUNT}
    (found,) = findings("permissions", _of_two_types(), Cloud({("sts", "GetCallerIdentity"): root}))
    assert found.status.name == "MISSING"


def test_who_may_not_simulate_is_told_so() -> None:
    cloud = Cloud({("iam", "GetRole"): _role(), ("iam", "SimulatePrincipalPolicy"): DENIED})
    (found,) = findings("permissions", _of_two_types(), cloud)
    assert (found.status.name, found.found) == (
        "UNSEEN",
        "iam:SimulatePrincipalPolicy is not allowed to these credentials",
    )


@pytest.mark.parametrize(
    ("answer", "word"), [(_role(), "all exist"), (Refused("NoSuchEntity", 404), "AWS makes these")]
)
def test_service_linked_roles_are_made_by_aws(answer: Any, word: str) -> None:
    (found,) = findings("service-roles", _of_two_types(), Cloud({("iam", "GetRole"): answer}))
    assert (found.status.name, word in found.found) == ("OK", True)


# Backend.


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PULUMI_BACKEND_URL", "PULUMI_SECRETS_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(doctor.checks.backend, "PROJECT", tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: web-store\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    return tmp_path


@pytest.mark.usefixtures("project")
def test_without_a_backend_the_doctor_says_where_to_name_one() -> None:
    (found,) = findings("backend", program(), Cloud())
    assert found.status.name == "UNSEEN"
    assert "PULUMI_BACKEND_URL='s3://" in found.mend


def test_a_backend_elsewhere_is_not_looked_at(project: Path) -> None:
    (project / "Pulumi.yaml").write_text("backend: { url: 'https://user:secret@api.example.com' }\n")
    (found,) = findings("backend", program(), Cloud())
    assert found.status.name == "OK"
    assert "secret" not in found.found


@mock_aws
def test_a_bucket_must_exist_and_keep_versions_closed_and_encrypted(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://state?region=eu-west-1&awssdk=v2")
    assert statuses(findings("backend", program(), Cloud())) == ["MISSING"]
    s3 = boto3.client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket="state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert statuses(findings("backend", program(), Cloud())) == ["MISSING"] * 3
    s3.put_bucket_versioning(Bucket="state", VersioningConfiguration={"Status": "Enabled"})
    everything = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    closed: Any = dict.fromkeys(everything, True)
    s3.put_public_access_block(Bucket="state", PublicAccessBlockConfiguration=closed)
    by_kms: Any = {
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": _KEY}}]
    }
    s3.put_bucket_encryption(Bucket="state", ServerSideEncryptionConfiguration=by_kms)
    assert statuses(findings("backend", program(), Cloud())) == ["OK"] * 3
    assert project.is_dir()


@pytest.mark.parametrize(
    ("line", "answer", "status", "word"),
    [
        ("", None, "UNSEEN", "pulumi stack init dev"),
        ("secretsprovider: passphrase", None, "OK", ""),
        (f"secretsprovider: awskms:///{_KEY}?region=eu-west-1", {"KeyState": "Enabled"}, "OK", ""),
        ("secretsprovider: awskms://alias/store?region=eu-west-1", {"KeyState": "Enabled"}, "OK", ""),
        (
            f"secretsprovider: awskms:///{_KEY}?region=eu-west-1",
            {"KeyState": "PendingDeletion"},
            "MISSING",
            "cancel-key-deletion",
        ),
        (f"secretsprovider: awskms:///{_KEY}", Refused("NotFoundException"), "MISSING", "aws kms create-key"),
    ],
)
def test_the_key_of_secrets_must_be_enabled(project: Path, line: str, answer: Any, status: str, word: str) -> None:
    (project / "Pulumi.dev.yaml").write_text(f"config: {{}}\n{line}\n")
    asked: list[str] = []

    def key(given: dict[str, Any]) -> dict[str, Any]:
        asked.append(given["KeyId"])
        if isinstance(answer, Refused):
            raise answer
        return {"KeyMetadata": {"KeyId": "1234", **answer}}

    (found,) = findings("secrets-provider", program(), Cloud({("kms", "DescribeKey"): key}))
    assert found.status.name == status
    assert word in found.mend
    assert asked == ([] if answer is None else [_KEY if _KEY in line else "alias/store"])
