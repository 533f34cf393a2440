"""OpenSearch Ingestion pipeline from the table of products into the index."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import yaml

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.bucket import Bucket, BucketArgs, Lifecycle
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, policy_document, trust_policy
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.table import Table
from components.foundation import Foundation
from components.metric import Metric
from components.network import Network
from components.search.engine import ALIAS, PORT, Engine
from functions.common.names import SEARCHED_ITEM, UNSEARCHED_ATTRIBUTES
from settings.search import Pipeline
from settings.types import LogRetentionDays

_EXPORTS, _DEAD_LETTERS = "exports/", "dead-letters/"
# A failed document is written again with the product's next change; until then somebody may look.
_KEPT_DAYS = 30
_NAME_MAX = 28


class IngestionPipeline(StoreComponent):
    """Pipeline that exports the table into a bucket, fills the index from there, and follows the table's stream.

    Without a persistent buffer: the stream keeps what the pipeline has not read for 24 hours, and AWS offers the buffer
    for sources that push. Each index has a pipeline of its own, since a pipeline exports only once; the former one is
    removed before, as a stream has two readers at most
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html#Streams.Processing).
    """

    TYPE = "webstore:search:IngestionPipeline"

    def __init__(
        self,
        name: str,
        *,
        role: aws.iam.Role,
        ready: pulumi.Resource,
        settings: Pipeline,
        log_days: LogRetentionDays,
        index: str,
        engine: Engine,
        table: Table,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            role: Of `pipeline_role`.
            ready: Exists once the index does and the role may write it.
        """
        super().__init__(name, opts)
        self._settings, self._engine, self._table, self._log_days = settings, engine, table, log_days
        self._subnet_ids = network.app_subnet_ids
        self._pipeline_name = in_stack(f"{ALIAS}-{index.rpartition('-')[2]}", limit=_NAME_MAX)
        self._bucket = Bucket(
            name,
            BucketArgs(
                key_arn=self.foundation.keys.customer_key_arn,
                access_logs_bucket=self.foundation.access_logs_bucket,
                protect=self.foundation.environment.protect,
                lifecycle=Lifecycle(noncurrent_days=1, expire_days=_KEPT_DAYS),
            ),
            opts=self._inside,
        )
        self._role = role
        self._group = SecurityGroup(
            name,
            SecurityGroupArgs(vpc_id=network.vpc_id, description="Ingestion pipeline: admits nobody"),
            opts=self._inside,
        )
        engine.group.admit(self._group, port=PORT, purpose="Documents of the ingestion pipeline")
        self._index = index
        self._make(ready)
        self._watch()
        self._publish()

    def _make(self, ready: pulumi.Resource) -> None:
        granted = self._grant()
        log_group = aws.cloudwatch.LogGroup(
            self._name,
            # Log groups of pipelines must have this prefix, which needs no resource policy
            # (https://docs.aws.amazon.com/opensearch-service/latest/developerguide/monitoring-pipeline-logs.html).
            name=f"/aws/vendedlogs/OpenSearchIngestion/{self._pipeline_name}",
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=self._log_days,
            opts=self._inside,
        )
        aws.opensearchingest.Pipeline(
            self._name,
            pipeline_name=self._pipeline_name,
            min_units=self._settings.min_units,
            max_units=self._settings.max_units,
            pipeline_configuration_body=pulumi.Output.json_dumps(self._body(once_ready(self._role.arn, granted))).apply(
                lambda text: yaml.safe_dump(json.loads(text), sort_keys=False)
            ),
            vpc_options=aws.opensearchingest.PipelineVpcOptionsArgs(
                subnet_ids=self._subnet_ids, security_group_ids=[self._group.group_id]
            ),
            log_publishing_options=aws.opensearchingest.PipelineLogPublishingOptionsArgs(
                is_logging_enabled=True,
                cloudwatch_log_destination=aws.opensearchingest.PipelineLogPublishingOptionsCloudwatchLogDestinationArgs(
                    log_group=log_group.name
                ),
            ),
            tags={"Name": self._name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[ready], delete_before_replace=True),
        )

    def _body(self, role_arn: pulumi.Output[str]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/configure-client-ddb.html"""
        region = self.foundation.region
        signed = {"region": region, "sts_role_arn": role_arn}
        export = {
            "s3_bucket": self._bucket.bucket_name,
            "s3_region": region,
            "s3_prefix": _EXPORTS,
            "s3_sse_kms_key_id": self.foundation.keys.customer_key_arn,
        }
        return {
            "version": "2",
            ALIAS: {
                "source": {
                    "dynamodb": {
                        "acknowledgments": True,
                        "tables": [
                            {
                                "table_arn": self._table.table_arn,
                                "export": export,
                                # Otherwise the event of a deleted item is empty, and its document stays.
                                "stream": {"start_position": "LATEST", "view_on_remove": "OLD_IMAGE"},
                            }
                        ],
                        "aws": signed,
                    }
                },
                "processor": [
                    {"drop_events": {"drop_when": f'/item != "{SEARCHED_ITEM}"'}},
                    {"delete_entries": {"with_keys": list(UNSEARCHED_ATTRIBUTES)}},
                ],
                "sink": [
                    {
                        "opensearch": {
                            "hosts": [self._engine.endpoint],
                            "index": self._index,
                            "index_type": "management_disabled",
                            "document_id": "${/product_id}",
                            "action": '${getMetadata("opensearch_action")}',
                            "document_version": '${getMetadata("document_version")}',
                            "document_version_type": "external",
                            "aws": {**signed, "serverless": self._engine.signed_for == "aoss"},
                            "dlq": {
                                "s3": {
                                    "bucket": self._bucket.bucket_name,
                                    "key_path_prefix": _DEAD_LETTERS,
                                    **signed,
                                }
                            },
                        }
                    }
                ],
            },
        }

    def _grant(self) -> aws.iam.RolePolicy:
        """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/configure-client-ddb.html"""
        table, region = self._table.table_arn, self.foundation.region
        return aws.iam.RolePolicy(
            self._name,
            role=self._role.name,
            policy=policy_document(
                Statement(
                    sid="Export",
                    actions=[
                        "dynamodb:DescribeContinuousBackups",
                        "dynamodb:DescribeTable",
                        "dynamodb:ExportTableToPointInTime",
                    ],
                    resources=[table],
                ),
                Statement(
                    sid="SeeExports",
                    actions=["dynamodb:DescribeExport"],
                    resources=[pulumi.Output.concat(table, "/export/*")],
                ),
                Statement(
                    sid="FollowStream",
                    actions=["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                    resources=[pulumi.Output.concat(table, "/stream/*")],
                ),
                Statement(
                    sid="KeepExports",
                    actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"],
                    resources=[self._bucket.objects(_EXPORTS)],
                ),
                Statement(
                    sid="KeepDeadLetters", actions=["s3:PutObject"], resources=[self._bucket.objects(_DEAD_LETTERS)]
                ),
                Statement(
                    sid="KeyOfTableAndBucket",
                    actions=["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
                    resources=[self.foundation.keys.customer_key_arn],
                    conditions={
                        "StringEquals": {
                            "kms:ViaService": [f"dynamodb.{region}.amazonaws.com", f"s3.{region}.amazonaws.com"]
                        }
                    },
                ),
                *self._engine.statements("ingest"),
            ),
            opts=self._inside,
        )

    def _watch(self) -> None:
        """https://docs.aws.amazon.com/opensearch-service/latest/developerguide/osis-best-practices.html"""
        once = Periods(breaching=1, evaluated=1)
        for label, metric, statistic, threshold, seconds, periods, meaning, todo in (
            (
                "documents",
                f"{ALIAS}.opensearch.documentErrors.count",
                "Sum",
                0,
                300,
                once,
                "Products are missing in the search, or have old prices there: the domain refused their documents.",
                "read the reason in the newest object under `dead-letters/` of the pipeline's bucket.",
            ),
            (
                "bulk",
                f"{ALIAS}.opensearch.bulkRequestFailed.count",
                "Sum",
                0,
                300,
                Periods(breaching=3, evaluated=3),
                "The pipeline cannot write the index: searches show old products and prices.",
                "read the pipeline's log, and see whether the domain is up and the pipeline's role is mapped there.",
            ),
            (
                "units",
                "computeUnits",
                "Maximum",
                self._settings.max_units - 1,
                900,
                Periods(breaching=3, evaluated=3),
                "The pipeline runs at its upper limit: changes of products reach the search late.",
                "raise `search.engine.feed.max_units`.",
            ),
        ):
            if metric == "computeUnits" and self._settings.max_units == self._settings.min_units:
                continue
            alarm(
                f"{self._name}-{label}",
                metric=Metric(
                    namespace="AWS/OSIS",
                    name=metric,
                    dimensions={"PipelineName": self._pipeline_name},
                    statistic=statistic,
                    period_seconds=seconds,
                ),
                threshold=threshold,
                periods=periods,
                meaning=meaning,
                todo=todo,
                opts=self._inside,
            )


def pipeline_role(name: str, *, foundation: Foundation, opts: pulumi.ResourceOptions) -> aws.iam.Role:
    """The role of the pipeline `name`, which the engine must know before there is the pipeline."""
    return aws.iam.Role(
        name,
        description=f"What the pipeline {name} may do",
        assume_role_policy=trust_policy(
            "osis-pipelines.amazonaws.com",
            account_id=foundation.account_id,
            source_arn=foundation.arn("osis", "pipeline/*"),
        ),
        opts=opts,
    )
