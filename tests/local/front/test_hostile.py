"""Requests that nobody should send: edge and API answer them, and never fail by them."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.front.api import Api
from local.front.edge import Edge
from local.front.messages import Answer, Call
from local.journal import Journal
from local.principals import Principals
from local.state import Deployed
from tests.local.front.parts import Functions, Judge, Tier


class NoTokens:
    arn = "arn:aws:cognito-idp:eu-west-1:111111111111:userpool/eu-west-1_identity"

    def claims(self, token: str) -> None:
        assert isinstance(token, str)


class Empty:
    async def get(self, bucket: str, key: str, *, head: bool) -> Answer | None:
        assert bucket
        assert isinstance(key, str)
        assert head in (True, False)
        return None


TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=40)
SEGMENTS = st.sampled_from(
    ["api", "orders", "catalogue", "products", "me", "media", "assets", "..", "%2e%2e", "%00", "", "{x}"]
)
HEADERS = st.sampled_from(
    [
        "authorization",
        "x-api-key",
        "cookie",
        "content-type",
        "x-forwarded-for",
        "x-store-client",
        "x-amz-date",
        "origin",
    ]
)


@pytest.fixture(scope="module")
def front(dev: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Edge, Api]]:
    """Limits are never reached, since the clock jumps."""
    ticks = iter(range(0, 10**9, 1000))
    with Journal(tmp_path_factory.mktemp("hostile") / "journal.jsonl") as journal:
        tier = Tier(dev, journal, clock=lambda: float(next(ticks)))
        common = {"balancer": tier.balancer, "judge": Judge(), "journal": journal, "clock": tier.clock}
        behind = {"functions": Functions(), "tokens": NoTokens(), "principals": Principals(), "groups": tier.groups}
        api = Api(dev, **common, **behind)
        yield Edge(dev, api=api.answer, objects=Empty(), **common), api


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X"]),
    path=st.lists(SEGMENTS | TEXT, max_size=5),
    query=TEXT,
    headers=st.lists(st.tuples(HEADERS, TEXT), max_size=4),
    body=st.binary(max_size=60) | st.just(b'{"sku": ' + b"[" * 5000),
)
@settings(max_examples=60, deadline=None)
def test_nothing_that_is_sent_is_an_error_of_the_front(
    front: tuple[Edge, Api],
    method: str,
    path: list[str],
    query: str,
    headers: list[tuple[str, str]],
    body: bytes,
) -> None:
    sent = Call(
        method=method,
        target="/" + "/".join(part.replace("?", "") for part in path),
        query=query,
        headers=(("host", "dev.store.example.com"), *headers),
        body=body,
    )

    async def run() -> list[int]:
        return [(await one.answer(sent)).status for one in front]

    statuses = asyncio.run(run())
    # No task runs, which the load balancer tells with a 503; the rest is the caller's fault.
    assert all(status < 500 or status == 503 for status in statuses), (sent, statuses)
