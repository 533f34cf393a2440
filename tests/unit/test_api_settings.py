"""Section `api` and the routes: what is refused in which words, and the page that shows every door."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.reference import broken_promises, page, released_form
from settings.loader import parse
from settings.problems import Problem, SettingsError
from settings.store import StoreSettings
from tests.stack_files import STACKS, stack_file

PROJECT = Path(__file__).resolve().parents[2]
FARGATE = {"kind": "fargate", "image": "${account}.dkr.ecr.eu-west-1.amazonaws.com/store/service:1"}
FUNCTION = {"kind": "lambda", "code": "order_relay"}
LIMIT = {"requests_per_second": 50.0, "burst": 100}


def service(*routes: dict[str, Any], runtime: dict[str, Any] = FARGATE, **fields: Any) -> dict[str, Any]:
    return {"runtime": runtime, "routes": list(routes), **fields}


def route(path: str = "/", auth: str = "orders.read", **fields: Any) -> dict[str, Any]:
    return {"path": path, "auth": auth, **fields}


def config(stack: str, services: dict[str, Any], **sections: dict[str, Any]) -> dict[str, str]:
    """The stack file with these services and no others, so without what only the others need."""
    found = stack_file(stack)
    declared = found["web-store:app_tier"]["services"]
    found["web-store:identity"]["scopes"] = {
        f"{name}.{scope}": meaning
        for name, service in declared.items()
        for scope, meaning in service.get("scopes", {}).items()
    }
    parties = found["web-store:third_parties"]["parties"]
    kept = {"feeds", "takes_orders"} if "oms" in found.get("web-store:orders", {}) else {"feeds"}
    found["web-store:third_parties"]["parties"] = {
        name: {**one, "machine": None} for name, one in parties.items() if kept & (one or {}).keys()
    }
    # No service calls a party whose host the firewall would know.
    if found["web-store:network"].get("payment_egress", {}).get("engine") == "network_firewall":
        found["web-store:network"]["payment_egress"]["domains"] = ["api.payments.example.com"]
    found.get("web-store:orders", {}).get("oms", {}).pop("calls", None)
    found.get("web-store:fraud", {}).pop("reviewers", None)
    # The store's own storefront needs routes.
    found["web-store:web_tier"].setdefault("service", {})["image"] = "store/web:1.0.0"
    for section, changes in {"app_tier": {"services": services}, **sections}.items():
        found[f"web-store:{section}"] = {**found.get(f"web-store:{section}", {}), **changes}
    return {key: json.dumps(value) for key, value in found.items()}


def settings(stack: str, services: dict[str, Any], **sections: dict[str, Any]) -> StoreSettings:
    return parse(config(stack, services, **sections), stack=stack)


def problems(stack: str, services: dict[str, Any] | None = None, **sections: dict[str, Any]) -> list[Problem]:
    """What is wrong with the stack file with these services and changes."""
    try:
        settings(stack, services or {}, **sections)
    except SettingsError as error:
        return list(error.problems)
    return []


def the_problem(stack: str, services: dict[str, Any] | None = None, **sections: dict[str, Any]) -> Problem:
    (problem,) = problems(stack, services, **sections)
    return problem


@pytest.mark.parametrize("stack", STACKS)
def test_the_section_of_each_environment_is_accepted(stack: str) -> None:
    assert not problems(stack)


def test_a_model_that_there_is_not_is_told_with_those_that_there_are() -> None:
    problem = the_problem("dev", {"orders": service(route(methods=["POST"], auth="iam", body="OrdersRequest"))})
    assert problem.dotted == "web-store:app_tier.services.orders.routes[0].body"
    assert "did you mean OrderRequest?" in problem.rule
    assert "CartItem" in problem.rule
    assert "api/models/OrdersRequest.json" in problem.fix


def test_a_scope_that_no_service_has_is_told_with_those_that_there_are() -> None:
    problem = the_problem("dev", {"reviews": service(route(auth="reviews.write"))})
    assert problem.dotted == "web-store:app_tier.services.reviews.routes[0].auth"
    assert "catalogue.read" in problem.rule
    assert "`scopes: { write: <what it allows> }` to service `reviews`" in problem.fix
    own = service(route(auth="reviews.write"), scopes={"write": "Write reviews"})
    assert not problems("dev", {"reviews": own}, identity={"web": {"scopes": ["reviews.write"]}})


def test_a_scope_of_routes_that_no_client_asks_for_is_told_once_with_the_list_to_write() -> None:
    reviews = service(
        route(auth="reviews.read"),
        route("/{id}", auth="reviews.read"),
        route("/mine", auth="reviews.write"),
        route("/all", auth="public"),
        scopes={"read": "See reviews", "write": "Write reviews"},
    )
    web = {"scopes": ["orders.read"]}
    identity = {**stack_file("dev")["web-store:identity"], "web": web, "machines": {}}
    read, write = problems("dev", {"reviews": reviews}, identity=identity)
    assert read.dotted == "web-store:app_tier.services.reviews.routes[0].auth"
    assert write.dotted == "web-store:app_tier.services.reviews.routes[2].auth"
    assert "nobody can call the route" in read.rule
    assert "machines: {<name>: {scopes: [reviews.read]}}" in read.fix
    fixed = {"web": {"scopes": ["orders.read", "reviews.read", "reviews.write"]}}
    assert yaml.safe_load(read.fix) == yaml.safe_load(write.fix) == {"web-store:identity": fixed}
    for client in (
        fixed,
        {"web": web, "machines": {"reader": {"scopes": ["reviews.read", "reviews.write"]}}},
        {"web": web, "mobile": {"callback_urls": ["com.example.a://b"], "scopes": ["reviews.read", "reviews.write"]}},
    ):
        changed = {**identity, **client, "scopes": {"orders.read": "See orders"}}
        assert not problems("dev", {"reviews": reviews}, identity=changed)


def test_scopes_of_services_count_for_clients() -> None:
    reviews = {"reviews": service(scopes={"write": "Write reviews"})}
    web = {"scopes": ["reviews.write"]}
    machines = {"mill": {"scopes": ["reviews.read"]}}
    assert not problems("dev", reviews, identity={"web": web})
    problem = the_problem("dev", reviews, identity={"machines": machines})
    assert problem.dotted == "web-store:identity.machines.mill.scopes[0]"
    assert "must be a scope of a service or of `identity.scopes`" in problem.rule
    assert "reviews.write" in problem.rule
    missing = the_problem("dev", identity={"web": web})
    assert missing.dotted == "web-store:identity.web.scopes[0]"


def test_a_user_pool_takes_a_hundred_scopes() -> None:
    many = {f"s-{number}": service(scopes={"read": "See"}) for number in range(100)}
    problem = the_problem("dev", many)
    assert problem.dotted == "web-store:identity.scopes"
    assert "must be at most 100" in problem.rule


def test_two_names_for_one_value_are_told_before_api_gateway_refuses() -> None:
    orders = service(route("/{id}"), route("/{order_id}/lines"))
    problem = the_problem("dev", {"orders": orders})
    assert problem.dotted == "web-store:app_tier.services.orders.routes[1].path"
    assert "must use {id} in place of {order_id}" in problem.rule
    closed = the_problem("dev", {"orders": service(route("/{id}"))}, api={"retired": ["GET /orders/{order_id}/lines"]})
    assert closed.dotted == "web-store:api.retired[0]"
    # The same name elsewhere, and a word beside a value, are no matter.
    assert not problems("dev", {"orders": service(route("/{id}"), route("/open"), route("/{id}/lines/{line_id}"))})


def test_an_api_has_three_hundred_resources() -> None:
    # Six services of one part and 49 paths below it, with the root 301.
    wide = {f"s-{n}": service(*(route(f"/p-{m}") for m in range(49))) for n in range(6)}
    problem = the_problem("dev", wide)
    assert problem.dotted == "web-store:app_tier.services"
    assert "paths of 301 parts" in problem.received
    assert "300 resources" in problem.rule
    wide["s-0"]["routes"].pop()
    assert not problems("dev", wide)


def test_a_function_s_policy_has_room_for_so_many_methods() -> None:
    routes = [route(f"/p-{number}") for number in range(46)]
    problem = the_problem("dev", {"big": service(*routes, runtime=FUNCTION)})
    assert problem.dotted == "web-store:app_tier.services.big.routes"
    assert not problems("dev", {"big": service(*routes)})


def test_a_path_that_api_gateway_answers_itself_is_refused() -> None:
    assert "API Gateway answers this one itself" in the_problem("dev", {"ping": service(route())}).rule


def test_a_closed_route_is_served_by_nobody_and_named_once() -> None:
    orders = {"orders": service(route("/{order_id}"))}
    problem = the_problem("dev", orders, api={"retired": ["GET /orders/{order_id}"]})
    assert (problem.dotted, problem.rule) == ("web-store:api.retired[0]", "must not be served by a route")
    twice = the_problem("dev", orders, api={"retired": ["GET /invoices", "GET /invoices"]})
    assert (twice.dotted, twice.rule) == ("web-store:api.retired[1]", "must be named once")
    assert "must have the form" in the_problem("dev", api={"retired": ["/invoices"]}).rule


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"dns": {"alternative_names": ["api.dev.store.example.com"]}}, "has for the store's own pages"),
        ({"identity": {"domain": {"kind": "custom", "label": "api"}}}, "has for the sign-in pages"),
        (
            {
                "dns": {
                    "domain_name": f"{'a' * 50}.store.example.com",
                    "zone": {"kind": "create", "name": "example.com"},
                },
                "identity": {"email": {"kind": "cognito"}},
            },
            "at most 64 characters for the certificate",
        ),
    ],
)
def test_the_api_has_a_host_name_of_its_own(sections: dict[str, Any], message: str) -> None:
    problem = the_problem("dev", **sections)
    assert problem.dotted == "web-store:api.host_label"
    assert message in problem.rule


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        ({"web_acl": {"mode": "count"}}, "api.web_acl.mode", "counting stops nothing"),
        ({"tracing": False}, "api.tracing", "must trace requests"),
        ({"tls_policy": "TLS_1_2"}, "api.tls_policy", "forward secrecy"),
    ],
)
def test_production_has_what_it_must(change: dict[str, Any], place: str, message: str) -> None:
    problem = the_problem("prod", api=change)
    assert (problem.dotted, message in problem.rule) == (f"web-store:{place}", True)
    assert not problems("dev", api=change)


def test_production_bounds_each_route_for_everybody() -> None:
    open_route = {"catalogue": service(route("/products", auth="public"))}
    problem = the_problem("prod", open_route)
    assert problem.dotted == "web-store:app_tier.services.catalogue.routes[0].throttle"
    assert "requests_per_second" in problem.fix
    assert not problems("dev", open_route)
    assert not problems("prod", {"catalogue": service(route("/products", auth="public", throttle=LIMIT))})


def test_the_page_lists_what_everybody_may_call_first() -> None:
    services = {
        "orders": service(
            route("/{order_id}"), route("/{order_id}/status", auth="iam", methods=["PUT"], body="OrderStatusChange")
        ),
        "catalogue": service(
            route("/products", auth="public", query={"page": "optional"}, throttle=LIMIT), runtime=FUNCTION
        ),
    }
    text = page({"dev": settings("dev", services, api={"retired": ["GET /orders/{order_id}/invoice"]})})
    everybody, customers, machines, closed = (
        text.index(title) for title in ("### For everybody", "### For customers", "### For machines", "### Closed")
    )
    row = "| `GET /catalogue/products` |  | catalogue (Lambda) |  | `page` (optional) | 50/s, burst 100 |"
    assert everybody < text.index(row) < customers
    assert customers < text.index("| `GET /orders/{order_id}` | `orders.read` | orders (Fargate) |") < machines
    assert (
        machines
        < text.index("| `PUT /orders/{order_id}/status` |  | orders (Fargate) | `OrderStatusChange` |")
        < closed
    )
    assert closed < text.index("- `GET /orders/{order_id}/invoice`")


def test_a_stack_without_a_route_for_everybody_says_so() -> None:
    text = page({"dev": settings("dev", {"orders": service(route())})})
    section = text.partition("### For everybody, without authentication")[2].partition("###")[0]
    assert section.split() == ["None."]


def test_a_route_that_goes_must_be_closed_for_one_deployment() -> None:
    before = released_form(
        {"dev": settings("dev", {"orders": service(route("/{order_id}"), route("/{order_id}/invoice"))})}
    )
    after = released_form({"dev": settings("dev", {"orders": service(route("/{id}"))})})
    (problem,) = broken_promises(before, after, {"dev": ()})
    assert problem == (
        "dev: the removed route GET /orders/{order_id}/invoice must be retired for one deployment, or it is still"
        ' served: write api.retired: ["GET /orders/{order_id}/invoice"] in Pulumi.dev.yaml'
    )
    assert not broken_promises(before, after, {"dev": ("GET /orders/{order_id}/invoice",)})
    assert not broken_promises(before, {}, {}), "a stack that is gone has no deployment"
