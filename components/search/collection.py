"""OpenSearch Serverless: a collection that AWS sizes, reached through an interface endpoint of the VPC."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, policy_document
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.metric import Metric
from components.network import Network
from components.search.engine import ALIAS, Access
from settings.search import OpenSearchServerless

# https://docs.aws.amazon.com/opensearch-service/latest/ServerlessAPIReference/API_CreateSecurityPolicy.html
_NAME_MAX = 32
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html
_ON_INDEX: Mapping[str, Sequence[str]] = {
    "administrator": (
        *("aoss:CreateIndex", "aoss:DeleteIndex", "aoss:DescribeIndex", "aoss:ReadDocument", "aoss:UpdateIndex"),
        "aoss:WriteDocument",
    ),
    "reader": ("aoss:ReadDocument",),
    "writer": ("aoss:WriteDocument",),
}
_ON_ALIASES = tuple(f"aoss:{verb}CollectionItems" for verb in ("Create", "Delete", "Describe", "Update"))


class SearchCollection(StoreComponent):
    """Collection of generation NextGen in a group of its own, under the customer key.

    Its network policy admits the interface endpoint alone, its data access policy the roles of reader, writer and
    administrator. AWS offers it no log; CloudTrail has data events of it. It keeps its data in S3, without snapshots of
    ours: the index can be filled again from the table.
    """

    TYPE = "webstore:search:SearchCollection"
    OUTPUTS = ("arn", "endpoint")
    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    group: SecurityGroup
    """Of the interface endpoint."""
    signed_for: Literal["es", "aoss"] = "aoss"

    def __init__(
        self,
        name: str,
        *,
        engine: OpenSearchServerless,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._collection_name = in_stack(f"{pulumi.get_project()}-search", limit=_NAME_MAX)
        self.group = SecurityGroup(
            name,
            SecurityGroupArgs(vpc_id=network.vpc_id, description="Search: admits who searches and who fills the index"),
            opts=self._inside,
        )
        self._collection = self._make(engine, self._endpoint_of(network))
        self.arn, self.endpoint = self._collection.arn, self._collection.collection_endpoint
        self._watch()
        self._publish()

    def statements(self, access: Access) -> list[Statement]:
        """The API is one action; the data access policy tells readers from writers
        (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/security-iam-serverless.html)."""
        return [
            Statement(sid=f"{access.capitalize()}Index", actions=["aoss:APIAccessAll"], resources=[self.arn]),
        ]

    def admit_roles(self, roles: Mapping[str, Sequence[pulumi.Input[str]]], /) -> list[pulumi.Resource]:
        """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-data-access.html"""
        rules = [
            {
                "Description": kind,
                "Principal": list(arns),
                "Rules": [
                    {
                        "ResourceType": "index",
                        "Resource": [f"index/{self._collection_name}/{ALIAS}*"],
                        "Permission": list(_ON_INDEX[kind]),
                    },
                    *self._of_aliases(kind),
                ],
            }
            for kind, arns in sorted(roles.items())
            if arns
        ]
        return [
            aws.opensearch.ServerlessAccessPolicy(
                self._name,
                name=self._collection_name,
                type="data",
                policy=pulumi.Output.json_dumps(rules),
                opts=self._inside,
            )
        ]

    def _of_aliases(self, kind: str) -> list[dict[str, object]]:
        if kind != "administrator":
            return []
        collection = [f"collection/{self._collection_name}"]
        return [{"ResourceType": "collection", "Resource": collection, "Permission": list(_ON_ALIASES)}]

    def _endpoint_of(self, network: Network) -> aws.ec2.VpcEndpoint:
        """Collections of NextGen have an endpoint of EC2, no longer one of their own API; its private DNS is for
        `*.aoss.<Region>.on.aws`
        (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-collection-endpoints.html)."""
        account_id = self.foundation.account_id
        return aws.ec2.VpcEndpoint(
            self._name,
            vpc_id=network.vpc_id,
            service_name=f"com.amazonaws.{self.foundation.region}.aoss-data",
            vpc_endpoint_type="Interface",
            subnet_ids=network.data_subnet_ids,
            security_group_ids=[self.group.group_id],
            private_dns_enabled=True,
            policy=policy_document(
                Statement(
                    sid="PrincipalsOfTheAccount",
                    actions=["aoss:*"],
                    resources=["*"],
                    anyone=True,
                    conditions={
                        "StringEquals": {"aws:PrincipalAccount": account_id, "aws:ResourceAccount": account_id}
                    },
                )
            ),
            tags={"Name": self._name},
            opts=self._inside,
        )

    def _make(self, engine: OpenSearchServerless, endpoint: aws.ec2.VpcEndpoint) -> aws.opensearch.ServerlessCollection:
        """The policies go by the collection's name, and must be there first
        (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-encryption.html)."""
        this = [f"collection/{self._collection_name}"]
        encryption = self._policy(
            "encryption",
            {
                "Rules": [{"ResourceType": "collection", "Resource": this}],
                "AWSOwnedKey": False,
                "KmsARN": self.foundation.keys.customer_key_arn,
            },
        )
        access = self._policy(
            "network",
            [
                {
                    "Rules": [{"ResourceType": "collection", "Resource": this}],
                    "AllowFromPublic": False,
                    "SourceVPCEs": [endpoint.id],
                }
            ],
        )
        group = aws.opensearch.ServerlessCollectionGroup(
            self._name,
            name=self._collection_name,
            generation="NEXTGEN",
            standby_replicas="ENABLED",  # the only value that NextGen takes
            capacity_limits=[
                aws.opensearch.ServerlessCollectionGroupCapacityLimitArgs(
                    min_search_capacity_in_ocu=engine.min_search_units,
                    max_search_capacity_in_ocu=engine.max_search_units,
                    min_indexing_capacity_in_ocu=engine.min_indexing_units,
                    max_indexing_capacity_in_ocu=engine.max_indexing_units,
                )
            ],
            tags={"Name": self._name},
            opts=self._inside,
        )
        return aws.opensearch.ServerlessCollection(
            self._name,
            name=self._collection_name,
            type="SEARCH",
            collection_group_name=group.name,
            standby_replicas="ENABLED",
            tags={"Name": self._name},
            # Not retained, as the domain: what leaves the program must not be billed on.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[encryption, access], protect=self.foundation.environment.protect
            ),
        )

    def _policy(self, kind: str, document: object) -> aws.opensearch.ServerlessSecurityPolicy:
        return aws.opensearch.ServerlessSecurityPolicy(
            f"{self._name}-{kind}",
            name=self._collection_name,
            type=kind,
            policy=pulumi.Output.json_dumps(document),
            opts=self._inside,
        )

    def _watch(self) -> None:
        """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/monitoring-cloudwatch.html"""
        alarm(
            f"{self._name}-errors",
            metric=Metric(
                namespace="AWS/AOSS",
                name="5xx",
                dimensions={
                    "ClientId": self.foundation.account_id,
                    "CollectionId": self._collection.id,
                    "CollectionName": self._collection_name,
                },
                statistic="Sum",
                period_seconds=300,
            ),
            threshold=0,
            periods=Periods(breaching=3, evaluated=3),
            meaning="The collection answers with errors: searches are answered from the table, and changes wait.",
            todo="see whether its group runs at its largest capacity, and whether the customer key is enabled.",
            opts=self._inside,
        )
