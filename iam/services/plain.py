"""Services whose operations have one action on one resource, or on each of a list.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Mapping, Sequence
from typing import Final

from iam.errors import RequestError
from iam.services.forms import Account, Call, Describe, Parameters, arn, everything, plain
from iam.text import Values


def queue(parameters: Parameters, account: Account) -> str:
    """By URL, which ends in account and name, or by name."""
    if "QueueName" in parameters:
        owner = parameters.get("QueueOwnerAWSAccountId") or account.account_id
        return f"arn:aws:sqs:{account.region}:{owner}:{parameters['QueueName']}"
    parts = parameters["QueueUrl"].split("/")
    if len(parts) < 4:
        raise RequestError(f"QueueUrl must be a URL that ends in account and name; got {parameters['QueueUrl']!r}")
    owner, name = parts[-2:]
    return f"arn:aws:sqs:{account.region}:{owner}:{name}"


def _topic(parameters: Parameters, _: Account) -> str:
    found = parameters.get("TopicArn") or parameters.get("TargetArn")
    if not found:
        raise RequestError("Publish must name a topic: messages to phones are not described here")
    return found


def bus(name: str, account: Account) -> str:
    return name if name.startswith("arn:") else arn(account, "events", f"event-bus/{name}")


def _put_events(parameters: Parameters, account: Account) -> Sequence[Call]:
    """Each entry is judged by itself: `events:source` and `events:detail-type` have one value.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    """
    found = []
    for entry in parameters["Entries"]:
        given = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
        context: dict[str, Values] = {key: value for key, value in given.items() if value}
        found.append(Call("events:PutEvents", bus(entry.get("EventBusName") or "default", account), context))
    return found


def stream(parameters: Parameters, account: Account) -> str:
    return parameters.get("StreamARN") or arn(account, "kinesis", f"stream/{parameters['StreamName']}")


def _iterated(parameters: Parameters, account: Account) -> str:
    """boto3 sends the stream with the iterator where the caller has it."""
    if "StreamARN" not in parameters:
        raise RequestError("GetRecords must name StreamARN here: shard iterators do not tell their stream")
    return stream(parameters, account)


def _consumer(parameters: Parameters, _: Account) -> str:
    return parameters["ConsumerARN"]


def secret(parameters: Parameters, account: Account) -> str:
    name = parameters.get("SecretId") or parameters["Name"]
    return account.arn_of("secretsmanager", name) or arn(account, "secretsmanager", f"secret:{name}")


def _read_secret(parameters: Parameters, account: Account) -> Sequence[Call]:
    found = secret(parameters, account)
    context: dict[str, Values] = {"secretsmanager:SecretId": found}
    if parameters.get("VersionId"):
        context["secretsmanager:VersionId"] = parameters["VersionId"]
    elif not parameters.get("VersionStage"):
        context["secretsmanager:VersionStage"] = "AWSCURRENT"
    if parameters.get("VersionStage"):
        context["secretsmanager:VersionStage"] = parameters["VersionStage"]
    return [Call("secretsmanager:GetSecretValue", found, context)]


def key(parameters: Parameters, account: Account) -> str:
    name = parameters.get("KeyId")
    if not name:
        raise RequestError("Decrypt must name KeyId here: a ciphertext does not tell its key")
    return account.arn_of("kms", name) or (name if name.startswith("arn:") else arn(account, "kms", f"key/{name}"))


def encryption_context(pairs: Mapping[str, str]) -> dict[str, Values]:
    """Condition keys of an encryption context.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    found: dict[str, Values] = {f"kms:EncryptionContext:{name}": value for name, value in pairs.items()}
    return {**found, "kms:EncryptionContextKeys": list(pairs)} if pairs else found


def _with_key(action: str) -> Describe:
    def describe(parameters: Parameters, account: Account) -> Sequence[Call]:
        context = encryption_context(parameters.get("EncryptionContext") or {})
        return [Call(f"kms:{action}", key(parameters, account), {"kms:CallerAccount": account.account_id, **context})]

    return describe


def _generate_mac(parameters: Parameters, account: Account) -> Sequence[Call]:
    context = {"kms:CallerAccount": account.account_id, "kms:MacAlgorithm": parameters["MacAlgorithm"]}
    return [Call("kms:GenerateMac", key(parameters, account), context)]


def function(parameters: Parameters, account: Account) -> str:
    """A function's name, ARN, or account and name; a qualifier ends its ARN."""
    given = parameters["FunctionName"]
    name = given.rpartition(":function:")[2] if ":function:" in given else given
    qualifier = parameters.get("Qualifier")
    return arn(account, "lambda", f"function:{name}{f':{qualifier}' if qualifier else ''}")


