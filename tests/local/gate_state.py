"""A small state with a role, what it may use, and what it may not."""

import json
from typing import Any

from local.state import Deployed
from tests.iam.asking import allow, deny, document

# That of moto.
ACCOUNT, REGION = "123456789012", "eu-west-1"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY, OTHER_KEY = (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}" for key in (KEY_ID, KEY_ID.replace("1234", "4321")))
ROLE = f"arn:aws:iam::{ACCOUNT}:role/carts-1"
BOUNDED = f"arn:aws:iam::{ACCOUNT}:role/payments-1"
TASK, CLOSED, WRITER = (f"arn:aws:iam::{ACCOUNT}:role/{name}-1" for name in ("task", "closed", "writer"))
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary-1"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:cms-a1b2c3"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:translate-1"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/store"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
KINESIS = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/feed"
DATED = "2026-11-30T07:45:09.319"
_VIA = "kms:ViaService"


def arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def entry(token: str, label: str, identity: str = "", /, **outputs: Any) -> dict[str, Any]:
    """One resource of a checkpoint."""
    return {
        "urn": f"urn:pulumi:dev::web-store::{token}::{label}",
        "type": token,
        "id": identity,
        "custom": True,
        "inputs": {},
        "outputs": outputs,
    }


def table(name: str, *, key: str = "", **more: Any) -> dict[str, Any]:
    found = arn("dynamodb", f"table/{name}")
    encryption = {"serverSideEncryption": {"enabled": True, "kmsKeyArn": key}} if key else {}
    keys = {"hashKey": "id", "streamArn": f"{found}/stream/{DATED}", **encryption, **more}
    return entry("aws:dynamodb/table:Table", name, name, arn=found, name=name, **keys)


def queue(name: str, *statements: dict[str, Any], key: str = "") -> list[dict[str, Any]]:
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    outputs = {"arn": arn("sqs", name), "name": name, "url": url, "kmsMasterKeyId": key}
    found = [entry("aws:sqs/queue:Queue", name, url, **outputs)]
    if statements:
        text = json.dumps(document(*statements))
        found.append(entry("aws:sqs/queuePolicy:QueuePolicy", name, url, queueUrl=url, policy=text))
    return found


def role(found: str, label: str, /, *statements: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    short = found.rpartition("/")[2]
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
    trust = json.dumps(document(trusted))
    outputs = {"arn": found, "name": short, "uniqueId": "AROAEXAMPLE", "assumeRolePolicy": trust, **more}
    policy = {"role": short, "policy": json.dumps(document(*statements)), "name": f"{label}-inline"}
    inline = entry("aws:iam/rolePolicy:RolePolicy", f"{label}-inline", f"{short}:{label}-inline", **policy)
    return [entry("aws:iam/role:Role", label, short, **outputs), *([inline] if statements else [])]


def task(name: str, role_arn: str, *groups: str) -> list[dict[str, Any]]:
    """An ECS service whose tasks have network interfaces of their own."""
    definition = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}:1"
    network = {"securityGroups": list(groups), "subnets": ["subnet-1"]}
    service = {"taskDefinition": definition, "networkConfiguration": network, "name": name}
    return [
        entry("aws:ecs/taskDefinition:TaskDefinition", name, name, arn=definition, taskRoleArn=role_arn),
        entry("aws:ecs/service:Service", name, name, **service),
    ]


