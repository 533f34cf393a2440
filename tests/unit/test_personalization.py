"""The box of personalization: what Personalize may, who tells it of customers, who has it forget them."""

import json
from collections.abc import Callable
from typing import Any

import pulumi_aws as aws
import pytest

from components.personalization import Personalization
from functions.common import names
from settings.personalization import NoPersonalization, PersonalizationSettings, Personalize
from settings.relations.personalization import personalize_is_in_the_region
from tests.foundation import foundation, key_arn
from tests.mocks import ACCOUNT_ID, Recorder, record

POLICY, ALARM = "iam/rolePolicy:RolePolicy", "cloudwatch/metricAlarm:MetricAlarm"
GROUP = f"arn:aws:personalize:eu-west-1:{ACCOUNT_ID}"
LABEL = "web-store-personalization"


def box(engine: dict[str, Any], **environment: Any) -> Personalization:
    return Personalization(
        "personalization",
        settings=PersonalizationSettings.model_validate_json(json.dumps({"engine": engine})),
        foundation=foundation(**environment),
    )


def made(
    use: Callable[[Personalization], object] = lambda _: None, *, protect: bool = False, **engine: Any
) -> Recorder:
    return record(lambda: use(box({"kind": "personalize", **engine}, protect=protect)))


def of(recorder: Recorder, noun: str) -> list[dict[str, Any]]:
    return [one.inputs for one in recorder.of(f"dynamic/personalize:{noun}")]


def granted(recorder: Recorder, name: str) -> dict[str, dict[str, Any]]:
    return recorder.one(POLICY, name).statements()


def test_the_group_is_of_the_domain_and_under_the_customer_key() -> None:
    recorder = made()
    (group,) = of(recorder, "DatasetGroup")
    assert (group["domain"], group["kmsKeyArn"]) == ("ECOMMERCE", key_arn("customer"))
    assert group["roleArn"].endswith("role/personalization-data")
    assert {one["datasetType"] for one in of(recorder, "Dataset")} == {"Interactions", "Items"}
    columns = {json.loads(one["schema"])["name"]: json.loads(one["schema"])["fields"] for one in of(recorder, "Schema")}
    # https://docs.aws.amazon.com/personalize/latest/dg/ECOMMERCE-datasets-and-schemas.html
    assert {one["name"]: one["type"] for one in columns["Interactions"]} == {
        "USER_ID": "string",
        "ITEM_ID": "string",
        "TIMESTAMP": "long",
        "EVENT_TYPE": "string",
    }
    assert {one["name"]: one["type"] for one in columns["Items"]} == {
        "ITEM_ID": "string",
        "PRICE": "float",
        "CATEGORY_L1": "string",
    }


def test_an_environment_begins_with_collecting_because_aws_makes_no_recommender_of_nothing() -> None:
    recorder = made()
    assert (of(recorder, "Recommender"), of(recorder, "Filter")) == ([], [])
    assert len(of(recorder, "EventTracker")) == 1
    (recommender,) = of(made(recommender={"min_requests_per_second": 3}), "Recommender")
    assert recommender["recipeArn"] == "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
    assert recommender["recommenderConfig"] == {"minRecommendationRequestsPerSecond": 3}


@pytest.mark.parametrize("asks", [False, True])
def test_the_service_tells_and_asks_and_reads_nothing(asks: bool) -> None:
    def use(made: Personalization) -> None:
        made.grant_recommend(aws.iam.Role("catalogue", assume_role_policy="{}"))

    recorder = made(use, **({"recommender": {}} if asks else {}))
    statements = granted(recorder, "personalization-by-catalogue")
    assert statements["TellOfProducts"]["Resource"] == f"{GROUP}:dataset/{LABEL}-test/ITEMS"
    assert statements["HaveForgotten"]["Resource"].endswith("/forget/*")
    assert ("AskForRecommendations" in statements) is asks
    if asks:
        asked = {f"{GROUP}:recommender/{LABEL}-for-you-test", f"{GROUP}:filter/{LABEL}-bought-test"}
        assert set(statements["AskForRecommendations"]["Resource"]) == asked
        assert {one["name"] for one in of(recorder, "Recommender")} == {f"{LABEL}-for-you-test"}
        assert {one["name"] for one in of(recorder, "Filter")} == {f"{LABEL}-bought-test"}
    actions = {
        action
        for one in statements.values()
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert not {action for action in actions if action.startswith("s3:Get") or action == "kms:Decrypt"}


def test_personalize_reads_pseudonyms_for_this_account_alone() -> None:
    recorder = made()
    trust = recorder.one("iam/role:Role", "personalization-data").statements("assumeRolePolicy")["AssumedByService"]
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": f"{GROUP}:*"},
    }
    reads = recorder.one("s3/bucketPolicy:BucketPolicy", "personalization-forget").statements()["PersonalizeReads"]
    assert reads["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}
    assert set(reads["Action"]) == {"s3:GetObject", "s3:ListBucket"}


def test_the_function_passes_one_role_to_one_service() -> None:
    statements = granted(made(), "personalization-forget-by-personalization-forget")
    assert statements["PassRole"]["Resource"].endswith("role/personalization-data")
    assert statements["PassRole"]["Condition"] == {"StringEquals": {"iam:PassedToService": "personalize.amazonaws.com"}}
    assert statements["BeginJobs"]["Resource"] == [
        f"{GROUP}:dataset-group/{LABEL}-test",
        f"{GROUP}:data-deletion-job/*",
    ]


def test_who_is_not_forgotten_in_time_is_told_and_silence_too() -> None:
    alarm = made(forget_days=5).inputs(ALARM, "personalization-forget-late")
    assert (alarm["threshold"], bool(alarm["insufficientDataActions"])) == (5, True)
    assert alarm["dimensions"] == {"service": "personalization-forget"}
    failures = made(alarm_failures=9).inputs(ALARM, "personalization-failures")
    assert (failures["threshold"], failures["dimensions"]) == (9, {"service": "catalogue"})


def test_the_service_finds_what_it_needs() -> None:
    def variables(**engine: Any) -> set[str]:
        found: list[Personalization] = []
        made(found.append, **engine)
        assert found[0].variables is not None
        return set(found[0].variables)

    collects = {names.TRACKING_ID, names.ITEMS_DATASET, names.FORGET_BUCKET, names.METRICS_NAMESPACE}
    assert variables() == collects
    assert variables(recommender={}) == {*collects, names.RECOMMENDER, names.RECOMMENDER_FILTER}


def test_off_makes_nothing() -> None:
    recorder = record(lambda: box({"kind": "off"}))
    assert [one.type for one in recorder.resources] == [Personalization.TYPE]


@pytest.mark.parametrize("protect", [True, False])
def test_the_bucket_of_pseudonyms_is_protected_as_the_environment_is(protect: bool) -> None:
    assert made(protect=protect).one("s3/bucket:Bucket", "personalization-forget").protect is protect


def test_where_aws_has_no_personalize_the_engine_is_off() -> None:
    engine = Personalize(kind="personalize")
    (problem,) = personalize_is_in_the_region.check("eu-south-1", engine)
    assert "eu-south-1, which has no Amazon Personalize" in str(problem)
    assert not list(personalize_is_in_the_region.check("eu-west-1", engine))
    assert not list(personalize_is_in_the_region.check("eu-south-1", NoPersonalization(kind="off")))
