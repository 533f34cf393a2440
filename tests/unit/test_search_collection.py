"""The Search box with a collection: who gets in, by which way, under which key, and what it may cost."""

import json
from typing import Any

import pytest

from settings.search import SearchSettings
from tests.foundation import key_arn
from tests.mocks import ACCOUNT_ID, Recorder
from tests.unit.test_search import FUNCTION, MAPPING, PIPELINE, made, searching, statements

COLLECTION = "serverlessCollection:ServerlessCollection"
GROUP = "serverlessCollectionGroup:ServerlessCollectionGroup"
POLICY = "serverlessSecurityPolicy:ServerlessSecurityPolicy"
ACCESS = "serverlessAccessPolicy:ServerlessAccessPolicy"
ENDPOINT = "vpcEndpoint:VpcEndpoint"
NAME = "web-store-search-test"
AWAKE: dict[str, Any] = {"kind": "opensearch-serverless"}
ASLEEP = {**AWAKE, "min_search_units": 0}


def policy(recorder: Recorder, kind: str) -> Any:
    (found,) = (one for one in recorder.of(POLICY) if one.inputs["type"] == kind)
    return json.loads(found.inputs["policy"])


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"


def test_a_collection_is_under_the_customer_key_and_open_to_its_endpoint_alone() -> None:
    recorder = made(AWAKE)
    collection, endpoint = next(iter(recorder.of(COLLECTION))), recorder.inputs(ENDPOINT)
    assert (collection.inputs["name"], collection.inputs["type"]) == (NAME, "SEARCH")
    this = [{"ResourceType": "collection", "Resource": [f"collection/{NAME}"]}]
    assert policy(recorder, "encryption") == {"Rules": this, "AWSOwnedKey": False, "KmsARN": key_arn("customer")}
    (network,) = policy(recorder, "network")
    assert (network["Rules"], network["AllowFromPublic"]) == (this, False)
    assert network["SourceVPCEs"] == [next(iter(recorder.of(ENDPOINT))).id]
    assert {one.urn for one in recorder.of(POLICY)} <= set(collection.dependencies), "AWS refuses it without a key"
    assert (endpoint["serviceName"], endpoint["privateDnsEnabled"]) == ("com.amazonaws.eu-west-1.aoss-data", True)
    assert endpoint["subnetIds"] == ["subnet-data-a", "subnet-data-b", "subnet-data-c"]
    (statement,) = json.loads(endpoint["policy"])["Statement"]
    assert statement["Condition"]["StringEquals"]["aws:PrincipalAccount"] == ACCOUNT_ID


def test_only_clients_and_feed_reach_the_endpoint() -> None:
    recorder = made(AWAKE, searching)
    rules = {one.name for one in recorder.of("securityGroupIngressRule:SecurityGroupIngressRule")}
    assert rules == {f"search-collection-from-{client}-443" for client in ("clients", "search-feed", "search-index")}
    (group,) = recorder.inputs(ENDPOINT)["securityGroupIds"]
    assert {
        one.inputs["securityGroupId"] for one in recorder.of("securityGroupIngressRule:SecurityGroupIngressRule")
    } == {group}


def test_readers_read_the_feed_writes_and_one_function_administers() -> None:
    recorder = made(AWAKE, searching)
    access = next(iter(recorder.of(ACCESS)))
    rules = {one["Description"]: one for one in json.loads(access.inputs["policy"])}
    assert {kind: one["Principal"] for kind, one in rules.items()} == {
        "administrator": [role("search-index")],
        "reader": [role("catalogue")],
        "writer": [role("search-feed")],
    }
    index = {
        kind: (part["Resource"], part["Permission"])
        for kind, one in rules.items()
        for part in one["Rules"]
        if part["ResourceType"] == "index"
    }
    assert index["reader"] == ([f"index/{NAME}/products*"], ["aoss:ReadDocument"])
    assert index["writer"] == ([f"index/{NAME}/products*"], ["aoss:WriteDocument"])
    aliases = [kind for kind, one in rules.items() for part in one["Rules"] if part["ResourceType"] == "collection"]
    assert aliases == ["administrator"]
    arn = next(iter(recorder.of(COLLECTION))).outputs["arn"]
    for name, sid in (
        ("search-read-by-catalogue", "ReadIndex"),
        ("search-feed-writes", "WriteIndex"),
        ("search-index-administers", "AdministerIndex"),
    ):
        found = statements(recorder, name)[sid]
        assert (found["Action"], found["Resource"]) == ("aoss:APIAccessAll", arn)
    (invocation,) = recorder.of("lambda/invocation:Invocation")
    assert access.urn in invocation.dependencies, "it is let in before it asks"


