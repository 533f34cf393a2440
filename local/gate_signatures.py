"""Signature Version 4 of requests, verified with the secret that the access key stands for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Signer

from local.principals import Credentials, Principals

_HEADER: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/aws4_request,\s*SignedHeaders=(?P<headers>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_TIME: Final = "%Y%m%dT%H%M%SZ"
_SKEW: Final = timedelta(minutes=15)
"""How far a client's clock may be off
(https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html)."""
_BODY_HASH: Final = re.compile(r"[0-9a-f]{64}")


class SignatureError(Exception):
    """A request is not authenticated.

    Attributes:
        code: AWS's error code.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Message:
    """An HTTP request as it came.

    Attributes:
        headers: Names in lower case.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request is signed for, and by whom."""

    credentials: Credentials
    region: str
    service: str


def verify(message: Message, principals: Principals, now: datetime | None = None) -> Scope:
    """
    Raises:
        SignatureError: the request is not signed, by somebody else, for another message, or long ago.
    """
    given = message.headers.get("authorization", "")
    parts = _HEADER.fullmatch(given)
    if parts is None:
        if given:
            raise SignatureError("IncompleteSignature", "Authorization must be a header of Signature Version 4")
        raise SignatureError("MissingAuthenticationToken", "Missing Authentication Token")
    credentials = principals.of_key(parts["key"])
    token = message.headers.get("x-amz-security-token", "")
    if credentials is None or not hmac.compare_digest(token.encode(), credentials.session_token.encode()):
        raise SignatureError("UnrecognizedClientException", "The security token included in the request is invalid.")
    _require_fresh(message, parts["day"], now or datetime.now(UTC))
    _require_body(message)
    expected = _signature(message, credentials, parts)
    if not hmac.compare_digest(expected, parts["signature"]):
        raise SignatureError(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method.",
        )
    return Scope(credentials, parts["region"], parts["service"])


def _require_fresh(message: Message, day: str, now: datetime) -> None:
    text = message.headers.get("x-amz-date", "")
    try:
        signed = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise SignatureError("IncompleteSignature", "X-Amz-Date must be there, as in 20260101T120000Z") from None
    if abs(now - signed) > _SKEW or not text.startswith(day):
        raise SignatureError("InvalidSignatureException", f"Signature expired: {text} is not within 15 minutes of now")


def _require_body(message: Message) -> None:
    """A hash that the signature covers must be that of the body; S3 also takes bodies whose hash is not signed."""
    claimed = message.headers.get("x-amz-content-sha256", "")
    if _BODY_HASH.fullmatch(claimed) and claimed != hashlib.sha256(message.body).hexdigest():
        raise SignatureError(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )


def _signature(message: Message, credentials: Credentials, parts: re.Match[str]) -> str:
    """What botocore computes for the message with this secret."""
    signer = S3SigV4Auth if parts["service"] == "s3" else SigV4Auth
    auth = signer(Signer(credentials.access_key_id, credentials.secret_access_key), parts["service"], parts["region"])
    names = parts["headers"].split(";")
    request = AWSRequest(
        method=message.method,
        url=f"http://{message.headers.get('host', '')}{message.path}{'?' if message.query else ''}{message.query}",
        headers={name: message.headers.get(name, "") for name in names},
        data=message.body,
    )
    if "x-amz-content-sha256" not in names and "x-amz-content-sha256" in message.headers:
        raise SignatureError("InvalidSignatureException", "x-amz-content-sha256 must be among the signed headers")
    request.context["timestamp"] = message.headers["x-amz-date"]
    return str(auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request))
