"""CloudFront of the run: behaviours, origins, web ACL, headers and error pages, as the dev stack deployed them."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local.errors import LocalError
from local.front.edge import Edge
from local.front.messages import Answer, Call, Unreachable
from local.front.objects import Bucket
from local.journal import Journal
from local.state import Deployed
from settings.stack_files import stack_settings
from tests.local.front.parts import Judge, Tier, services

HOST = ("host", "dev.store.example.com")
WEB = "web"
Change = Callable[[Callable[[dict[str, Any]], object]], Deployed]
PAGE = b"<h1>We are back in a moment</h1>"


class Objects:
    """Buckets that hold one page and one picture."""

    def __init__(self) -> None:
        self.kept = {
            ("edge-maintenance", "maintenance/index.html"): PAGE,
            ("media", "media/a b.svg"): b"<svg/>",
        }

    async def get(self, bucket: str, key: str, *, head: bool) -> Answer | None:
        body = self.kept.get((bucket, key))
        if body is None:
            return None
        return Answer(status=200, headers=(("content-type", "text/html"),), body=b"" if head else body)


async def api(call: Call) -> Answer:
    return Answer(status=200, body=json.dumps({"target": call.target, "headers": dict(call.headers)}).encode())


def ask(tier: Tier, *calls: Call, judge: Judge | None = None, running: bool = True) -> list[Answer]:
    """The edge's answers, one after the other."""

    async def run() -> list[Answer]:
        async with services(*([WEB] if running else [])) as processes:
            tier.processes = processes
            edge = Edge(
                tier.deployed,
                balancer=tier.balancer,
                api=api,
                objects=Objects(),
                judge=judge or Judge(),
                journal=tier.journal,
                hosts=("localhost:8080",),
                clock=tier.clock,
            )
            try:
                return [await edge.answer(call) for call in calls]
            finally:
                await tier.forwarder.close()

    return asyncio.run(run())


@pytest.fixture
def tier(dev: Deployed, journal: Journal) -> Tier:
    return Tier(dev, journal)


def test_a_page_comes_from_the_web_tier_with_what_cloudfront_and_the_load_balancer_add(tier: Tier) -> None:
    sent = (HOST, ("cookie", "session=1"), ("x-store-client", "6.6.6.6"), ("bad_name", "x"), ("user-agent", "Browser"))
    (answer,) = ask(tier, Call(target="/cart", query="a=1&b=%20", headers=sent, client="203.0.113.7"))
    got = json.loads(answer.body)
    assert (got["target"], got["query"]) == ("/cart", "a=1&b=%20")
    headers = got["headers"]
    assert headers["host"] == "dev.store.example.com"
    assert headers["x-store-client"] == "203.0.113.7", "a viewer must not choose the address that limits count"
    assert headers["x-forwarded-for"].startswith("203.0.113.7")
    assert headers["x-forwarded-proto"] == headers["cloudfront-forwarded-proto"] == "https"
    assert headers["cookie"] == "session=1"
    assert headers["user-agent"] == "Browser"
    assert "bad_name" not in headers, "the load balancer drops invalid headers"
    assert tier.groups.asked == [(("sg-web-balancer",), (f"sg-{WEB}",), 8080)]
    assert tier.journal.entries("connection")[0]["why"] == "web-balancer-from-cloudfront-443"


def test_every_answer_bears_the_headers_of_the_policy_and_no_server(tier: Tier) -> None:
    for answer in ask(tier, Call(headers=(HOST,)), Call(target="/api/x", headers=(HOST,))):
        assert answer.header("strict-transport-security") == "max-age=63072000; includeSubDomains"
        assert answer.header("x-frame-options") == "DENY"
        assert answer.header("x-content-type-options") == "nosniff"
        policy = answer.header("content-security-policy") or ""
        assert policy.startswith("default-src 'self'")
        assert "upgrade-insecure-requests" not in policy, "this server has no HTTPS"
        assert answer.header("permissions-policy")
        assert answer.header("server") is None


def test_all_cookies_of_an_answer_reach_the_viewer(tier: Tier) -> None:
    (answer,) = ask(tier, Call(headers=(HOST,)))
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]


def test_the_root_is_the_default_root_object(tier: Tier) -> None:
    (answer,) = ask(tier, Call(headers=(("host", "localhost:8080"),)))
    assert json.loads(answer.body)["target"] == "/home"


