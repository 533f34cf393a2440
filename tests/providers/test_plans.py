"""What a provider says of inputs without asking AWS."""

import sys
from types import ModuleType

import pytest
from pulumi.output import UNKNOWN

from providers.base import AwsProvider
from providers.personalize import (
    DatasetGroupProvider,
    DatasetProvider,
    FilterProvider,
    RecommenderProvider,
    SchemaProvider,
)
from providers.refusal import RefusedError, tell_refusals_plainly
from tests.providers.conftest import SCHEMA, Properties, tagged

ARN = "arn:aws:personalize:eu-west-1:123456789012:dataset-group/shop"
DATASET = tagged(name="views", datasetGroupArn=ARN, schemaArn=f"{ARN}/s", datasetType="Interactions")


@pytest.mark.parametrize(
    ("provider", "olds", "change", "replaces", "alone"),
    [
        pytest.param(DatasetProvider, DATASET, {}, [], False, id="nothing"),
        pytest.param(DatasetProvider, DATASET, {"schemaArn": f"{ARN}/t"}, [], False, id="in place"),
        pytest.param(DatasetProvider, DATASET, {"tags": {}}, [], False, id="tags"),
        pytest.param(
            DatasetProvider, DATASET, {"name": "other"}, ["name"], True, id="another of its type is not taken"
        ),
        pytest.param(DatasetProvider, DATASET, {"datasetType": "Users"}, ["datasetType"], False, id="another type is"),
        pytest.param(DatasetProvider, DATASET, {"datasetGroupArn": UNKNOWN}, ["datasetGroupArn"], False, id="unknown"),
        pytest.param(DatasetProvider, DATASET, {"region": "us-east-1"}, ["region"], False, id="Region"),
        pytest.param(DatasetProvider, DATASET, {"assumeRoleArn": "arn:aws:iam::1:role/x"}, [], False, id="role"),
        pytest.param(
            *(RecommenderProvider, tagged(name="a", recommenderConfig={"minRecommendationRequestsPerSecond": 1.0})),
            *({"recommenderConfig": {"minRecommendationRequestsPerSecond": 1}}, None, False),
            id="the engine's numbers",
        ),
        pytest.param(
            *(RecommenderProvider, tagged(name="a", recommenderConfig={}), {"recommenderConfig": None}),
            *(["recommenderConfig"], True),
            id="AWS takes no value away",
        ),
    ],
)
def test_a_change_is_planned_as_aws_makes_it(
    provider: type[AwsProvider], olds: Properties, change: Properties, replaces: list[str] | None, *, alone: bool
) -> None:
    planned = provider().diff("id", {**olds, "arn": "id"}, {**olds, **change})
    assert planned.changes == bool(change and replaces is not None)
    assert planned.replaces == (replaces or [])
    assert planned.delete_before_replace == alone


@pytest.mark.parametrize(
    ("provider", "inputs", "failure"),
    [
        (SchemaProvider, {**SCHEMA, "schema": None}, ("schema", "schema is missing")),
        (SchemaProvider, {**SCHEMA, "domain": "SHOP"}, ("domain", "domain is 'SHOP', but must be one of")),
        (SchemaProvider, {**SCHEMA, "name": "-a"}, ("name", "name is '-a', but must match ^[a-zA-Z0-9]")),
        (SchemaProvider, {**SCHEMA, "name": "a" * 64}, ("name", "name has 64 characters, but may have 63 at most")),
        (SchemaProvider, {**SCHEMA, "size": 1.0}, ("size", "size is unknown; known are name, schema, domain")),
        (DatasetGroupProvider, tagged(name=5.0), ("name", "name is 5, but must be a string")),
        (
            DatasetGroupProvider,
            tagged(name="a", tags={"a": "b#"}),
            ("tags", "tags[0].tagValue is 'b#', but must match"),
        ),
        (
            RecommenderProvider,
            tagged(
                name="a",
                datasetGroupArn=ARN,
                recipeArn=ARN,
                recommenderConfig={"minRecommendationRequestsPerSecond": 0.0},
            ),
            ("recommenderConfig", "recommenderConfig.minRecommendationRequestsPerSecond is 0, but must be 1 at least"),
        ),
    ],
)
def test_inputs_are_judged_by_the_model(
    provider: type[AwsProvider], inputs: Properties, failure: tuple[str, str]
) -> None:
    (found,) = provider().check({}, inputs).failures
    assert (found.property, found.reason[: len(failure[1])]) == failure


def test_what_is_not_known_yet_is_right() -> None:
    unknown = tagged(name="a", datasetGroupArn=UNKNOWN, filterExpression=UNKNOWN)
    assert FilterProvider().check({}, unknown).failures == []


def test_the_plugin_tells_a_refusal_by_its_text_and_a_fault_by_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = ModuleType("__main__")
    plugin.__dict__["DynamicResourceProviderServicer"] = object()
    monkeypatch.setitem(sys.modules, "__main__", plugin)
    tell_refusals_plainly()

    def told(problem: Exception) -> str:
        try:
            raise problem
        except (RefusedError, ValueError):
            return plugin.__dict__["traceback"].format_exc()

    assert told(RefusedError("AWS says no")) == "AWS says no"
    assert told(ValueError("a fault")).startswith("Traceback")