def test_it_is_fed_by_functions_that_sign_for_it() -> None:
    recorder = made(AWAKE, searching)
    assert list(recorder.of(PIPELINE)) == []
    assert recorder.inputs(MAPPING)["functionResponseTypes"] == ["ReportBatchItemFailures"]
    for function in recorder.of(FUNCTION):
        assert function.inputs["environment"]["variables"]["STORE_SEARCH_SIGNED_FOR"] == "aoss"
    (index,) = (one for one in recorder.of(FUNCTION) if one.name == "search-index")
    assert index.inputs["environment"]["variables"]["STORE_SEARCH_FILLS"] == "true"


@pytest.mark.parametrize(
    ("engine", "least", "rate", "seconds"),
    [(AWAKE, 2, "rate(5 minutes)", 3600), (ASLEEP, 0, "rate(1440 minutes)", 86400)],
)
def test_nothing_asks_more_often_than_once_a_day_where_it_may_scale_to_zero(
    engine: dict[str, Any], least: int, rate: str, seconds: int
) -> None:
    recorder = made(engine)
    group = recorder.inputs(GROUP)
    assert (group["generation"], group["standbyReplicas"]) == ("NEXTGEN", "ENABLED")
    assert group["capacityLimits"] == [
        {
            "minSearchCapacityInOcu": least,
            "maxSearchCapacityInOcu": 8,
            "minIndexingCapacityInOcu": 0,
            "maxIndexingCapacityInOcu": 4,
        }
    ]
    assert recorder.inputs("eventRule:EventRule")["scheduleExpression"] == rate
    assert recorder.inputs("functionEventInvokeConfig:FunctionEventInvokeConfig")["maximumEventAgeInSeconds"] <= 21600
    (alarm,) = (one for one in recorder.of("metricAlarm:MetricAlarm") if one.name == "search-index-unfinished")
    assert alarm.inputs["period"] == seconds


def test_its_errors_raise_an_alarm() -> None:
    recorder = made(AWAKE)
    (alarm,) = (one.inputs for one in recorder.of("metricAlarm:MetricAlarm") if one.name == "search-collection-errors")
    assert (alarm["namespace"], alarm["metricName"], alarm["threshold"]) == ("AWS/AOSS", "5xx", 0)
    collection = next(iter(recorder.of(COLLECTION)))
    assert alarm["dimensions"] == {"ClientId": ACCOUNT_ID, "CollectionId": collection.id, "CollectionName": NAME}


@pytest.mark.parametrize("protect", [True, False])
def test_the_collection_is_protected_where_the_environment_is_and_never_left_behind(protect: bool) -> None:
    collection = made(AWAKE, protect=protect).one(COLLECTION)
    assert (collection.protect, collection.retain_on_delete) == (protect, False)


@pytest.mark.parametrize("kind", ["search", "indexing"])
def test_the_most_is_not_less_than_the_least(kind: str) -> None:
    engine = {**AWAKE, f"min_{kind}_units": 9, f"max_{kind}_units": 3}
    with pytest.raises(ValueError, match=f"must be at least `min_{kind}_units`, 9"):
        SearchSettings.model_validate({"engine": engine})
