"""Bucket, key and role before the first update: the template, and CloudFormation in memory (moto)."""

import io
import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, WaiterError
from moto import mock_aws
from moto.cloudformation.models import ChangeSet
from rich.console import Console

import bootstrap.__main__ as command
from bootstrap.__main__ import bootstrap
from bootstrap.preview import LOOKS
from bootstrap.stack import Stack, StackError
from bootstrap.template import TEMPLATE_BYTES, Repository, template, text
from doctor.policy import policies
from doctor.program import PROJECT, DoctorError, Program, program_of
from tests.doctor.cloud import ACCOUNT, Cloud, made, program
from tests.stack_files import STACKS

REPOSITORY = "example/web-store"
NAME = "web-store-bootstrap-dev"
# moto passes over bucket policies and providers of OIDC.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS")


def small() -> Program:
    """A program of two types: the template is complete, and quickly made."""
    trust = '{"Statement": [{"Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}'
    return program(
        made("ecs/cluster:Cluster", "app-cluster"), made("iam/role:Role", "app-task", assumeRolePolicy=trust)
    )


def _with_outputs(change_set: Any, apply: Any = ChangeSet.apply) -> None:
    apply(change_set)
    change_set.stack.template_dict = change_set.template_dict
    change_set.stack.output_map = change_set.stack._create_output_map()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """moto forgets the outputs of change sets, and has no protection of stacks against their end."""
    monkeypatch.setattr(ChangeSet, "apply", _with_outputs)
    with mock_aws():
        yield Cloud({("cloudformation", "UpdateTerminationProtection"): {"StackId": NAME}})


@pytest.fixture
def session(cloud: Cloud) -> boto3.Session:
    return cloud.session()


def run(session: boto3.Session, repository: str = REPOSITORY, answer: str | None = None, change: Any = None) -> str:
    """What is printed; without an answer nobody is asked."""
    console = Console(file=io.StringIO(), width=200)
    if answer is not None:
        console.input = lambda *_, **__: answer  # type: ignore[method-assign]
    bootstrap(change or small(), repository, session, console, agreed=answer is None)
    return console.file.getvalue()  # type: ignore[attr-defined]


def stack_of(session: boto3.Session) -> Any:
    return session.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]


def test_bucket_key_and_role_are_made_and_told(session: boto3.Session, cloud: Cloud) -> None:
    said = run(session)
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack_of(session)["Outputs"]}
    assert f"pulumi login '{outputs['BackendUrl']}'" in said
    assert f"pulumi stack init dev --secrets-provider '{outputs['SecretsProvider']}'" in said
    for environment, role_ in (("dev", "DeployRole"), ("dev-preview", "PreviewRole")):
        command = f"gh variable set AWS_ROLE_ARN --repo {REPOSITORY} --env {environment} --body '{outputs[role_]}'"
        assert command in said
    bucket = outputs["BackendUrl"].partition("//")[2].partition("?")[0]
    s3 = session.client("s3")
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    key = outputs["SecretsProvider"].removeprefix("awskms:///").partition("?")[0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert session.client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    role = session.client("iam").get_role(RoleName="web-store-dev-deploy")["Role"]
    assert role["MaxSessionDuration"] == 4 * 3600, "as the workflow asks for"
    tags = {tag["Key"]: tag["Value"] for tag in stack_of(session)["Tags"]}
    assert tags["environment"] == "dev-bootstrap", "the doctor counts what bears `dev` as part of the store"
    assert ("cloudformation", "UpdateTerminationProtection") in cloud.asked


def test_a_second_run_changes_nothing_and_tells_the_same(session: boto3.Session) -> None:
    first = run(session)
    second = run(session)
    assert f"{NAME}: nothing to change" in second
    assert second.partition("\n")[2] in first


def test_a_no_leaves_nothing_behind(session: boto3.Session) -> None:
    said = run(session, answer="n")
    for name in ("State", "AWS::S3::Bucket", "Key", "DeployRole", "Add"):
        assert name in said, "shown before"
    assert said.rstrip().endswith("nothing has been changed")
    assert (
        session.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE", "REVIEW_IN_PROGRESS"])[
            "StackSummaries"
        ]
        == []
    )
    assert session.client("s3").list_buckets()["Buckets"] == []
    assert "pulumi login" in run(session, answer="y")


