"""Deployments of the API: which changes make one, and what it must not keep open."""

import json
from typing import Any

import pulumi
import pytest

from components.api import Api
from tests.mocks import Recorder
from tests.unit.api_box import CATALOGUE, DEPLOYMENT, FUNCTION, INTEGRATION, LIMITS, METHOD, ORDERS, STAGE, by_key, made


@pytest.fixture(scope="module")
def plain() -> Recorder:
    """The API of two services, with nothing chosen."""
    return made()


def digest(services: dict[str, Any], **settings: Any) -> str:
    return made(services, **settings).inputs(DEPLOYMENT)["triggers"]["routes"]


CHANGES: dict[str, dict[str, Any]] = {
    "auth": {"auth": "iam"},
    "path": {"path": "/{order_id}/lines"},
    "method": {"methods": ["DELETE"]},
    "query": {"query": {"page": "optional"}},
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_changed_route_is_deployed(change: str) -> None:
    first, second, third = ORDERS["routes"]
    other = {**ORDERS, "routes": [first, {**second, **CHANGES[change]}, third]}
    assert digest({"orders": ORDERS}) != digest({"orders": other})


def test_another_runtime_model_or_closed_route_is_deployed_and_nothing_else_is() -> None:
    before = digest({"orders": ORDERS})
    assert before == digest({"orders": ORDERS}, throttle={"requests_per_second": 1.0, "burst": 1}, log_days=30)
    other_model = {**ORDERS, "routes": [{**ORDERS["routes"][0], "body": "CartItem"}, *ORDERS["routes"][1:]]}
    assert before != digest({"orders": other_model})
    assert before != digest({"orders": {**ORDERS, "runtime": FUNCTION}})
    assert before != digest({"orders": ORDERS}, retired=["GET /orders/{order_id}/invoice"])


def test_a_deployment_copies_what_is_complete_and_the_stage_moves_before_it_goes(plain) -> None:
    order = [(resource.type, resource.name) for resource in plain.resources]
    (deployed,) = [place for place, (type_, _) in enumerate(order) if type_.endswith(DEPLOYMENT)]
    copied = (METHOD, INTEGRATION, "apigateway/response:Response", "lambda/permission:Permission", ":Model")
    for place, (type_, name) in enumerate(order):
        assert place < deployed or not type_.endswith(copied), name
    assert plain.inputs(STAGE)["deployment"] == "api"
    assert not plain.one(DEPLOYMENT).delete_before_replace, "AWS keeps a deployment that a stage serves"
    for type_ in (METHOD, INTEGRATION, LIMITS, "apigateway/response:Response"):
        assert all(resource.delete_before_replace for resource in plain.of(type_)), type_


def test_another_name_of_a_value_makes_no_second_resource_beside_the_first(plain) -> None:
    def names(value: str) -> list[set[str]]:
        renamed = json.loads(json.dumps(CATALOGUE).replace("{sku}", f"{{{value}}}"))
        recorder = made({"orders": ORDERS, "catalogue": renamed})
        return [recorder.names(type_) for type_ in ("apigateway/resource:Resource", METHOD, INTEGRATION, LIMITS)]

    assert names("sku") == names("product_id")
    assert "api-patch-catalogue_products_ANY" in plain.names(METHOD)


def test_a_route_that_was_taken_away_is_closed_in_the_copy_that_still_holds_it() -> None:
    recorder = made(retired=["GET /orders/{order_id}/invoice"])
    method = by_key(recorder, METHOD)["GET /orders/{order_id}/invoice"]
    assert (method["authorization"], method["apiKeyRequired"]) == ("AWS_IAM", False)
    assert by_key(recorder, INTEGRATION)["GET /orders/{order_id}/invoice"]["type"] == "MOCK"
    assert recorder.inputs("apigateway/resource:Resource", "api-orders_ANY_invoice")["parentId"] == "api-orders_ANY"


@pytest.mark.parametrize("retired", [[], ["GET /orders"]])
def test_without_routes_nothing_is_made(retired: list[str]) -> None:
    seen: list[Api] = []
    recorder = made({"orders": {**ORDERS, "routes": []}}, retired=retired, check=seen.append)
    assert {resource.type for resource in recorder.resources if resource.name.startswith("api")} == {"webstore:api:Api"}
    (box,) = seen
    assert (box.url, box.domain_name, box.edge_key, box.stage_arn) == (None, None, None, None)


def test_routes_that_nobody_serves_are_told() -> None:
    with pytest.raises(pulumi.RunError, match="must have an internal load balancer"):
        made({"orders": ORDERS}, balancer=False)