def test_another_host_is_refused(tier: Tier) -> None:
    answers = ask(tier, Call(headers=(("host", "attacker.example"),)), Call())
    assert [answer.status for answer in answers] == [403, 403], "a page elsewhere could otherwise rebind its name"


def test_assets_are_forwarded_without_cookies_and_with_the_query_of_the_cache_policy(tier: Tier) -> None:
    sent = (HOST, ("cookie", "session=1"), ("accept-language", "de"))
    (answer,) = ask(tier, Call(target="/static/app.css", query="v=2&x=1", headers=sent))
    got = json.loads(answer.body)
    assert got["query"] == "v=2"
    assert got["headers"]["user-agent"] == "Amazon CloudFront"
    assert not {"cookie", "accept-language"} & set(got["headers"])


def test_the_api_gets_its_key_and_its_own_host(dev: Deployed, tier: Tier) -> None:
    (key,) = (one for one in dev.of_type("aws:apigateway/apiKey:ApiKey") if one.name == "api-edge-1")
    sent = (HOST, ("x-api-key", "guess"), ("authorization", "Bearer t"))
    (answer,) = ask(tier, Call(method="POST", target="/api/orders", headers=sent))
    headers = json.loads(answer.body)["headers"]
    assert headers["x-api-key"] == key.outputs["value"]
    assert headers["host"] == "api.dev.store.example.com"
    assert headers["authorization"] == "Bearer t"


def test_media_are_read_by_cloudfront_alone(tier: Tier) -> None:
    judge = Judge()
    there, missing = Call(target="/media/a%20b.svg", headers=(HOST,)), Call(target="/media/none.svg", headers=(HOST,))
    found, hidden, listed = ask(tier, there, missing, replace(there, method="OPTIONS"), judge=judge)
    assert (found.status, found.body, hidden.status, listed.status) == (200, b"<svg/>", 403, 403)
    assert judge.asked[0] == ("cloudfront.amazonaws.com", "s3:GetObject", "arn:aws:s3:::media/media/a b.svg")
    (refused,) = ask(tier, there, judge=Judge({"s3:GetObject"}))
    assert refused.status == 403


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject"), True),
        (ClientError({"Error": {"Code": "InternalError"}}, "GetObject"), False),
        (EndpointConnectionError(endpoint_url="http://s3"), False),
    ],
)
def test_a_bucket_that_does_not_answer_is_told_from_a_missing_key(error: Exception, found: bool) -> None:
    def fail(**_: str) -> None:
        raise error

    bucket = Bucket(cast("Any", SimpleNamespace(get_object=fail, head_object=fail)))
    for head in (True, False):
        if found:
            assert asyncio.run(bucket.get("b", "k", head=head)) is None
        else:
            with pytest.raises(Unreachable):
                asyncio.run(bucket.get("b", "k", head=head))


def test_a_key_is_known_to_be_missing_where_cloudfront_may_list(changed: Change, journal: Journal) -> None:
    def open_bucket(entry: dict[str, Any]) -> None:
        if entry["type"] == "aws:s3/bucketPolicy:BucketPolicy":
            principal = {"Service": "cloudfront.amazonaws.com"}
            statement = {"Effect": "Allow", "Principal": principal, "Action": ["s3:ListBucket"], "Resource": "*"}
            entry["outputs"]["policy"] = json.dumps({"Statement": [statement]})

    (missing,) = ask(Tier(changed(open_bucket), journal), Call(target="/media/none.svg", headers=(HOST,)))
    assert missing.status == 404


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("POST", "/static/a.js", 403), ("DELETE", "/media/a.svg", 403), ("PATCH", "/cart", 200), ("TRACE", "/cart", 403)],
)
def test_methods_are_those_of_the_behaviour(tier: Tier, method: str, target: str, status: int) -> None:
    (answer,) = ask(tier, Call(method=method, target=target, headers=(HOST,)))
    assert answer.status == status


@pytest.mark.parametrize("target", ["/health/live", "/%68ealth", "//internal/x", "/internal;v=1", "/home/../health"])
def test_closed_paths_do_not_exist_in_any_spelling(tier: Tier, target: str) -> None:
    (answer,) = ask(tier, Call(target=target, headers=(HOST,)))
    assert (answer.status, answer.body) == (404, b"There is no such page.")


