"""Personalization: what recommends to customers who agreed to a profile, and what has it forget them."""

import json
from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.bucket import Bucket, BucketArgs, Lifecycle
from components.blocks.function import Function, FunctionArgs, function_role
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, from_source, policy_document, trust_policy
from components.blocks.ready import once_ready
from components.blocks.schedule import run_every
from components.blocks.tracing import Tracing
from components.foundation import Foundation
from components.metric import Metric
from functions.common import names
from providers.calls import Place
from providers.personalize import Dataset, DatasetGroup, EventTracker, Filter, Recommender, Schema
from settings.app_tier.runtime import LambdaRuntime
from settings.personalization import PersonalizationSettings, Personalize
from settings.types import LogRetentionDays

CATALOGUE: Final = "catalogue"
"""Service that tells of events and asks for recommendations."""
_DOMAIN: Final = "ECOMMERCE"
_SERVICE: Final = "personalize.amazonaws.com"
# https://docs.aws.amazon.com/personalize/latest/dg/ECOMMERCE-use-cases.html
_RECIPE: Final = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
# https://docs.aws.amazon.com/personalize/latest/dg/ECOMMERCE-datasets-and-schemas.html: columns that the domain
# demands; a category is text of several values.
_INTERACTIONS: Final = (
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
    {"name": "EVENT_TYPE", "type": "string"},
)
_ITEMS: Final = (
    {"name": "ITEM_ID", "type": "string"},
    {"name": "PRICE", "type": "float"},
    {"name": "CATEGORY_L1", "type": "string", "categorical": True},
)
# https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-key-access.html
# AWS has CreateGrant in the key's own policy, which leaves the account's roles to IAM here.
_KEY_USE: Final = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:ListGrants")
_DAY_MINUTES: Final = 1440
_NAME_MAX: Final = 63


