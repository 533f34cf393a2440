"""A cache that fails slows and never fails a request; its password is a token of IAM."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from redis.exceptions import ConnectionError as CacheError

from functions.common import names
from services.common import cache
from services.common.cache import Cache, IamToken

HOST = "cache.abc.clustercfg.euw1.cache.amazonaws.com"


class Broken:
    """A client that fails, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __getattr__(self, _name: str) -> Any:
        self.asked += 1
        raise CacheError("down")


def test_a_cache_that_is_down_is_left_alone_for_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("services.common.cache.time.monotonic", lambda: now)
    broken = Broken()
    kept = Cache(lambda: broken)
    assert kept.through("key", 60, lambda: {"made": 1}) == {"made": 1}
    kept.drop("key")
    kept.count("key")
    assert broken.asked == 1
    now += 6
    assert kept.get("key") is None
    assert broken.asked == 2
    with pytest.raises(CacheError):
        kept.ping()


def test_a_cache_that_cannot_be_reached_at_first_is_reached_later() -> None:
    tries: list[int] = []

    def connect() -> Any:
        tries.append(1)
        raise CacheError("no cluster")

    assert Cache(connect).get("key") is None
    assert tries == [1]


@pytest.mark.parametrize("serverless", [True, False])
def test_the_password_is_a_presigned_connect_that_is_renewed_in_time(
    monkeypatch: pytest.MonkeyPatch, serverless: bool
) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    now = 1000.0
    monkeypatch.setattr("services.common.cache.time.monotonic", lambda: now)
    token = IamToken("the-cache", "the-user", serverless=serverless)
    user, password = token.get_credentials()
    parts = urlsplit(f"//{password}")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (user, parts.netloc) == ("the-user", "the-cache")
    assert (query["Action"], query["User"], query["X-Amz-Expires"]) == ("connect", "the-user", "900")
    assert query.get("ResourceType") == ("ServerlessCache" if serverless else None)
    assert "/elasticache/aws4_request" in query["X-Amz-Credential"]
    made = token._made_at
    token.get_credentials()
    assert token._made_at == made
    now += 601
    token.get_credentials()
    assert token._made_at == now


def test_a_cache_is_reached_by_tls_and_the_token_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(cache, "RedisCluster", lambda **options: made.append(options))
    for name, value in {
        names.CACHE_ENDPOINT: HOST,
        names.CACHE_PORT: "6380",
        names.CACHE_NAME: "the-cache",
        names.CACHE_USER: "the-user",
    }.items():
        monkeypatch.setenv(name, value)
    cache.connect()
    (options,) = made
    assert (options["host"], options["port"], options["ssl"]) == (HOST, 6380, True)
    assert isinstance(options["credential_provider"], IamToken)
