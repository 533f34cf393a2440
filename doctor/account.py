"""The AWS account as the checks see it: read calls only, and a reason where one is impossible."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
)

from settings.environment import EnvironmentSettings

# Seconds; a check must not hang on a Region or proxy that swallows packets.
_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})
_DENIED = ("AccessDenied", "Unauthorized", "AuthorizationError", "NotAuthorized", "Forbidden")
_REFUSED = ("ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient", "SignatureDoesNotMatch", "AuthFailure")


class UnseenError(Exception):
    """A look was impossible; the text is the reason."""


class Account:
    """Clients for one environment: the caller's credentials, or those of `environment.assume_role_arn`.

    Args:
        environment: Names account, home Region and role.
        session: Without it boto3's default chain is asked
            (https://docs.aws.amazon.com/boto3/latest/guide/credentials.html).
    """

    def __init__(self, environment: EnvironmentSettings, session: boto3.Session | None = None) -> None:
        self._environment = environment
        self._given = session
        self._clients: dict[tuple[str, str], Any] = {}
        self._caller: Mapping[str, str] | UnseenError | None = None

    @property
    def home(self) -> str:
        return self._environment.region

    def call(self, service: str, operation: str, *, region: str = "", **parameters: Any) -> dict[str, Any]:
        """Answer of one operation, in snake case as boto3 has it.

        Raises:
            UnseenError: no credentials, no permission, no connection, or an error that the check does not expect.
        """
        answer = self.find(service, operation, absent=(), region=region, **parameters)
        return answer or {}

    def find(
        self, service: str, operation: str, *, absent: Collection[str], region: str = "", **parameters: Any
    ) -> dict[str, Any] | None:
        """As `call`, but None where AWS answers with one of the error codes `absent`: there is no such thing."""
        try:
            return getattr(self._client(service, region), operation)(**parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in absent:
                return None
            raise UnseenError(_reason(error, f"{service}:{_pascal(operation)}")) from error
        except BotoCoreError as error:
            raise UnseenError(_connection(error)) from error

    def every(self, service: str, operation: str, key: str, *, region: str = "", **parameters: Any) -> list[Any]:
        """All items of a list, over its pages.

        Raises:
            UnseenError: as `call`.
        """
        client = self._client(service, region)
        if not client.can_paginate(operation):
            return list(self.call(service, operation, region=region, **parameters).get(key) or [])
        try:
            pages = client.get_paginator(operation).paginate(**parameters)
            return [item for page in pages for item in page.get(key) or []]
        except ClientError as error:
            raise UnseenError(_reason(error, f"{service}:{_pascal(operation)}")) from error
        except BotoCoreError as error:
            raise UnseenError(_connection(error)) from error

    @property
    def caller(self) -> Mapping[str, str]:
        """`Account` and `Arn` of the credentials in use.

        Raises:
            UnseenError: as `call`; it is asked once, for a search through boto3's whole chain takes seconds.
        """
        if self._caller is None:
            try:
                self._caller = self.call("sts", "get_caller_identity")
            except UnseenError as reason:
                self._caller = reason
        if isinstance(self._caller, UnseenError):
            raise UnseenError(str(self._caller))
        return self._caller

    def demand_right_account(self) -> None:
        """
        Raises:
            UnseenError: no credentials, or those of another account, where nothing looked at would mean anything.
        """
        if self.caller["Account"] != self._environment.account_id:
            raise UnseenError(f"the credentials are of account {self.caller['Account']}")

    @cached_property
    def _session(self) -> boto3.Session:
        base = self._given or _default_session()
        role = self._environment.assume_role_arn
        if not role:
            return base
        sts = base.client("sts", region_name=self.home, config=_CONFIG)
        try:
            got = sts.assume_role(RoleArn=role, RoleSessionName=f"doctor-{self._environment.name}")["Credentials"]
        except ClientError as error:
            raise UnseenError(_reason(error, f"sts:AssumeRole of {role}")) from error
        except BotoCoreError as error:
            raise UnseenError(_connection(error)) from error
        return boto3.Session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], self.home)

    def _client(self, service: str, region: str) -> Any:
        place = (service, region or self.home)
        if place not in self._clients:
            self._clients[place] = self._session.client(place[0], region_name=place[1], config=_CONFIG)  # pyright: ignore[reportCallIssue, reportArgumentType]
        return self._clients[place]


def _default_session() -> boto3.Session:
    try:
        return boto3.Session()
    except BotoCoreError as error:  # a profile that AWS_PROFILE names and no file has
        raise UnseenError(_connection(error)) from error


def _reason(error: ClientError, action: str) -> str:
    code = error.response["Error"]["Code"]
    if code.startswith(_REFUSED):
        return f"AWS refuses the credentials ({code}): sign in again"
    if code.startswith(_DENIED):
        return f"{action} is not allowed to these credentials"
    return f"{action} failed: {code}: {error.response['Error'].get('Message', '')}".rstrip(": ")


def _connection(error: BotoCoreError) -> str:
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials: set AWS_PROFILE, or run `aws sso login`"
    if isinstance(error, HTTPClientError | EndpointConnectionError | ConnectTimeoutError):
        return f"no connection to AWS: {type(error).__name__}"
    return f"{error}".splitlines()[0]


def _pascal(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))
