"""A signature holds for one message, one secret and a quarter of an hour."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Signer

from local.gate_signatures import Message, SignatureError, verify
from local.principals import Credentials, Principals

_ROLE = "arn:aws:iam::123456789012:role/carts"
_BODY = b'{"TableName": "carts"}'
_URL = "http://127.0.0.1:4000/a%20b/c?list-type=2&prefix=x%2Fy"


def _signed(given: Credentials, service: str, **more: str) -> Message:
    """What botocore sends."""
    request = AWSRequest(method="POST", url=_URL, data=_BODY, headers={"Content-Type": "application/json", **more})
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    signer = Signer(given.access_key_id, given.secret_access_key, given.session_token)
    auth(signer, service, "eu-west-1").add_auth(request)
    parts = urlsplit(_URL)
    headers = {"host": parts.netloc, **{name.lower(): str(value) for name, value in request.headers.items()}}
    return Message(method="POST", path=parts.path, query=parts.query, headers=headers, body=_BODY)


@pytest.fixture(scope="module")
def principals() -> Principals:
    return Principals()


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sns"])
def test_what_botocore_signs_is_verified(principals: Principals, service: str) -> None:
    given = principals.credentials(_ROLE)
    found = verify(_signed(given, service), principals)
    assert (found.credentials, found.region, found.service) == (given, "eu-west-1", service)


def _header(name: str, value: str | Callable[[str], str]) -> Callable[[Message], Message]:
    def change(message: Message) -> Message:
        now = value(message.headers.get(name, "")) if callable(value) else value
        return replace(message, headers={**message.headers, name: now})

    return change


def _auth(old: str, new: str) -> Callable[[Message], Message]:
    return _header("authorization", lambda text: text.replace(old, new))


CHANGES: list[tuple[str, Callable[[Message], Message], str]] = [
    ("method", lambda message: replace(message, method="PUT"), "InvalidSignatureException"),
    ("path", lambda message: replace(message, path="/a%20b/d"), "InvalidSignatureException"),
    ("query", lambda message: replace(message, query="list-type=2&prefix=x%2Fz"), "InvalidSignatureException"),
    ("body", lambda message: replace(message, body=b"{}"), "InvalidSignatureException"),
    ("host", _header("host", "127.0.0.1:4001"), "InvalidSignatureException"),
    ("signed header", _header("content-type", "text/plain"), "InvalidSignatureException"),
    ("region", _auth("/eu-west-1/", "/us-east-1/"), "InvalidSignatureException"),
    ("service", _auth("/dynamodb/", "/sqs/"), "InvalidSignatureException"),
    ("signed headers", _auth("content-type;", ""), "InvalidSignatureException"),
    ("signature", _auth("Signature=", "Signature=0"), "IncompleteSignature"),
    ("algorithm", _auth("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), "IncompleteSignature"),
    ("no date", _header("x-amz-date", ""), "IncompleteSignature"),
    ("another day", _header("x-amz-date", "20200101T000000Z"), "InvalidSignatureException"),
    ("no signature", _header("authorization", ""), "MissingAuthenticationToken"),
    ("token", _header("x-amz-security-token", "x"), "UnrecognizedClientException"),
    ("token, not ASCII", _header("x-amz-security-token", "\xe9"), "UnrecognizedClientException"),
    ("unsigned hash", _header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), "InvalidSignatureException"),
]


@pytest.mark.parametrize(("change", "code"), [pytest.param(*rest, id=name) for name, *rest in CHANGES])
def test_a_changed_message_is_refused(principals: Principals, change: Any, code: str) -> None:
    message = change(_signed(principals.credentials(_ROLE), "dynamodb"))
    with pytest.raises(SignatureError) as refused:
        verify(message, principals)
    assert refused.value.code == code


def test_the_hash_of_a_body_must_be_its_own(principals: Principals) -> None:
    message = replace(_signed(principals.credentials(_ROLE), "s3"), body=b"other")
    with pytest.raises(SignatureError, match="x-amz-content-sha256"):
        verify(message, principals)


@pytest.mark.parametrize(("minutes", "holds"), [(14, True), (-14, True), (16, False), (-16, False)])
def test_a_signature_holds_for_a_quarter_of_an_hour(principals: Principals, minutes: int, holds: bool) -> None:
    message = _signed(principals.credentials(_ROLE), "dynamodb")
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    if holds:
        assert verify(message, principals, now)
        return
    with pytest.raises(SignatureError, match="not within 15 minutes"):
        verify(message, principals, now)


def test_credentials_are_those_of_one_session(principals: Principals) -> None:
    first, again, other = (principals.credentials(_ROLE, name) for name in ("a", "a", "b"))
    assert first is again
    assert first.access_key_id != other.access_key_id
    assert principals.role_of(other.access_key_id) == _ROLE
    assert principals.role_of("ASIAUNKNOWN") is None
    assert first.secret_access_key not in repr(first)
    assert first.session_token not in repr(first)