def test_nobody_there_to_answer_is_a_no(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    console = Console(file=io.StringIO(), width=200)
    bootstrap(small(), "", session, console, agreed=False)
    assert "YES=1 agrees beforehand" in console.file.getvalue()  # type: ignore[attr-defined]
    assert session.client("s3").list_buckets()["Buckets"] == []


def test_without_a_repository_no_role_is_made_and_a_made_one_does_not_go_unseen(session: boto3.Session) -> None:
    assert "No role was made" in run(session, repository="")
    assert session.client("iam").list_roles()["Roles"] == []
    run(session)
    with pytest.raises(DoctorError, match="REPOSITORY=owner/name"):
        run(session, repository="")


def test_credentials_of_another_account_make_nothing() -> None:
    other = {"Account": "999999999999", "Arn": "arn:aws:iam::999999999999:user/x", "UserId": "AIDAEXAMPLE"}
    cloud = Cloud({("sts", "GetCallerIdentity"): other})
    with pytest.raises(DoctorError, match=f"must be of account {ACCOUNT} .*Pulumi.dev.yaml.* are of 999999999999"):
        run(cloud.session())
    assert cloud.asked == [("sts", "GetCallerIdentity")]


class Failing:
    """A client of CloudFormation whose new stacks are rolled back and deleted."""

    def __init__(self, reason: str = "") -> None:
        self.reason, self.called, self.states = reason, [], iter(("CREATE_PENDING", "CREATE_IN_PROGRESS"))

    def describe_stacks(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Message": f"Stack {NAME} does not exist"}}, "DescribeStacks")

    def create_change_set(self, **given: Any) -> dict[str, str]:
        self.called.append((given["ChangeSetType"], given["OnStackFailure"]))
        return {"Id": "set", "StackId": "arn:stack"}

    def describe_change_set(self, **_: Any) -> dict[str, Any]:
        end = "FAILED" if self.reason else "CREATE_COMPLETE"
        return {"Status": next(self.states, end), "StatusReason": self.reason, "Changes": []}

    def get_waiter(self, name: str) -> "Failing":
        self.called.append(name)
        return self

    def wait(self, StackName: str, **_: Any) -> None:
        raise WaiterError("StackCreateComplete", f"{StackName} is DELETE_COMPLETE", {})

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:
        assert StackName == "arn:stack", "a deleted stack has no name"
        events = (("ROLLBACK", None), ("CREATE_FAILED", "cancelled"), ("CREATE_FAILED", "role exists"))
        return {
            "StackEvents": [
                {"LogicalResourceId": "X", "ResourceStatus": status, **({"ResourceStatusReason": why} if why else {})}
                for status, why in events
            ]
        }

    def __getattr__(self, name: str) -> Any:
        return lambda **_: self.called.append(name)


def test_a_failed_creation_tells_its_reasons_the_first_one_first_and_can_be_run_again() -> None:
    client = Failing()
    stack = Stack(client, NAME, wait=lambda _: None)
    plan = stack.plan("{}", {})
    assert plan is not None
    with pytest.raises(StackError, match="role exists\n- X: cancelled"):
        stack.execute(plan)
    assert client.called == [("CREATE", "DELETE"), "execute_change_set", "stack_create_complete"]


def test_a_template_that_cloudformation_refuses_leaves_no_empty_stack() -> None:
    client = Failing(reason="Template error: x")
    with pytest.raises(StackError, match="Template error: x"):
        Stack(client, NAME, wait=lambda _: None).plan("{}", {})
    assert client.called[1:] == ["delete_change_set", "delete_stack"]


@pytest.mark.parametrize("stack", STACKS)
def test_the_template_of_each_stack_fits_and_gives_the_deployer_what_deploying_takes(stack: str) -> None:
    of = program_of(stack)
    body = template(of, Repository(REPOSITORY, makes_provider=False))
    assert len(text(body)) < TEMPLATE_BYTES
    resources = body["Resources"]
    attached = {entry["Ref"] for entry in resources["DeployRole"]["Properties"]["ManagedPolicyArns"]}
    documents = [resources[name]["Properties"]["PolicyDocument"] for name in sorted(attached)]
    assert documents == [policy.document for policy in policies(of)]
    for role, environment in (("DeployRole", stack), ("PreviewRole", f"{stack}-preview")):
        (trust,) = resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Condition"] == {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": f"repo:{REPOSITORY}:environment:{environment}",
            }
        }
    assert "GitHub" not in resources, "the account has the provider"
    kept = {name for name, entry in resources.items() if entry.get("DeletionPolicy") == "RetainExceptOnCreate"}
    assert kept == {"Key", "State"}


