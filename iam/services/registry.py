"""All described operations, by botocore's names of services."""

from collections.abc import Mapping, Sequence
from typing import Final

from iam.errors import RequestError
from iam.services import dynamodb, location, personalize, plain
from iam.services.forms import Account, Call, Describe, Parameters
from iam.services.s3 import S3
from iam.services.ses import SES

OPERATIONS: Final[Mapping[str, Mapping[str, Describe]]] = {
    "cognito-idp": plain.COGNITO,
    "dynamodb": dynamodb.TABLES,
    "dynamodbstreams": dynamodb.STREAMS,
    "events": plain.EVENTS,
    "geo-places": location.PLACES,
    "kinesis": plain.KINESIS,
    "kms": plain.KMS,
    "lambda": plain.LAMBDA,
    "lexv2-runtime": plain.LEX,
    "location": location.LOCATION,
    "logs": plain.LOGS,
    "personalize": personalize.PERSONALIZE,
    "personalize-events": personalize.EVENTS,
    "personalize-runtime": personalize.RUNTIME,
    "s3": S3,
    "secretsmanager": plain.SECRETS,
    "sesv2": SES,
    "sns": plain.SNS,
    "sqs": plain.SQS,
    "ssm": plain.SSM,
    # Anybody may ask who they are.
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    "sts": {"GetCallerIdentity": lambda _, __: []},
    "xray": plain.XRAY,
}


def calls(service: str, operation: str, parameters: Parameters, account: Account) -> Sequence[Call]:
    """What a request needs; all of it must be allowed.

    Args:
        parameters: As boto3 has them.

    Raises:
        RequestError: the operation is not described, or the request does not say what it acts on.
    """
    describe = OPERATIONS.get(service, {}).get(operation)
    if describe is None:
        raise RequestError(
            f"{service} {operation} must be one of the operations whose resources and condition keys are described in "
            "iam/services: describe it there"
        )
    try:
        return describe(parameters, account)
    except KeyError as missing:
        raise RequestError(f"{service} {operation} must have {missing.args[0]}") from None