def endpoint(service: str, identity: str, *statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    policy = json.dumps(document(*statements)) if statements else ""
    outputs = {"serviceName": f"com.amazonaws.{REGION}.{service}", "vpcId": "vpc-1", "policy": policy, **more}
    return entry("aws:ec2/vpcEndpoint:VpcEndpoint", f"network-{service}", identity, **outputs)


def rule(direction: str, group: str, other: str) -> dict[str, Any]:
    """A rule for TCP 443."""
    kind = {"in": "Ingress", "out": "Egress"}[direction]
    end = {"sg-": "referencedSecurityGroupId", "pl-": "prefixListId"}.get(other[:3], "cidrIpv4")
    ports = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
    token = f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule"
    return entry(token, f"{group}-{direction}-{other}", "sgr-1", securityGroupId=group, **ports, **{end: other})


def network() -> list[dict[str, Any]]:
    """Tasks that reach DynamoDB and EventBridge through endpoints, and all else through the internet."""
    inside = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    return [
        *role(TASK, "task", allow("*", Condition=inside, Sid="Inside"), allow("sqs:*", Sid="Outside")),
        *role(CLOSED, "closed", allow("*")),
        *task("task", TASK, "sg-task", "sg-out"),
        *task("closed", CLOSED, "sg-closed"),
        endpoint("dynamodb", "vpce-1", allow("dynamodb:GetItem", Principal="*"), vpcEndpointType="Gateway",
            prefixListId="pl-1"),
        endpoint("events", "vpce-2", vpcEndpointType="Interface", securityGroupIds=["sg-endpoints"]),
        rule("out", "sg-task", "pl-1"),
        rule("out", "sg-task", "sg-endpoints"),
        rule("in", "sg-endpoints", "sg-task"),
        rule("out", "sg-closed", "sg-endpoints"),
        rule("out", "sg-out", "0.0.0.0/0"),
    ]  # fmt: skip


def _key(found: str, name: str, *statements: dict[str, Any]) -> dict[str, Any]:
    identity = found.rpartition("/")[2]
    text = json.dumps(document(*statements))
    return entry("aws:kms/key:Key", name, identity, arn=found, keyId=identity, policy=text)


def _grants() -> list[dict[str, Any]]:
    return [
        allow(
            ["dynamodb:*"], [arn("dynamodb", f"table/{name}") for name in ("carts", "plain", "foreign")], Sid="Items"
        ),
        allow("kms:*", KEY, Condition={"StringEquals": {_VIA: f"dynamodb.{REGION}.amazonaws.com"}}, Sid="Key"),
        allow("sqs:*", [arn("sqs", name) for name in ("inbox", "locked", "shut")], Sid="Queues"),
        allow("s3:GetObject", "arn:aws:s3:::media/public/*", Sid="Media"),
        allow("events:PutEvents", BUS, Condition={"StringEquals": {"events:source": "store.carts"}}, Sid="Events"),
        allow("sns:Publish", TOPIC, Sid="Alarms"),
        allow("secretsmanager:GetSecretValue", SECRET, Sid="Secret"),
        allow("xray:*", Sid="Traces"),
        allow("ses:*", arn("ses", "contact-list/news"), Sid="Contacts"),
    ]


def entries() -> list[dict[str, Any]]:
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    stack = {"environment_region": REGION, "environment_account_id": ACCOUNT}
    rule = {"ArnLike": {"aws:SourceArn": arn("events", "rule/*")}}
    events = {"Service": "events.amazonaws.com"}
    return [
        entry("pulumi:pulumi:Stack", "web-store-dev", **stack),
        *role(ROLE, "carts", *_grants(), tagsAll={"team": "carts"}),
        *role(BOUNDED, "payments", allow(["sqs:*", "dynamodb:*"]), permissionsBoundary=BOUNDARY),
        *role(WRITER, "writer", allow("s3:PutObject", "arn:aws:s3:::media/*"),
            allow("lambda:InvokeFunction", FUNCTION)),
        entry("aws:iam/policy:Policy", "boundary", BOUNDARY, arn=BOUNDARY,
            policy=json.dumps(document(allow("dynamodb:*"), allow("kms:*")))),
        _key(KEY, "customer", allow("kms:*", Principal=root, Sid="Iam"),
            allow(["kms:GenerateDataKey", "kms:Decrypt"], Principal=events, Condition=rule, Sid="Rules")),
        _key(OTHER_KEY, "foreign", allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/admin"})),
        entry("aws:kms/alias:Alias", "customer", "alias/customer", arn=arn("kms", "alias/customer"),
            name="alias/customer", targetKeyArn=KEY),
        table("plain"),
        table("carts", key=KEY, globalSecondaryIndexes=[{"name": "by_item", "hashKey": "item"}],
            localSecondaryIndexes=[{"name": "by_date", "rangeKey": "date"}]),
        table("foreign", key=OTHER_KEY),
        table("orders"),
        *queue("inbox"),
        *queue("locked", key="alias/customer"),
        *queue("shut", deny("sqs:SendMessage", Principal="*", Sid="Shut")),
        *queue("events", allow("sqs:SendMessage", Principal=events, Condition=rule, Sid="RulesSend"), key=KEY_ID),
        *queue("default-key", key="alias/aws/sqs"),
        entry("aws:s3/bucketPolicy:BucketPolicy", "media", "media", bucket="media", policy=json.dumps(document(
            deny("s3:*", ["arn:aws:s3:::media", "arn:aws:s3:::media/*"], Principal="*",
                Condition={"Bool": {"aws:SecureTransport": "false"}}),
            deny("s3:GetObject", "arn:aws:s3:::media/public/secret", Principal="*", Sid="Secret")))),
        entry("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "archive",
            "archive", bucket="archive", rules=[{"applyServerSideEncryptionByDefault": {
                "sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}}]),
        entry("aws:secretsmanager/secret:Secret", "cms", SECRET, arn=SECRET, name="cms", kmsKeyId=KEY),
        entry("aws:secretsmanager/secretPolicy:SecretPolicy", "cms", SECRET, secretArn=SECRET,
            policy=json.dumps(document(deny("secretsmanager:*", Principal="*",
                Condition={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}})))),
        entry("aws:cloudwatch/eventBus:EventBus", "events", "store", arn=BUS, name="store"),
        entry("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "events", "store", eventBusName="store",
            policy=json.dumps(document(deny("events:PutEvents", Principal="*", Sid="DenyUndeclared",
                Condition={"StringEquals": {"events:detail-type": "unknown"}})))),
        entry("aws:sns/topic:Topic", "alarms", TOPIC, arn=TOPIC, kmsMasterKeyId=""),
        entry("aws:kinesis/stream:Stream", "feed", KINESIS, arn=KINESIS, name="feed", kmsKeyId=KEY),
        entry("aws:lambda/function:Function", "translate", "translate-1", arn=FUNCTION, name="translate-1"),
        entry("aws:lambda/permission:Permission", "sign-up", "p1", function="translate-1", statementId="p1",
            action="lambda:InvokeFunction", principal="cognito-idp.amazonaws.com", sourceAccount=ACCOUNT,
            sourceArn=arn("cognito-idp", "userpool/p")),
        entry("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", "dns", "dns", policyDocument=json.dumps(document(
            allow("logs:PutLogEvents", Principal={"Service": "route53.amazonaws.com"}, Sid="Route53Writes")))),
    ]  # fmt: skip


def small_state(*more: dict[str, Any]) -> Deployed:
    return Deployed([*entries(), *network(), *more])
