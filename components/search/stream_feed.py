"""A function that writes changes of products into the index, from the table's stream."""

import json

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.function import Function, FunctionArgs, FunctionNetwork
from components.blocks.policy_document import policy_document
from components.blocks.queue import Queue, QueueArgs
from components.blocks.table import Table
from components.blocks.tracing import Tracing
from components.metric import Metric
from components.network import Network
from components.search.engine import PORT, Engine
from functions.common import names
from settings.app_tier.runtime import LambdaRuntime
from settings.types import LogRetentionDays

_LISTED = {"dynamodb": {"Keys": {"item": {"S": [names.SEARCHED_ITEM]}}}}
# The age of a record is the limit, an hour less than the stream keeps it: what fails is the domain or AWS.
_AGE_SECONDS = 23 * 3600
_LATE_MINUTES = 15


class StreamFeed(StoreComponent):
    """Function inside the VPC, fed by Lambda from the stream; billed by requests and duration."""

    TYPE = "webstore:search:StreamFeed"
    role: aws.iam.Role

    def __init__(
        self,
        name: str,
        *,
        index: str,
        log_days: LogRetentionDays,
        engine: Engine,
        table: Table,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        dead = Queue(
            f"{name}-dead",
            QueueArgs(
                key_arn=self.foundation.keys.customer_key_arn,
                protect=False,  # it holds positions in the stream; the index can be filled again
                runbook="search-dead-letters",
                holds_failures=True,
            ),
            opts=self._inside,
        )

        def write(role: aws.iam.Role) -> aws.iam.RolePolicy:
            return aws.iam.RolePolicy(
                f"{name}-writes", role=role.name, policy=policy_document(*engine.statements("write")), opts=self._inside
            )

        function = Function(
            name,
            FunctionArgs(
                settings=LambdaRuntime(
                    kind="lambda", code="search_feed", memory_mib=256, timeout_seconds=60, log_days=log_days
                ),
                key_arn=self.foundation.keys.customer_key_arn,
                environment_variables={
                    names.SEARCH_ENDPOINT: engine.endpoint,
                    names.SEARCH_SIGNED_FOR: engine.signed_for,
                    names.SEARCH_INDEX: index,
                },
                grants=[write, table.grant_stream, dead.grant_send],
                network=FunctionNetwork(vpc_id=network.vpc_id, subnet_ids=network.app_subnet_ids),
                tracing=Tracing(settings=self.foundation.tracing) if self.foundation.tracing.enabled else None,
            ),
            opts=self._inside,
        )
        assert function.group is not None
        engine.group.admit(function.group, port=PORT, purpose="Changes of products")
        self.role = function.role
        aws.lambda_.EventSourceMapping(
            name,
            function_name=function.function_name,
            event_source_arn=table.stream_arn.apply(lambda arn: arn or ""),
            # Whatever the fill of a new index does not see is in the stream.
            starting_position="TRIM_HORIZON",
            batch_size=100,
            maximum_retry_attempts=-1,
            maximum_record_age_in_seconds=_AGE_SECONDS,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            filter_criteria=aws.lambda_.EventSourceMappingFilterCriteriaArgs(
                filters=[aws.lambda_.EventSourceMappingFilterCriteriaFilterArgs(pattern=json.dumps(_LISTED))]
            ),
            destination_config=aws.lambda_.EventSourceMappingDestinationConfigArgs(
                on_failure=aws.lambda_.EventSourceMappingDestinationConfigOnFailureArgs(destination_arn=dead.queue_arn)
            ),
            opts=self._inside,
        )
        alarm(
            f"{name}-late",
            metric=Metric(
                namespace="AWS/Lambda",
                name="IteratorAge",
                dimensions={"FunctionName": function.function_name},
                statistic="Maximum",
            ),
            threshold=60_000 * _LATE_MINUTES,
            periods=Periods(breaching=3, evaluated=5),
            meaning=f"A change of a product has waited more than {_LATE_MINUTES} minutes for the search.",
            todo="read the errors in the function's log, then see whether the domain is up.",
            opts=self._inside,
        )
        self._publish()
