"""What requests ask of IAM, held to the service authorization reference and to botocore's models."""

import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from iam.errors import RequestError
from iam.services.forms import Call
from iam.services.keys import encrypted, key_calls
from iam.services.registry import OPERATIONS, calls
from tests.iam.asking import KEY, OURS
from tests.iam.samples import REGION, SAMPLES, STREAM, Account

_REFERENCE: dict[str, Any] = json.loads((Path(__file__).parent / "service_reference.json").read_text())["services"]
_BOTOCORE = botocore.session.get_session()
_ALL = [(service, name) for service, operations in OPERATIONS.items() for name in operations]
_DYNAMODB = f"arn:aws:dynamodb:{REGION}:{OURS}:table"


def _asked(service: str, name: str) -> list[Call]:
    return list(calls(service, name, SAMPLES[service][name], Account()))


@pytest.mark.parametrize(("service", "name"), _ALL)
def test_each_operation_has_a_sample_that_boto3_takes(service: str, name: str) -> None:
    shape = _BOTOCORE.get_service_model(service).operation_model(name).input_shape
    errors = ParamValidator().validate(SAMPLES[service][name], shape)
    assert not errors.has_errors(), errors.generate_report()


# A function may have a qualifier, names of these have slashes or colons.
_LONG = ("ObjectName", "ParameterNameWithoutLeadingSlash", "LogGroupName", "StreamLabel", "FunctionName")


def _form(arn: str) -> str:
    """Regular expression of an ARN of the reference."""
    fixed = re.split(r"\$\{\w+\}", arn)
    names = ["[^\n]+" if name in _LONG else "[^:/]+" for name in re.findall(r"\$\{(\w+)\}", arn)]
    return "".join(re.escape(part) + name for part, name in zip(fixed, [*names, ""], strict=True))


@pytest.mark.parametrize(("service", "name"), _ALL)
def test_actions_resources_and_keys_are_those_of_the_reference(service: str, name: str) -> None:
    for call in _asked(service, name):
        prefix, action = call.action.split(":")
        known = _REFERENCE[prefix]["actions"][action]
        forms = [_form(_REFERENCE[prefix]["resources"][kind]) for kind in known["resources"]]
        if call.action == "logs:DescribeLogGroups":
            # The reference has no resource for it, but denials and AWS's own policies do.
            forms = ["arn:aws:logs:[^:]+:[^:]+:log-group::log-stream:"]
        assert call.resource == "*" if not forms else any(re.fullmatch(form, call.resource) for form in forms), call
        keys = {key for key in call.context if not key.startswith("kms:EncryptionContext:")}
        assert keys <= {*known["keys"], "s3:VersionId"}, call


