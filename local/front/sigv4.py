"""Signatures of requests and of presigned URLs, checked against the credentials of the state's roles.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.front.messages import Call
from local.front.ports import Principals

_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<credential>[^, ]+), *SignedHeaders=(?P<headers>[^, ]+),"
    r" *Signature=(?P<signature>[0-9a-f]{64})"
)
_SKEW: Final = timedelta(minutes=5)
_LONGEST: Final = timedelta(days=7)


class SignatureError(Exception):
    """A request that is not signed as it must be; `kind` is the type of API Gateway's response."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True)
class _Signed:
    credential: str
    headers: tuple[str, ...]
    signature: str
    token: str
    at: str

    @property
    def key(self) -> str:
        return self.credential.split("/")[0]

    @property
    def scope(self) -> list[str]:
        """Date, Region, service and the final word."""
        return self.credential.split("/")[1:]


class Signatures:
    """Who signed a request."""

    def __init__(
        self, principals: Principals, region: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._principals, self._region, self._now = principals, region, now

    def role_of(self, call: Call, service: str) -> str:
        """ARN of the role whose credentials signed a request for a service.

        Raises:
            SignatureError: not signed, with another key, for another service or Region, too old, or altered.
        """
        found = _AUTHORIZATION.fullmatch(call.header("authorization") or "")
        if found is None:
            raise SignatureError("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
        given = _Signed(
            found["credential"],
            tuple(found["headers"].split(";")),
            found["signature"],
            call.header("x-amz-security-token") or "",
            call.header("x-amz-date") or "",
        )
        self._in_time(given, _SKEW)
        if "host" not in given.headers:
            raise SignatureError("INVALID_SIGNATURE", "'Host' must be a 'SignedHeader' in the AWS Authorization.")
        if call.header("x-amz-content-sha256") not in (None, hashlib.sha256(call.body).hexdigest()):
            raise SignatureError("INVALID_SIGNATURE", "X-Amz-Content-SHA256 must be the hash of the body")
        signer, role = self._signer(given, service)
        return self._matching(signer, _canonical(call, given), given, role)

    def role_of_url(self, host: str, query: str, service: str) -> tuple[str, dict[str, str]]:
        """ARN of the role that presigned `https://<host>/?<query>`, and the parameters of its own that it signed.

        Raises:
            SignatureError: as in `role_of`.
        """
        given = dict(parse_qsl(query, keep_blank_values=True))
        own = {name: value for name, value in given.items() if not name.startswith("X-Amz-")}
        if given.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" or not given.get("X-Amz-Credential"):
            raise SignatureError("MISSING_AUTHENTICATION_TOKEN", "the URL must be presigned")
        signed = _Signed(
            given["X-Amz-Credential"],
            tuple(given.get("X-Amz-SignedHeaders", "").split(";")),
            given.get("X-Amz-Signature", ""),
            given.get("X-Amz-Security-Token", ""),
            given.get("X-Amz-Date", ""),
        )
        lifetime = given.get("X-Amz-Expires", "")
        self._in_time(signed, min(timedelta(seconds=int(lifetime)), _LONGEST) if lifetime.isdigit() else timedelta())
        if signed.headers != ("host",):
            raise SignatureError("INVALID_SIGNATURE", "a presigned URL must sign the header Host alone")
        signer, role = self._signer(signed, service)
        params = {name: value for name, value in given.items() if name != "X-Amz-Signature"}
        request = AWSRequest(method="GET", url=f"https://{host}/", params=params, headers={"host": host})
        request.context["timestamp"] = signed.at
        return self._matching(SigV4QueryAuth(signer.credentials, service, self._region), request, signed, role), own

    def _in_time(self, given: _Signed, lifetime: timedelta) -> None:
        try:
            signed_at = datetime.strptime(given.at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise SignatureError("INVALID_SIGNATURE", "the request must have its date in X-Amz-Date") from None
        if not signed_at - _SKEW <= self._now() <= signed_at + lifetime:
            raise SignatureError("EXPIRED_TOKEN", "Signature expired")

    def _signer(self, given: _Signed, service: str) -> tuple[SigV4Auth, str]:
        if given.scope != [given.at[:8], self._region, service, "aws4_request"]:
            raise SignatureError(
                "INVALID_SIGNATURE",
                f"Credential should be scoped to {given.at[:8]}/{self._region}/{service}/aws4_request",
            )
        role = self._principals.role_of(given.key)
        if role is None:
            raise SignatureError("ACCESS_DENIED", "The security token included in the request is invalid.")
        known = self._principals.credentials(role)
        if not hmac.compare_digest(known.session_token, given.token):
            raise SignatureError("ACCESS_DENIED", "The security token included in the request is invalid.")
        credentials = Credentials(known.access_key_id, known.secret_access_key, known.session_token)
        return SigV4Auth(credentials, service, self._region), role

    @staticmethod
    def _matching(signer: SigV4Auth, request: AWSRequest, given: _Signed, role: str) -> str:
        expected = str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
        if not hmac.compare_digest(expected, given.signature):
            raise SignatureError("INVALID_SIGNATURE", "The request signature we calculated does not match")
        return role


def _canonical(call: Call, given: _Signed) -> AWSRequest:
    """The request as its sender signed it: with these headers, and no others."""
    host = call.header("host") or ""
    query = f"?{call.query}" if call.query else ""
    headers = {name: call.header(name) or "" for name in given.headers}
    request = AWSRequest(method=call.method, url=f"https://{host}{call.target}{query}", headers=headers, data=call.body)
    request.context["timestamp"] = given.at
    return request
