"""A resource is created once, found again after an interruption, changed, read and deleted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.api.endpoint import Endpoint
from offline.aws.cloud import Cloud
from offline.aws.faults import Faults
from providers import calls
from providers.base import AwsProvider
from providers.calls import Calls
from providers.ownership import OWNER
from providers.personalize import (
    DatasetGroupProvider,
    DatasetProvider,
    EventTrackerProvider,
    FilterProvider,
    RecommenderProvider,
    SchemaProvider,
    SolutionProvider,
)
from providers.refusal import RefusedError
from tests.providers.conftest import COLUMNS, SCHEMA, Made, Properties, avro, owned_avro, tagged

GROUP = tagged(name="shop", domain="ECOMMERCE")


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of the provider handles it."""


def of_kind(cloud: Cloud, provider: type[AwsProvider]) -> list[str]:
    """ARNs of what there is of a kind."""
    noun = provider.KIND.noun
    return [one.arn for one in cloud.all() if one.token == f"api:personalize/{provider.KIND.member}:{noun}"]


def killed(monkeypatch: pytest.MonkeyPatch, provider: AwsProvider, inputs: Properties) -> Iterator[int]:
    """Create it again and again, killed before its first call, after it, before the second, ...; yields each time."""
    call = Calls.call
    for step in range(100):
        seen = 0

        def counted(self: Calls, operation: str, *, at: int = step, **parameters: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen * 2 - 2 == at:
                raise KilledError
            answer = call(self, operation, **parameters)
            if seen * 2 - 1 == at:
                raise KilledError
            return answer

        with monkeypatch.context() as patch:
            patch.setattr(Calls, "call", counted)
            try:
                provider.create(inputs)
            except KilledError:
                pass
            else:
                return
        yield step


KINDS = [
    *(SchemaProvider, DatasetGroupProvider, DatasetProvider, EventTrackerProvider),
    *(FilterProvider, RecommenderProvider, SolutionProvider),
]


@pytest.mark.parametrize("provider", KINDS, ids=lambda provider: provider.KIND.noun)
def test_killed_at_every_step_of_its_creation_it_is_there_once(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, provider: type[AwsProvider]
) -> None:
    if provider in (SchemaProvider, DatasetGroupProvider):
        inputs = SCHEMA if provider is SchemaProvider else GROUP
    else:
        made: Made = request.getfixturevalue("made")
        views = tagged(name="shop", datasetGroupArn=made.group, schemaArn=made.schema, datasetType="Interactions")
        inputs = {DatasetProvider: views, **made.further}[provider]
        if provider is DatasetProvider:
            DatasetProvider().delete(made.dataset, views)
    killings = 0
    for _ in killed(monkeypatch, provider(), inputs):
        arn = provider().create(inputs).id
        assert of_kind(cloud, provider) == [arn]
        provider().delete(arn, inputs)
        assert of_kind(cloud, provider) == []
        killings += 1
    assert killings >= 6, "its creation has three calls at least"
    provider().delete(provider().create(inputs).id, inputs)
    assert of_kind(cloud, provider) == []


def test_what_was_left_with_other_inputs_becomes_what_is_wanted_now(cloud: Cloud, made: Made) -> None:
    """Made anew where AWS changes nothing, changed where it does."""
    wanted = made.further[FilterProvider]
    left = FilterProvider().create({**wanted, "filterExpression": "EXCLUDE ItemID WHERE Items.STOCK IN (9)"})
    again = FilterProvider().create(wanted)
    assert again.id == left.id
    (found,) = [one for one in cloud.all() if one.arn == again.id]
    assert found.inputs["filterExpression"] == wanted["filterExpression"]

    recommender = made.further[RecommenderProvider]
    arn = RecommenderProvider().create(recommender).id
    (before,) = [one for one in cloud.all() if one.arn == arn]
    more = {"minRecommendationRequestsPerSecond": 2.0}
    assert RecommenderProvider().create({**recommender, "recommenderConfig": more}).id == arn
    (after,) = [one for one in cloud.all() if one.arn == arn]
    assert after.inputs["recommenderConfig"] == {"minRecommendationRequestsPerSecond": 2}
    assert after.outputs["created"] == before.outputs["created"]


def test_what_is_being_deleted_is_waited_for_and_made_anew(cloud: Cloud) -> None:
    first = DatasetGroupProvider().create(GROUP)
    (before,) = cloud.all()
    calls.Calls(DatasetGroupProvider.KIND, calls.Place("123456789012", "eu-west-1")).delete(first.id)
    DatasetGroupProvider().create(GROUP)
    (after,) = cloud.all()
    assert after.outputs["created"] > before.outputs["created"]


def test_what_somebody_else_has_is_left_alone(cloud: Cloud) -> None:
    DatasetGroupProvider().create({**GROUP, "tags": {OWNER: "another/dev/it"}})
    SchemaProvider().create(SCHEMA)
    with pytest.raises(
        RefusedError, match=r"dataset-group/shop exists already .* is 'another/dev/it', but must be 'web-st"
    ):
        DatasetGroupProvider().create(GROUP)
    with pytest.raises(RefusedError, match=r"schema/shop exists already .* of its schema's doc is 'web-store/dev/it'"):
        SchemaProvider().create({**SCHEMA, "schema": owned_avro(*COLUMNS, owner="web-store/dev/Schema/renamed")})
    with pytest.raises(RefusedError, match=r"schema/shop exists already .* but must be ''"):
        SchemaProvider().create({**SCHEMA, "schema": avro(*COLUMNS)})
    (schema,) = [one for one in cloud.all() if one.token.endswith("Schema")]
    assert schema.inputs["schema"] == SCHEMA["schema"]
    assert len(cloud.all()) == 2


def test_it_is_found_on_a_later_page_of_the_listing(cloud: Cloud) -> None:
    for name in ("a", "b", "shop"):
        DatasetGroupProvider().create({**GROUP, "name": name})
    assert DatasetGroupProvider().create(GROUP).id.endswith("dataset-group/shop")
    assert len(cloud.all()) == 3


def test_updates_change_in_place_and_tags_follow(cloud: Cloud, made: Made) -> None:
    wider = SchemaProvider().create({**SCHEMA, "name": "wider", "schema": owned_avro(*COLUMNS, "PRICE")})
    old = tagged(name="shop", datasetGroupArn=made.group, schemaArn=made.schema, datasetType="Interactions")
    new = {**old, "schemaArn": wider.id, "tags": {OWNER: "web-store/dev/it", "owner": "shop"}}
    outputs = DatasetProvider().update(made.dataset, old, new).outs
    assert outputs == {**new, "arn": made.dataset}
    (found,) = [one for one in cloud.all() if one.arn == made.dataset]
    assert found.inputs["schemaArn"] == wider.id
    assert found.outputs["tags"] == new["tags"]


def test_a_solution_is_trained_at_other_times(cloud: Cloud, made: Made) -> None:
    old = made.further[SolutionProvider]
    arn = SolutionProvider().create(old).id
    new = {**old, "solutionConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}}
    assert SolutionProvider().diff(arn, old, new).replaces == []
    SolutionProvider().update(arn, old, new)
    (found,) = [one for one in cloud.all() if one.arn == arn]
    assert found.inputs["solutionConfig"] == new["solutionConfig"]
    parameters = {"solutionConfig": {"algorithmHyperParameters": {"bptt": "32"}}}
    assert SolutionProvider().diff(arn, old, {**old, **parameters}).replaces == ["solutionConfig"]


def test_reading_tells_drift_and_absence(cloud: Cloud, made: Made) -> None:
    inputs = made.further[RecommenderProvider]
    arn = RecommenderProvider().create(inputs).id
    same = RecommenderProvider().read(arn, {**inputs, "arn": arn})
    assert same.inputs == inputs
    (found,) = [one for one in cloud.all() if one.arn == arn]
    found.inputs["recommenderConfig"] = {"minRecommendationRequestsPerSecond": 7}
    cloud.put(found, [arn], [])
    drifted = RecommenderProvider().read(arn, {**inputs, "arn": arn})
    assert drifted.inputs is not None
    assert drifted.inputs["recommenderConfig"] == {"minRecommendationRequestsPerSecond": 7}
    RecommenderProvider().delete(arn, inputs)
    RecommenderProvider().delete(arn, inputs)
    assert not RecommenderProvider().read(arn, inputs).id


def test_a_throttled_call_is_made_again(
    cloud: Cloud, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = {"type": "api:personalize/CreateDatasetGroup", "kind": "throttle"}
    (tmp_path / "faults.json").write_text(json.dumps({"faults": [fault]}))
    monkeypatch.setattr(endpoint, "faults", Faults(tmp_path, cloud))
    DatasetGroupProvider().create(GROUP)
    assert cloud.noted(f"fault|0|{fault['type']}|create") == 2
    assert len(cloud.all()) == 1


def test_what_others_use_is_not_deleted_and_the_message_says_by_whom(made: Made) -> None:
    with pytest.raises(
        RefusedError, match=r"cannot delete personalize schema shop .*ResourceInUseException: .*dataset/shop"
    ):
        SchemaProvider().delete(made.schema, SCHEMA)


def test_credentials_of_another_account_change_nothing(cloud: Cloud) -> None:
    with pytest.raises(
        RefusedError, match=r"credentials are those of account 123456789012, but .* account 210987654321"
    ):
        DatasetGroupProvider().create({**GROUP, "accountId": "210987654321"})
    assert cloud.all() == []


def test_a_role_of_the_account_makes_the_calls(cloud: Cloud) -> None:
    role = "arn:aws:iam::210987654321:role/deployer"
    created = DatasetGroupProvider().create({**GROUP, "accountId": "210987654321", "assumeRoleArn": role})
    assert created.id == "arn:aws:personalize:eu-west-1:210987654321:dataset-group/shop"
    assert [one.account for one in cloud.all()] == ["210987654321"]