@pytest.mark.parametrize(
    ("service", "name", "expected"),
    [
        ("dynamodb", "Query", [("dynamodb:Query", f"{_DYNAMODB}/carts")]),
        ("dynamodb", "Scan", [("dynamodb:Scan", f"{_DYNAMODB}/carts/index/by_item")]),
        (
            "dynamodb",
            "BatchGetItem",
            [("dynamodb:BatchGetItem", f"{_DYNAMODB}/carts"), ("dynamodb:BatchGetItem", f"{_DYNAMODB}/products")],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            [
                ("dynamodb:PutItem", f"{_DYNAMODB}/carts"),
                ("dynamodb:UpdateItem", f"{_DYNAMODB}/orders"),
                ("dynamodb:DeleteItem", f"{_DYNAMODB}/carts"),
                ("dynamodb:ConditionCheckItem", f"{_DYNAMODB}/carts"),
            ],
        ),
        ("dynamodb", "TransactGetItems", [("dynamodb:GetItem", f"{_DYNAMODB}/carts")]),
        ("dynamodbstreams", "GetRecords", [("dynamodb:GetRecords", STREAM)]),
        (
            "events",
            "PutEvents",
            [
                ("events:PutEvents", f"arn:aws:events:{REGION}:{OURS}:event-bus/store"),
                ("events:PutEvents", f"arn:aws:events:{REGION}:{OURS}:event-bus/default"),
            ],
        ),
        ("sqs", "SendMessageBatch", [("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{OURS}:inbox")]),
        ("sns", "PublishBatch", [("sns:Publish", f"arn:aws:sns:{REGION}:{OURS}:alarms")]),
        ("secretsmanager", "GetSecretValue", [
            ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{OURS}:secret:cms-a1b2c3")]),
        ("kms", "Decrypt", [("kms:Decrypt", KEY)]),
        ("lambda", "Invoke", [("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{OURS}:function:translate:live")]),
        ("ssm", "GetParameters", [
            ("ssm:GetParameters", f"arn:aws:ssm:{REGION}:{OURS}:parameter/store/a"),
            ("ssm:GetParameters", f"arn:aws:ssm:{REGION}:{OURS}:parameter/b")]),
        ("sesv2", "SendEmail", [
            ("ses:SendEmail", f"arn:aws:ses:{REGION}:{OURS}:identity/store.example"),
            ("ses:SendEmail", f"arn:aws:ses:{REGION}:{OURS}:configuration-set/store"),
            ("ses:SendEmail", f"arn:aws:ses:{REGION}:{OURS}:template/welcome")]),
        ("s3", "HeadObject", [("s3:GetObject", "arn:aws:s3:::media/a/b c")]),
        ("s3", "GetObject", [("s3:GetObjectVersion", "arn:aws:s3:::media/a/b c")]),
        ("s3", "CopyObject", [
            ("s3:GetObject", "arn:aws:s3:::other/x"), ("s3:PutObject", "arn:aws:s3:::media/a/b c")]),
        ("s3", "PutObject", [
            (f"s3:{action}", "arn:aws:s3:::media/a/b c")
            for action in ("PutObject", "PutObjectTagging", "PutObjectAcl")]),
        ("s3", "DeleteObjects", [
            ("s3:DeleteObject", "arn:aws:s3:::media/a"), ("s3:DeleteObjectVersion", "arn:aws:s3:::media/b")]),
        ("s3", "ListObjectsV2", [("s3:ListBucket", "arn:aws:s3:::media")]),
        ("sts", "GetCallerIdentity", []),
    ],
)  # fmt: skip
def test_an_operation_needs_actions_on_resources(service: str, name: str, expected: list[tuple[str, str]]) -> None:
    assert [(call.action, call.resource) for call in _asked(service, name)] == expected


@pytest.mark.parametrize(
    ("service", "name", "key", "value"),
    [
        ("dynamodb", "GetItem", "dynamodb:LeadingKeys", ["amy"]),
        ("dynamodb", "GetItem", "dynamodb:Attributes", ["customer_id", "item", "lines"]),
        ("dynamodb", "GetItem", "dynamodb:Select", "SPECIFIC_ATTRIBUTES"),
        ("dynamodb", "PutItem", "dynamodb:ReturnConsumedCapacity", "TOTAL"),
        ("dynamodb", "UpdateItem", "dynamodb:Attributes", ["customer_id", "item", "lines", "old", "version"]),
        ("dynamodb", "UpdateItem", "dynamodb:ReturnValues", "ALL_NEW"),
        ("dynamodb", "Query", "dynamodb:LeadingKeys", ["amy"]),
        ("dynamodb", "Query", "dynamodb:Select", "ALL_ATTRIBUTES"),
        ("dynamodb", "Scan", "dynamodb:Select", "SPECIFIC_ATTRIBUTES"),
        ("dynamodb", "BatchWriteItem", "dynamodb:LeadingKeys", ["amy"]),
        ("dynamodb", "TransactWriteItems", "dynamodb:EnclosingOperation", "TransactWriteItems"),
        ("events", "PutEvents", "events:detail-type", "order.placed"),
        ("secretsmanager", "GetSecretValue", "secretsmanager:VersionStage", "AWSCURRENT"),
        ("kms", "Decrypt", "kms:EncryptionContext:tenant", "a"),
        ("ssm", "GetParametersByPath", "ssm:Recursive", "true"),
        ("s3", "ListObjectsV2", "s3:max-keys", "5"),
        ("s3", "PutObject", "s3:x-amz-acl", "private"),
        ("sesv2", "SendEmail", "ses:FromAddress", "shop@store.example"),
        ("sesv2", "SendEmail", "ses:Recipients", ["amy@example.com"]),
    ],
)
def test_an_operation_fills_condition_keys(service: str, name: str, key: str, value: Any) -> None:
    assert _asked(service, name)[0].context[key] == value


def test_an_index_has_a_partition_key_of_its_own() -> None:
    condition = {"item": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "CART"}]}}
    asked = {"TableName": "carts", "IndexName": "by_item", "KeyConditions": condition}
    (call,) = calls("dynamodb", "Query", asked, Account())
    assert call.context["dynamodb:LeadingKeys"] == ["CART"]


