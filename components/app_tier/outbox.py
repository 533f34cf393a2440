"""The outbox of a table: a pipe puts events that were written with the table's items on the bus."""

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
# One batch is one call of PutEvents, which takes ten events
# (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html).
_BATCH = 10
_ATTEMPTS = 20


class Outbox(StoreComponent):
    """EventBridge pipe from a table's stream to the bus: emits each event at least once, in the order of its partition.
    A function turns DynamoDB's JSON into plain JSON on the way.

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
            emits: Domain to the events that it emits through this table.
            translator: Function of `functions/outbox`.
        """
        super().__init__(name, opts)
        self._table, self._translator, self._events, self._log_days = table, translator, events, log_days
        self._pipe_name = in_stack(f"{pulumi.get_project()}-{name}", limit=64)
        self._dead = Queue(
            f"{name}-dead",
            QueueArgs(
                key_arn=self.foundation.keys.customer_key_arn,
                protect=False,  # its events stay in the table for days
                runbook="events-dead-letters",
                holds_failures=True,
            ),
            opts=self._inside,
        )
        self._watch(self._pipe(self._role_arn(emits), self._log_group_arn()))
        self._publish()

    def _role_arn(self, emits: Mapping[str, Collection[str]]) -> pulumi.Output[str]:
        role = aws.iam.Role(
            self._name,
            description=f"What the pipe {self._name} may do",
            assume_role_policy=trust_policy(
                "pipes.amazonaws.com",
                account_id=self.foundation.account_id,
                source_arn=self.foundation.arn("pipes", f"pipe/{self._pipe_name}"),
            ),
            opts=self._inside,
        )
        invoke = Statement(
            sid="Translate", actions=["lambda:InvokeFunction"], resources=[self._translator.function_arn]
        )
        granted = [
            self._table.grant_stream(role),
            self._dead.grant_send(role),
            aws.iam.RolePolicy(
                f"{self._name}-translate", role=role.name, policy=policy_document(invoke), opts=self._inside
            ),
            *(self._events.grant_emit(role, domain, names) for domain, names in sorted(emits.items())),
        ]
        return once_ready(role.arn, *granted)

    def _log_group_arn(self) -> pulumi.Output[str]:
        return aws.cloudwatch.LogGroup(
            self._name,
            # Log groups with this prefix need no entry in the account's CloudWatch Logs resource policy, whose size is
            # limited (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html).
            name=in_stack(f"/aws/vendedlogs/pipes/{pulumi.get_project()}-{self._name}", limit=512),
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=self._log_days,
            opts=self._inside,
        ).arn

    def _pipe(self, role_arn: pulumi.Output[str], log_group_arn: pulumi.Output[str]) -> pulumi.Output[str]:
        """Name of the pipe."""
        return aws.pipes.Pipe(
            self._name,
            name=self._pipe_name,
            description=f"Events of table {self._table.pulumi_resource_name}, to the bus",
            role_arn=role_arn,
            source=self._table.stream_arn.apply(lambda arn: arn or ""),
            source_parameters=aws.pipes.PipeSourceParametersArgs(
                dynamodb_stream_parameters=aws.pipes.PipeSourceParametersDynamodbStreamParametersArgs(
                    starting_position="TRIM_HORIZON",
                    batch_size=_BATCH,
                    maximum_retry_attempts=_ATTEMPTS,
                    on_partial_batch_item_failure="AUTOMATIC_BISECT",
                    dead_letter_config=aws.pipes.PipeSourceParametersDynamodbStreamParametersDeadLetterConfigArgs(
                        arn=self._dead.queue_arn
                    ),
                ),
                filter_criteria=aws.pipes.PipeSourceParametersFilterCriteriaArgs(
                    filters=[aws.pipes.PipeSourceParametersFilterCriteriaFilterArgs(pattern=json.dumps(_NEW_EVENTS))]
                ),
            ),
            enrichment=self._translator.function_arn,
            target=self._events.bus_arn,
            target_parameters=aws.pipes.PipeTargetParametersArgs(
                # Paths in the function's answer
                # (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html).
                eventbridge_event_bus_parameters=aws.pipes.PipeTargetParametersEventbridgeEventBusParametersArgs(
                    source="$.source", detail_type="$.detail_type"
                ),
                input_template="<$.detail>",
            ),
            log_configuration=aws.pipes.PipeLogConfigurationArgs(
                level="ERROR",
                cloudwatch_logs_log_destination=aws.pipes.PipeLogConfigurationCloudwatchLogsLogDestinationArgs(
                    log_group_arn=log_group_arn
                ),
            ),
            opts=self._inside,
        ).name

    def _watch(self, pipe_name: pulumi.Output[str]) -> None:
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
        for label, metric in (
            ("failures", "ExecutionFailed"),
            ("refusals", "ExecutionPartiallyFailed"),
            ("timeouts", "ExecutionTimeout"),
        ):
            alarm(
                f"{self._name}-{label}",
                metric=Metric(
                    namespace="AWS/EventBridge/Pipes",
                    name=metric,
                    dimensions={"PipeName": pipe_name},
                    statistic="Sum",
                    period_seconds=300,
                ),
                threshold=0,
                periods=Periods(breaching=3, evaluated=3),
                meaning=f"Events of {self._name} do not reach the bus, so their consumers do not receive them.",
                todo="see whether the pipe runs, then read its log.",
                opts=self._inside,
            )
