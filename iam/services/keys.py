"""KMS actions that a service takes with the caller's permissions, on the key of the resource that the caller uses.

The caller needs them with `kms:ViaService`.
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
"""

from collections.abc import Callable, Mapping
from typing import Final

from iam.services.forms import Account, Call
from iam.services.plain import encryption_context

# DynamoDB decrypts the key of the table, for reading and for writing.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
_ITEMS: Final = (
    *("BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "GetRecords", "PutItem"),
    *("Query", "Scan", "UpdateItem"),
)
# SQS and SNS verify a new data key before they use it; Secrets Manager makes one for each version.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
# https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
# https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
_USED: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"dynamodb:{action}": ("kms:Decrypt",) for action in _ITEMS},
    "sqs:SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
    "sns:Publish": ("kms:GenerateDataKey", "kms:Decrypt"),
    "kinesis:PutRecord": ("kms:GenerateDataKey",),
    "kinesis:PutRecords": ("kms:GenerateDataKey",),
    "kinesis:GetRecords": ("kms:Decrypt",),
    "secretsmanager:GetSecretValue": ("kms:Decrypt",),
    "secretsmanager:PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
    "s3:GetObject": ("kms:Decrypt",),
    "s3:GetObjectVersion": ("kms:Decrypt",),
    "s3:PutObject": ("kms:GenerateDataKey",),
    **{
        f"ssm:{action}": ("kms:Decrypt",)
        for action in ("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory")
    },
}


def _of_table(resource: str) -> dict[str, str]:
    _, _, _, _, account, relative = resource.split(":", 5)
    return {"aws:dynamodb:tableName": relative.partition("/")[2], "aws:dynamodb:subscriberId": account}


_CONTEXTS: Final[Mapping[str, Callable[[str], dict[str, str]]]] = {
    "dynamodb": _of_table,
    "sqs": lambda resource: {"aws:sqs:arn": resource},
    "sns": lambda resource: {"aws:sns:topicArn": resource},
    "kinesis": lambda resource: {"aws:kinesis:arn": resource},
    "secretsmanager": lambda resource: {"SecretARN": resource},
    "s3": lambda resource: {"aws:s3:arn": resource},
    "ssm": lambda resource: {"PARAMETER_ARN": resource},
}


def encrypted(resource: str) -> str:
    """ARN of what has a key and a policy.

    The table of an index or stream, the bucket of an object, the domain of a path, else the resource itself.
    """
    if resource.startswith("arn:aws:s3:::"):
        return resource.partition("/")[0]
    if ":table/" in resource or resource.startswith("arn:aws:es:"):
        return "/".join(resource.split("/", 2)[:2])
    return resource


def key_calls(call: Call, key: str, account: Account) -> list[Call]:
    """What `call` needs of the key that encrypts its resource.

    Args:
        key: ARN of the customer managed key.
    """
    service = call.action.partition(":")[0]
    actions = _USED.get(call.action, ()) if call.decrypts else ()
    if not actions:
        return []
    context = {
        "kms:ViaService": f"{service}.{account.region}.amazonaws.com",
        "kms:CallerAccount": account.account_id,
        **encryption_context(_CONTEXTS[service](encrypted(call.resource))),
    }
    return [Call(action, key, context) for action in actions]
