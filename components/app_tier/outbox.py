"""The outbox of a table: events that were written with what has happened, on their way to the bus."""

import json
from collections.abc import Collection, Mapping

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.function import Function
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, policy_document, trust_policy
from components.blocks.queue import Queue, QueueArgs
from components.blocks.ready import once_ready
from components.blocks.table import Table
from components.events import Events
from components.metric import Metric
from functions.common.names import EVENT_PREFIX

# Items of the outbox, by the sort key that all tables with an outbox have (settings/table_design.py).
_NEW_EVENTS = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"item": {"S": [{"prefix": EVENT_PREFIX}]}}}}
# One is sent by one call of PutEvents, which takes ten
# (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html).
_BATCH = 10
_ATTEMPTS = 20


class Outbox(StoreComponent):
    """EventBridge pipe from a table's stream to the bus: every event that the table holds is sent, in the order of its
    partition, at least once. A function makes plain JSON of DynamoDB's on the way.

    Billed by requests (https://aws.amazon.com/eventbridge/pricing/).
    """

    TYPE = "webstore:app:Outbox"

    def __init__(
        self,
        name: str,
        *,
        table: Table,
        emits: Mapping[str, Collection[str]],
        translator: Function,
        events: Events,
        log_days: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            emits: Domain to its events that go through this table.
            translator: The function `outbox`.
        """
        super().__init__(name, opts)
        account_id, region = self.foundation.account_id, self.foundation.region
        pipe_name = in_stack(f"{pulumi.get_project()}-{name}", limit=64)
        role = aws.iam.Role(
            name,
            description=f"What the pipe {name} may do",
            assume_role_policy=trust_policy(
                "pipes.amazonaws.com",
                account_id=account_id,
                source_arn=f"arn:aws:pipes:{region}:{account_id}:pipe/{pipe_name}",
            ),
            opts=self._inside,
        )
        dead = Queue(
            f"{name}-dead",
            QueueArgs(
                key_arn=self.foundation.keys.customer_key_arn,
                protect=False,  # its events are in the table for days
                runbook="events-dead-letters",
                holds_failures=True,
            ),
            opts=self._inside,
        )
        granted = [
            table.grant_stream(role),
            dead.grant_send(role),
            aws.iam.RolePolicy(
                f"{name}-translate",
                role=role.name,
                policy=policy_document(
                    Statement(sid="Translate", actions=["lambda:InvokeFunction"], resources=[translator.function_arn])
                ),
                opts=self._inside,
            ),
            *(events.grant_emit(role, domain, names) for domain, names in sorted(emits.items())),
        ]
        logs = aws.cloudwatch.LogGroup(
            name,
            # With this beginning the group needs no place in the account's policy of log writers, which is limited
            # (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html).
            name=in_stack(f"/aws/vendedlogs/pipes/{pulumi.get_project()}-{name}", limit=512),
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=log_days,
            opts=self._inside,
        )
        pipe = aws.pipes.Pipe(
            name,
            name=pipe_name,
            description=f"Events of table {table.pulumi_resource_name}, to the bus",
            role_arn=once_ready(role.arn, *granted),
            source=table.stream_arn.apply(lambda arn: arn or ""),
            source_parameters=aws.pipes.PipeSourceParametersArgs(
                dynamodb_stream_parameters=aws.pipes.PipeSourceParametersDynamodbStreamParametersArgs(
                    starting_position="TRIM_HORIZON",
                    batch_size=_BATCH,
                    maximum_retry_attempts=_ATTEMPTS,
                    on_partial_batch_item_failure="AUTOMATIC_BISECT",
                    dead_letter_config=aws.pipes.PipeSourceParametersDynamodbStreamParametersDeadLetterConfigArgs(
                        arn=dead.queue_arn
                    ),
                ),
                filter_criteria=aws.pipes.PipeSourceParametersFilterCriteriaArgs(
                    filters=[aws.pipes.PipeSourceParametersFilterCriteriaFilterArgs(pattern=json.dumps(_NEW_EVENTS))]
                ),
            ),
            enrichment=translator.function_arn,
            target=events.bus_arn,
            target_parameters=aws.pipes.PipeTargetParametersArgs(
                # Paths into what the function answers
                # (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html).
                eventbridge_event_bus_parameters=aws.pipes.PipeTargetParametersEventbridgeEventBusParametersArgs(
                    source="$.source", detail_type="$.detail_type"
                ),
                input_template="<$.detail>",
            ),
            log_configuration=aws.pipes.PipeLogConfigurationArgs(
                level="ERROR",
                cloudwatch_logs_log_destination=aws.pipes.PipeLogConfigurationCloudwatchLogsLogDestinationArgs(
                    log_group_arn=logs.arn
                ),
            ),
            opts=self._inside,
        )
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
        for label, metric in (
            ("failures", "ExecutionFailed"),
            ("refusals", "ExecutionPartiallyFailed"),
            ("timeouts", "ExecutionTimeout"),
        ):
            alarm(
                f"{name}-{label}",
                metric=Metric(
                    namespace="AWS/EventBridge/Pipes",
                    name=metric,
                    dimensions={"PipeName": pipe.name},
                    statistic="Sum",
                    period_seconds=300,
                ),
                threshold=0,
                periods=Periods(breaching=3, evaluated=3),
                meaning=f"Events of {name} do not reach the bus: what happens in the store is not told.",
                todo="see that the pipe still runs, and read its log.",
                opts=self._inside,
            )
        self._publish()
