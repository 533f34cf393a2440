"""The service's Valkey: TLS, cluster mode, an IAM token as password. A cache that is down slows, and never fails.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
"""

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlencode

import boto3
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.credentials import CredentialProvider
from redis.exceptions import RedisClusterException, RedisError
from redis.retry import Retry

from functions.common import names
from functions.common.log import cause, logger
from services.common.settings import optional, setting

# A token may be used for 15 minutes; a connection that it opened lives up to 12 hours.
_TOKEN_SECONDS = 900
_RENEWED_AFTER = 600
_PAUSE_SECONDS = 5
_TIMEOUT = 0.3


class IamToken(CredentialProvider):
    """Presigned request `connect` for the cache and its user."""

    def __init__(self, cache_name: str, user: str, *, serverless: bool) -> None:
        self._cache_name, self._user, self._serverless = cache_name, user, serverless
        self._token, self._made_at = "", float("-inf")

    def get_credentials(self) -> tuple[str, str]:
        if time.monotonic() - self._made_at > _RENEWED_AFTER:
            self._token, self._made_at = self._presigned(), time.monotonic()
        return self._user, self._token

    def _presigned(self) -> str:
        session = boto3.Session()
        query = {"Action": "connect", "User": self._user}
        if self._serverless:
            query["ResourceType"] = "ServerlessCache"
        request = AWSRequest("GET", f"http://{self._cache_name}/?{urlencode(query)}")
        SigV4QueryAuth(session.get_credentials(), "elasticache", session.region_name, _TOKEN_SECONDS).add_auth(request)
        return str(request.url).removeprefix("http://")


class Cache:
    """Values as JSON by key. When the cache fails, the next seconds go without it.

    Args:
        connect: Makes the client, at first use.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._client: Any = None
        self._down_until = float("-inf")

    def get(self, key: str) -> Any:
        """The value, or None."""
        found = self._do(lambda client: client.get(key))
        return None if found is None else json.loads(found)

    def put(self, key: str, value: Any, seconds: int) -> None:
        self._do(lambda client: client.set(key, json.dumps(value), ex=seconds))

    def drop(self, *keys: str) -> None:
        """Forget values; one that the cache cannot be told of lives as long as it was put for."""
        for key in keys:
            self._do(lambda client, key=key: client.delete(key))

    def count(self, key: str) -> None:
        """Raise a number that others may have raised, too; it begins at 1."""
        self._do(lambda client: client.incr(key))

    def through(self, key: str, seconds: int, make: Callable[[], Any]) -> Any:
        """The cached value, or the one of `make`, which is kept for `seconds`; None is not kept."""
        if (found := self.get(key)) is not None:
            return found
        made = make()
        if made is not None:
            self.put(key, made, seconds)
        return made

    def ping(self) -> None:
        """
        Raises:
            RedisError, RedisClusterException, OSError: the cache is not reachable.
        """
        self._reached().ping()

    def _reached(self) -> Any:
        if self._client is None:
            self._client = self._connect()
        return self._client

    def _do(self, command: Callable[[Any], Any]) -> Any:
        if time.monotonic() < self._down_until:
            return None
        try:
            return command(self._reached())
        # The error of a cluster without a node that answers is none of the others.
        except (RedisError, RedisClusterException, OSError) as error:
            self._down_until = time.monotonic() + _PAUSE_SECONDS
            logger.warning("cache fails", extra={"cause": cause(error)})
            return None


@cache
def shared() -> Cache:
    """Cache of the process, by the variables that the program sets."""
    return Cache(lambda: connect())  # noqa: PLW0108 tests put another cache in its place


def connect() -> Any:
    """Client of the cache, by an IAM token."""
    host, port = setting(names.CACHE_ENDPOINT), int(optional(names.CACHE_PORT) or "6379")
    token = IamToken(setting(names.CACHE_NAME), setting(names.CACHE_USER), serverless=".serverless." in host)
    return RedisCluster(
        host=host,
        port=port,
        ssl=True,
        credential_provider=token,
        decode_responses=True,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        # One attempt: who waits for the cache waits for the customer.
        retry=Retry(NoBackoff(), 0),
    )
