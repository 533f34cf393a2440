"""Requests of AWS's protocols, read by the service models of botocore, and errors in the shape that SDKs raise."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from local.gate_signatures import Message

_UNSIGNED: Final = "none"
# Codes of services other than AccessDeniedException.
_DENIED: Final = {"s3": "AccessDenied", "sns": "AuthorizationError", "sqs": "AccessDenied", "sts": "AccessDenied"}
_DENIED_KEY: Final = {"kinesis": "KMSAccessDeniedException", "sqs": "KMS.AccessDeniedException"}
_STATUS: Final = {"json": 400, "rest-json": 403, "query": 403, "rest-xml": 403}


class UnreadableError(Exception):
    """A request is of no service and operation that the gate can read."""


@dataclass(frozen=True, slots=True)
class Operation:
    """
    Attributes:
        service: botocore's name.
        protocol: As botocore names it.
        parameters: As boto3 has them.
        signed: Whether the operation must be signed.
    """

    service: str
    name: str
    protocol: str
    parameters: Mapping[str, Any]
    signed: bool


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


# Prefixes of X-Amz-Target; models are loaded when a service is called first, since all of them take half a second.
TARGETS: Final = {
    "AmazonPersonalize": "personalize",
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "AWSEvents": "events",
    "AmazonSQS": "sqs",
    "AmazonSSM": "ssm",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "DynamoDB_20120810": "dynamodb",
    "Kinesis_20131202": "kinesis",
    "Logs_20140328": "logs",
    "TrentService": "kms",
    "secretsmanager": "secretsmanager",
}
# Two services sign for one name; their paths are apart.
BY_PATH: Final = {
    "/events": "personalize-events",
    "/items": "personalize-events",
    "/recommendations": "personalize-runtime",
}
# Services without a target, by the name in their signatures.
SIGNED: Final = {
    "geo": "location",
    "geo-places": "geo-places",
    "lambda": "lambda",
    "lex": "lexv2-runtime",
    "s3": "s3",
    "ses": "sesv2",
    "sns": "sns",
    "sts": "sts",
    "xray": "xray",
}


def read(message: Message, signed_for: str) -> Operation:
    """
    Args:
        signed_for: Service of the signature; empty if there is none.

    Raises:
        UnreadableError: it is not a request of a service that the gate knows.
    """
    service = _service(message.headers.get("x-amz-target", ""), signed_for, message.path)
    host = message.headers.get("host", "localhost")
    query = f"?{message.query}" if message.query else ""
    request = Request.from_primitives(
        message.method, f"http://{host}{message.path}{query}", message.headers, message.body
    )
    request.environ["RAW_URI"] = message.path
    try:
        protocol = determine_request_protocol(get_service_model(service), request.content_type)
        operation, labels = get_service_router(service).match(request)
        parameters = _parameters(operation, protocol, request, labels)
    except (NotFound, NotImplementedError):
        raise UnreadableError(f"{message.method} {message.path} is no operation of {service} in botocore") from None
    except (RequestParserError, ValueError, TypeError, AttributeError, KeyError) as problem:
        raise UnreadableError(f"a request of {service} must have the form of its model: {problem}") from None
    return Operation(service, str(operation.name), protocol, parameters, operation.resolved_auth_type != _UNSIGNED)


def _parameters(
    operation: OperationModel, protocol: str, request: Request, labels: Mapping[str, Any]
) -> Mapping[str, Any]:
    parser = PROTOCOL_PARSERS[protocol](operation)
    return parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": dict(labels),
        }
    )


def _service(target: str, signed_for: str, path: str) -> str:
    """By the prefix of X-Amz-Target, which DynamoDB and its streams do not share; else by the name in the signature,
    and for Personalize by the path."""
    prefix = target.rpartition(".")[0]
    unnamed = BY_PATH.get(path) if signed_for == "personalize" else SIGNED.get(signed_for)
    found = TARGETS.get(prefix) if prefix else unnamed
    if found is None:
        known = ", ".join(sorted({*TARGETS.values(), *SIGNED.values(), *BY_PATH.values()}))
        told = f"{signed_for or 'none'}{f' with the target {target}' if target else ''}"
        raise UnreadableError(f"a request must be of one of {known}; it is signed for {told}")
    return found


def identity(session_arn: str, user_id: str, account_id: str) -> Answer:
    """What STS says of a caller; the emulator has no sessions.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    result = f"<Arn>{escape(session_arn)}</Arn><UserId>{escape(user_id)}</UserId><Account>{account_id}</Account>"
    body = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult>{result}</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    return Answer(200, [(b"content-type", b"text/xml")], body.encode())


def denied(operation: Operation, action: str, text: str) -> Answer:
    """What the service answers to a call that IAM does not allow."""
    codes = _DENIED_KEY if action.startswith("kms:") and operation.service != "kms" else _DENIED
    code = codes.get(operation.service) or _DENIED.get(operation.service, "AccessDeniedException")
    return error(operation.protocol, code, text, _STATUS[operation.protocol])


def error(protocol: str, code: str, text: str, status: int) -> Answer:
    """An error in the shape of a protocol.

    https://smithy.io/2.0/aws/protocols/index.html
    """
    headers = [(b"x-amzn-requestid", b"local"), (b"x-amzn-errortype", code.encode())]
    if protocol in ("query", "rest-xml"):
        inner = f"<Code>{code}</Code><Message>{escape(text)}</Message>"
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>local</RequestId></ErrorResponse>"
            if protocol == "query"
            else f"<Error>{inner}<RequestId>local</RequestId></Error>"
        )
        return Answer(status, [*headers, (b"content-type", b"text/xml")], f'<?xml version="1.0"?>{body}'.encode())
    headers += [(b"content-type", b"application/x-amz-json-1.0"), (b"x-amzn-query-error", f"{code};Sender".encode())]
    return Answer(status, headers, json.dumps({"__type": code, "message": text}).encode())