class Personalization(StoreComponent):
    """Point 10 of the guidance: a domain dataset group of Amazon Personalize under the customer key, its event tracker,
    the recommender once there are events enough, and the daily function that has it forget customers who withdrew their
    consent or are erased.

    Personalize knows customers by pseudonyms, which the service's table `recommendations` alone can tell. Collecting is
    billed by event; the recommender by the hour from its creation on.
    """

    TYPE = "webstore:personalization:Personalization"
    DASHBOARD = "app"
    OUTPUTS = ("dataset_group_arn", "recommender_arn", "forget_bucket_name")
    dataset_group_arn: pulumi.Output[str] | None
    """Dataset group of the store's events; None with `off`."""
    recommender_arn: pulumi.Output[str] | None
    """What recommends; None with `off`, and while events are collected only."""
    forget_bucket_name: pulumi.Output[str] | None
    """Bucket of the pseudonyms that are to be forgotten; None with `off`."""
    variables: dict[str, pulumi.Input[str]] | None
    """What the service that recommends finds in its environment; None with `off`."""

    def __init__(
        self,
        name: str,
        *,
        settings: PersonalizationSettings,
        foundation: Foundation,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        self.dataset_group_arn, self.recommender_arn, self.forget_bucket_name = None, None, None
        self.variables = None
        self._namespace = f"{pulumi.get_project()}/{pulumi.get_stack()}"
        if isinstance(settings.engine, Personalize):
            self._make(settings.engine)
        self._publish()

    def grant_recommend(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` tell of events and products, ask for recommendations, and say who is to be forgotten."""
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpersonalize.html
        return aws.iam.RolePolicy(
            f"{self._name}-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                # The action has no type of resource; the tracker's id, which it needs, is in the service's environment.
                Statement(sid="TellOfEvents", actions=["personalize:PutEvents"], resources=["*"]),
                Statement(
                    sid="TellOfProducts", actions=["personalize:PutItems"], resources=[self._dataset_arn("ITEMS")]
                ),
                *(
                    [
                        Statement(
                            sid="AskForRecommendations",
                            actions=["personalize:GetRecommendations"],
                            resources=[self._arn("recommender", "for-you"), self._arn("filter", "bought")],
                        )
                    ]
                    if self.recommender_arn
                    else []
                ),
                Statement(
                    sid="HaveForgotten",
                    actions=["s3:PutObject"],
                    resources=[self._bucket.objects(names.FORGET_PREFIX)],
                ),
                self._key_of_objects("kms:GenerateDataKey"),
            ),
            opts=self._inside,
        )

    def _make(self, engine: Personalize) -> None:
        foundation = self.foundation
        self._place = Place(foundation.account_id, foundation.region, foundation.environment.assume_role_arn)
        self._tags = {"environment": foundation.environment.name, "data-class": "customer"}
        self._bucket = self._pseudonyms()
        self.forget_bucket_name = self._bucket.bucket_name
        role = self._role()
        group = DatasetGroup(
            self._name,
            place=self._place,
            tags=self._tags,
            name=self._label(""),
            domain=_DOMAIN,
            kms_key_arn=foundation.keys.customer_key_arn,
            role_arn=role,
            opts=self._inside,
        )
        self.dataset_group_arn = group.arn
        interactions = self._dataset(group, "Interactions", _INTERACTIONS)
        items = self._dataset(group, "Items", _ITEMS)
        tracker = EventTracker(
            self._name,
            place=self._place,
            tags=self._tags,
            name=self._label(""),
            dataset_group_arn=group.arn,
            # Its events go to the dataset of interactions.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[interactions]),
        )
        self.variables = {
            names.TRACKING_ID: tracker.tracking_id,
            names.ITEMS_DATASET: items.arn,
            names.FORGET_BUCKET: self._bucket.bucket_name,
            names.METRICS_NAMESPACE: self._namespace,
        }
        if engine.recommender:
            self._recommend(group, engine.recommender.min_requests_per_second, after=[interactions, items])
        self._have_forgotten(engine, role)
        self._watch(engine)

    def _label(self, what: str) -> str:
        return in_stack("-".join(part for part in (pulumi.get_project(), self._name, what) if part), limit=_NAME_MAX)

    def _arn(self, kind: str, what: str) -> str:
        return self.foundation.arn("personalize", f"{kind}/{self._label(what)}")

    def _dataset_arn(self, kind: str) -> str:
        return self.foundation.arn("personalize", f"dataset/{self._label('')}/{kind}")

    def _dataset(self, group: DatasetGroup, kind: str, columns: Sequence[object]) -> Dataset:
        name = f"{self._name}-{kind.lower()}"
        schema = Schema(
            name,
            place=self._place,
            name=self._label(kind.lower()),
            domain=_DOMAIN,
            schema=json.dumps(
                {
                    "type": "record",
                    "name": kind,
                    "namespace": "com.amazonaws.personalize.schema",
                    "fields": columns,
                    "version": "1.0",
                }
            ),
            opts=self._inside,
        )
        return Dataset(
            name,
            place=self._place,
            tags=self._tags,
            name=self._label(kind.lower()),
            dataset_group_arn=group.arn,
            schema_arn=schema.arn,
            dataset_type=kind,
            opts=self._inside,
        )

    def _recommend(self, group: DatasetGroup, requests: int, *, after: Sequence[pulumi.Resource]) -> None:
        assert self.variables is not None
        later = pulumi.ResourceOptions(parent=self, depends_on=after)
        bought = Filter(
            f"{self._name}-bought",
            place=self._place,
            tags=self._tags,
            name=self._label("bought"),
            dataset_group_arn=group.arn,
            filter_expression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase")',
            opts=later,
        )
        recommender = Recommender(
            f"{self._name}-for-you",
            place=self._place,
            tags=self._tags,
            name=self._label("for-you"),
            dataset_group_arn=group.arn,
            recipe_arn=_RECIPE,
            recommender_config={"minRecommendationRequestsPerSecond": requests},
            opts=later,
        )
        self.recommender_arn = recommender.arn
        self.variables |= {names.RECOMMENDER: recommender.arn, names.RECOMMENDER_FILTER: bought.arn}

    def _pseudonyms(self) -> Bucket:
        """https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html"""
        bucket = Bucket(
            f"{self._name}-forget",
            BucketArgs(
                key_arn=self.foundation.keys.customer_key_arn,
                access_logs_bucket=self.foundation.access_logs_bucket,
                protect=self.foundation.environment.protect,
                # A pseudonym that nobody can tell any more is nothing to keep.
                lifecycle=Lifecycle(noncurrent_days=1),
                statements=None,
            ),
            opts=self._inside,
        )
        bucket.set_policy(
            [
                Statement(
                    sid="PersonalizeReads",
                    actions=["s3:GetObject", "s3:ListBucket"],
                    services=[_SERVICE],
                    resources=[bucket.bucket_arn, bucket.objects()],
                    conditions=from_source(account_id=self.foundation.account_id),
                )
            ]
        )
        return bucket

    def _role(self) -> pulumi.Output[str]:
        """Role with which Personalize uses the key and reads who is to be forgotten; its ARN, once it can."""
        account_id, region = self.foundation.account_id, self.foundation.region
        role = aws.iam.Role(
            f"{self._name}-data",
            description="Lets Personalize use the key of customer data, and read who is to be forgotten",
            assume_role_policy=trust_policy(
                _SERVICE, account_id=account_id, source_arn=f"arn:aws:personalize:{region}:{account_id}:*"
            ),
            opts=self._inside,
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-data",
            role=role.name,
            policy=policy_document(
                Statement(sid="UseKey", actions=_KEY_USE, resources=[self.foundation.keys.customer_key_arn]),
                Statement(
                    sid="ReadPseudonyms",
                    actions=["s3:GetObject", "s3:ListBucket"],
                    resources=[self._bucket.bucket_arn, self._bucket.objects()],
                ),
            ),
            opts=self._inside,
        )
        return once_ready(role.arn, policy)

    def _key_of_objects(self, *actions: str) -> Statement:
        return Statement(
            sid="KeyOfPseudonyms",
            actions=actions,
            resources=[self.foundation.keys.customer_key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{self.foundation.region}.amazonaws.com"}},
        )

    def _have_forgotten(self, engine: Personalize, role_arn: pulumi.Output[str]) -> None:
        name, foundation = f"{self._name}-forget", self.foundation
        assert self.dataset_group_arn is not None
        function = Function(
            name,
            FunctionArgs(
                settings=_runtime(engine.log_days),
                key_arn=foundation.keys.customer_key_arn,
                environment_variables={
                    names.FORGET_BUCKET: self._bucket.bucket_name,
                    names.FORGET_ROLE: role_arn,
                    names.DATASET_GROUP: self.dataset_group_arn,
                    "POWERTOOLS_METRICS_NAMESPACE": self._namespace,
                },
                grants=[lambda role: self._grant_forget(role, role_arn)],
                tracing=Tracing(settings=foundation.tracing) if foundation.tracing.enabled else None,
                role=function_role(name, opts=self._inside),
            ),
            opts=self._inside,
        )
        run_every(
            _DAY_MINUTES,
            function,
            name=name,
            description="Has Personalize forget customers",
            runbook="personalization",
            foundation=foundation,
            opts=self._inside,
        )
        alarm(
            f"{name}-late",
            metric=Metric(
                namespace=self._namespace,
                name="OldestToForgetDays",
                dimensions={"service": name},
                statistic="Maximum",
                period_seconds=60 * _DAY_MINUTES,
            ),
            threshold=engine.forget_days,
            periods=Periods(breaching=1, evaluated=1),
            heartbeat=True,
            meaning=f"Personalize has not forgotten a customer for {engine.forget_days} days: a consent that was"
            " withdrawn is not followed.",
            todo="read in the log of the function why Personalize refuses.",
            opts=self._inside,
        )

    def _grant_forget(self, role: aws.iam.Role, passed: pulumi.Output[str]) -> aws.iam.RolePolicy:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpersonalize.html
        arn = self.foundation.arn
        return aws.iam.RolePolicy(
            f"{self._name}-forget-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                Statement(
                    sid="BeginJobs",
                    actions=["personalize:CreateDataDeletionJob"],
                    resources=[
                        arn("personalize", f"dataset-group/{self._label('')}"),
                        arn("personalize", "data-deletion-job/*"),
                    ],
                ),
                Statement(
                    sid="FollowJobs",
                    actions=["personalize:DescribeDataDeletionJob"],
                    resources=[arn("personalize", "data-deletion-job/*")],
                ),
                Statement(
                    sid="PassRole",
                    actions=["iam:PassRole"],
                    resources=[passed],
                    conditions={"StringEquals": {"iam:PassedToService": _SERVICE}},
                ),
                Statement(sid="FindPseudonyms", actions=["s3:ListBucket"], resources=[self._bucket.bucket_arn]),
                Statement(
                    sid="KeepLists",
                    actions=["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                    resources=[self._bucket.objects()],
                ),
                self._key_of_objects("kms:Decrypt", "kms:GenerateDataKey"),
            ),
            opts=self._inside,
        )

    def _watch(self, engine: Personalize) -> None:
        alarm(
            f"{self._name}-failures",
            metric=Metric(
                namespace=self._namespace,
                name="RecommendationFailures",
                dimensions={"service": CATALOGUE},
                statistic="Sum",
                period_seconds=900,
            ),
            threshold=engine.alarm_failures,
            periods=Periods(breaching=1, evaluated=1),
            meaning=f"More than {engine.alarm_failures} calls of Personalize failed in a quarter of an hour: customers"
            " see best sellers, and what they look at is not learned.",
            todo="read the cause in the log of the service catalogue.",
            opts=self._inside,
        )


def _runtime(log_days: LogRetentionDays) -> LambdaRuntime:
    return LambdaRuntime(kind="lambda", code="forget", memory_mib=256, timeout_seconds=120, log_days=log_days)
