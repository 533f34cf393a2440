"""Providers in this process, against the endpoint of offline AWS."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from offline.api import personalize
from offline.api.endpoint import Endpoint
from offline.aws.cloud import Cloud
from providers import base
from providers.base import AwsProvider
from providers.ownership import OWNER, owned
from providers.personalize import (
    DatasetGroupProvider,
    DatasetProvider,
    EventTrackerProvider,
    FilterProvider,
    RecommenderProvider,
    SchemaProvider,
    SolutionProvider,
)

Properties = dict[str, Any]
PLACE: Properties = {"accountId": "123456789012", "region": "eu-west-1"}
COLUMNS = ("USER_ID", "ITEM_ID", "TIMESTAMP")


def avro(*columns: str) -> str:
    fields = [{"name": name, "type": "string"} for name in columns]
    return json.dumps({"type": "record", "name": "Interactions", "namespace": "com.amazonaws", "fields": fields})


def tagged(**inputs: Any) -> Properties:
    return {**PLACE, "tags": {OWNER: "web-store/dev/it", "environment": "dev"}, **inputs}


OURS = "web-store/dev/it"


def owned_avro(*columns: str, owner: str = OURS) -> str:
    return owned(avro(*columns), owner)


SCHEMA: Properties = {**PLACE, "name": "shop", "schema": owned_avro(*COLUMNS), "domain": "ECOMMERCE"}


@dataclass(frozen=True)
class Made:
    """A schema, a dataset group and a dataset, that the other kinds need."""

    schema: str
    group: str
    dataset: str

    @property
    def further(self) -> Mapping[type[AwsProvider], Properties]:
        """The kinds that need them, with inputs."""
        of_group = {"datasetGroupArn": self.group, "name": "shop"}
        recipe = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
        return {
            EventTrackerProvider: tagged(**of_group),
            FilterProvider: tagged(**of_group, filterExpression="EXCLUDE ItemID WHERE Items.STOCK IN (0)"),
            # The engine hands over whole numbers as others.
            RecommenderProvider: tagged(
                **of_group, recipeArn=recipe, recommenderConfig={"minRecommendationRequestsPerSecond": 1.0}
            ),
            SolutionProvider: tagged(
                **of_group,
                recipeArn="arn:aws:personalize:::recipe/aws-user-personalization-v2",
                performAutoTraining=True,
                solutionConfig={"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}},
            ),
        }


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """One endpoint for all tests of a file: making a client takes longer than what is asked by it."""
    serving = Endpoint(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in serving.environment.items():
            patch.setenv(name, value)
        yield serving


@pytest.fixture
def cloud(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The empty cloud behind the endpoint, whose steps are short."""
    monkeypatch.setattr(personalize, "_STEP_SECONDS", 0.05)
    monkeypatch.setattr(base, "_FIRST_WAIT_SECONDS", 0.02)
    for left in endpoint.cloud.all():
        endpoint.cloud.remove(left)
    return endpoint.cloud


@pytest.fixture
def made(cloud: Cloud) -> Made:
    assert cloud.all() == []
    schema = SchemaProvider().create(SCHEMA).id
    group = DatasetGroupProvider().create(tagged(name="shop", domain="ECOMMERCE")).id
    views = tagged(name="shop", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions")
    return Made(schema, group, DatasetProvider().create(views).id)
