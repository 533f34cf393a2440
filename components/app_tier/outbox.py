"""The outbox of a table: a pipe puts events that were written with the table's items on the bus."""

import json
from collections.abc import Collection, Mapping

import pulumi
import pulumi_aws as aws

from components.app_tier.boundary import Boundary
from components.app_tier.functions import Functions
from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, policy_document, trust_policy
from components.blocks.queue import Queue, QueueArgs
from components.blocks.ready import once_ready
from components.blocks.table import Table
from components.events import Events
from components.metric import Metric
from events.catalogue import event_named
from functions.common.names import EVENT_PREFIX, OUTBOX_DEAD_LETTER_URL, OUTBOX_EVENTS
from settings.app_tier.runtime import LambdaRuntime
from settings.app_tier.uses import Access
from settings.types import LogRetentionDays

# Items of the outbox, by the sort key that all tables with an outbox have (settings/table_design.py).
_NEW_EVENTS = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"item": {"S": [{"prefix": EVENT_PREFIX}]}}}}
# One batch is one call of PutEvents, which takes ten events
# (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html).
_BATCH = 10
# The age of an event is the limit, an hour less than the stream keeps it: the function sets invalid items aside itself,
# so what fails is AWS, and a number of attempts would be used up by a minute of throttling.
_ATTEMPTS = -1
_AGE_SECONDS = 23 * 3600


class Outbox(StoreComponent):
    """EventBridge pipe from a table's stream to the bus: emits each event at least once, in the order of its partition.
    On the way a function of its own turns DynamoDB's JSON into plain JSON, and sets aside what is no event.

    Billed by requests (https://aws.amazon.com/eventbridge/pricing/).
    """

    TYPE = "webstore:app:Outbox"
    OUTPUTS = ("pipe_name",)
    pipe_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        table: Table,
        emits: Mapping[str, Collection[str]],
        translator: str,
        events: Events,
        make: Functions,
        boundary: Boundary | None,
        concurrency: int | None,
        log_days: LogRetentionDays,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            emits: Domain to the events that it emits through this table.
            translator: Logical name of its function.
            make: Makes the function.
            boundary: That of the payment services, if one of them emits through this table.
            concurrency: Reserved for the function.
        """
        super().__init__(name, opts)
        self._table, self._emits, self._events, self._log_days = table, emits, events, log_days
        self._permissions_boundary_arn = boundary.permissions_arn if boundary else None
        self._pipe_name = in_stack(f"{pulumi.get_project()}-{name}", limit=64)
        self._dead = Queue(
            f"{name}-dead",
            QueueArgs(
                key_arn=boundary.key_arn if boundary else self.foundation.keys.customer_key_arn,
                protect=False,  # its events stay in the table for days
                runbook="events-dead-letters",
                holds_failures=True,
            ),
            opts=self._inside,
        )
        self._translator = make.of_the_tier(
            translator,
            LambdaRuntime(
                kind="lambda", code="outbox", memory_mib=256, reserved_concurrency=concurrency, log_days=log_days
            ),
            Access(
                variables={
                    OUTBOX_DEAD_LETTER_URL: self._dead.queue_url,
                    OUTBOX_EVENTS: json.dumps(_declared(emits), sort_keys=True),
                },
                grants=[self._dead.grant_send],
            ),
            boundary=boundary,
        )
        self.pipe_name = self._pipe(self._role_arn(), self._log_group_arn())
        self._watch()
        self._publish()

    def _role_arn(self) -> pulumi.Output[str]:
        role = aws.iam.Role(
            self._name,
            description=f"What the pipe {self._name} may do",
            assume_role_policy=trust_policy(
                "pipes.amazonaws.com",
                account_id=self.foundation.account_id,
                source_arn=self.foundation.arn("pipes", f"pipe/{self._pipe_name}"),
            ),
            permissions_boundary=self._permissions_boundary_arn,
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
            *(self._events.grant_emit(role, domain, names) for domain, names in sorted(self._emits.items())),
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
                    maximum_record_age_in_seconds=_AGE_SECONDS,
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

    def _watch(self) -> None:
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
                    dimensions={"PipeName": self.pipe_name},
                    statistic="Sum",
                    period_seconds=300,
                ),
                threshold=0,
                periods=Periods(breaching=3, evaluated=3),
                meaning=f"Events of {self._name} do not reach the bus, so their consumers do not receive them.",
                todo="see whether the pipe runs, then read its log.",
                opts=self._inside,
            )


def _declared(emits: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Source to detail types."""
    found: dict[str, list[str]] = {}
    for event in (event_named(name) for name in sorted({name for names in emits.values() for name in names})):
        found.setdefault(event.source, []).append(event.detail_type)
    return found