def test_the_state_is_versioned_encrypted_and_closed() -> None:
    resources = template(small(), None)["Resources"]
    bucket = resources["State"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "BucketName" not in bucket, "somebody could have taken it"
    refused = resources["StatePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert {(entry["Effect"], entry["Principal"]) for entry in refused} == {("Deny", "*")}
    assert {key for entry in refused for test in entry["Condition"].values() for key in test} == {
        "aws:SecureTransport",
        "s3:TlsVersion",
    }
    assert resources.keys() == {"Key", "KeyAlias", "State", "StatePolicy"}


def test_the_provider_is_made_once_for_all_environments_of_the_account(session: boto3.Session) -> None:
    session.client("iam").create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com")
    run(session)
    body = session.client("cloudformation").get_template(StackName=NAME)["TemplateBody"]
    assert "DeployRole" in body["Resources"]
    assert "GitHub" not in body["Resources"]


def test_an_oversized_template_is_refused_with_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bootstrap.template.TEMPLATE_BYTES", 5000)
    with pytest.raises(DoctorError, match="`make deploy-policy`"):
        template(small(), Repository(REPOSITORY, makes_provider=True))


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("git@github.com:example/web-store.git", REPOSITORY),
        ("https://github.com/example/web-store", REPOSITORY),
        ("https://github.com/example/web.store.git", "example/web.store"),
        ("https://gitlab.example.com/example/web-store.git", ""),
        ("", ""),
    ],
)
def test_the_repository_is_that_of_origin(url: str, repository: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=f"{url}\n"))
    assert command._repository("") == repository
    assert command._repository("other/one") == "other/one"


@pytest.mark.parametrize(
    ("arguments", "raised", "code", "words"),
    [
        (["--repository", "web-store"], None, 2, "must be `owner/name`, as in REPOSITORY=example/web-store"),
        (["--env", "none"], None, 2, "there is no stack file Pulumi.none.yaml"),
        ([], NoCredentialsError(), 2, "export AWS_PROFILE="),
        ([], StackError("role exists"), 1, "role exists"),
        ([], ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks"), 1, "DescribeStacks"),
        ([], KeyboardInterrupt(), 130, "the same command goes on"),
    ],
)
def test_problems_are_told_in_words(
    arguments: list[str],
    raised: BaseException | None,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        assert raised is not None, "nothing was asked"
        raise raised

    monkeypatch.setattr(command, "bootstrap", fails)
    if raised is not None:
        monkeypatch.setattr(command, "program_of", lambda _: small())
    monkeypatch.setattr("sys.argv", ["bootstrap", *arguments])
    assert command.main() == code
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_the_template_can_be_read_before(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "program_of", lambda _: small())
    monkeypatch.setattr("sys.argv", ["bootstrap", "--template", "--repository", REPOSITORY])
    assert command.main() == 0
    made_ = json.loads(capsys.readouterr().out)
    assert made_["Resources"].keys() >= {"State", "StatePolicy", "Key", "KeyAlias", "GitHub", "DeployRole"}


def test_the_role_of_previews_changes_nothing_and_reads_no_secret() -> None:
    properties = template(small(), Repository(REPOSITORY, makes_provider=False))["Resources"]["PreviewRole"][
        "Properties"
    ]
    assert not properties.get("ManagedPolicyArns")
    (policy,) = properties["Policies"]
    given = [action for statement in policy["PolicyDocument"]["Statement"] for action in statement["Action"]]
    # A token of ECR allows what the role may do there: nothing.
    assert set(given) - {"ecr:GetAuthorizationToken", "kms:Decrypt", "s3:GetObject"} == {
        action
        for action in given
        if action.partition(":")[2].startswith(("Describe", "GetBucketLocation", "GetManaged", "List"))
    }


def test_the_role_of_previews_may_look_at_all_that_the_program_looks_at() -> None:
    sources = [PROJECT / "__main__.py", PROJECT / "contract.py", *(PROJECT / "components").rglob("*.py")]
    looks = {
        found for path in sources for found in re.findall(r"\baws\.(\w+)\.get_(\w+?)(?:_output)?\(", path.read_text())
    }
    assert looks
    tokens = {f"aws:{module}/get{name.title().replace('_', '')}" for module, name in looks}
    # awsx asks for it, for an image that is built.
    assert tokens | {"aws:ecr/getAuthorizationToken"} == {token.rpartition(":")[0] for token in LOOKS}