def test_a_path_that_the_web_acl_forgot_is_closed_by_the_load_balancer(changed: Change, journal: Journal) -> None:
    def open_acl(entry: dict[str, Any]) -> None:
        if entry["type"] == "aws:wafv2/webAcl:WebAcl":
            entry["outputs"]["rules"] = []

    (answer,) = ask(Tier(changed(open_acl), journal), Call(target="/health/live", headers=(HOST,)))
    assert (answer.status, answer.body) == (404, b"Not Found")


def test_a_body_above_the_limit_is_refused(tier: Tier) -> None:
    fits, large = (Call(method="POST", target="/cart", headers=(HOST,), body=b"x" * size) for size in (16384, 16385))
    assert [answer.status for answer in ask(tier, fits, large)] == [200, 413]


def test_an_address_is_limited_for_the_window_of_the_rule(tier: Tier) -> None:
    now = 0.0
    tier.clock = lambda: now
    limit = stack_settings()["dev"].edge.web_acl.rate_limits[0].limit

    async def run() -> list[int]:
        nonlocal now
        edge = Edge(
            tier.deployed,
            balancer=tier.balancer,
            api=api,
            objects=Objects(),
            judge=Judge(),
            journal=tier.journal,
            clock=tier.clock,
        )
        call = Call(target="/api/x", headers=(HOST,), client="203.0.113.7")
        first = [(await edge.answer(call)).status for _ in range(limit + 1)]
        other = (await edge.answer(Call(target="/api/x", headers=(HOST,), client="203.0.113.8"))).status
        now = 301.0
        later = (await edge.answer(call)).status
        await tier.forwarder.close()
        return [*first[-2:], other, later]

    assert asyncio.run(run()) == [200, 429, 200, 200]


@pytest.mark.parametrize("broken", ["no process", "no rule"])
def test_a_web_tier_that_does_not_answer_shows_the_maintenance_page(tier: Tier, broken: str) -> None:
    tier.groups.denied = broken == "no rule"
    (answer,) = ask(tier, Call(method="POST", target="/cart", headers=(HOST,)), running=broken == "no rule")
    assert (answer.status, answer.body) == (503, PAGE)


def test_the_maintenance_page_stands_for_the_503_of_a_service_too(tier: Tier) -> None:
    (answer,) = ask(tier, Call(target="/cart", headers=(HOST, ("x-answer", "503"))))
    assert (answer.status, answer.body) == (503, PAGE)


def test_an_error_without_a_page_stays_as_it_is(tier: Tier) -> None:
    (answer,) = ask(tier, Call(target="/cart", headers=(HOST, ("x-answer", "404"))))
    assert json.loads(answer.body)["target"] == "/cart"


def test_without_a_rule_for_cloudfronts_prefix_list_the_web_tier_is_out_of_reach(
    changed: Change, journal: Journal
) -> None:
    def close(entry: dict[str, Any]) -> None:
        entry["outputs"].pop("prefixListId", None)

    (answer,) = ask(Tier(changed(close), journal), Call(headers=(HOST,)))
    assert (answer.status, answer.body) == (503, PAGE)
    assert journal.denied()[0]["target"] == "web-balancer"


def _set(token: str, edit: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda entry: edit(entry["outputs"]) if entry["type"] == token else None


@pytest.mark.parametrize(
    ("token", "edit", "words"),
    [
        (
            "aws:cloudfront/function:Function",
            lambda given: given.update(code="function handler(e){return e}"),
            "JavaScript",
        ),
        (
            "aws:s3/bucket:Bucket",
            lambda given: given.update(bucketRegionalDomainName="x", bucketDomainName="x"),
            "a bucket",
        ),
        (
            "aws:wafv2/webAcl:WebAcl",
            lambda given: given["rules"].append({"name": "x", "priority": 1, "statement": {"xssMatchStatement": {}}}),
            "xssMatchStatement",
        ),
        (
            "aws:lb/listenerRule:ListenerRule",
            lambda given: given.update(conditions=[{"sourceIp": {"values": ["10.0.0.0/8"]}}]),
            "sourceIp",
        ),
    ],
)
def test_what_the_run_cannot_do_is_said_at_the_start(
    changed: Change,
    journal: Journal,
    token: str,
    edit: Callable[[dict[str, Any]], object],
    words: str,
) -> None:
    tier = Tier(changed(_set(token, edit)), journal)
    with pytest.raises(LocalError, match=words):
        ask(tier, Call(headers=(HOST,)))