def test_a_queue_is_of_the_account_in_its_url() -> None:
    asked = {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/444455556666/inbox"}
    (call,) = calls("sqs", "ReceiveMessage", asked, Account())
    assert call.resource == f"arn:aws:sqs:{REGION}:444455556666:inbox"


def _through(service: str, name: str) -> list[tuple[str, Any]]:
    account = Account()
    found = [more for call in _asked(service, name) for more in key_calls(call, KEY, account)]
    return [(call.action, call.context["kms:ViaService"]) for call in found]


@pytest.mark.parametrize(
    ("service", "name", "actions"),
    [
        ("dynamodb", "PutItem", ["kms:Decrypt"]),
        ("dynamodb", "DescribeTable", []),
        ("dynamodbstreams", "GetRecords", ["kms:Decrypt"]),
        ("sqs", "SendMessageBatch", ["kms:GenerateDataKey", "kms:Decrypt"]),
        ("sqs", "ReceiveMessage", ["kms:Decrypt"]),
        ("sqs", "DeleteMessage", []),
        ("kinesis", "PutRecord", ["kms:GenerateDataKey"]),
        ("secretsmanager", "GetSecretValue", ["kms:Decrypt"]),
        ("s3", "HeadObject", ["kms:Decrypt"]),
        ("ssm", "GetParameter", ["kms:Decrypt"]),
        ("ssm", "GetParameterHistory", []),
        ("events", "PutEvents", []),
    ],
)
def test_a_service_uses_the_key_of_the_resource_for_the_caller(service: str, name: str, actions: list[str]) -> None:
    prefix = "dynamodb" if service == "dynamodbstreams" else service
    assert _through(service, name) == [(action, f"{prefix}.{REGION}.amazonaws.com") for action in actions]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (f"{_DYNAMODB}/carts/index/by_item", f"{_DYNAMODB}/carts"),
        (STREAM, f"{_DYNAMODB}/carts"),
        ("arn:aws:s3:::media/a/b", "arn:aws:s3:::media"),
        (f"arn:aws:sqs:{REGION}:{OURS}:inbox", f"arn:aws:sqs:{REGION}:{OURS}:inbox"),
    ],
)
def test_parts_have_the_key_of_the_whole(resource: str, expected: str) -> None:
    assert encrypted(resource) == expected


@pytest.mark.parametrize(
    ("service", "name", "parameters", "told"),
    [
        ("dynamodb", "CreateTable", {}, "dynamodb CreateTable must be one of"),
        ("ec2", "DescribeVpcs", {}, "ec2 DescribeVpcs must be one of"),
        ("dynamodb", "GetItem", {"Key": {}}, "GetItem must have TableName"),
        ("kms", "Decrypt", {"CiphertextBlob": b""}, "must name KeyId"),
        ("sns", "Publish", {"PhoneNumber": "1"}, "must name a topic"),
        ("sqs", "ReceiveMessage", {"QueueUrl": "inbox"}, "QueueUrl"),
        ("kinesis", "GetRecords", {"ShardIterator": "x"}, "must name StreamARN"),
        ("dynamodbstreams", "GetRecords", {"ShardIterator": "x"}, "GetShardIterator returned"),
    ],
)
def test_what_cannot_be_judged_is_refused(service: str, name: str, parameters: dict[str, Any], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        calls(service, name, parameters, Account())
