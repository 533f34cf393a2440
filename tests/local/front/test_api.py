"""API Gateway of the run, as the dev stack deployed it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.errors import LocalError
from local.front.api import Api
from local.front.messages import MAX_BODY, Answer, Call, HttpApp
from local.journal import Journal
from local.principals import Principals
from local.serving import HOST, serve
from local.state import Deployed
from tests.local.front.parts import Functions, Groups, Judge, Processes, Tier, echo

ROLE = "arn:aws:iam::111111111111:role/order-management"
SERVICES = ("catalogue", "customers", "carts", "orders", "payments", "inventory")
ITEM = json.dumps({"sku": "tea", "quantity": 2}).encode()
PRODUCTS = Call(target="/api/catalogue/products")
Change = Callable[[Callable[[dict[str, Any]], object]], Deployed]


@dataclass
class Tokens:
    arn: str
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

    def claims(self, token: str) -> Mapping[str, Any] | None:
        return self.known.get(token)


@dataclass
class Stage:
    """The API of a state, with what is behind it."""

    deployed: Deployed
    journal: Journal
    judge: Judge = field(default_factory=Judge)
    groups: Groups = field(default_factory=Groups)
    functions: Functions = field(default_factory=Functions)
    principals: Principals = field(default_factory=Principals)
    running: bool = True
    now: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        (key,) = (one for one in self.deployed.of_type("aws:apigateway/apiKey:ApiKey") if one.name == "api-edge-1")
        return ("x-api-key", key.outputs["value"])

    def ask(self, *calls: Call) -> list[Answer]:
        return asyncio.run(self._ask(calls))

    async def _ask(self, calls: tuple[Call, ...]) -> list[Answer]:
        listener = await serve(HttpApp(echo))
        tier = Tier(self.deployed, self.journal, groups=self.groups, clock=lambda: self.now)
        tier.processes = Processes(dict.fromkeys(SERVICES, (HOST, listener.port)) if self.running else {})
        (pool,) = self.deployed.of_type("aws:cognito/userPool:UserPool")
        tokens = Tokens(pool.arn)
        tokens.known = {
            name: {"sub": "c1", "token_use": "access", "scope": f"openid store/{name}", "client_id": "web"}
            for name in ("carts.read", "carts.write", "orders.write")
        }
        tokens.known["id"] = {"sub": "c1", "token_use": "id"}
        api = Api(
            self.deployed,
            balancer=tier.balancer,
            functions=self.functions,
            tokens=tokens,
            principals=self.principals,
            judge=self.judge,
            groups=self.groups,
            journal=self.journal,
            clock=lambda: self.now,
        )
        try:
            return [await api.answer(call) for call in calls]
        finally:
            await tier.forwarder.close()
            await listener.close()


@pytest.fixture
def stage(dev: Deployed, journal: Journal) -> Stage:
    return Stage(dev, journal)


def error(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["error"]


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


def test_a_public_route_needs_the_edges_key_which_its_service_never_gets(stage: Stage) -> None:
    call = Call(target="/api/catalogue/products", query="category=a%20b&cursor=", headers=(("accept", "x"), stage.key))
    answer, without, wrong = stage.ask(call, replace(call, headers=()), replace(call, headers=(("x-api-key", "k"),)))
    got = json.loads(answer.body)
    assert (got["target"], got["query"]) == ("/api/catalogue/products", "category=a%20b&cursor=")
    assert got["headers"]["x-api-key"] == ""
    assert got["headers"]["host"] == "dev.store.example.com"
    assert "e" in (answer.header("x-amzn-remapped-server") or "").split(",")
    assert answer.header("x-amzn-requestid")
    assert error(without) == error(wrong) == (403, "refused")


def test_path_parameters_reach_the_service_encoded(stage: Stage) -> None:
    (answer,) = stage.ask(Call(target="/api/catalogue/products/a%2Fb%20c", headers=(stage.key,)))
    assert json.loads(answer.body)["target"] == "/api/catalogue/products/a%2Fb%20c"


def test_the_way_to_a_service_is_judged_at_both_security_groups(stage: Stage) -> None:
    stage.ask(replace(PRODUCTS, headers=(stage.key,)))
    assert stage.groups.asked == [
        (("sg-api-link",), ("sg-app-balancer",), 443),
        (("sg-app-balancer",), ("sg-catalogue",), 8080),
    ]
    assert [entry["source"] for entry in stage.journal.entries("connection")] == ["api", "app-balancer"]


@pytest.mark.parametrize("broken", ["link", "service"])
def test_what_is_out_of_reach_is_an_error_of_the_gateway_or_the_load_balancer(stage: Stage, broken: str) -> None:
    stage.running, stage.groups.denied = broken == "link", broken == "link"
    (answer,) = stage.ask(replace(PRODUCTS, headers=(stage.key,)))
    assert answer.status == {"link": 504, "service": 503}[broken]
    assert (b'"failed"' in answer.body) == (broken == "link")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), (401, "sign_in")),
        ((bearer("forged"),), (401, "sign_in")),
        ((bearer("id"),), (401, "sign_in")),
        ((bearer("carts.read"),), (403, "not_allowed")),
        ((bearer("carts.write"),), None),
        ((("authorization", "carts.write"),), None),
    ],
)
def test_a_route_with_a_scope_needs_an_access_token_with_it(
    stage: Stage, headers: tuple[tuple[str, str], ...], expected: tuple[int, str] | None
) -> None:
    call = Call(method="POST", target="/api/carts/items", headers=(*headers, stage.key), body=ITEM)
    (answer,) = stage.ask(call)
    if expected is None:
        assert json.loads(answer.body)["headers"]["authorization"] == headers[0][1], "services verify it themselves"
    else:
        assert error(answer) == expected
        assert answer.header("cache-control") == "no-store"


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff", b'{"sku": "tea"}', b'{"sku": "../x", "quantity": 1}'),
        *(b'{"sku": "tea", "quantity": 0}', b'{"sku": "tea", "quantity": NaN}'),
        b'{"sku": "tea", "quantity": 1, "price": 1}',
    ],
)
def test_a_body_must_fit_the_model(stage: Stage, body: bytes) -> None:
    call = Call(method="POST", target="/api/carts/items", headers=(bearer("carts.write"), stage.key), body=body)
    assert error(stage.ask(call)[0]) == (400, "body_does_not_fit")


def test_a_required_parameter_must_be_there(changed: Change, journal: Journal) -> None:
    def require(entry: dict[str, Any]) -> None:
        parameters = entry["outputs"].get("requestParameters") or {}
        if "method.request.querystring.category" in parameters:
            parameters["method.request.querystring.category"] = True

    stage = Stage(changed(require), journal)
    calls = [
        Call(target="/api/catalogue/products", query=query, headers=(stage.key,))
        for query in ("", "category=", "category=a")
    ]
    missing, empty, there = stage.ask(*calls)
    assert error(missing) == error(empty) == (400, "parameter_missing")
    assert there.status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/api"),
        ("GET", "/api/nothing"),
        ("GET", "/api/orders/1/2/3"),
        ("PATCH", "/api/orders"),
        ("GET", "/api/catalogue/products//"),
        ("POST", "/api/internal/reservations"),
    ],
)
def test_what_no_route_names_does_not_exist(stage: Stage, method: str, target: str) -> None:
    assert error(stage.ask(Call(method=method, target=target, headers=(stage.key,)))[0]) == (404, "not_found")


def test_a_trailing_slash_makes_no_other_route(stage: Stage) -> None:
    (answer,) = stage.ask(Call(target="/api/catalogue/products/", headers=(stage.key,)))
    assert answer.status == 200


def test_another_base_path_is_none_of_the_domains(stage: Stage) -> None:
    assert [answer.status for answer in stage.ask(Call(target="/"), Call(target="/apis/orders"))] == [403, 403]


def test_a_body_above_ten_mebibytes_is_too_large(stage: Stage) -> None:
    call = Call(method="POST", target="/api/orders", headers=(stage.key,), body=b"x" * (MAX_BODY + 1))
    assert error(stage.ask(call)[0]) == (413, "too_large")


def test_each_method_has_its_own_bucket(stage: Stage) -> None:
    stage.running = False  # what is let through finds nobody
    call = Call(target="/api/carts", headers=(bearer("carts.read"), stage.key))
    statuses = [answer.status for answer in stage.ask(*[call] * 41, replace(PRODUCTS, headers=(stage.key,)))]
    assert (statuses[:40], statuses[40], statuses[41]) == ([503] * 40, 429, 503)
    (refused,) = stage.ask(*[call] * 41)[-1:]
    assert error(refused) == (429, "too_many_requests")
    assert refused.header("retry-after") == "1"


def test_the_edges_usage_plan_limits_all_methods_together(stage: Stage) -> None:
    stage.running = False  # what is let through finds nobody
    call = replace(PRODUCTS, headers=(stage.key,))
    statuses = [answer.status for answer in stage.ask(*[call] * 201)]
    assert (statuses.count(503), statuses[-1]) == (200, 429)


def test_a_daily_quota_is_told_apart(changed: Change, journal: Journal) -> None:
    def limit(entry: dict[str, Any]) -> None:
        if entry["type"] == "aws:apigateway/usagePlan:UsagePlan":
            entry["outputs"]["quotaSettings"] = {"limit": 1, "period": "DAY"}

    stage = Stage(changed(limit), journal)
    _, second = stage.ask(*[replace(PRODUCTS, headers=(stage.key,))] * 2)
    assert second.header("retry-after") == "3600"


def signed(stage: Stage, call: Call, **changes: Any) -> Call:
    """A call as botocore signs it for the API."""
    keys = stage.principals.credentials(ROLE)
    credentials = Credentials(keys.access_key_id, changes.get("secret", keys.secret_access_key), keys.session_token)
    request = AWSRequest(
        method=call.method,
        url=f"https://api.dev.store.example.com{call.target}",
        data=call.body,
        headers={"x-more": "a  b"},
    )
    SigV4Auth(credentials, changes.get("service", "execute-api"), stage.deployed.region).add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return replace(call, headers=tuple({"host": "api.dev.store.example.com", **headers}.items()))


STATUS = Call(
    method="PUT",
    target="/api/orders/o%201/status",
    body=json.dumps({"status": "shipped", "changed_at": "2026-01-01T00:00:00Z"}).encode(),
)


def test_a_machine_signs_and_is_judged_for_exactly_this_path(stage: Stage) -> None:
    (answer,) = stage.ask(signed(stage, STATUS))
    assert json.loads(answer.body)["target"] == "/api/orders/o%201/status"
    (execution,) = [one.outputs["executionArn"] for one in stage.deployed.of_type("aws:apigateway/stage:Stage")]
    assert stage.judge.asked == [(ROLE, "execute-api:Invoke", f"{execution}/PUT/orders/o%201/status")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda call: replace(call, headers=()), (404, "not_found")),
        (lambda call: replace(call, body=call.body + b" "), (403, "refused")),
        (lambda call: replace(call, target="/api/orders/o2/status"), (403, "refused")),
        (lambda call: call.with_headers({"x-more": "c"}), (403, "refused")),
        (lambda call: call.with_headers({"x-amz-security-token": "other"}), (403, "not_allowed")),
        (lambda call: call.with_headers({"x-amz-date": "20200101T000000Z"}), (403, "refused")),
        (lambda call: call.with_headers({"x-amz-date": "today"}), (403, "refused")),
    ],
)
def test_an_altered_signature_is_refused(
    stage: Stage, change: Callable[[Call], Call], expected: tuple[int, str]
) -> None:
    assert error(stage.ask(change(signed(stage, STATUS)))[0]) == expected


def test_a_signature_with_another_secret_service_or_role_is_refused(stage: Stage) -> None:
    wrong = [signed(stage, STATUS, secret="other"), signed(stage, STATUS, service="s3")]
    stranger = signed(stage, STATUS)
    stranger = stranger.with_headers(
        {"authorization": (stranger.header("authorization") or "").replace("=ASIA", "=ASIB")}
    )
    assert [error(answer)[0] for answer in stage.ask(*wrong, stranger)] == [403, 403, 403]
    assert not stage.judge.asked


def test_a_role_without_a_grant_is_refused(stage: Stage) -> None:
    stage.judge.denied.add("execute-api:Invoke")
    assert error(stage.ask(signed(stage, STATUS))[0]) == (403, "not_allowed")


FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:app-oms"


def _by_function(permitted: bool) -> Callable[[dict[str, Any]], None]:
    """`GET /carts` leads to a function."""

    def edit(entry: dict[str, Any]) -> None:
        given = entry["outputs"]
        if entry["urn"].endswith("aws:apigateway/integration:Integration::api-get-carts"):
            uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
            given.update(type="AWS_PROXY", uri=uri)
        if entry["type"] == "aws:lambda/permission:Permission" and permitted:
            source = "arn:aws:execute-api:eu-west-1:111111111111:api/api/GET/carts"
            given.update(function=FUNCTION, principal="apigateway.amazonaws.com", sourceArn=source)

    return edit


CARTS = Call(target="/api/carts", query="a=1&a=2", headers=(bearer("carts.read"), ("x-multi", "1"), ("x-multi", "2")))


def test_a_function_gets_the_proxy_event_and_its_answer_is_passed_on(changed: Change, journal: Journal) -> None:
    stage = Stage(changed(_by_function(True)), journal)
    headers = {"headers": {"x-one": "1"}, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}}
    stage.functions.payload = {"statusCode": 201, "body": "eA==", "isBase64Encoded": True, **headers}
    (answer,) = stage.ask(replace(CARTS, headers=(*CARTS.headers, stage.key), client="203.0.113.7"))
    assert (answer.status, answer.body, answer.header("x-one")) == (201, b"x", "1")
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]
    ((function, event),) = stage.functions.events
    assert function == FUNCTION
    assert (event["resource"], event["path"], event["httpMethod"], event["body"]) == ("/carts", "/carts", "GET", None)
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert event["multiValueHeaders"]["x-multi"] == ["1", "2"]
    assert event["requestContext"]["identity"]["sourceIp"] == "203.0.113.7"
    assert event["requestContext"]["authorizer"]["claims"]["sub"] == "c1"
    assert (event["requestContext"]["path"], event["requestContext"]["stage"]) == ("/api/carts", "api")


@pytest.mark.parametrize(
    ("payload", "failure", "status"),
    [
        (None, {"errorType": "ValueError"}, 502),
        ("text", None, 502),
        ({"body": "x"}, None, 502),
        ({"statusCode": 200, "body": {"a": 1}}, None, 502),
        ({"statusCode": 200, "body": "%", "isBase64Encoded": True}, None, 502),
    ],
)
def test_a_function_that_fails_or_answers_nonsense_is_a_bad_gateway(
    changed: Change, journal: Journal, payload: Any, failure: dict[str, str] | None, status: int
) -> None:
    stage = Stage(changed(_by_function(True)), journal)
    stage.functions.payload, stage.functions.error = payload, failure
    assert error(stage.ask(replace(CARTS, headers=(*CARTS.headers, stage.key)))[0]) == (status, "failed")


def test_a_function_without_a_permission_for_the_method_is_not_invoked(changed: Change, journal: Journal) -> None:
    stage = Stage(changed(_by_function(False)), journal)
    assert error(stage.ask(replace(CARTS, headers=(*CARTS.headers, stage.key)))[0]) == (500, "failed")
    assert not stage.functions.events
    assert journal.denied()[0]["action"] == "lambda:InvokeFunction"


def _integration(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def edit(entry: dict[str, Any]) -> None:
        if entry["urn"].endswith("aws:apigateway/integration:Integration::api-put-orders_ANY_status"):
            entry["outputs"].update(changes)

    return edit


def test_a_retired_route_is_gone_for_whoever_may_still_sign_it(changed: Change, journal: Journal) -> None:
    mock = _integration(type="MOCK", requestTemplates={"application/json": '{"statusCode": 410}'})
    stage = Stage(changed(mock), journal)
    assert stage.ask(signed(stage, STATUS))[0].status == 410


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "HTTP"}, "found HTTP"),
        ({"type": "MOCK", "requestTemplates": {}}, "status for application/json"),
        ({"connectionId": None}, "VPC link"),
        ({"requestParameters": {"integration.request.header.x": "stageVariables.x"}}, "stageVariables"),
    ],
)
def test_an_integration_that_is_not_known_is_said_at_the_start(
    changed: Change, journal: Journal, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(LocalError, match=words):
        Stage(changed(_integration(**changes)), journal).ask()
