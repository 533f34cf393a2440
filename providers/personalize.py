"""Amazon Personalize, which pulumi_aws lacks whole, and CloudFormation in part.

https://docs.aws.amazon.com/personalize/latest/dg/API_Operations_Amazon_Personalize.html
"""

import time
from collections.abc import Collection, Mapping
from typing import Any, Final

import pulumi

from providers.base import AwsProvider
from providers.calls import Calls
from providers.kind import Kind
from providers.resource import AwsResource
from providers.values import same

_SERVICE: Final = "personalize"
_GROUP: Final = "datasetGroupArn"
_UPDATED_CONFIG: Final = "solutionUpdateConfig"
_AT_WORK: Final = ("CREATE PENDING", "CREATE IN_PROGRESS")
_STOPPING: Final = "CREATE STOPPING"
_LOOK_AGAIN_SECONDS: Final = 1.0


class SchemaProvider(AwsProvider):
    KIND = Kind(service=_SERVICE, noun="Schema", owned_by="schema")


class DatasetGroupProvider(AwsProvider):
    KIND = Kind(service=_SERVICE, noun="DatasetGroup")


class DatasetProvider(AwsProvider):
    KIND = Kind(
        service=_SERVICE,
        noun="Dataset",
        unique=(_GROUP, "datasetType"),
        listed_by=_GROUP,
        changeable=("schemaArn",),
        # `INTERACTIONS` for `Interactions`.
        caseless=("datasetType",),
    )


class EventTrackerProvider(AwsProvider):
    # A dataset group has one: https://docs.aws.amazon.com/personalize/latest/dg/API_CreateEventTracker.html
    KIND = Kind(service=_SERVICE, noun="EventTracker", unique=(_GROUP,), listed_by=_GROUP, answers=("trackingId",))


class FilterProvider(AwsProvider):
    KIND = Kind(service=_SERVICE, noun="Filter", listed_by=_GROUP)


class RecommenderProvider(AwsProvider):
    # It is trained before it is there.
    KIND = Kind(service=_SERVICE, noun="Recommender", listed_by=_GROUP, changeable=("recommenderConfig",), minutes=180)


class SolutionProvider(AwsProvider):
    KIND = Kind(
        service=_SERVICE,
        noun="Solution",
        listed_by=_GROUP,
        changeable=("performAutoTraining", "performIncrementalUpdate", "solutionConfig"),
        further_calls=("ListSolutionVersions", "StopSolutionVersionCreation"),
    )

    def _replaces(self, name: str, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        if name != "solutionConfig":
            return super()._replaces(name, _olds, news)
        old, new, updated = _olds.get(name) or {}, news.get(name) or {}, self._updated
        # An empty member says no more than none: AWS answers it where nothing was given.
        changed = [member for member in {**old, **new} if not same(old.get(member) or None, new.get(member) or None)]
        return not new or any(member not in updated or not new.get(member) for member in changed)

    @property
    def _updated(self) -> Collection[str]:
        """Members of a solution's configuration that AWS changes."""
        return self.KIND.operation("Update").input_shape.members[_UPDATED_CONFIG].members

    def _update(self, changed: list[str], news: Mapping[str, Any]) -> dict[str, Any]:
        parameters = super()._update(changed, news)
        config = parameters.pop("solutionConfig", {})
        given = {member: config[member] for member in self._updated if config.get(member) is not None}
        if given:
            parameters[_UPDATED_CONFIG] = given
        return parameters

    def _before_delete(self, calls: Calls, arn: str) -> None:
        """A solution is not deleted while it is trained, which takes hours."""
        until = time.monotonic() + self.KIND.minutes * 60
        while time.monotonic() < until:
            versions = calls.call("ListSolutionVersions", solutionArn=arn)["solutionVersions"]
            for version in versions:
                if version["status"] in _AT_WORK:
                    calls.call("StopSolutionVersionCreation", solutionVersionArn=version["solutionVersionArn"])
            if not any(version["status"] in (*_AT_WORK, _STOPPING) for version in versions):
                return
            time.sleep(_LOOK_AGAIN_SECONDS)


class Schema(AwsResource, module=_SERVICE, name="Schema"):
    """Columns of a dataset, an Avro schema as JSON text. AWS keeps no tags of it."""

    PROVIDER = SchemaProvider


class DatasetGroup(AwsResource, module=_SERVICE, name="DatasetGroup"):
    """Datasets, and what is trained with them; of a domain, or custom without one."""

    PROVIDER = DatasetGroupProvider


class Dataset(AwsResource, module=_SERVICE, name="Dataset"):
    """One of the Users, Items and Interactions of a group; AWS replaces its schema in place."""

    PROVIDER = DatasetProvider


class EventTracker(AwsResource, module=_SERVICE, name="EventTracker"):
    """Where PutEvents, PutUsers and PutItems of a group are received."""

    PROVIDER = EventTrackerProvider
    tracking_id: pulumi.Output[str]
    """What PutEvents names."""


class Filter(AwsResource, module=_SERVICE, name="Filter"):
    """Which items are left out of recommendations, or are the only ones in them."""

    PROVIDER = FilterProvider


class Recommender(AwsResource, module=_SERVICE, name="Recommender"):
    """Recommendations of one use case of a domain; billed by the hour from its creation on."""

    PROVIDER = RecommenderProvider


class Solution(AwsResource, module=_SERVICE, name="Solution"):
    """A recipe with its configuration, trained by AWS when `perform_auto_training` is set."""

    PROVIDER = SolutionProvider
