"""Each check, where all is well and where something is missing."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.doctor.cloud import ACCOUNT, DENIED, Cloud, Refused, findings, made, one, program, statuses

HOME = "eu-west-1"


# Email.


def _sends_by_ses(config: dict[str, Any]) -> None:
    config["web-store:identity"]["email"] = {
        "kind": "ses",
        "identity_arn": f"arn:aws:ses:eu-west-1:{ACCOUNT}:identity/dev.store.example.com",
        "from_address": "no-reply@dev.store.example.com",
    }


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ({"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY"}, "OK"),
        ({"ProductionAccessEnabled": False, "SendingEnabled": True}, "MISSING"),
        ({"ProductionAccessEnabled": True, "SendingEnabled": False, "EnforcementStatus": "SHUTDOWN"}, "MISSING"),
    ],
)
def test_ses_must_be_out_of_the_sandbox(state: dict[str, Any], status: str) -> None:
    cloud = Cloud({("sesv2", "GetAccount"): state})
    assert one(findings("ses-sandbox", program(change=_sends_by_ses), cloud)).status.name == status


def test_a_sandbox_stops_nobody_whose_codes_come_from_cognito() -> None:
    cloud = Cloud({("sesv2", "GetAccount"): {"ProductionAccessEnabled": False, "SendingEnabled": True}})
    found = one(findings("ses-sandbox", program(), cloud))
    assert found.status.name == "LATER"
    assert "put-account-details" in found.mend


def _sends_by_cognito(config: dict[str, Any]) -> None:
    del config["web-store:identity"]["email"]
    config["web-store:engagement"] = {"engine": {"kind": "off"}}


def test_a_stack_without_ses_does_not_ask_for_it() -> None:
    cloud = Cloud()
    assert findings("ses-sandbox", program(change=_sends_by_cognito), cloud) == []
    assert findings("ses-identity", program(change=_sends_by_cognito), cloud) == []
    assert cloud.asked == [("sts", "GetCallerIdentity")] * 2


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"VerifiedForSendingStatus": True}, "OK"),
        ({"VerifiedForSendingStatus": False, "DkimAttributes": {"Tokens": ["one", "two", "three"]}}, "MISSING"),
        (Refused("NotFoundException", 404), "MISSING"),
    ],
)
def test_an_identity_that_nobody_makes_must_be_verified(answer: Any, status: str) -> None:
    cloud = Cloud({("sesv2", "GetEmailIdentity"): answer})
    found = one(findings("ses-identity", program(change=_sends_by_ses), cloud))
    assert (found.subject, found.status.name) == ("dev.store.example.com", status)


def test_an_identity_that_the_program_makes_is_not_looked_for() -> None:
    def own(config: dict[str, Any]) -> None:
        _sends_by_ses(config)
        del config["web-store:identity"]["email"]["identity_arn"]

    cloud = Cloud()
    assert findings("ses-identity", program(change=own), cloud) == []
    assert ("sesv2", "GetEmailIdentity") not in cloud.asked


@mock_aws
@pytest.mark.parametrize(
    ("exists", "makes", "status"),
    [
        ("web-store-dev", False, "OK"),
        ("", False, "MISSING"),
        ("", True, "OK"),
        ("newsletter", True, "MISSING"),
        ("newsletter", False, "MISSING"),
    ],
)
def test_an_account_has_one_contact_list(exists: str, makes: bool, status: str) -> None:
    if exists:
        boto3.client("sesv2", region_name=HOME).create_contact_list(ContactListName=exists)
    of = program(*([made("sesv2/contactList:ContactList")] if makes else []))
    found = one(findings("contact-list", of, Cloud()))
    assert (found.subject, found.status.name) == ("contact list web-store-dev", status)


# Secrets.

_SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:store/cms-Ab12Cd"


@pytest.mark.parametrize(
    ("answer", "status", "word"),
    [
        ({"ARN": _SECRET, "VersionIdsToStages": {"a" * 32: ["AWSCURRENT"]}}, "OK", ""),
        ({"ARN": _SECRET, "VersionIdsToStages": {"a" * 32: ["AWSPENDING"]}}, "MISSING", "put-secret-value"),
        ({"ARN": _SECRET}, "MISSING", "put-secret-value"),
        ({"ARN": _SECRET, "DeletedDate": 1_790_000_000}, "MISSING", "restore-secret"),
        (Refused("ResourceNotFoundException"), "MISSING", "create-secret"),
    ],
)
def test_a_named_secret_must_have_a_value(answer: Any, status: str, word: str) -> None:
    cloud = Cloud({("secretsmanager", "DescribeSecret"): answer})
    found = one(findings("secrets", program(change=_given_secret), cloud))
    assert (found.subject, found.status.name) == ("store/cms-Ab12Cd", status)
    assert word in found.mend
    assert ("secretsmanager", "GetSecretValue") not in cloud.asked


@mock_aws
def test_parameters_of_containers_are_looked_for() -> None:
    boto3.client("ssm", region_name=HOME).put_parameter(Name="/store/there", Value="x", Type="SecureString")
    arns = {name: f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/store/{name}" for name in ("there", "absent")}
    of = program(made("ecs/taskDefinition:TaskDefinition", containerDefinitions=json.dumps(arns)), change=_no_parties)
    assert statuses(findings("secrets", of, Cloud())) == ["MISSING", "OK"]


def _given_secret(config: dict[str, Any]) -> None:
    config["web-store:third_parties"]["parties"]["cms"]["events"]["auth"]["secret"] = {"arn": _SECRET}


def _no_parties(config: dict[str, Any]) -> None:
    del config["web-store:third_parties"]["parties"]


@pytest.mark.parametrize(("filled", "expected"), [(True, []), (False, ["LATER"])])
def test_a_secret_that_the_update_makes_empty_is_filled_afterwards(filled: bool, expected: list[str]) -> None:
    secret = made("secretsmanager/secret:Secret", "store-cms")
    version = made("secretsmanager/secretVersion:SecretVersion", secretId="store-cms")
    cloud = Cloud({("secretsmanager", "DescribeSecret"): Refused("ResourceNotFoundException")})
    of = program(secret, *([version] if filled else []), change=_no_parties)
    assert statuses(findings("secrets", of, cloud)) == expected


# Partners.


def _trusting(*arns: str) -> Any:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole"}
    return made("iam/role:Role", "orders-oms", assumeRolePolicy=json.dumps({"Statement": [statement]}))


@mock_aws
def test_principals_of_the_account_must_exist() -> None:
    boto3.client("iam").create_role(RoleName="there", AssumeRolePolicyDocument="{}")
    role = f"arn:aws:iam::{ACCOUNT}:role"
    linked = f"{role}/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    of = program(_trusting(f"{role}/there", f"{role}/absent", linked, f"arn:aws:iam::{ACCOUNT}:root"))
    found = {finding.subject: finding for finding in findings("principals", of, Cloud())}
    assert {subject.rpartition("/")[2]: finding.status.name for subject, finding in found.items()} == {
        "there": "OK",
        "absent": "MISSING",
        "AWSServiceRoleForECS": "MISSING",
    }
    assert found[linked].mend == "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"


def test_principals_of_other_accounts_cannot_be_looked_at() -> None:
    found = one(findings("principals", program(_trusting("arn:aws:iam::333333333333:role/order-intake")), Cloud()))
    assert found.status.name == "UNSEEN"
    assert found.mend == "in account 333333333333: aws iam get-role --role-name order-intake"


def test_roles_that_the_program_makes_are_no_partners() -> None:
    own = made("iam/role:Role", "app-x", outputs={"arn": f"arn:aws:iam::{ACCOUNT}:role/app-x"}, assumeRolePolicy="{}")
    assert findings("principals", program(own, _trusting(f"arn:aws:iam::{ACCOUNT}:role/app-x")), Cloud()) == []


_LAYER = "arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:18"


@pytest.mark.parametrize(
    ("answer", "status"),
    [({"LayerVersionArn": _LAYER}, "OK"), (Refused("ResourceNotFoundException", 404), "MISSING"), (DENIED, "UNSEEN")],
)
def test_layers_must_be_published(answer: Any, status: str) -> None:
    cloud = Cloud({("lambda", "GetLayerVersionByArn"): answer})
    of = program(made("lambda/function:Function", layers=[_LAYER]))
    assert one(findings("layers", of, cloud)).status.name == status


# Names.


@mock_aws
@pytest.mark.parametrize(("tagged", "status"), [(True, "OK"), (False, "MISSING")])
def test_a_log_group_that_exists_must_be_the_stacks_own(tagged: bool, status: str) -> None:
    name = "aws-waf-logs-web-store-dev"
    logs = boto3.client("logs", region_name=HOME)
    logs.create_log_group(logGroupName=name)
    arn = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["arn"]
    mine = [{"ResourceARN": arn.removesuffix(":*")}] if tagged else []
    cloud = Cloud({("resourcegroupstaggingapi", "GetResources"): {"ResourceTagMappingList": mine}})
    found = one(findings("names", program(made("cloudwatch/logGroup:LogGroup", "edge-log", name=name)), cloud))
    assert (found.subject, found.status.name) == (f"log group {name}", status)


@mock_aws
@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("cloudwatch/logGroup:LogGroup", "name"),
        ("kms/alias:Alias", "name"),
        ("cloudwatch/eventBus:EventBus", "name"),
        ("secretsmanager/secret:Secret", "name"),
        ("dynamodb/table:Table", "name"),
        ("s3/bucket:Bucket", "bucket"),
        ("ecr/repository:Repository", "name"),
    ],
)
def test_names_that_nobody_has_are_free_and_names_of_pulumi_are_not_looked_for(type_: str, key: str) -> None:
    value = "alias/web-store" if "alias" in type_ else "web-store"
    fixed, free = made(type_, "fixed", **{key: value}), made(type_, "free")
    assert statuses(findings("names", program(fixed, free), Cloud())) == ["OK"]


def test_names_of_every_kind_are_seen_when_taken() -> None:
    with mock_aws():
        boto3.client("events", region_name=HOME).create_event_bus(Name="web-store")
        boto3.client("secretsmanager", region_name=HOME).create_secret(Name="web-store", SecretString="x")
        boto3.client("ecr", region_name=HOME).create_repository(repositoryName="web-store")
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="web-store")
        boto3.client("dynamodb", region_name=HOME).create_table(
            TableName="web-store",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        kms = boto3.client("kms", region_name=HOME)
        kms.create_alias(AliasName="alias/web-store", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        of = program(
            made("kms/alias:Alias", name="alias/web-store"),
            made("cloudwatch/eventBus:EventBus", name="web-store"),
            made("secretsmanager/secret:Secret", name="web-store"),
            made("dynamodb/table:Table", name="web-store"),
            made("s3/bucket:Bucket", bucket="web-store"),
            made("ecr/repository:Repository", name="web-store"),
        )
        untagged = {("resourcegroupstaggingapi", "GetResources"): {"ResourceTagMappingList": []}}
        assert statuses(findings("names", of, Cloud(untagged))) == ["MISSING"] * 6


@pytest.mark.parametrize(
    ("holder", "owned", "status"),
    [({}, 0, "OK"), ({"UserPoolId": "eu-west-1_A"}, 1, "OK"), ({"UserPoolId": "eu-west-1_A"}, 0, "MISSING")],
)
def test_a_prefix_of_sign_in_pages_belongs_to_one_pool(holder: dict[str, str], owned: int, status: str) -> None:
    mine = [{"ResourceARN": "arn:aws:cognito-idp:eu-west-1:111111111111:userpool/eu-west-1_A"}] * owned
    cloud = Cloud(
        {
            ("cognito-idp", "DescribeUserPoolDomain"): {"DomainDescription": holder},
            ("resourcegroupstaggingapi", "GetResources"): {"ResourceTagMappingList": mine},
        }
    )
    of = program(made("cognito/userPoolDomain:UserPoolDomain", domain="web-store-dev"))
    assert one(findings("sign-in-prefix", of, cloud)).status.name == status


@pytest.mark.parametrize(
    ("resource", "status", "words"),
    [
        (made("pinpoint/app:App"), "MISSING", "ended on 2026-10-30"),
        (made("apprunner/service:Service"), "UNSEEN", "closed to new customers since 2026-04-30"),
        (
            made("cloudcontrol/resource:Resource", typeName="AWS::FraudDetector::Detector"),
            "UNSEEN",
            "only an account that had it before",
        ),
        (made("location/placeIndex:PlaceIndex"), "LATER", "its successor is geo-places"),
        (made("sqs/queue:Queue"), "OK", "none is superseded"),
    ],
)
def test_services_that_a_new_account_cannot_use_are_told(resource: Any, status: str, words: str) -> None:
    found = one(findings("services", program(resource, resource), Cloud()))
    assert found.status.name == status
    assert words in found.found
