"""Policies of resources, function URLs, secrets in environments."""

import json

from tests.policies.support import CULPRIT, UNKNOWN, Cases, edit, policy, res

_EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}


def guarded(statement, token="sqs/queuePolicy:QueuePolicy", path="policy"):
    return res(token, CULPRIT, {path: policy(statement)})


def under(operator, key, value):
    return edit(_EVERYBODY, {"Condition": {operator: {key: value}}})


def permission(**props):
    return res("lambda/permission:Permission", CULPRIT, {"action": "lambda:InvokeFunction", **props})


def task(name, value):
    container = {"name": "web", "environment": [{"name": name, "value": value}]}
    return res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": json.dumps([container])})


def function(**variables):
    return res("lambda/function:Function", CULPRIT, {"environment": {"variables": variables}})


def url(**props):
    return res("lambda/functionUrl:FunctionUrl", CULPRIT, props)


CASES = {
    "aws-resource-policy-not-public": Cases(
        good={
            "a role": [guarded(edit(_EVERYBODY, {"Principal": {"AWS": "arn:aws:iam::111111111111:role/web"}}))],
            "a service": [guarded(edit(_EVERYBODY, {"Principal": {"Service": "events.amazonaws.com"}}))],
            "bounded by its source": [guarded(under("ArnEquals", "aws:SourceArn", "arn:aws:sns:eu-west-1:1:orders"))],
            "bounded by organisation": [guarded(under("StringEquals", "AWS:PrincipalOrgId", ["o-1"]))],
            "everybody denied": [guarded(edit(_EVERYBODY, {"Effect": "Deny"}))],
            "file system by its mount targets": [
                guarded(
                    under("Bool", "elasticfilesystem:AccessedViaMountTarget", "true"),
                    "efs/fileSystemPolicy:FileSystemPolicy",
                )
            ],
            "not known": [res("sns/topicPolicy:TopicPolicy", CULPRIT, {"policy": UNKNOWN})],
        },
        bad={
            "everybody": [guarded(_EVERYBODY)],
            "every account": [guarded(edit(_EVERYBODY, {"Principal": {"AWS": ["*"]}}))],
            "everybody but one": [
                guarded(edit(_EVERYBODY, {"Principal": "x", "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}}))
            ],
            "a condition that bounds nobody": [guarded(under("Bool", "aws:SecureTransport", "true"))],
            "every address": [guarded(under("IpAddress", "aws:SourceIp", "0.0.0.0/0"))],
            "a search domain": [guarded(_EVERYBODY, "opensearch/domain:Domain", "accessPolicies")],
            "inline on the queue": [guarded(_EVERYBODY, "sqs/queue:Queue")],
        },
    ),
    "kms-key-policy-not-public": Cases(
        good={
            "the account": [
                guarded(edit(_EVERYBODY, {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}), "kms/key:Key")
            ],
            "everybody by a service, of one account": [
                guarded(under("StringEquals", "kms:CallerAccount", "111111111111"), "kms/key:Key")
            ],
        },
        bad={"everybody": [guarded(edit(_EVERYBODY, {"Action": "kms:*"}), "kms/key:Key")]},
    ),
    "lambda-permission-bounded": Cases(
        good={
            "a source": [permission(principal="events.amazonaws.com", sourceArn=UNKNOWN)],
            "an account": [permission(principal="111111111111")],
            "a URL under IAM": [permission(principal="*", functionUrlAuthType="AWS_IAM")],
        },
        bad={
            "everybody": [permission(principal="*")],
            "a public URL": [permission(principal="*", functionUrlAuthType="NONE")],
            "a service for anyone": [permission(principal="s3.amazonaws.com")],
        },
    ),
    "lambda-function-url-authorized": Cases(
        good={"IAM": [url(authorizationType="AWS_IAM")]},
        bad={"none": [url(authorizationType="NONE")], "not set": [url()]},
    ),
    "ecs-task-definition-no-secret-environment": Cases(
        good={
            "plain settings": [task("LOG_LEVEL", "information")],
            "an ARN": [task("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db")],
            "a switch": [task("USE_TOKEN", "true")],
            "not known": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": UNKNOWN})],
        },
        bad={
            "a password": [task("DB_PASSWORD", "correct-horse")],
            "a URL with a password": [task("DATABASE_URL", "postgres://store:correct-horse@db:5432/store")],
            "an access key": [task("SETTINGS", "AKIAIOSFODNN7EXAMPLE")],
        },
    ),
    "lambda-function-no-secret-environment": Cases(
        good={
            "plain settings": [function(TABLE="orders")],
            "path of a parameter": [function(API_KEY="/store/api-key")],
        },
        bad={
            "a token": [function(GITHUB_TOKEN="correct-horse")],
            "a private key": [function(SETTINGS="-----BEGIN RSA PRIVATE KEY-----")],
        },
    ),
}
