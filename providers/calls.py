"""Calls of AWS's API in one account and Region."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError

from providers.kind import Kind, model_of
from providers.refusal import RefusedError, code_of, said

# Throttled calls are made again by botocore, each time after a longer pause, for about two minutes in all.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_CONFIG: Final = Config(retries={"mode": "standard", "total_max_attempts": 10}, connect_timeout=10, read_timeout=60)
_SESSION_NAME: Final = "pulumi-providers"
_ONE_AT_A_TIME: Final = threading.RLock()
NOT_FOUND: Final = "ResourceNotFoundException"
EXISTS: Final = "ResourceAlreadyExistsException"


@dataclass(frozen=True)
class Place:
    """Where a resource is."""

    account_id: str
    region: str
    assume_role_arn: str | None = None
    """Role in the account that makes the calls; without it the caller's own credentials."""

    def __str__(self) -> str:
        return f"account {self.account_id}, {self.region}"


@dataclass(frozen=True)
class Calls:
    """What is asked of AWS about one kind of resource."""

    kind: Kind
    place: Place

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """
        Raises:
            ClientError: AWS refuses, and says why.
            RefusedError: the call cannot be made, or the credentials are those of another account.
            ValueError: the kind does not name the operation, so the deployer has no right to it.
        """
        if operation not in self.kind.calls:
            raise ValueError(f"{operation} is none of the calls of {self.kind}: add it to its Kind.further_calls")
        try:
            method = getattr(_client(self.kind.service, self.place), xform_name(operation))
            return method(**parameters)
        except BotoCoreError as problem:
            raise RefusedError(f"{self.kind.service}:{operation} ({self.place}): {said(problem)}") from problem

    def create(self, inputs: Mapping[str, Any]) -> str:
        """Create it; returns its ARN."""
        return self.call(f"Create{self.kind.noun}", **inputs)[self.kind.arn]

    def describe(self, arn: str) -> dict[str, Any] | None:
        """What AWS says of it; None if it does not exist."""
        try:
            return self.call(f"Describe{self.kind.noun}", **{self.kind.arn: arn})[self.kind.member]
        except ClientError as problem:
            if code_of(problem) == NOT_FOUND:
                return None
            raise

    def delete(self, arn: str) -> None:
        """Delete it, if it is there."""
        try:
            self.call(f"Delete{self.kind.noun}", **{self.kind.arn: arn})
        except ClientError as problem:
            if code_of(problem) != NOT_FOUND:
                raise

    def find(self, inputs: Mapping[str, Any]) -> str | None:
        """ARN of the resource that has these inputs' unique ones."""
        by = self.kind.listed_by
        narrowed = {by: inputs[by]} if by else {}
        wanted = {name: inputs[name] for name in self.kind.unique if name != by}
        operation = self.kind.operation("List", "s")
        members = operation.output_shape.members
        (many,) = (name for name, member in members.items() if member.type_name == "list")
        page: dict[str, Any] = {}
        while True:
            token = {"nextToken": page["nextToken"]} if page else {}
            page = self.call(operation.name, **narrowed, **token)
            for entry in page[many]:
                said = self.kind.comparable
                if all(said(name, entry.get(name)) == said(name, value) for name, value in wanted.items()):
                    return entry[self.kind.arn]
            if not page.get("nextToken"):
                return None

    def tags(self, arn: str) -> dict[str, str]:
        """Its tags, without those that AWS keeps under a prefix of its own.

        https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
        """
        listed = self.call("ListTagsForResource", resourceArn=arn)["tags"]
        return {tag["tagKey"]: tag["tagValue"] for tag in listed if not tag["tagKey"].startswith("aws:")}

    def tag(self, arn: str, wanted: Mapping[str, str]) -> None:
        """Give it these tags and no others of its own."""
        found = self.tags(arn)
        changed = {name: value for name, value in wanted.items() if found.get(name) != value}
        if changed:
            self.call("TagResource", resourceArn=arn, tags=listed_tags(changed))
        gone = [name for name in found if name not in wanted]
        if gone:
            self.call("UntagResource", resourceArn=arn, tagKeys=gone)


def listed_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API writes them."""
    return [{"tagKey": name, "tagValue": value} for name, value in sorted(tags.items())]


class _AssumedRole(CredentialProvider):
    """Credentials of a role, renewed before they expire."""

    METHOD = "assume-role"

    def __init__(self, role_arn: str, region: str) -> None:
        super().__init__()
        self._role_arn, self._region = role_arn, region

    def load(self) -> Any:
        base = botocore.session.get_session()
        given = {"RoleSessionName": _SESSION_NAME}
        source = base.get_credentials()
        if source is None:
            raise RefusedError(
                f"the role {self._role_arn} cannot be assumed: there are no AWS credentials to assume it with. Sign in "
                "(`aws sso login`), or set AWS_PROFILE"
            )
        creator = partial(base.create_client, region_name=self._region)
        fetcher = AssumeRoleCredentialFetcher(creator, source, self._role_arn, given)
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)


def _client(service: str, place: Place) -> Any:
    with _ONE_AT_A_TIME:
        _require_account(place)
        return _made(service, place)


@cache
def _made(service: str, place: Place) -> Any:
    session = botocore.session.get_session()
    if place.assume_role_arn:
        role = _AssumedRole(place.assume_role_arn, place.region)
        session.get_component("credential_provider").providers.insert(0, role)
    assert model_of(service)
    return session.create_client(service, region_name=place.region, config=_CONFIG)


@cache
def _require_account(place: Place) -> None:
    """Refuse to work in another account than the resource's own."""
    try:
        found = _made("sts", place).get_caller_identity()["Account"]
    except (ClientError, BotoCoreError) as problem:
        raise RefusedError(f"the AWS credentials cannot be used in {place}: {said(problem)}") from problem
    if found != place.account_id:
        raise RefusedError(
            f"the AWS credentials are those of account {found}, but the resource belongs in account "
            f"{place.account_id}: sign in there, or name a role of it (web-store:environment.assume_role_arn)"
        )
