"""The kinds of resources of Amazon Personalize, and what a schema must hold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from offline.api.refusal import invalid

SERVICE: Final = "personalize"
_GROUP: Final = "datasetGroupArn"


@dataclass(frozen=True, kw_only=True)
class Kind:
    noun: str
    path: str
    """Its ARN after account and Region; `group` is the name of its dataset group."""
    unique: tuple[str, ...] = ("name",)
    parents: tuple[str, ...] = ()
    """Inputs that name what must exist and be active, the dataset group first."""
    listed: str = ""
    """Member of its listing's answer."""
    has_status: bool = True
    is_tagged: bool = True
    is_updated: bool = False

    @property
    def token(self) -> str:
        return f"api:{SERVICE}/{self.member}:{self.noun}"

    @property
    def member(self) -> str:
        return self.noun[0].lower() + self.noun[1:]

    @property
    def arn(self) -> str:
        return f"{self.member}Arn"


KINDS: Final[Mapping[str, Kind]] = {
    kind.noun: kind
    for kind in (
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpersonalize.html
        Kind(noun="Schema", path="schema/{name}", listed="schemas", has_status=False, is_tagged=False),
        Kind(noun="DatasetGroup", path="dataset-group/{name}", listed="datasetGroups"),
        Kind(
            noun="Dataset",
            path="dataset/{group}/{datasetType}",
            unique=(_GROUP, "datasetType"),
            parents=(_GROUP, "schemaArn"),
            listed="datasets",
            is_updated=True,
        ),
        # https://docs.aws.amazon.com/personalize/latest/dg/API_CreateEventTracker.html
        Kind(
            noun="EventTracker",
            path="event-tracker/{id:.8}",
            unique=(_GROUP,),
            parents=(_GROUP,),
            listed="eventTrackers",
        ),
        Kind(noun="Filter", path="filter/{name}", parents=(_GROUP,), listed="Filters"),
        Kind(noun="Solution", path="solution/{name}", parents=(_GROUP,), listed="solutions", is_updated=True),
        Kind(noun="Recommender", path="recommender/{name}", parents=(_GROUP,), listed="recommenders", is_updated=True),
    )
}

# https://docs.aws.amazon.com/personalize/latest/dg/how-it-works-dataset-schema.html
_REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "interactions": frozenset({"USER_ID", "ITEM_ID", "TIMESTAMP"}),
    "items": frozenset({"ITEM_ID"}),
    "users": frozenset({"USER_ID"}),
}


def require_schema_of(dataset_type: str, schema: str) -> None:
    """Judge a schema, and whether it has the columns of a type of dataset.

    Args:
        dataset_type: Empty while no dataset uses the schema.

    Raises:
        ApiError: it has not.
    """
    try:
        record = json.loads(schema)
        fields = {field["name"] for field in record["fields"]}
        is_record = record["type"] == "record" and record["namespace"] and record["name"]
    except (ValueError, TypeError, KeyError) as problem:
        raise invalid(f"The schema is no Avro record: {problem!r}") from None
    if not is_record:
        raise invalid("The schema must be an Avro record with name and namespace")
    if not dataset_type:
        return
    required = _REQUIRED.get(dataset_type.lower())
    if required is None:
        raise invalid(f"Dataset type {dataset_type} is not one of {', '.join(_REQUIRED)}")
    if required - fields:
        raise invalid(f"The schema of {dataset_type} lacks {', '.join(sorted(required - fields))}")
    if required == fields and dataset_type.lower() != "interactions":
        raise invalid(f"The schema of {dataset_type} needs a metadata field at least")


def lost_fields(old: str, new: str) -> list[str]:
    """Fields that a dataset's new schema does not keep as they are, for which its update fails.

    https://docs.aws.amazon.com/personalize/latest/dg/updating-dataset-schema.html
    """
    kept = json.loads(new)["fields"]
    return [field["name"] for field in json.loads(old)["fields"] if field not in kept]


# What AWS answers where nothing was given: pages API_RecommenderConfig, API_CreateSolution and API_SolutionConfig of
# https://docs.aws.amazon.com/personalize/latest/dg/
_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Recommender": {
        "recommenderConfig": {"minRecommendationRequestsPerSecond": 1, "enableMetadataWithRecommendations": False}
    },
    "Solution": {
        "performAutoML": False,
        "performAutoTraining": True,
        "performHPO": False,
        "solutionConfig": {"algorithmHyperParameters": {}, "featureTransformationParameters": {}},
    },
}


def with_defaults(noun: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs, and AWS's values of those that were not given, one level deep."""
    answer = dict(inputs)
    for name, value in _DEFAULTS.get(noun, {}).items():
        answer[name] = {**value, **answer.get(name, {})} if isinstance(value, Mapping) else answer.get(name, value)
    return answer