def _bot_alias(parameters: Parameters, account: Account) -> str:
    return arn(account, "lex", f"bot-alias/{parameters['botId']}/{parameters['botAliasId']}")


def _parameter(name: str, account: Account) -> str:
    return name if name.startswith("arn:") else arn(account, "ssm", f"parameter/{name.removeprefix('/')}")


def _read_parameters(action: str) -> Describe:
    def describe(parameters: Parameters, account: Account) -> Sequence[Call]:
        names = parameters.get("Names") or [parameters.get("Name") or parameters.get("Path") or ""]
        found = [_parameter(name, account) for name in names]
        context: dict[str, Values] = {}
        if action == "GetParametersByPath":
            context = {"ssm:Recursive": str(bool(parameters.get("Recursive"))).lower()}
        decrypts = bool(parameters.get("WithDecryption"))
        return [Call(f"ssm:{action}", name, context, decrypts=decrypts) for name in found]

    return describe


def _log_stream(parameters: Parameters, account: Account) -> str:
    group, name = parameters["logGroupName"], parameters.get("logStreamName", "")
    return arn(account, "logs", f"log-group:{group}:log-stream:{name}")


def _log_group(parameters: Parameters, account: Account) -> str:
    """As messages of denials have it: without a name, all groups."""
    return arn(account, "logs", f"log-group:{parameters.get('logGroupName', '')}:log-stream:")


def _pool(parameters: Parameters, account: Account) -> str:
    return arn(account, "cognito-idp", f"userpool/{parameters['UserPoolId']}")


SQS: Final[Mapping[str, Describe]] = {
    **{name: plain(f"sqs:{name}", queue) for name in ("SendMessage", "ReceiveMessage")},
    **{
        name: plain(f"sqs:{name}", queue)
        for name in ("DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl", "PurgeQueue")
    },
    # Batches have the permission of the single operation.
    "SendMessageBatch": plain("sqs:SendMessage", queue),
    "DeleteMessageBatch": plain("sqs:DeleteMessage", queue),
    "ChangeMessageVisibilityBatch": plain("sqs:ChangeMessageVisibility", queue),
}
SNS: Final[Mapping[str, Describe]] = {
    "Publish": plain("sns:Publish", _topic),
    "PublishBatch": plain("sns:Publish", _topic),
}
EVENTS: Final[Mapping[str, Describe]] = {"PutEvents": _put_events}
KINESIS: Final[Mapping[str, Describe]] = {
    **{name: plain(f"kinesis:{name}", stream) for name in ("PutRecord", "PutRecords")},
    **{
        name: plain(f"kinesis:{name}", stream)
        for name in ("DescribeStream", "DescribeStreamSummary", "GetShardIterator", "ListShards")
    },
    "GetRecords": plain("kinesis:GetRecords", _iterated),
    "SubscribeToShard": plain("kinesis:SubscribeToShard", _consumer),
}
SECRETS: Final[Mapping[str, Describe]] = {
    "GetSecretValue": _read_secret,
    "PutSecretValue": plain("secretsmanager:PutSecretValue", secret),
    "DescribeSecret": plain("secretsmanager:DescribeSecret", secret),
}
KMS: Final[Mapping[str, Describe]] = {
    **{
        name: _with_key(name)
        for name in ("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign", "Verify")
    },
    **{name: plain(f"kms:{name}", key) for name in ("DescribeKey", "GetPublicKey")},
    "GenerateMac": _generate_mac,
}
LAMBDA: Final[Mapping[str, Describe]] = {"Invoke": plain("lambda:InvokeFunction", function)}
LEX: Final[Mapping[str, Describe]] = {"RecognizeText": plain("lex:RecognizeText", _bot_alias)}
SSM: Final[Mapping[str, Describe]] = {
    name: _read_parameters(name)
    for name in ("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory")
}
LOGS: Final[Mapping[str, Describe]] = {
    **{name: plain(f"logs:{name}", _log_stream) for name in ("CreateLogStream", "PutLogEvents")},
    **{name: plain(f"logs:{name}", _log_group) for name in ("DescribeLogGroups", "DescribeLogStreams")},
}
XRAY: Final[Mapping[str, Describe]] = {
    name: plain(f"xray:{name}", everything)
    for name in ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")
}
COGNITO: Final[Mapping[str, Describe]] = {
    name: plain(f"cognito-idp:{name}", _pool)
    for name in (
        *("AdminAddUserToGroup", "AdminConfirmSignUp", "AdminCreateUser", "AdminDeleteUser", "AdminDisableUser"),
        *("AdminGetUser", "AdminInitiateAuth", "AdminSetUserPassword", "AdminUpdateUserAttributes"),
        *("AdminUserGlobalSignOut", "DescribeUserPool", "DescribeUserPoolClient", "ListUsers"),
    )
}
