"""Presigned URLs, verified with the secret that the access key stands for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.principals import Principals

_SKEW: Final = timedelta(minutes=5)
_LONGEST: Final = timedelta(days=7)


class PresignedError(Exception):
    """A URL that is not presigned as it must be."""


@dataclass(frozen=True)
class Presigned:
    role: str
    """ARN of the role that signed."""
    parameters: Mapping[str, str]
    """What the URL asks for."""


def verify(
    host: str,
    query: str,
    *,
    service: str,
    region: str,
    principals: Principals,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Presigned:
    """
    Args:
        query: Of `https://<host>/?<query>`.

    Raises:
        PresignedError: not signed, by an unknown key, for another service or Region, too old, or altered.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    day = given.get("X-Amz-Date", "")[:8]
    key, _, scope = given.get("X-Amz-Credential", "").partition("/")
    if given.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" or scope != f"{day}/{region}/{service}/aws4_request":
        raise PresignedError(f"the token must be signed for {service} in {region}")
    if given.get("X-Amz-SignedHeaders") != "host":
        raise PresignedError("the token must sign the header Host alone")
    _require_fresh(given, now())
    known = principals.of_key(key)
    if known is None or not _equal(known.session_token, given.get("X-Amz-Security-Token", "")):
        raise PresignedError("the token's credentials are unknown")
    signer = SigV4QueryAuth(Credentials(known.access_key_id, known.secret_access_key), service, region)
    signed = {name: value for name, value in given.items() if name != "X-Amz-Signature"}
    request = AWSRequest(method="GET", url=f"https://{host}/", params=signed, headers={"host": host})
    request.context["timestamp"] = given["X-Amz-Date"]
    expected = str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
    if not _equal(expected, given.get("X-Amz-Signature", "")):
        raise PresignedError("the token's signature does not match")
    return Presigned(known.role, {name: value for name, value in given.items() if not name.startswith("X-Amz-")})


def _require_fresh(given: Mapping[str, str], now: datetime) -> None:
    lifetime = given.get("X-Amz-Expires", "")
    try:
        signed_at = datetime.strptime(given.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        expires = signed_at + min(timedelta(seconds=int(lifetime)), _LONGEST)
    except (ValueError, OverflowError):
        raise PresignedError("the token must have X-Amz-Date and X-Amz-Expires") from None
    if not signed_at - _SKEW <= now <= expires:
        raise PresignedError("the token has expired")


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
