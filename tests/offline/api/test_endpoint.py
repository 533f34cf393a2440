"""What offline AWS refuses of the APIs that it simulates, as AWS does, and of those that it does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from offline.api.endpoint import Endpoint

Client = Any
_GROUP = "arn:aws:personalize:eu-west-1:123456789012:dataset-group"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Client]:
    serving = Endpoint(tmp_path_factory.mktemp("home"))

    def made(service: str) -> Client:
        environment = serving.environment
        return botocore.session.get_session().create_client(
            service,
            region_name="eu-west-1",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    return made


@pytest.fixture(scope="module")
def shop(client: Callable[[str], Client]) -> Client:
    return client("personalize")


def refused(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as problem:
        call(**parameters)
    error = problem.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def avro(*columns: str) -> str:
    fields = [{"name": name, "type": "string"} for name in columns]
    return json.dumps({"type": "record", "name": "Items", "namespace": "com.amazonaws", "fields": fields})


def test_an_operation_that_is_not_simulated_is_refused_by_name(client: Callable[[str], Client], shop: Client) -> None:
    told = refused(shop.list_recipes)
    assert told.startswith("UnknownOperationException: offline AWS does not simulate personalize:ListRecipes")
    told = refused(client("forecast").list_datasets)
    assert told.startswith("UnknownOperationException: offline AWS does not simulate forecast:ListDatasets")
    assert "sts:GetSessionToken" in refused(client("sts").get_session_token)


def test_each_account_and_region_has_its_own(shop: Client, tmp_path: Path) -> None:
    serving = Endpoint(tmp_path)
    serving.account = "210987654321"
    other = botocore.session.get_session().create_client(
        "personalize",
        region_name="us-east-1",
        endpoint_url=serving.environment["AWS_ENDPOINT_URL"],
        aws_access_key_id="x",
        aws_secret_access_key="y",
    )
    arn = other.create_schema(name="items", schema=avro("ITEM_ID"))["schemaArn"]
    assert arn == "arn:aws:personalize:us-east-1:210987654321:schema/items"
    assert shop.list_schemas()["schemas"] == []


@pytest.mark.parametrize(
    ("operation", "parameters", "told"),
    [
        ("create_schema", {"name": "a", "schema": "{}"}, "InvalidInputException: The schema is no Avro record"),
        ("create_schema", {"name": "-", "schema": "{}"}, "ValidationException: name is '-', but must match"),
        (
            "describe_schema",
            {"schemaArn": "arn:aws:personalize:a:b:c"},
            "ResourceNotFoundException: Could not find Schema",
        ),
        (
            "create_dataset_group",
            {"name": "a", "kmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1"},
            "InvalidInputException: roleArn is required with kmsKeyArn",
        ),
        (
            "create_dataset_group",
            {"name": "a", "roleArn": "arn:aws:iam::123456789012:role/none"},
            "InvalidInputException: roleArn arn:aws:iam::123456789012:role/none does not exist",
        ),
        ("create_event_tracker", {"name": "a", "datasetGroupArn": f"{_GROUP}/none"}, "ResourceNotFoundException"),
    ],
)
def test_what_aws_refuses_is_refused(shop: Client, operation: str, parameters: dict[str, Any], told: str) -> None:
    assert refused(getattr(shop, operation), **parameters).startswith(told)


def test_what_is_not_active_yet_can_neither_be_used_nor_deleted(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offline.api.personalize._STEP_SECONDS", 3600)
    group = shop.create_dataset_group(name="young")["datasetGroupArn"]
    assert shop.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"].startswith("CREATE")
    used = refused(shop.create_event_tracker, name="young", datasetGroupArn=group)
    assert used.startswith("ResourceInUseException")
    assert refused(shop.delete_dataset_group, datasetGroupArn=group).startswith("ResourceInUseException")


def test_a_dataset_needs_the_columns_of_its_type(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offline.api.personalize._STEP_SECONDS", 0)
    group = shop.create_dataset_group(name="columns")["datasetGroupArn"]
    named = {"name": "columns", "datasetGroupArn": group}
    schemas = [
        shop.create_schema(name=f"columns-{number}", schema=avro(*columns))["schemaArn"]
        for number, columns in enumerate([["ITEM_ID"], ["ITEM_ID", "PRICE"], ["USER_ID", "ITEM_ID"]])
    ]
    lacking = refused(shop.create_dataset, **named, schemaArn=schemas[2], datasetType="Interactions")
    assert lacking == "InvalidInputException: The schema of INTERACTIONS lacks TIMESTAMP"
    bare = refused(shop.create_dataset, **named, schemaArn=schemas[0], datasetType="Items")
    assert bare == "InvalidInputException: The schema of ITEMS needs a metadata field at least"
    shop.create_dataset(**named, schemaArn=schemas[1], datasetType="Items")
    again = refused(shop.create_dataset, **{**named, "name": "b"}, schemaArn=schemas[1], datasetType="Items")
    assert again.startswith("ResourceAlreadyExistsException")
    custom = refused(shop.create_recommender, **named, recipeArn="arn:aws:personalize:::recipe/aws-ecomm-popular")
    assert custom == "InvalidInputException: A recommender needs a dataset group of a domain; this one is custom"


def test_a_solution_in_training_is_not_deleted(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offline.api.personalize._STEP_SECONDS", 0)
    group = shop.create_dataset_group(name="trained")["datasetGroupArn"]
    recipe = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    arn = shop.create_solution(name="trained", datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
    assert "a solution version that is CREATE IN_PROGRESS" in refused(shop.delete_solution, solutionArn=arn)
    (version,) = shop.list_solution_versions(solutionArn=arn)["solutionVersions"]
    shop.stop_solution_version_creation(solutionVersionArn=version["solutionVersionArn"])
    shop.delete_solution(solutionArn=arn)
    assert refused(shop.describe_solution, solutionArn=arn).startswith("ResourceNotFoundException")
