"""Amazon Personalize on this machine: events of customers, and recommendations that follow from them.

Who looked at products of a category is recommended others of it, the most viewed first. What Personalize makes of a
million events is another thing; what passes, and who may do what, is as deployed.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from local.cloud import Cloud
from local.errors import AwsError
from local.gate import Serve
from local.state import Deployed

_TYPE: Final = "pulumi-python:dynamic/personalize"
_KINDS: Final = ("Purchase", "View")


@dataclass
class _Profile:
    views: Counter[str] = field(default_factory=Counter)
    bought: set[str] = field(default_factory=set)


class Personalize:
    """Dataset group, tracker and recommender of a state."""

    def __init__(self, deployed: Deployed, cloud: Cloud) -> None:
        self._cloud = cloud
        self._trackers = {one.outputs["trackingId"] for one in deployed.of_type(f"{_TYPE}:EventTracker")}
        self._datasets = {one.outputs["arn"] for one in deployed.of_type(f"{_TYPE}:Dataset")}
        self._groups = {one.outputs["arn"] for one in deployed.of_type(f"{_TYPE}:DatasetGroup")}
        self._recommenders = {one.outputs["arn"] for one in deployed.of_type(f"{_TYPE}:Recommender")}
        self._filters = {one.outputs["arn"] for one in deployed.of_type(f"{_TYPE}:Filter")}
        self._categories: dict[str, str] = {}
        self._jobs: dict[str, dict[str, Any]] = {}
        self.profiles: dict[str, _Profile] = {}
        """By pseudonym."""

    @property
    def operations(self) -> dict[tuple[str, str], Serve]:
        """Operations that it serves, by botocore's service and name."""
        return {
            ("personalize-events", "PutEvents"): self.put_events,
            ("personalize-events", "PutItems"): self.put_items,
            ("personalize-runtime", "GetRecommendations"): self.get_recommendations,
            ("personalize", "CreateDataDeletionJob"): self.create_data_deletion_job,
            ("personalize", "DescribeDataDeletionJob"): self.describe_data_deletion_job,
        }

    async def put_events(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/personalize/latest/dg/API_UBS_PutEvents.html

        Raises:
            AwsError: there is no such tracker, or an event is none of the domain's.
        """
        _known(asked["trackingId"], self._trackers, "event tracker")
        profile = self.profiles.setdefault(asked["userId"], _Profile())
        for event in asked["eventList"]:
            if event["eventType"] not in _KINDS or not event.get("itemId"):
                raise AwsError("InvalidInputException", f"an event must be one of {', '.join(_KINDS)}, of an item")
            if event["eventType"] == "View":
                profile.views[event["itemId"]] += 1
            else:
                profile.bought.add(event["itemId"])
        return {}

    async def put_items(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/personalize/latest/dg/API_UBS_PutItems.html

        Raises:
            AwsError: there is no such dataset, or an item lacks what the domain's schema demands.
        """
        _known(asked["datasetArn"], self._datasets, "dataset")
        for item in asked["items"]:
            facts = json.loads(item.get("properties") or "{}")
            if not isinstance(facts.get("price"), float) or not isinstance(facts.get("categoryL1"), str):
                raise AwsError("InvalidInputException", "properties must have price, a float, and categoryL1, a text")
            self._categories[item["itemId"]] = facts["categoryL1"]
        return {}

    async def get_recommendations(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/personalize/latest/dg/API_RS_GetRecommendations.html

        Raises:
            AwsError: there is no such recommender or filter.
        """
        _known(asked["recommenderArn"], self._recommenders, "recommender")
        profile = self.profiles.get(asked.get("userId", ""), _Profile())
        out: set[str] = set()
        if asked.get("filterArn"):
            _known(asked["filterArn"], self._filters, "filter")
            out = profile.bought
        liked: Counter[str] = Counter()
        for item, views in profile.views.items():
            liked[self._categories.get(item, "")] += views
        popular = sum((one.views for one in self.profiles.values()), Counter[str]())
        ranked = sorted(
            (item for item, category in self._categories.items() if item not in out and liked[category]),
            key=lambda item: (-liked[self._categories[item]], -popular[item], item),
        )
        found = [{"itemId": item} for item in ranked[: asked.get("numResults") or 25]]
        return {"itemList": found, "recommendationId": f"RID-{len(self.profiles)}"}

    async def create_data_deletion_job(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/personalize/latest/dg/API_CreateDataDeletionJob.html

        Raises:
            AwsError: there is no such dataset group, the list is not there, or it has another column.
        """
        group = asked["datasetGroupArn"]
        _known(group, self._groups, "dataset group")
        location = asked["dataSource"]["dataLocation"]
        bucket, _, key = location.removeprefix("s3://").partition("/")
        head, *users = (await self._cloud.read_object(bucket, key)).decode().splitlines()
        if head != "USER_ID":
            raise AwsError("InvalidInputException", "the list must have one column, USER_ID")
        for user in users:
            self.profiles.pop(user, None)
        arn = f"{group.partition(':dataset-group/')[0]}:data-deletion-job/{asked['jobName']}"
        at = datetime.now(UTC).timestamp()
        self._jobs[arn] = {
            "jobName": asked["jobName"],
            "dataDeletionJobArn": arn,
            "datasetGroupArn": group,
            "dataSource": {"dataLocation": location},
            "roleArn": asked["roleArn"],
            "status": "COMPLETED",
            "numDeleted": len(users),
            "creationDateTime": at,
            "lastUpdatedDateTime": at,
        }
        return {"dataDeletionJobArn": arn}

    async def describe_data_deletion_job(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """
        Raises:
            AwsError: there is no such job.
        """
        _known(asked["dataDeletionJobArn"], self._jobs, "data deletion job")
        return {"dataDeletionJob": self._jobs[asked["dataDeletionJobArn"]]}


def _known(name: str, names: Any, what: str) -> None:
    if name not in names:
        raise AwsError("ResourceNotFoundException", f"there is no {what} {name}")
